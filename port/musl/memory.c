/*
 * The heap of the C library, for who asks behind our back: a name's addresses, the list of users.
 * That is seldom and little, so each piece has pages of its own, and musl's allocator, ten times
 * this code, stays out of the program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "port/musl/inside.h"

/* Before each piece: its bytes, this head included. */
struct head {
    _Alignas(16) size_t bytes;
};

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    void *got = MAP_FAILED;
    if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= SIZE_MAX / 2)
        got = mmap(NULL, bytes + sizeof(struct head), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    struct head *head = got;
    head->bytes = bytes + sizeof(*head);
    return head + 1;
}

void *malloc(size_t bytes)
{
    return calloc(1, bytes);
}

void *__libc_malloc(size_t bytes)
{
    return malloc(bytes);
}

void free(void *piece)
{
    if (piece == NULL)
        return;
    struct head *head = (struct head *)piece - 1;
    int before = errno;
    (void)munmap(head, head->bytes);
    errno = before;
}

void *realloc(void *piece, size_t bytes)
{
    void *larger = malloc(bytes);
    if (larger == NULL || piece == NULL)
        return larger;
    size_t has = ((struct head *)piece - 1)->bytes - sizeof(struct head);
    memcpy(larger, piece, has < bytes ? has : bytes);
    free(piece);
    return larger;
}
