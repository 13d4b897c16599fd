/*
 * Blocks of every size from a fixed number of pages. Small blocks share a page with others of their
 * size class; larger ones have a run of pages. A class takes a new page only when all of its own
 * are full, so the classes' peaks bound what is taken, whatever came before. Single pages are taken
 * from the lower end and runs from the upper, so that long-lived small blocks do not cut up the
 * room for runs.
 */
#ifndef MOONGATE_TLS_PAGES_H
#define MOONGATE_TLS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_PAGES_CLASSES 21
#define TLS_PAGES_NONE 0xFFFFu

/* What is known of a page. It stands apart, so that a free page is not touched. */
struct tls_pages_page {
    uint16_t next;  /* neighbours among the pages of its class that have room */
    uint16_t prev;
    uint16_t free;  /* the first block given back; each names the next in its first bytes */
    uint16_t fresh; /* blocks from here on were never given out */
    uint16_t used;  /* blocks in use; of a run's first page: its length */
    uint8_t kind;
    bool touched;   /* may hold memory that port_trim could take back */
};

struct tls_pages {
    uint8_t *_base;
    struct tls_pages_page *_pages; /* owned by the embedding struct */
    uint16_t _count;
    uint16_t _lowest; /* no page below it is free */
    uint16_t _room[TLS_PAGES_CLASSES];
    uint16_t in_use;  /* pages */
    uint16_t high;    /* the most ever in use at once */
    uint8_t _shift;   /* a page has 1 << _shift bytes */
    bool _trimmable;
};

/* The memory that tls_pages works on. pages is zero bytes at first. */
struct tls_pages_memory {
    uint8_t *base;                /* count << shift bytes, aligned to 16 */
    struct tls_pages_page *pages; /* count */
    uint16_t count;
    uint8_t shift; /* 8 to 12 */
};

/* All pages are free; nothing of the memory is touched. */
void tls_pages_init(struct tls_pages *pages, const struct tls_pages_memory *memory);

/* A block of len zero bytes (len > 0), aligned to 16; NULL when there is no room. */
void *tls_pages_take(struct tls_pages *pages, size_t len);

/* Gives a block back; it must be in use. */
void tls_pages_give(struct tls_pages *pages, void *at);

/* Gives the free pages to port_trim; quick when there is nothing to give. */
void tls_pages_trim(struct tls_pages *pages);

#endif
