/* See store.h. */
#include "core/base/store.h"

#include "core/base/assert.h"

#define WAIT_US 1000 /* between two looks */
#define EVENTS 8

_Static_assert(offsetof(struct store_job, job) == 0, "a job of the port's is one of ours");

void store_begin(struct store_job *job)
{
    ASSERT(!job->busy);
    job->busy = true;
    port_store_begin(&job->job);
}

bool store_poll(void)
{
    struct port_store_job *job;
    bool any = false;
    for (; (job = port_store_done()) != NULL; any = true)
        ((struct store_job *)job)->busy = false;
    return any;
}

bool store_wait(const struct store_job *job, uint64_t limit_us)
{
    struct port_event events[EVENTS];
    uint64_t now_us = port_now_us(), end_us = now_us + limit_us;
    store_poll();
    for (; job->busy && now_us < end_us; now_us = port_now_us()) {
        port_wait(events, EVENTS, now_us + WAIT_US);
        store_poll();
    }
    return !job->busy;
}
