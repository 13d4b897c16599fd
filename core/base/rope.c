/* Bytes in chained pages. Every page of a rope holds at least one byte. */
#include "core/base/rope.h"

#include "core/base/assert.h"
#include "core/base/copy.h"

_Static_assert(LIMIT_PAGE_BYTES <= UINT16_MAX, "fill marks are uint16");

void rope_pool_init(struct rope_pool *pool)
{
    index_init(&pool->index, pool->free_numbers, LIMIT_PAGES);
}

struct rope rope_empty(void)
{
    return (struct rope){ROPE_NO_PAGE, ROPE_NO_PAGE, 0};
}

/* The room behind the last byte. */
static size_t room_of(const struct rope_pool *pool, const struct rope *rope)
{
    return rope->len > 0 ? (size_t)(LIMIT_PAGE_BYTES - pool->end[rope->last]) : 0;
}

/* A page behind the last one; there is one free. */
static void add_page(struct rope_pool *pool, struct rope *rope)
{
    int number = index_take(&pool->index);
    ASSERT(number != INDEX_NONE);
    uint16_t page = (uint16_t)number;
    pool->next[page] = ROPE_NO_PAGE;
    pool->begin[page] = 0;
    pool->end[page] = 0;
    if (rope->len == 0)
        rope->first = page;
    else
        pool->next[rope->last] = page;
    rope->last = page;
}

bool rope_add(struct rope_pool *pool, struct rope *rope, struct span s)
{
    size_t room = room_of(pool, rope);
    if (s.len > room && s.len - room > index_free(&pool->index) * (size_t)LIMIT_PAGE_BYTES)
        return false;
    while (s.len > 0) {
        if (room == 0) {
            add_page(pool, rope);
            room = LIMIT_PAGE_BYTES;
        }
        size_t n = s.len < room ? s.len : room;
        copy_bytes(pool->pages[rope->last].bytes + pool->end[rope->last], s.at, n);
        pool->end[rope->last] = (uint16_t)(pool->end[rope->last] + n);
        rope->len += (uint32_t)n;
        s = span_skip(s, n);
        room -= n;
    }
    return true;
}

char *rope_place(struct rope_pool *pool, const struct rope *rope, size_t *cap)
{
    *cap = room_of(pool, rope);
    if (*cap > 0)
        return pool->pages[rope->last].bytes + pool->end[rope->last];
    int page = index_next(&pool->index);
    *cap = LIMIT_PAGE_BYTES;
    return page == INDEX_NONE ? NULL : pool->pages[page].bytes;
}

void rope_grow(struct rope_pool *pool, struct rope *rope, size_t len)
{
    if (room_of(pool, rope) == 0)
        add_page(pool, rope);
    ASSERT(len > 0 && len + pool->end[rope->last] <= LIMIT_PAGE_BYTES);
    pool->end[rope->last] = (uint16_t)(pool->end[rope->last] + len);
    rope->len += (uint32_t)len;
}

char *rope_extend(struct rope_pool *pool, struct rope *rope, size_t len)
{
    size_t cap;
    char *at = rope_place(pool, rope, &cap);
    if (at == NULL || len > cap)
        return NULL;
    rope_grow(pool, rope, len);
    return at;
}

struct span rope_front(const struct rope_pool *pool, const struct rope *rope)
{
    if (rope->len == 0)
        return (struct span){NULL, 0};
    uint16_t begin = pool->begin[rope->first];
    return (struct span){pool->pages[rope->first].bytes + begin,
                         (size_t)(pool->end[rope->first] - begin)};
}

void rope_take(struct rope_pool *pool, struct rope *rope, size_t n)
{
    ASSERT(n <= rope->len);
    while (n > 0) {
        uint16_t page = rope->first;
        size_t held = (size_t)(pool->end[page] - pool->begin[page]);
        size_t step = n < held ? n : held;
        pool->begin[page] = (uint16_t)(pool->begin[page] + step);
        rope->len -= (uint32_t)step;
        n -= step;
        if (step == held) {
            rope->first = pool->next[page];
            index_give(&pool->index, page);
        }
    }
    if (rope->len == 0) {
        *rope = rope_empty();
    }
}

void rope_join(struct rope_pool *pool, struct rope *rope, struct rope *tail)
{
    ASSERT(rope != tail);
    struct span front = rope_front(pool, tail);
    if (front.len <= room_of(pool, rope)) {
        bool added = rope_add(pool, rope, front);
        ASSERT(added);
        rope_take(pool, tail, front.len);
    }
    if (tail->len == 0)
        return;
    if (rope->len == 0) {
        *rope = *tail;
    } else {
        pool->next[rope->last] = tail->first;
        rope->last = tail->last;
        rope->len += tail->len;
    }
    *tail = rope_empty();
}
