/* Lines to standard error, each in one piece. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "port/port.h"
#include "port/stamp.h"

#define PANIC_NUMBER_LEN 10

static void stamp(char out[STAMP_LEN])
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    uint64_t wall_s = now.tv_sec > 0 ? (uint64_t)now.tv_sec : 0;
    stamp_write(out, wall_s * 1000 + (uint64_t)now.tv_nsec / 1000000u);
}

static struct iovec piece(const char *text, size_t len)
{
    union {
        const char *read;
        char *base; /* as writev's type has it, which does not write */
    } both = {.read = text};
    return (struct iovec){.iov_base = both.base, .iov_len = len};
}

static void write_pieces(const struct iovec *pieces, int count)
{
    ssize_t written;
    do {
        written = writev(STDERR_FILENO, pieces, count);
    } while (written < 0 && errno == EINTR);
}

void port_log(enum port_level level, const char *line, size_t len)
{
    char when[STAMP_LEN];
    const char *word = stamp_level(level);
    stamp(when);
    const struct iovec pieces[] = {
        piece(when, sizeof(when)),
        piece(word, strlen(word)),
        piece(line, len),
        piece("\n", 1),
    };
    write_pieces(pieces, 4);
}

void port_panic(const char *file, int line)
{
    char number[PANIC_NUMBER_LEN];
    size_t len = 1;
    for (int rest = line / 10; rest > 0; rest /= 10)
        len++;
    stamp_digits(number, (int)len, (uint64_t)line);
    const struct iovec pieces[] = {
        piece("moongate: a promise was broken at ", 34),
        piece(file, strlen(file)),
        piece(":", 1),
        piece(number, len),
        piece("\n", 1),
    };
    write_pieces(pieces, 5);
    abort();
}
