/* Pages: every size in every geometry, long random use, what is left when all came back. */
#include "core/tls/tls_pages.h"
#include "test/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES (1u << 20)
#define PAGES_MAX (MEMORY_BYTES >> 8)
#define LIVE_MAX 4000

static _Alignas(4096) uint8_t memory[MEMORY_BYTES];
static struct tls_pages_page states[PAGES_MAX];

static struct tls_pages fresh(uint8_t shift, uint16_t count)
{
    struct tls_pages pages;
    memset(memory, 0, sizeof(memory));
    memset(states, 0, sizeof(states));
    tls_pages_init(&pages, &(struct tls_pages_memory){memory, states, count, shift});
    return pages;
}

static bool filled_with(const uint8_t *at, uint8_t byte, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != byte)
            return false;
    }
    return true;
}

/* Each size as often as it fits: zero bytes, aligned, within bounds, none over another. */
static void fill_with(struct tls_pages *pages, size_t len, size_t pool_bytes)
{
    static uint8_t *at[PAGES_MAX * 16];
    size_t n = 0;
    while (n < sizeof(at) / sizeof(at[0]) && (at[n] = tls_pages_take(pages, len)) != NULL) {
        CU_ASSERT((uintptr_t)at[n] % 16 == 0);
        CU_ASSERT(at[n] >= memory && at[n] + len <= memory + pool_bytes);
        CU_ASSERT(filled_with(at[n], 0, len));
        memset(at[n], (int)(n % 255) + 1, len);
        n++;
    }
    CU_ASSERT(n * (len + 16) >= pool_bytes / 3);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT(filled_with(at[i], (uint8_t)(i % 255 + 1), len));
        tls_pages_give(pages, at[i]);
    }
    CU_ASSERT_EQUAL(pages->in_use, 0);
}

static void every_size(void)
{
    static const struct {
        uint8_t shift;
        uint16_t count;
    } rows[] = {{8, 256}, {9, 100}, {10, 64}, {12, 16}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tls_pages pages = fresh(rows[i].shift, rows[i].count);
        size_t pool_bytes = (size_t)rows[i].count << rows[i].shift;
        for (size_t len = 1; len < pool_bytes / 3; len += len < 300 ? 7 : len / 3)
            fill_with(&pages, len, pool_bytes);
        void *all = tls_pages_take(&pages, pool_bytes);
        CU_ASSERT_PTR_EQUAL(all, memory);
        CU_ASSERT_PTR_NULL(tls_pages_take(&pages, 1));
        tls_pages_give(&pages, all);
        CU_ASSERT_PTR_NULL(tls_pages_take(&pages, pool_bytes + 1));
        CU_ASSERT_PTR_NULL(tls_pages_take(&pages, SIZE_MAX));
    }
}

struct live {
    uint8_t *at;
    size_t len;
    uint8_t mark;
};

static struct live live[LIVE_MAX];

/* Small ones mostly, as mbedTLS asks. */
static size_t random_len(void)
{
    int kind = rand() % 100;
    int most = kind < 70 ? 130 : kind < 97 ? 2100 : 20000;
    return (size_t)(1 + rand() % most);
}

static void turn(struct tls_pages *pages, struct live *one)
{
    if (one->at != NULL) {
        CU_ASSERT(filled_with(one->at, one->mark, one->len));
        tls_pages_give(pages, one->at);
        one->at = NULL;
        return;
    }
    one->len = random_len();
    one->at = tls_pages_take(pages, one->len);
    if (one->at != NULL) {
        CU_ASSERT(filled_with(one->at, 0, one->len));
        one->mark = (uint8_t)(1 + rand() % 255);
        memset(one->at, one->mark, one->len);
    }
}

static void random_use(void)
{
    static const uint8_t shifts[] = {8, 10, 12};
    for (size_t s = 0; s < sizeof(shifts); s++) {
        struct tls_pages pages = fresh(shifts[s], (uint16_t)(MEMORY_BYTES >> shifts[s]));
        memset(live, 0, sizeof(live));
        srand(7);
        for (int i = 0; i < 200000; i++) {
            turn(&pages, &live[rand() % (i % 20000 < 15000 ? LIVE_MAX : 50)]);
            if (i % 5000 == 0)
                tls_pages_trim(&pages);
        }
        for (int i = 0; i < LIVE_MAX; i++) {
            if (live[i].at != NULL)
                turn(&pages, &live[i]);
        }
        CU_ASSERT_EQUAL(pages.in_use, 0);
        CU_ASSERT_PTR_NOT_NULL(tls_pages_take(&pages, MEMORY_BYTES));
    }
}

/* Long-lived small blocks among short-lived large ones must not spread: years of handshakes, in
 * short. A connection keeps a few blocks; what it needed for its handshake goes at once. */
static void years(void)
{
    enum { CONNECTIONS = 100, KEPT = 6 };
    static const size_t kept_bytes[KEPT] = {480, 1760, 400, 288, 192, 24};
    static const size_t passing_bytes[] = {3253, 4096, 744, 744, 520, 2100, 9000, 64, 64, 1544};
    struct tls_pages pages = fresh(12, MEMORY_BYTES >> 12);
    uint8_t *kept[CONNECTIONS][KEPT] = {{NULL}};
    uint16_t high_before = 0;
    srand(11);
    for (int i = 0; i < 100000; i++) {
        uint8_t **one = kept[rand() % CONNECTIONS];
        uint8_t *passing[sizeof(passing_bytes) / sizeof(passing_bytes[0])];
        for (size_t k = 0; k < KEPT && one[k] != NULL; k++)
            tls_pages_give(&pages, one[k]);
        for (size_t k = 0; k < sizeof(passing) / sizeof(passing[0]); k++) {
            passing[k] = tls_pages_take(&pages, passing_bytes[k] - (size_t)(rand() % 40));
            CU_ASSERT_PTR_NOT_NULL_FATAL(passing[k]);
            if (k < KEPT)
                one[k] = tls_pages_take(&pages, kept_bytes[k]);
        }
        for (size_t k = 0; k < sizeof(passing) / sizeof(passing[0]); k++)
            tls_pages_give(&pages, passing[k]);
        if (i == 10000)
            high_before = pages.high;
    }
    CU_ASSERT(pages.high <= high_before + 2);
    CU_ASSERT((size_t)pages.high << 12 < CONNECTIONS * 3700 + 60000);
}

/* Runs come from the upper end and singles from the lower: the middle is never touched. */
static void untouched_middle(void)
{
    struct tls_pages pages = fresh(12, 256);
    size_t middle = MEMORY_BYTES / 2 - 8 * 4096;
    memset(memory + middle, 0x77, 16 * 4096);
    for (int i = 0; i < 50; i++) {
        (void)tls_pages_take(&pages, 1500);
        (void)tls_pages_take(&pages, 4096 * 2);
    }
    CU_ASSERT(filled_with(memory + middle, 0x77, 16 * 4096));
    CU_ASSERT_EQUAL(pages.in_use, 50 / 2 + 50 * 2);
}

static void trimmed(void)
{
    struct tls_pages pages = fresh(12, 256);
    uint8_t *kept = tls_pages_take(&pages, 100);
    memset(kept, 9, 100);
    uint8_t *run = tls_pages_take(&pages, 40000);
    memset(run, 8, 40000);
    uint8_t *small = tls_pages_take(&pages, 2000);
    memset(small, 7, 2000);
    tls_pages_give(&pages, run);
    tls_pages_give(&pages, small);
    tls_pages_trim(&pages);
    CU_ASSERT(filled_with(kept, 9, 100));
    CU_ASSERT_EQUAL(run[20000], 0);
    CU_ASSERT_EQUAL(small[1000], 0);
    run[20000] = 1;
    tls_pages_trim(&pages); /* nothing came back meanwhile: nothing is given */
    CU_ASSERT_EQUAL(run[20000], 1);
}

static const struct unit_test tests[] = {
    {"every size in every geometry", every_size},
    {"random use", random_use},
    {"years", years},
    {"the middle stays untouched", untouched_middle},
    {"trimmed", trimmed},
};

UNIT_MAIN("tls_pages", tests)
