/* Linux's part of the port: what board/ calls at the start, and what the files of this folder
 * share. */
#ifndef MOONGATE_POSIX_H
#define MOONGATE_POSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prepares the process, once, before sockets, port_wait and the store are used: signals, no
 * transparent huge pages, descriptors for all sockets as far as the hard limit allows. */
void posix_start(void);

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

/* Opens a directory, made with those above it when missing. -1 with errno: it cannot be written. */
int posix_blob_folder(const char *path);

struct port_store_job;

/* Does one job of the store in an open directory; returns its result. */
int32_t posix_blob_do(int folder, const struct port_store_job *job);

#endif
