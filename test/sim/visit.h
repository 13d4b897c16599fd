/* A connection of the daemon's to a service, seen from the service. */
#ifndef MOONGATE_SIM_VISIT_H
#define MOONGATE_SIM_VISIT_H

#include "test/sim/ledger.h"
#include "test/sim/world.h"

#define VISIT_COUNT 24
#define VISIT_IN_BYTES 24576
#define VISIT_OUT_BYTES 49152

enum visit_mood {
    VISIT_SERVES,
    VISIT_LEAVES, /* closes or resets before it has read anything */
    VISIT_MUTE,   /* reads nothing, says nothing */
    VISIT_EARLY   /* answers before it has read the request */
};

enum visit_end {
    VISIT_KEEPS, /* the connection, for the next request */
    VISIT_CLOSES,
    VISIT_RESETS,
    VISIT_STALLS
};

struct visit {
    bool used;
    bool answers;
    enum visit_mood mood;
    enum visit_end end;
    int number;
    int link;
    int service;
    bool half_asked;   /* it answers a request that has not come whole, */
    bool nonsense;     /* or with what is no answer */
    bool notifies;     /* TLS: it says so when it closes */
    bool blocked;      /* there was no room: it goes on when there is */
    uint64_t due_us;   /* when it reads or writes next */
    uint64_t leave_us; /* when it has had enough */
    uint64_t gone_us;  /* when it sees that the daemon has gone */
    size_t in_len;
    size_t out_len, out_at;
    size_t cut_at;      /* nothing is said from there on */
    size_t complete_at; /* said so far, the answer is complete */
    uint32_t burst;     /* bytes written at once, */
    uint32_t gap_us;    /* and the time between two writes */
    struct ledger_ask *ask; /* whose request it answers, or NULL */
    int nth_try;
    bool streams; /* as it was asked */
    char in[VISIT_IN_BYTES];
    char out[VISIT_OUT_BYTES];
};

/* No visits. */
void visit_begin(void);

/* What they answer still is nobody's: the ledger begins anew. */
void visit_forget(void);

/* The daemon connected to a service. */
void visit_connected(int service, int link);

/* Goes on with all of them as far as they go. */
void visit_turn(void);

/* When the next one acts of its own. */
uint64_t visit_due_us(void);

#endif
