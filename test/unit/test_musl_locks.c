/* port/musl's semaphores: nothing is taken twice, and nobody sleeps for ever. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

#include "test/unit/unit.h"

struct musl_sem {
    volatile int __val[4];
};
#define sem_t struct musl_sem
#define sem_init musl_sem_init
#define sem_wait musl_sem_wait
#define sem_post musl_sem_post
int musl_sem_init(sem_t *semaphore, int shared, unsigned count);
int musl_sem_wait(sem_t *semaphore);
int musl_sem_post(sem_t *semaphore);
#include "port/musl/locks.c"

#define THREADS 4
#define ROUNDS 2000

static sem_t lock, work, done;
static int counter; /* the lock is over it */

static void counts_to_its_number(void)
{
    sem_t semaphore;
    CU_ASSERT_EQUAL(sem_init(&semaphore, 0, 2), 0);
    CU_ASSERT_EQUAL(sem_wait(&semaphore), 0);
    CU_ASSERT_EQUAL(sem_wait(&semaphore), 0);
    CU_ASSERT_EQUAL(semaphore.__val[COUNT], 0);
    CU_ASSERT_EQUAL(sem_post(&semaphore), 0);
    CU_ASSERT_EQUAL(sem_wait(&semaphore), 0);
    CU_ASSERT_EQUAL(semaphore.__val[COUNT], 0);
}

static void *count(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        (void)sem_wait(&lock);
        counter++;
        (void)sem_post(&lock);
    }
    return unused;
}

static void *serve(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        (void)sem_wait(&work);
        (void)sem_post(&done);
    }
    return unused;
}

static void start(pthread_t *threads, void *(*run)(void *))
{
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, NULL), 0);
}

static void join(const pthread_t *threads)
{
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
}

static void one_at_a_time(void)
{
    pthread_t threads[THREADS];
    (void)sem_init(&lock, 0, 1);
    counter = 0;
    start(threads, count);
    join(threads);
    CU_ASSERT_EQUAL(counter, THREADS * ROUNDS);
    CU_ASSERT_EQUAL(lock.__val[COUNT], 1);
    CU_ASSERT_EQUAL(lock.__val[SLEEPERS], 0);
}

/* Each piece is waited for before the next is given: a lost call would be the end of it. */
static void nobody_sleeps_on(void)
{
    pthread_t threads[THREADS];
    (void)sem_init(&work, 0, 0);
    (void)sem_init(&done, 0, 0);
    start(threads, serve);
    for (int i = 0; i < THREADS * ROUNDS; i++) {
        (void)sem_post(&work);
        (void)sem_wait(&done);
    }
    join(threads);
    CU_ASSERT_EQUAL(work.__val[COUNT] + done.__val[COUNT], 0);
    CU_ASSERT_EQUAL(work.__val[SLEEPERS] + done.__val[SLEEPERS], 0);
}

static const struct unit_test tests[] = {
    {"counts to its number", counts_to_its_number},
    {"one at a time", one_at_a_time},
    {"nobody sleeps on", nobody_sleeps_on},
};

UNIT_MAIN("musl_locks", tests)
