/*
 * Bytes queued in pages of a shared pool: a client's output, an answer held back. A rope without
 * bytes holds no page. Ropes are joined without copying.
 */
#ifndef MOONGATE_ROPE_H
#define MOONGATE_ROPE_H

#include "config/bounds.h"
#include "core/base/index.h"
#include "core/base/span.h"

#define ROPE_NO_PAGE 0xFFFFu

struct rope_page {
    char bytes[LIMIT_PAGE_BYTES];
};

/* The pool: the links and fill marks stand apart from the pages, so that a free page is not
 * touched. */
struct rope_pool {
    struct index_stack index;
    uint16_t next[LIMIT_PAGES];
    uint16_t begin[LIMIT_PAGES]; /* first byte not yet taken */
    uint16_t end[LIMIT_PAGES];   /* behind the last byte */
    uint16_t free_numbers[LIMIT_PAGES];
    struct rope_page pages[LIMIT_PAGES];
};

struct rope {
    uint16_t first;
    uint16_t last;
    uint32_t len; /* bytes in it */
};

/* All pages free; none is touched. */
void rope_pool_init(struct rope_pool *pool);

/* An empty rope. */
struct rope rope_empty(void);

/* Appends s whole, or nothing: false when the pool has too few free pages. */
bool rope_add(struct rope_pool *pool, struct rope *rope, struct span s);

/* Where what is appended will stand: what is left of the last page or, when that is full, a free
 * one, which is not taken yet; *cap bytes. NULL: no page is free. */
char *rope_place(struct rope_pool *pool, const struct rope *rope, size_t *cap);

/* Appends the len bytes that were written there, 0 < len <= cap. */
void rope_grow(struct rope_pool *pool, struct rope *rope, size_t len);

/* Appends len bytes, len > 0, that are the caller's to fill at the place returned, where the last
 * page has room for all of them or, when it is full, a new one; else NULL, and nothing is
 * appended. */
char *rope_extend(struct rope_pool *pool, struct rope *rope, size_t len);

/* The first run of contiguous bytes; empty when the rope is. */
struct span rope_front(const struct rope_pool *pool, const struct rope *rope);

/* Takes n bytes off the front, n <= len; pages that become empty go back to the pool. */
void rope_take(struct rope_pool *pool, struct rope *rope, size_t n);

/* Hangs the pages of tail behind rope; tail is empty then. Nothing is copied but what stands in
 * tail's first page, where the last of rope has room for it. */
void rope_join(struct rope_pool *pool, struct rope *rope, struct rope *tail);

/* Gives all pages back. */
static inline void rope_clear(struct rope_pool *pool, struct rope *rope)
{
    if (rope->len > 0)
        rope_take(pool, rope, rope->len);
}

#endif
