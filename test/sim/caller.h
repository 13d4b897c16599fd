/* A client of the gateway's: what it asks, how it writes and reads, when it goes. */
#ifndef MOONGATE_SIM_CALLER_H
#define MOONGATE_SIM_CALLER_H

#include "test/sim/asked.h"
#include "test/sim/reply.h"
#include "test/sim/world.h"

#define CALLER_COUNT 12
#define CALLER_ASKS 4
#define CALLER_OUT_BYTES 40960

struct caller {
    bool used;
    bool done;
    bool called;       /* it has a link */
    int number;
    struct port_address from;
    int link;
    uint64_t begin_us; /* when it calls */
    uint64_t due_us;   /* when it reads or writes next */
    uint64_t leave_us; /* when it has had enough */
    uint64_t limit_us; /* by then the request in hand must have been answered */
    bool blocked;
    /* its manners */
    bool pipelines;    /* sends the next request before it has the answer */
    bool half_closes;  /* behind its last request */
    bool resets;       /* when it leaves */
    bool odd;          /* it leaves early, sends rubbish or is too slow: no answer is owed */
    uint32_t write_burst, write_gap_us;
    uint32_t read_burst, read_gap_us;
    uint64_t read_us;  /* when it reads next */
    int asks;
    int answered;
    struct asked asked[CALLER_ASKS];
    size_t out_len, out_at;
    struct reply reply;
    char out[CALLER_OUT_BYTES];
};

/* Draws the clients of a world. */
void caller_begin(void);

/* Goes on with all of them as far as they go. */
void caller_turn(void);

/* When the next one acts of its own. */
uint64_t caller_due_us(void);

/* True when one of them sends garbled requests. */
bool caller_garbles(void);

/* True when every one of them has what it came for, or has gone. */
bool caller_all_done(void);

#endif
