/* See tls_pages.h. */
#include "core/tls/tls_pages.h"

#include <string.h>

#include "core/base/assert.h"

/* Kinds of a page; memory that starts as zero bytes is all free. */
#define FREE 0
#define RUN 1  /* the first of a run */
#define REST 2 /* the others */
#define CLASS 3 /* and above: the page is shared by blocks of class kind - CLASS */

#define STEP 16 /* classes up to 128 bytes are so far apart */

/* Some divide a page of 4096 bytes in 3, 5, 6. A class larger than half a page is not used. */
static const uint16_t class_bytes[TLS_PAGES_CLASSES] = {
    16,  32,  48,  64,  80,  96,  112, 128,  160,  192,  224,
    256, 320, 384, 448, 512, 672, 816, 1024, 1360, 2048,
};

void tls_pages_init(struct tls_pages *pages, const struct tls_pages_memory *memory)
{
    ASSERT(memory->shift >= 8 && memory->shift <= 12);
    ASSERT(memory->count > 0 && memory->count < TLS_PAGES_NONE);
    *pages = (struct tls_pages){
        ._base = memory->base,
        ._pages = memory->pages,
        ._count = memory->count,
        ._shift = memory->shift,
    };
    for (size_t i = 0; i < TLS_PAGES_CLASSES; i++)
        pages->_room[i] = TLS_PAGES_NONE;
}

static size_t page_bytes(const struct tls_pages *pages)
{
    return (size_t)1 << pages->_shift;
}

static uint8_t *page_at(const struct tls_pages *pages, size_t number)
{
    return pages->_base + (number << pages->_shift);
}

/* The smallest class that holds len bytes, len at most half of the largest page. */
static size_t class_of(size_t len)
{
    if (len <= 8 * STEP)
        return (len - 1) / STEP;
    size_t class = 8;
    while (class_bytes[class] < len)
        class++;
    return class;
}

static void count_in(struct tls_pages *pages, size_t n)
{
    pages->in_use = (uint16_t)(pages->in_use + n);
    if (pages->in_use > pages->high)
        pages->high = pages->in_use;
}

static void release(struct tls_pages *pages, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        pages->_pages[i].kind = FREE;
    pages->in_use = (uint16_t)(pages->in_use - n);
    pages->_trimmable = true;
    if (first < pages->_lowest)
        pages->_lowest = (uint16_t)first;
}

/* The class's list of pages with room. */
static void link_page(struct tls_pages *pages, size_t class, size_t number)
{
    struct tls_pages_page *page = &pages->_pages[number];
    page->prev = TLS_PAGES_NONE;
    page->next = pages->_room[class];
    if (page->next != TLS_PAGES_NONE)
        pages->_pages[page->next].prev = (uint16_t)number;
    pages->_room[class] = (uint16_t)number;
}

static void unlink_page(struct tls_pages *pages, size_t class, size_t number)
{
    const struct tls_pages_page *page = &pages->_pages[number];
    if (page->prev == TLS_PAGES_NONE) {
        ASSERT(pages->_room[class] == number);
        pages->_room[class] = page->next;
    } else {
        pages->_pages[page->prev].next = page->next;
    }
    if (page->next != TLS_PAGES_NONE)
        pages->_pages[page->next].prev = page->prev;
}

/* A page with room for one more of the class; a new one when there is none. */
static uint16_t page_with_room(struct tls_pages *pages, size_t class)
{
    if (pages->_room[class] != TLS_PAGES_NONE)
        return pages->_room[class];
    size_t number = pages->_lowest;
    while (number < pages->_count && pages->_pages[number].kind != FREE)
        number++;
    pages->_lowest = (uint16_t)number;
    if (number == pages->_count)
        return TLS_PAGES_NONE;
    pages->_pages[number] = (struct tls_pages_page){
        .free = TLS_PAGES_NONE,
        .kind = (uint8_t)(CLASS + class),
        .touched = true,
    };
    count_in(pages, 1);
    link_page(pages, class, number);
    return (uint16_t)number;
}

static void *take_small(struct tls_pages *pages, size_t class)
{
    uint16_t number = page_with_room(pages, class);
    if (number == TLS_PAGES_NONE)
        return NULL;
    struct tls_pages_page *page = &pages->_pages[number];
    size_t block = page->free;
    uint8_t *at;
    if (block == TLS_PAGES_NONE) {
        block = page->fresh++;
        at = page_at(pages, number) + block * class_bytes[class];
    } else {
        at = page_at(pages, number) + block * class_bytes[class];
        memcpy(&page->free, at, sizeof(page->free));
    }
    page->used++;
    if (page->used == page_bytes(pages) / class_bytes[class])
        unlink_page(pages, class, number);
    return at;
}

static void give_small(struct tls_pages *pages, size_t number, uint8_t *at)
{
    struct tls_pages_page *page = &pages->_pages[number];
    size_t class = (size_t)page->kind - CLASS;
    size_t block = (size_t)(at - page_at(pages, number)) / class_bytes[class];
    ASSERT(at == page_at(pages, number) + block * class_bytes[class]);
    ASSERT(page->used > 0 && block < page->fresh);
    bool was_full = page->used == page_bytes(pages) / class_bytes[class];
    memcpy(at, &page->free, sizeof(page->free));
    page->free = (uint16_t)block;
    page->used--;
    if (was_full)
        link_page(pages, class, number);
    if (page->used == 0) {
        unlink_page(pages, class, number);
        release(pages, number, 1);
    }
}

/* The highest place for n free pages in a row; count when there is none. */
static size_t find_run(const struct tls_pages *pages, size_t n)
{
    size_t row = 0;
    for (size_t i = pages->_count; i > pages->_lowest; i--) {
        row = pages->_pages[i - 1].kind == FREE ? row + 1 : 0;
        if (row == n)
            return i - 1;
    }
    return pages->_count;
}

static void *take_run(struct tls_pages *pages, size_t n)
{
    size_t first = find_run(pages, n);
    if (first == pages->_count)
        return NULL;
    for (size_t i = first; i < first + n; i++) {
        pages->_pages[i].kind = i == first ? RUN : REST;
        pages->_pages[i].touched = true;
    }
    pages->_pages[first].used = (uint16_t)n;
    count_in(pages, n);
    return page_at(pages, first);
}

static bool is_small(const struct tls_pages *pages, size_t len)
{
    size_t half = page_bytes(pages) / 2;
    return len <= half && class_bytes[class_of(len)] <= half;
}

void *tls_pages_take(struct tls_pages *pages, size_t len)
{
    ASSERT(len > 0);
    if (len > (size_t)pages->_count << pages->_shift)
        return NULL;
    void *at;
    if (is_small(pages, len))
        at = take_small(pages, class_of(len));
    else
        at = take_run(pages, (len + page_bytes(pages) - 1) >> pages->_shift);
    if (at != NULL)
        memset(at, 0, len);
    return at;
}

void tls_pages_give(struct tls_pages *pages, void *at)
{
    size_t offset = (size_t)((uint8_t *)at - pages->_base);
    size_t number = offset >> pages->_shift;
    ASSERT(number < pages->_count);
    const struct tls_pages_page *page = &pages->_pages[number];
    if (page->kind >= CLASS) {
        give_small(pages, number, at);
        return;
    }
    ASSERT(page->kind == RUN && at == page_at(pages, number));
    release(pages, number, page->used);
}

/* From number on: how many neighbours are free and touched; they are marked untouched. */
static size_t trimmable(struct tls_pages *pages, size_t number)
{
    size_t at = number;
    while (at < pages->_count && pages->_pages[at].kind == FREE && pages->_pages[at].touched) {
        pages->_pages[at].touched = false;
        at++;
    }
    return at - number;
}

void tls_pages_trim(struct tls_pages *pages)
{
    if (!pages->_trimmable)
        return;
    pages->_trimmable = false;
    for (size_t i = 0; i < pages->_count; i++) {
        size_t n = trimmable(pages, i);
        if (n > 0) {
            port_trim(page_at(pages, i), n << pages->_shift);
            i += n;
        }
    }
}
