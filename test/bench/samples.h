/* Times that were measured, and their percentiles. */
#ifndef MOONGATE_BENCH_SAMPLES_H
#define MOONGATE_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
    uint32_t *tenths; /* of a microsecond each */
    size_t count, cap;
};

/* Room for `cap`; what is beyond is not kept. Ends the program where there is no memory. */
void samples_init(struct samples *samples, size_t cap);
void samples_add(struct samples *samples, uint64_t took_ns);

/* Prints `,"NAME_p50_us":…` and p99 and the most; no samples: null. Sorts them. */
void samples_print(struct samples *samples, const char *name);

#endif
