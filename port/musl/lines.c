/*
 * How musl's resolver reads its files, hosts and resolv.conf: once, from the beginning, on one
 * thread, in a structure and a buffer that it has itself. That needs no stdio.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "port/musl/inside.h"

#define AT_END 16u /* musl looks at this bit itself */

/* In the first bytes of the FILE, which musl's own code made for more. */
struct lines {
    unsigned flags;
    int fd;
    unsigned char *buffer, *at, *end;
    size_t cap;
};

FILE *__fopen_rb_ca(const char *path, FILE *file, unsigned char *buffer, size_t cap)
{
    struct lines *lines = (void *)file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *lines = (struct lines){.fd = fd, .buffer = buffer, .at = buffer, .end = buffer, .cap = cap};
    return fd >= 0 ? file : NULL;
}

static bool fill(struct lines *lines)
{
    ssize_t got = read(lines->fd, lines->buffer, lines->cap);
    if (got <= 0) {
        lines->flags = AT_END;
        return false;
    }
    lines->at = lines->buffer;
    lines->end = lines->buffer + got;
    return true;
}

int getc(FILE *file)
{
    struct lines *lines = (void *)file;
    return lines->at < lines->end || fill(lines) ? *lines->at++ : EOF;
}

char *fgets(char *restrict line, int cap, FILE *restrict file)
{
    char *to = line;
    int c = 0;
    while (--cap > 0 && c != '\n' && (c = getc(file)) != EOF)
        *to++ = (char)c;
    if (to == line)
        return NULL;
    *to = '\0';
    return line;
}

int __fclose_ca(FILE *file)
{
    struct lines *lines = (void *)file;
    return close(lines->fd);
}

/* What exit() does about files that are being written. There are none: batch.c closes its own. */
void __stdio_exit(void)
{
}

void __stdio_exit_needed(void)
{
}
