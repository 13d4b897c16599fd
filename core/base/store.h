/*
 * Jobs of the port's store, when several parts of core have some under way: each knows of its own
 * whether the port still has it.
 */
#ifndef MOONGATE_STORE_H
#define MOONGATE_STORE_H

#include "port/port.h"

struct store_job {
    struct port_store_job job; /* the first thing in it: by that it is known again */
    bool busy; /* the port's: neither it nor its data may be touched */
};

/* Hands a job that is filled in to the port; it is not busy before. */
void store_begin(struct store_job *job);

/* Takes back what is finished, whoever it belongs to. Once a turn. False: nothing is. */
bool store_poll(void);

/* Waits until the job is finished, at most limit_us. False: the disk does not answer. For the start
 * and the end of the program: what the network tells meanwhile is lost. */
bool store_wait(const struct store_job *job, uint64_t limit_us);

#endif
