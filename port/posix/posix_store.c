/* Stored state: one thread, started with the first job, does the jobs in order. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "port/jobs.h"
#include "port/port.h"
#include "port/posix/posix.h"
#include "port/promise.h"
#include "port/why.h"

static struct posix_desk desk; /* its lock is over all that follows */
static struct jobs waiting, finished;
static struct port_store_job *in_hand;
static int folder = -1;

static bool has_thread; /* port_store_begin's alone */

/* Under the lock, which is let go meanwhile. */
static void do_next(void)
{
    int where = folder;
    in_hand = jobs_take(&waiting);
    PROMISE(in_hand != NULL);
    (void)sem_post(&desk.lock);
    in_hand->result = posix_blob_do(where, in_hand);
    posix_down(&desk.lock);
    jobs_put(&finished, in_hand);
    in_hand = NULL;
    posix_wake(POSIX_WAKE_CORE);
}

static void *run(void *unused)
{
    (void)unused;
    for (;;) {
        posix_down(&desk.more);
        posix_down(&desk.lock);
        do_next();
        (void)sem_post(&desk.lock);
    }
    return NULL;
}

int port_store_open(const char *dir)
{
    posix_desk_ready(&desk);
    int opened = posix_blob_folder(dir);
    if (opened < 0) {
        why_keep(why_of(errno));
        return PORT_FAILED;
    }
    posix_down(&desk.lock);
    /* A job under way still works in the old one, which is then left open. */
    if (folder >= 0 && in_hand == NULL)
        (void)close(folder);
    folder = opened;
    (void)sem_post(&desk.lock);
    return 0;
}

void port_store_begin(struct port_store_job *job)
{
    posix_desk_ready(&desk);
    if (!has_thread)
        has_thread = posix_thread(run);
    posix_down(&desk.lock);
    jobs_put(&waiting, job);
    /* Without a thread it takes the time it takes. */
    if (has_thread)
        (void)sem_post(&desk.more);
    else
        do_next();
    (void)sem_post(&desk.lock);
}

struct port_store_job *port_store_done(void)
{
    posix_desk_ready(&desk);
    posix_down(&desk.lock);
    struct port_store_job *job = jobs_take(&finished);
    (void)sem_post(&desk.lock);
    return job;
}
