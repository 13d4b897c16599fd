/*
 * What lwIP takes for threads, without any: one context runs everything, and a wait turns the
 * network until somebody has signalled.
 */
#ifndef MOONGATE_ARCH_SYS_ARCH_H
#define MOONGATE_ARCH_SYS_ARCH_H

#include <stdint.h>

#define SYS_ARCH_MBOX_CAP 8
#define SYS_MBOX_NULL NULL
#define SYS_SEM_NULL 0

/* Messages of a mailbox, the oldest first. */
struct sys_arch_mbox {
    void *at[SYS_ARCH_MBOX_CAP];
    uint8_t first;
    uint8_t count;
    uint8_t cap; /* 0: there is none */
};

#define sys_mbox_t struct sys_arch_mbox
typedef uint8_t sys_sem_t; /* one more than its count; 0: there is none */
typedef uint8_t sys_mutex_t;
typedef uint8_t sys_thread_t;
typedef uint32_t sys_prot_t;

#define sys_sem_valid(sem) (*(sem) != 0)
#define sys_sem_set_invalid(sem) (*(sem) = 0)
#define sys_mbox_valid(mbox) ((mbox)->cap != 0)
#define sys_mbox_set_invalid(mbox) ((mbox)->cap = 0)
#define sys_mutex_valid(mutex) 1
#define sys_mutex_set_invalid(mutex) ((void)(mutex))

#endif
