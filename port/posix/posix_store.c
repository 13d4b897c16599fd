/* Stored state: one thread, started with the first job, does the jobs in order. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "port/port.h"
#include "port/posix/posix.h"
#include "port/why.h"

struct jobs {
    struct port_store_job *first, *last;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over all that follows */
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct jobs waiting, finished;
static struct port_store_job *in_hand;
static int folder = -1;

static bool has_thread; /* port_store_begin's alone */

static void put(struct jobs *jobs, struct port_store_job *job)
{
    job->_next = NULL;
    if (jobs->last != NULL)
        jobs->last->_next = job;
    else
        jobs->first = job;
    jobs->last = job;
}

static struct port_store_job *take(struct jobs *jobs)
{
    struct port_store_job *job = jobs->first;
    if (job == NULL)
        return NULL;
    jobs->first = job->_next;
    if (jobs->first == NULL)
        jobs->last = NULL;
    return job;
}

/* Under the lock, which is let go meanwhile. */
static void do_next(void)
{
    int where = folder;
    in_hand = take(&waiting);
    (void)pthread_mutex_unlock(&lock);
    in_hand->result = posix_blob_do(where, in_hand);
    (void)pthread_mutex_lock(&lock);
    put(&finished, in_hand);
    in_hand = NULL;
    posix_wake(POSIX_WAKE_CORE);
}

static void *run(void *unused)
{
    (void)unused;
    (void)pthread_mutex_lock(&lock);
    for (;;) {
        while (waiting.first == NULL)
            (void)pthread_cond_wait(&more, &lock);
        do_next();
    }
    return NULL;
}

int port_store_open(const char *dir)
{
    int opened = posix_blob_folder(dir);
    if (opened < 0) {
        why_keep(why_of(errno));
        return PORT_FAILED;
    }
    (void)pthread_mutex_lock(&lock);
    /* A job under way still works in the old one, which is then left open. */
    if (folder >= 0 && in_hand == NULL)
        (void)close(folder);
    folder = opened;
    (void)pthread_mutex_unlock(&lock);
    return 0;
}

void port_store_begin(struct port_store_job *job)
{
    if (!has_thread)
        has_thread = posix_thread(run);
    (void)pthread_mutex_lock(&lock);
    put(&waiting, job);
    /* Without a thread it takes the time it takes. */
    if (has_thread)
        (void)pthread_cond_signal(&more);
    else
        do_next();
    (void)pthread_mutex_unlock(&lock);
}

struct port_store_job *port_store_done(void)
{
    (void)pthread_mutex_lock(&lock);
    struct port_store_job *job = take(&finished);
    (void)pthread_mutex_unlock(&lock);
    return job;
}
