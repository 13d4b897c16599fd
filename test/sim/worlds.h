/* Many worlds, in processes of their own, so that one that breaks takes no other with it. */
#ifndef MOONGATE_SIM_WORLDS_H
#define MOONGATE_SIM_WORLDS_H

#include <stdbool.h>
#include <stdint.h>

struct worlds_order {
    uint64_t from, count;
    const char *find; /* or NULL: seeds of worlds in which that occurs are told */
    int jobs;   /* processes at once */
    bool tls;
    bool day;
    bool marks; /* print what each world comes to, which is the same each time */
    bool trace; /* one world, in this process */
};

/* Runs them; 0 when all were good. */
int worlds_run(const struct worlds_order *order);

#endif
