/*
 * lwIP's idea of an operating system, without one: a semaphore is a count, a mailbox a ring, a
 * thread nothing at all. Whoever waits turns the network meanwhile. lwIP names these functions.
 */
#include <lwip/sys.h>

#include "port/lwip/bare.h"
#include "port/lwip/board.h"
#include "port/promise.h"

int sys_arch_errno;

void sys_init(void)
{
}

u32_t sys_now(void)
{
    return (u32_t)(board_now_us() / 1000);
}

sys_prot_t sys_arch_protect(void)
{
    return board_lock();
}

void sys_arch_unprotect(sys_prot_t before)
{
    board_unlock(before);
}

/* What a thread would do, bare_turn does. */
sys_thread_t sys_thread_new(const char *name, lwip_thread_fn run, void *with, int stack, int prio)
{
    (void)name;
    (void)run;
    (void)with;
    (void)stack;
    (void)prio;
    return 0;
}

/* ---- mutexes: nobody else is there ---- */

err_t sys_mutex_new(sys_mutex_t *mutex)
{
    (void)mutex;
    return ERR_OK;
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
    (void)mutex;
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
    (void)mutex;
}

/* ---- waiting ---- */

/* False: it took too long. timeout_ms 0 is for ever. */
static bool turn_until(bool (*there)(const void *), const void *what, u32_t timeout_ms)
{
    u32_t start = sys_now();
    while (!there(what)) {
        if (timeout_ms != 0 && sys_now() - start >= timeout_ms)
            return false;
        bare_turn();
        if (!there(what))
            board_sleep();
    }
    return true;
}

/* ---- semaphores ---- */

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
    *sem = (sys_sem_t)(count + 1);
    return ERR_OK;
}

void sys_sem_free(sys_sem_t *sem)
{
    *sem = 0;
}

void sys_sem_signal(sys_sem_t *sem)
{
    if (*sem < UINT8_MAX)
        ++*sem;
}

static bool is_signalled(const void *sem)
{
    return *(const sys_sem_t *)sem > 1;
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout_ms)
{
    if (!turn_until(is_signalled, sem, timeout_ms))
        return SYS_ARCH_TIMEOUT;
    --*sem;
    return 0;
}

/* ---- mailboxes ---- */

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
    PROMISE(size > 0 && size <= SYS_ARCH_MBOX_CAP);
    *mbox = (sys_mbox_t){.cap = (uint8_t)size};
    return ERR_OK;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
    (void)mbox;
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *message)
{
    if (mbox->count == mbox->cap)
        return ERR_MEM;
    mbox->at[(mbox->first + mbox->count++) % SYS_ARCH_MBOX_CAP] = message;
    return ERR_OK;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *message)
{
    return sys_mbox_trypost(mbox, message);
}

static bool has_room(const void *mbox)
{
    const sys_mbox_t *box = mbox;
    return box->count < box->cap;
}

void sys_mbox_post(sys_mbox_t *mbox, void *message)
{
    (void)turn_until(has_room, mbox, 0);
    (void)sys_mbox_trypost(mbox, message);
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **message)
{
    if (mbox->count == 0)
        return SYS_MBOX_EMPTY;
    if (message != NULL)
        *message = mbox->at[mbox->first];
    mbox->first = (uint8_t)((mbox->first + 1) % SYS_ARCH_MBOX_CAP);
    mbox->count--;
    return 0;
}

static bool has_message(const void *mbox)
{
    return ((const sys_mbox_t *)mbox)->count > 0;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **message, u32_t timeout_ms)
{
    if (!turn_until(has_message, mbox, timeout_ms))
        return SYS_ARCH_TIMEOUT;
    (void)sys_arch_mbox_tryfetch(mbox, message);
    return 0;
}
