/*
 * Providers that are passed over for a while: their key or address is at fault, or they asked for
 * more patience than a request has. Long benches survive a restart.
 */
#ifndef MOONGATE_GATEWAY_BENCH_H
#define MOONGATE_GATEWAY_BENCH_H

#include "core/gateway/gateway_error.h"

struct gateway;

#define GATEWAY_BENCH_FAULT_S 60   /* for a provider whose key or address is at fault */
#define GATEWAY_BENCH_KEPT_S 60    /* a longer bench is kept over a restart */
#define GATEWAY_BENCH_MAX_S 86400  /* a service that wants more is asked once a day */

/* A provider's, and what it said; the error's retry_after_s is the length of the bench. */
struct gateway_bench {
    uint64_t until_us; /* 0: not benched */
    struct gateway_error error;
};

/* Passes the provider over for so many seconds because of that error, and says so in the log. */
void gateway_bench_set(struct gateway *g, int provider, uint32_t seconds,
                       const struct gateway_error *error);

/* True while it is passed over. error: NULL, or set to its error again with the time that remains.
 * */
bool gateway_bench_is_on(const struct gateway *g, int provider, struct gateway_error *error);

/* Writes those that are to be kept; returns the length. What does not fit is left out. */
size_t gateway_bench_save(const struct gateway *g, char *out, size_t cap);

/* Takes over what was written, as far as its time has not passed; nothing while the box does not
 * know the time. False: it is damaged, and not used. */
bool gateway_bench_load(struct gateway *g, struct span blob);

#endif
