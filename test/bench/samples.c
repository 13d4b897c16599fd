/* Percentiles, from all the samples: nothing is put into bins. */
#include "test/bench/samples.h"

#include <stdio.h>
#include <stdlib.h>

void samples_init(struct samples *samples, size_t cap)
{
    *samples = (struct samples){.tenths = malloc(cap * sizeof *samples->tenths), .cap = cap};
    if (samples->tenths == NULL)
        exit(1);
}

void samples_add(struct samples *samples, uint64_t took_ns)
{
    uint64_t tenths = took_ns / 100;
    if (samples->count < samples->cap)
        samples->tenths[samples->count++] = tenths < UINT32_MAX ? (uint32_t)tenths : UINT32_MAX;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_one(const struct samples *samples, const char *name, const char *which,
                      size_t permille)
{
    size_t at = samples->count * permille / 1000;
    if (samples->count == 0)
        printf(",\"%s_%s_us\":null", name, which);
    else
        printf(",\"%s_%s_us\":%.1f", name, which,
               samples->tenths[at < samples->count ? at : samples->count - 1] / 10.0);
}

void samples_print(struct samples *samples, const char *name)
{
    qsort(samples->tenths, samples->count, sizeof *samples->tenths, compare);
    print_one(samples, name, "p50", 500);
    print_one(samples, name, "p99", 990);
    print_one(samples, name, "max", 1000);
}
