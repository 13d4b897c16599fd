/* Time, chance, memory, the environment. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "port/port.h"
#include "port/promise.h"

/* Seconds since 1970 of the day on which this program was built; the build sets it. */
#ifndef MOONGATE_BUILT_S
#define MOONGATE_BUILT_S 0
#endif

#define RANDOM_PIECE_BYTES 256 /* so much comes in one piece, whatever signals arrive */
#define RANDOM_SMALL_BYTES 16  /* an id; what is longer may be a key, and is not kept in stock */

/* Ids are asked for with every request, the system once for some of them. */
static struct {
    unsigned char bytes[RANDOM_PIECE_BYTES];
    size_t left;
} stock;

uint64_t port_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t port_wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec < (time_t)MOONGATE_BUILT_S)
        return 0;
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* Kernels before 3.17 have only the file. */
static bool random_of_file(unsigned char *out, size_t len)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = read(fd, out, len) == (ssize_t)len;
    (void)close(fd);
    return good;
}

static void random_of_system(unsigned char *to, size_t len)
{
    while (len > 0) {
        size_t piece = len < RANDOM_PIECE_BYTES ? len : RANDOM_PIECE_BYTES;
        ssize_t got = getrandom(to, piece, 0);
        if (got < 0 && errno == EINTR)
            continue;
        PROMISE(got == (ssize_t)piece || (got < 0 && random_of_file(to, piece)));
        to += piece;
        len -= piece;
    }
}

void port_random(void *out, size_t len)
{
    if (len > RANDOM_SMALL_BYTES) {
        random_of_system(out, len);
        return;
    }
    if (stock.left < len) {
        random_of_system(stock.bytes, sizeof(stock.bytes));
        stock.left = sizeof(stock.bytes);
    }
    stock.left -= len;
    memcpy(out, stock.bytes + stock.left, len);
    memset(stock.bytes + stock.left, 0, len);
}

void port_trim(void *start, size_t len)
{
    uintptr_t page = (uintptr_t)getpagesize();
    uintptr_t from = (uintptr_t)start;
    uintptr_t end = (from + len) & ~(page - 1);
    size_t skip = (size_t)(-from & (page - 1));
    if (from + skip >= end)
        return;
    (void)madvise((char *)start + skip, end - from - skip, MADV_DONTNEED);
}

static size_t read_small(const char *path, char *out, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, out, cap);
    (void)close(fd);
    return got > 0 ? (size_t)got : 0;
}

/* Kernels count statm's pages a processor at a time and may be behind by as much as this program
 * is large; smaps_rollup walks them. */
uint64_t port_resident_bytes(void)
{
    char text[512];
    size_t len = read_small("/proc/self/smaps_rollup", text, sizeof(text) - 1);
    text[len] = '\0';
    const char *at = strstr(text, "\nRss:");
    if (at != NULL)
        return strtoull(at + strlen("\nRss:"), NULL, 10) * 1024u;
    len = read_small("/proc/self/statm", text, sizeof(text) - 1);
    text[len] = '\0';
    at = strchr(text, ' ');
    const long page = getpagesize();
    return at != NULL ? strtoull(at, NULL, 10) * (uint64_t)page : 0;
}

const char *port_env(const char *name)
{
    return getenv(name);
}
