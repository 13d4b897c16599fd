/* See tally.h. */
#define _GNU_SOURCE
#include "test/sim/tally.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "test/sim/world.h"

#define COLUMNS 4

static uint64_t *counts; /* of all processes */
static bool seen[TALLY_COUNT];

#define TALLY_ROW(name, where) {#name, TALLY_##where},
static const struct {
    const char *name;
    enum tally_where where;
} rows[] = {TALLY_LIST(TALLY_ROW)};
#undef TALLY_ROW

_Static_assert((int)TALLY_WALL_JUMP == (int)SIM_WALL_JUMP, "the faults come first, in their order");

void tally_start(void)
{
    counts = mmap(NULL, TALLY_COUNT * sizeof(*counts), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    WORLD_CHECK(counts != MAP_FAILED, "no memory to count in");
}

void tally_begin(void)
{
    memset(seen, 0, sizeof(seen));
}

void tally(enum tally what)
{
    if (!seen[what])
        (void)__atomic_fetch_add(&counts[what], 1, __ATOMIC_RELAXED);
    seen[what] = true;
}

void tally_if(bool occurs, enum tally what)
{
    if (occurs)
        tally(what);
}

int tally_seen(const char *name, unsigned len)
{
    for (int i = 0; i < TALLY_COUNT; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return seen[i];
    return -1;
}

int tally_print(bool tls)
{
    int missing = 0;
    printf("in so many worlds occurred:\n");
    for (int i = 0; i < TALLY_COUNT; i++)
        printf("  %-17s %6llu%s", rows[i].name, (unsigned long long)counts[i],
               i % COLUMNS == COLUMNS - 1 || i == TALLY_COUNT - 1 ? "\n" : "");
    for (int i = 0; i < TALLY_COUNT; i++) {
        enum tally_where here = tls ? TALLY_TLS : TALLY_PLAIN;
        bool must = rows[i].where == TALLY_ANYWHERE || rows[i].where == here;
        if (!must || counts[i] > 0)
            continue;
        printf("not ok: %s never occurred\n", rows[i].name);
        missing++;
    }
    return missing;
}
