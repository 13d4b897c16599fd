/*
 * world [--tls] [--day] SEED: one world, each event told.
 * world --from N --count N [--tls] [--day] [--jobs N] [--marks] [--find WHAT]: many, their failures
 * alone, and the last line "N passed, N failed"; the seeds of those in which that occurs (tally.h).
 * world --kept FILE: the seeds of a file, each of which must still come to what it is kept for.
 */
#include <stdlib.h>
#include <string.h>

#include "test/sim/kept.h"
#include "test/sim/worlds.h"

static struct worlds_order read_order(int argc, char **argv)
{
    struct worlds_order order = {.count = 1, .jobs = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "1";
        if (strcmp(argv[i], "--tls") == 0)
            order.tls = true;
        else if (strcmp(argv[i], "--day") == 0)
            order.day = true;
        else if (strcmp(argv[i], "--marks") == 0)
            order.marks = true;
        else if (strcmp(argv[i], "--from") == 0 && ++i)
            order.from = strtoull(value, NULL, 0);
        else if (strcmp(argv[i], "--find") == 0 && ++i)
            order.find = value;
        else if (strcmp(argv[i], "--count") == 0 && ++i)
            order.count = strtoull(value, NULL, 0);
        else if (strcmp(argv[i], "--jobs") == 0 && ++i)
            order.jobs = atoi(value);
        else if (argv[i][0] != '-') {
            order.from = strtoull(argv[i], NULL, 0);
            order.trace = true;
        }
    }
    return order;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--kept") == 0)
        return kept_run(argv[2]);
    struct worlds_order order = read_order(argc, argv);
    return worlds_run(&order);
}
