/* Ropes: what goes in comes out, in order, and no page is ever lost. */
#include "core/base/rope.h"
#include "test/unit/unit.h"

#include <string.h>

#define PAGE LIMIT_PAGE_BYTES

static struct rope_pool pool;
static char pattern[5 * PAGE + 7];

static void begin(void)
{
    memset(&pool, 0xA5, sizeof(pool));
    rope_pool_init(&pool);
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (char)(i * 31 + i / 251);
}

static struct span some(size_t at, size_t len)
{
    return (struct span){pattern + at, len};
}

/* Takes rope apart in steps of at most step bytes; true when it held exactly wanted. */
static bool holds(struct rope *rope, struct span wanted, size_t step)
{
    bool same = rope->len == wanted.len;
    while (same && rope->len > 0) {
        struct span front = rope_front(&pool, rope);
        front.len = front.len < step ? front.len : step;
        same = front.len > 0 && front.len <= wanted.len &&
               span_equal(front, (struct span){wanted.at, front.len});
        rope_take(&pool, rope, front.len);
        wanted = same ? span_skip(wanted, front.len) : wanted;
    }
    return same && wanted.len == 0 && rope_front(&pool, rope).len == 0;
}

static void in_pieces_of_every_kind(void)
{
    static const size_t sizes[] = {1, 2, 100, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, sizeof(pattern)};
    const size_t count = sizeof(sizes) / sizeof(sizes[0]);
    begin();
    for (size_t i = 0; i < count * count; i++) {
        struct rope rope = rope_empty();
        size_t piece = sizes[i / count];
        for (size_t at = 0; at < sizeof(pattern); at += piece) {
            size_t left = sizeof(pattern) - at;
            CU_ASSERT_TRUE(rope_add(&pool, &rope, some(at, piece < left ? piece : left)));
        }
        CU_ASSERT_EQUAL(pool.index.in_use, 6);
        CU_ASSERT_TRUE(holds(&rope, some(0, sizeof(pattern)), sizes[i % count]));
        CU_ASSERT_EQUAL(pool.index.in_use, 0);
    }
}

static void extended_where_a_page_has_room(void)
{
    begin();
    struct rope rope = rope_empty();
    struct rope rest = rope_empty();
    char *at = rope_extend(&pool, &rope, 10);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memcpy(at, pattern, 10);
    CU_ASSERT_PTR_NULL(rope_extend(&pool, &rope, PAGE - 9));
    CU_ASSERT_EQUAL(rope.len, 10);
    at = rope_extend(&pool, &rope, PAGE - 10);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memcpy(at, pattern + 10, PAGE - 10);
    CU_ASSERT_PTR_NULL(rope_extend(&pool, &rope, PAGE + 1));
    CU_ASSERT_EQUAL(pool.index.in_use, 1);
    at = rope_extend(&pool, &rope, PAGE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memcpy(at, pattern + PAGE, PAGE);
    while (index_free(&pool.index) > 0)
        CU_ASSERT_TRUE_FATAL(rope_add(&pool, &rest, some(0, PAGE)));
    CU_ASSERT_PTR_NULL(rope_extend(&pool, &rope, 1));
    CU_ASSERT_TRUE(holds(&rope, some(0, 2 * PAGE), 7));
    rope_clear(&pool, &rest);
    CU_ASSERT_EQUAL(pool.index.in_use, 0);
}

static void without_bytes(void)
{
    begin();
    struct rope rope = rope_empty();
    CU_ASSERT_EQUAL(rope_front(&pool, &rope).len, 0);
    CU_ASSERT_TRUE(rope_add(&pool, &rope, (struct span){NULL, 0}));
    rope_take(&pool, &rope, 0);
    rope_clear(&pool, &rope);
    CU_ASSERT_EQUAL(rope.len, 0);
    CU_ASSERT_EQUAL(pool.index.high, 0);
}

static void a_page_comes_back_when_empty(void)
{
    begin();
    struct rope rope = rope_empty();
    CU_ASSERT_TRUE(rope_add(&pool, &rope, some(0, PAGE + 1)));
    CU_ASSERT_EQUAL(pool.index.in_use, 2);
    rope_take(&pool, &rope, PAGE - 1);
    CU_ASSERT_EQUAL(pool.index.in_use, 2);
    rope_take(&pool, &rope, 1);
    CU_ASSERT_EQUAL(pool.index.in_use, 1);
    rope_take(&pool, &rope, 1);
    CU_ASSERT_EQUAL(pool.index.in_use, 0);
    CU_ASSERT_TRUE(rope_add(&pool, &rope, some(3, 9)));
    CU_ASSERT_TRUE(holds(&rope, some(3, 9), PAGE));
}

/* Whole or nothing, to the last byte of the pool. */
static void a_full_pool(void)
{
    begin();
    struct rope big = rope_empty();
    struct rope other = rope_empty();
    for (size_t i = 0; i < LIMIT_PAGES - 2; i++)
        CU_ASSERT_TRUE(rope_add(&pool, &big, some(i % PAGE, PAGE)));
    CU_ASSERT_TRUE(rope_add(&pool, &other, some(0, 10)));
    CU_ASSERT_FALSE(rope_add(&pool, &other, some(10, 2 * PAGE - 9)));
    CU_ASSERT_EQUAL(other.len, 10);
    CU_ASSERT_EQUAL(index_free(&pool.index), 1);
    CU_ASSERT_TRUE(rope_add(&pool, &other, some(10, 2 * PAGE - 10)));
    CU_ASSERT_FALSE(rope_add(&pool, &other, some(0, 1)));
    CU_ASSERT_EQUAL(index_free(&pool.index), 0);
    rope_clear(&pool, &big);
    CU_ASSERT_TRUE(rope_add(&pool, &other, some(2 * PAGE, 1)));
    CU_ASSERT_TRUE(holds(&other, some(0, 2 * PAGE + 1), PAGE));
    CU_ASSERT_EQUAL(pool.index.in_use, 0);
}

static void joining(void)
{
    static const size_t lens[] = {0, 1, 10, PAGE, PAGE + 3};
    const size_t count = sizeof(lens) / sizeof(lens[0]);
    begin();
    for (size_t i = 0; i < count * count; i++) {
        size_t a = lens[i / count];
        size_t b = lens[i % count];
        struct rope rope = rope_empty();
        struct rope tail = rope_empty();
        rope_add(&pool, &rope, some(0, a));
        rope_add(&pool, &tail, some(a, b));
        size_t front = b < PAGE ? b : PAGE;
        bool room = a % PAGE > 0 && a % PAGE + front <= PAGE;
        int pages = pool.index.in_use - (room && b > 0 ? 1 : 0);
        rope_join(&pool, &rope, &tail);
        CU_ASSERT_EQUAL(tail.len, 0);
        CU_ASSERT_EQUAL(rope.len, a + b);
        CU_ASSERT_EQUAL(pool.index.in_use, pages);
        CU_ASSERT_TRUE(rope_add(&pool, &tail, some(5, 5)));
        CU_ASSERT_TRUE(rope_add(&pool, &rope, some(a + b, 2 * PAGE)));
        CU_ASSERT_TRUE(holds(&rope, some(0, a + b + 2 * PAGE), PAGE));
        CU_ASSERT_TRUE(holds(&tail, some(5, 5), 1));
    }
    CU_ASSERT_EQUAL(pool.index.in_use, 0);
}

/* Filled and drained at once, as a client's output is. */
static void a_long_walk(void)
{
    begin();
    struct rope rope = rope_empty();
    size_t in = 0;
    size_t out = 0;
    uint32_t chance = 1;
    for (int i = 0; i < 20000; i++) {
        chance = chance * 1664525u + 1013904223u;
        size_t len = (chance >> 8) % 3000;
        size_t at = in % (sizeof(pattern) - 3000);
        if (rope.len < 3 * PAGE && rope_add(&pool, &rope, some(at, at == 0 ? 3000 : len)))
            in = at == 0 ? in + 3000 : in + len;
        struct span front = rope_front(&pool, &rope);
        size_t n = front.len < len ? front.len : len;
        rope_take(&pool, &rope, n);
        out += n;
        CU_ASSERT_EQUAL_FATAL(in - out, rope.len);
        CU_ASSERT_TRUE_FATAL(pool.index.in_use <= rope.len / PAGE + 2);
    }
    rope_clear(&pool, &rope);
    CU_ASSERT_EQUAL(pool.index.in_use, 0);
}

static const struct unit_test tests[] = {
    {"in pieces of every kind", in_pieces_of_every_kind},
    {"extended where a page has room", extended_where_a_page_has_room},
    {"without bytes", without_bytes},
    {"a page comes back when empty", a_page_comes_back_when_empty},
    {"a full pool", a_full_pool},
    {"joining", joining},
    {"a long walk", a_long_walk},
};

UNIT_MAIN("rope", tests)
