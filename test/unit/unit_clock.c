/* See unit_clock.h. Defines all that port/posix/posix_clock.c does. */
#define _GNU_SOURCE
#include "test/unit/unit_clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "port/port.h"

#define SPOIL_BYTES 524288 /* areas up to that are filled with rubbish when they are trimmed */

static uint64_t skipped_ms;
static bool no_wall;

static uint64_t read_us(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void unit_clock_skip_ms(uint64_t ms)
{
    skipped_ms += ms;
}

void unit_clock_know_wall(bool known)
{
    no_wall = !known;
}

uint64_t unit_clock_real_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t port_now_us(void)
{
    return read_us(CLOCK_MONOTONIC) + skipped_ms * 1000;
}

uint64_t port_wall_ms(void)
{
    return no_wall ? 0 : read_us(CLOCK_REALTIME) / 1000 + skipped_ms;
}

void port_random(void *out, size_t len)
{
    if (getrandom(out, len, 0) != (ssize_t)len)
        abort();
}

/* Nobody may need what was in it: small areas show that. */
void port_trim(void *start, size_t len)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)start + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)start + len) & ~(page - 1);
    if (len <= SPOIL_BYTES)
        memset(start, 0xA5, len);
    else if (from < end)
        (void)madvise((char *)start + (from - (uintptr_t)start), end - from, MADV_DONTNEED);
}

uint64_t port_resident_bytes(void)
{
    return 0;
}

const char *port_env(const char *name)
{
    return getenv(name);
}
