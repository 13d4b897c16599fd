/* The memory of the daemon as a table: each pool, and their sum, which is never exceeded. */
#ifndef MOONGATE_DAEMON_LIMITS_H
#define MOONGATE_DAEMON_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct daemon_limits {
    const char *name;
    uint32_t count;
    size_t size; /* of one */
};

/* Row i of the table; the last one is what stands between the pools. False: behind the end. */
bool daemon_limits_row(size_t i, struct daemon_limits *row);

/* The sum of all rows. */
size_t daemon_limits_sum(void);

#endif
