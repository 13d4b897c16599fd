/* Semaphores between the threads of this program, without cancellation and without time limits. */
#define _GNU_SOURCE
#include <semaphore.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's numbers, for threads of one process. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

/* Where things stand in a sem_t. */
enum { COUNT, SLEEPERS };

int sem_init(sem_t *semaphore, int shared, unsigned count)
{
    (void)shared;
    semaphore->__val[COUNT] = (int)count;
    semaphore->__val[SLEEPERS] = 0;
    return 0;
}

/* Who sleeps has said so before the kernel looks at the count again: no call is missed. */
static void sleep_at_0(sem_t *semaphore)
{
    volatile int *count = &semaphore->__val[COUNT];
    volatile int *sleepers = &semaphore->__val[SLEEPERS];
    (void)__atomic_fetch_add(sleepers, 1, __ATOMIC_SEQ_CST);
    (void)syscall(SYS_futex, count, FUTEX_WAIT_PRIVATE, 0, NULL);
    (void)__atomic_fetch_sub(sleepers, 1, __ATOMIC_SEQ_CST);
}

int sem_wait(sem_t *semaphore)
{
    volatile int *at = &semaphore->__val[COUNT];
    int count = __atomic_load_n(at, __ATOMIC_SEQ_CST);
    while (count == 0 || !__atomic_compare_exchange_n(at, &count, count - 1, 0, __ATOMIC_SEQ_CST,
                                                      __ATOMIC_SEQ_CST)) {
        if (count == 0)
            sleep_at_0(semaphore);
        count = __atomic_load_n(at, __ATOMIC_SEQ_CST);
    }
    return 0;
}

int sem_post(sem_t *semaphore)
{
    volatile int *count = &semaphore->__val[COUNT];
    (void)__atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&semaphore->__val[SLEEPERS], __ATOMIC_SEQ_CST) > 0)
        (void)syscall(SYS_futex, count, FUTEX_WAKE_PRIVATE, 1);
    return 0;
}
