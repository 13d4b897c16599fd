/* Stored state: one thread opens the folder, which is in its own table of descriptors, and does the
 * jobs in order. Where the system has no thread to give, the caller does both itself. */
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
static const char *wanted; /* the folder that is to be opened; NULL: none */
static int refused;        /* errno of that */

static int folder = -1; /* whoever does the jobs alone knows it */

static sem_t opened;
static bool begun, has_thread; /* the main thread's */

/* Under the lock. The old folder goes on where the new one is refused. */
static void open_wanted(void)
{
    int next = posix_blob_folder(wanted);
    wanted = NULL;
    refused = next < 0 ? errno : 0;
    if (next < 0)
        return;
    if (folder >= 0)
        (void)close(folder);
    folder = next;
}

/* Under the lock, which is let go meanwhile. */
static void do_next(void)
{
    struct port_store_job *job = jobs_take(&waiting);
    PROMISE(job != NULL);
    (void)sem_post(&desk.lock);
    job->result = posix_blob_do(folder, job);
    posix_down(&desk.lock);
    jobs_put(&finished, job);
    posix_wake(POSIX_WAKE_CORE);
}

static void *run(void *unused)
{
    (void)unused;
    posix_leave_sockets();
    for (;;) {
        posix_down(&desk.more);
        posix_down(&desk.lock);
        if (wanted != NULL) {
            open_wanted();
            (void)sem_post(&opened);
        } else {
            do_next();
        }
        (void)sem_post(&desk.lock);
    }
    return NULL;
}

/* Once: a thread that began later would not have the folder. */
static void be_ready(void)
{
    posix_desk_ready(&desk);
    if (begun)
        return;
    PROMISE(sem_init(&opened, 0, 0) == 0);
    has_thread = posix_thread(run);
    begun = true;
}

int port_store_open(const char *dir)
{
    be_ready();
    posix_down(&desk.lock);
    wanted = dir;
    if (!has_thread)
        open_wanted();
    (void)sem_post(&desk.lock);
    if (has_thread) {
        (void)sem_post(&desk.more);
        posix_down(&opened);
    }
    if (refused == 0)
        return 0;
    why_keep(why_of(refused));
    return PORT_FAILED;
}

void port_store_begin(struct port_store_job *job)
{
    be_ready();
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
