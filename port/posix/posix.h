/* Linux's part of the port: what board/ calls at the start, and what the files of this folder
 * share. */
#ifndef MOONGATE_POSIX_H
#define MOONGATE_POSIX_H

#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prepares the process, once, before sockets, port_wait and the store are used: signals, no
 * transparent huge pages (what was touched before may be 2 MiB a byte and stays so), descriptors
 * for all sockets as far as the hard limit allows. */
void posix_start(void);

/* New calls have the same numbers on every processor, but for what MIPS adds to all of its own; a C
 * library for routers may not know their names. */
#if defined(__mips__)
#define POSIX_CALLS_BASE 4000
#else
#define POSIX_CALLS_BASE 0
#endif
#define POSIX_CALL_CLOSE_RANGE (POSIX_CALLS_BASE + 436L)

/* ---- for the files of this folder ---- */

/* Opens what port_wait waits on. */
void posix_wait_open(void);

enum posix_wake_reason {
    POSIX_WAKE_ANSWER = 1, /* the resolver has one */
    POSIX_WAKE_CORE = 2    /* port_wait is to return: a store job is done, a signal came */
};

/* Ends port_wait's sleep. From any thread, and from a signal handler. */
void posix_wake(enum posix_wake_reason reason);

/* Starts a thread that runs for ever and gets no signals. False: the system refuses. */
bool posix_thread(void *(*run)(void *));

/* For a thread's begin: from then on it has a table of descriptors of its own, without the loop's
 * sockets. What it opens is unknown to all others. The kernel then need not count, in each call on
 * a socket, who else is using it. Where it has no such call (Linux 5.9), all goes on as it was. */
void posix_leave_sockets(void);

/* Work between the main thread and others, by semaphores alone: with mutexes and conditions musl
 * brings 2 KiB more. All zero at first. */
struct posix_desk {
    sem_t lock; /* 1: free */
    sem_t more; /* pieces of work that nobody has taken */
    bool ready; /* the main thread's */
};

/* For the main thread, before all else: prepares it when that is not done yet. */
void posix_desk_ready(struct posix_desk *desk);

/* Waits until a semaphore can be counted down, and does so. */
void posix_down(sem_t *semaphore);

/* Opens a directory, made with those above it when missing. -1 with errno: it cannot be written. */
int posix_blob_folder(const char *path);

struct port_store_job;

/* Does one job of the store in an open directory; returns its result. */
int32_t posix_blob_do(int folder, const struct port_store_job *job);

#endif
