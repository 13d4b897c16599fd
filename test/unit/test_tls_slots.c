/* Slots: all of them, zero bytes each time, nothing touched before its time, trimmed without
 * harm. */
#include "core/tls/tls_slots.h"
#include "test/unit/unit.h"

#include <string.h>

#define SLOT_BYTES 5200 /* no multiple of a page */
#define COUNT 40

static _Alignas(4096) uint8_t memory[COUNT * SLOT_BYTES];
static uint8_t states[COUNT];

static struct tls_slots fresh(void)
{
    struct tls_slots slots;
    memset(memory, 0, sizeof(memory));
    memset(states, 0, sizeof(states));
    tls_slots_init(&slots, &(struct tls_slots_memory){memory, states, SLOT_BYTES, COUNT});
    return slots;
}

static bool filled_with(const uint8_t *at, uint8_t byte)
{
    for (size_t i = 0; i < SLOT_BYTES; i++) {
        if (at[i] != byte)
            return false;
    }
    return true;
}

static void all_and_no_more(void)
{
    struct tls_slots slots = fresh();
    uint8_t *at[COUNT];
    for (int i = 0; i < COUNT; i++) {
        at[i] = tls_slots_take(&slots);
        CU_ASSERT_PTR_EQUAL_FATAL(at[i], memory + i * SLOT_BYTES);
        CU_ASSERT_EQUAL(slots.in_use, i + 1);
    }
    CU_ASSERT_PTR_NULL(tls_slots_take(&slots));
    for (int i = COUNT - 1; i >= 0; i--)
        tls_slots_give(&slots, at[i]);
    CU_ASSERT_EQUAL(slots.in_use, 0);
    CU_ASSERT_EQUAL(slots.high, COUNT);
}

/* Whatever was written, the next user finds zero bytes. */
static void zero_each_time(void)
{
    struct tls_slots slots = fresh();
    for (int round = 0; round < 3; round++) {
        uint8_t *a = tls_slots_take(&slots);
        uint8_t *b = tls_slots_take(&slots);
        CU_ASSERT(filled_with(a, 0) && filled_with(b, 0));
        memset(a, 0xEE, SLOT_BYTES);
        b[SLOT_BYTES - 1] = 1; /* a single byte, the last, is enough */
        tls_slots_give(&slots, a);
        tls_slots_give(&slots, b);
    }
}

static void lowest_first(void)
{
    struct tls_slots slots = fresh();
    void *a = tls_slots_take(&slots);
    void *b = tls_slots_take(&slots);
    void *c = tls_slots_take(&slots);
    tls_slots_give(&slots, b);
    tls_slots_give(&slots, a);
    CU_ASSERT_PTR_EQUAL(tls_slots_take(&slots), a);
    CU_ASSERT_PTR_EQUAL(tls_slots_take(&slots), b);
    tls_slots_give(&slots, c);
    CU_ASSERT_PTR_EQUAL(tls_slots_take(&slots), c);
}

/* Memory that was never used stays as the system gave it: here it is marked. */
static void untouched_until_needed(void)
{
    struct tls_slots slots = fresh();
    memset(memory + 2 * SLOT_BYTES, 0x77, sizeof(memory) - 2 * SLOT_BYTES);
    void *a = tls_slots_take(&slots);
    void *b = tls_slots_take(&slots);
    tls_slots_give(&slots, a);
    tls_slots_give(&slots, b);
    tls_slots_trim(&slots);
    CU_ASSERT(filled_with(memory + 2 * SLOT_BYTES, 0x77));
    CU_ASSERT_EQUAL(memory[sizeof(memory) - 1], 0x77);
}

/* A slot that its user wiped is known to be zero: the mark that is set behind its back stays. */
static void wiped_once(void)
{
    struct tls_slots slots = fresh();
    uint8_t *a = tls_slots_take(&slots);
    memset(a, 0xEE, SLOT_BYTES);
    memset(a, 0, SLOT_BYTES);
    tls_slots_give(&slots, a);
    a[100] = 5;
    CU_ASSERT_PTR_EQUAL(tls_slots_take(&slots), a);
    CU_ASSERT_EQUAL(a[100], 5);
}

static void has(void)
{
    struct tls_slots slots = fresh();
    CU_ASSERT_TRUE(tls_slots_has(&slots, memory));
    CU_ASSERT_TRUE(tls_slots_has(&slots, memory + SLOT_BYTES));
    CU_ASSERT_TRUE(tls_slots_has(&slots, memory + sizeof(memory) - SLOT_BYTES));
    CU_ASSERT_FALSE(tls_slots_has(&slots, memory + 16));
    CU_ASSERT_FALSE(tls_slots_has(&slots, memory + sizeof(memory)));
    CU_ASSERT_FALSE(tls_slots_has(&slots, states));
}

/* Trimming keeps what is in use and leaves zero bytes or what was there; it is for free slots
 * alone. */
static void trimmed(void)
{
    struct tls_slots slots = fresh();
    uint8_t *at[COUNT];
    for (int i = 0; i < COUNT; i++) {
        at[i] = tls_slots_take(&slots);
        memset(at[i], i + 1, SLOT_BYTES);
    }
    for (int i = 0; i < COUNT; i++) {
        if (i % 7 != 3)
            tls_slots_give(&slots, at[i]);
    }
    tls_slots_trim(&slots);
    tls_slots_trim(&slots);
    for (int i = 3; i < COUNT; i += 7)
        CU_ASSERT(filled_with(at[i], (uint8_t)(i + 1)));
    uint8_t *again;
    while ((again = tls_slots_take(&slots)) != NULL)
        CU_ASSERT(filled_with(again, 0));
    CU_ASSERT_EQUAL(slots.in_use, COUNT);
}

static const struct unit_test tests[] = {
    {"all and no more", all_and_no_more},
    {"zero bytes each time", zero_each_time},
    {"the lowest first", lowest_first},
    {"untouched until needed", untouched_until_needed},
    {"wiped once", wiped_once},
    {"has", has},
    {"trimmed", trimmed},
};

UNIT_MAIN("tls_slots", tests)
