/* A stack of free numbers: each is in one place only, and none is touched before its use. */
#include "core/base/index.h"
#include "test/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#define CAP 100

static void takes_all_then_none(void)
{
    struct index_stack index;
    uint16_t store[CAP];
    bool taken[CAP] = {false};
    index_init(&index, store, CAP);
    CU_ASSERT_EQUAL(index_free(&index), CAP);
    for (int i = 0; i < CAP; i++) {
        int number = index_take(&index);
        CU_ASSERT_FATAL(number >= 0 && number < CAP);
        CU_ASSERT_FALSE(taken[number]);
        taken[number] = true;
        CU_ASSERT_EQUAL(index_free(&index), CAP - 1 - i);
    }
    CU_ASSERT_EQUAL(index_take(&index), INDEX_NONE);
    CU_ASSERT_EQUAL(index.in_use, CAP);
    CU_ASSERT_EQUAL(index.high, CAP);
}

static void last_given_comes_first(void)
{
    struct index_stack index;
    uint16_t store[CAP];
    index_init(&index, store, CAP);
    int a = index_take(&index);
    int b = index_take(&index);
    int c = index_take(&index);
    index_give(&index, b);
    index_give(&index, a);
    CU_ASSERT_EQUAL(index.in_use, 1);
    CU_ASSERT_EQUAL(index_take(&index), a);
    CU_ASSERT_EQUAL(index_take(&index), b);
    CU_ASSERT_EQUAL(index.high, 3);
    index_give(&index, c);
    CU_ASSERT_EQUAL(index_take(&index), c);
    CU_ASSERT_EQUAL(index.high, 3);
}

/* A number that was never used lies behind all that were, in the things and in the store. */
static void little_is_touched(void)
{
    struct index_stack index;
    uint16_t *store = (uint16_t *)(void *)unit_guard_room(0, 3 * sizeof(uint16_t));
    index_init(&index, store, UINT16_MAX);
    for (int round = 0; round < 1000; round++) {
        int numbers[3] = {index_take(&index), index_take(&index), index_take(&index)};
        for (int i = 0; i < 3; i++) {
            CU_ASSERT_TRUE(numbers[i] >= 0 && numbers[i] < 3);
            index_give(&index, numbers[i]);
        }
    }
    CU_ASSERT_EQUAL(index.high, 3);
}

static void none_at_all(void)
{
    struct index_stack index;
    index_init(&index, NULL, 0);
    CU_ASSERT_EQUAL(index_take(&index), INDEX_NONE);
    CU_ASSERT_EQUAL(index_free(&index), 0);
}

/* A long walk beside a plain array that says what is in use. */
static void a_long_walk(void)
{
    struct index_stack index;
    uint16_t store[CAP];
    bool used[CAP] = {false};
    uint32_t chance = 1;
    int in_use = 0;
    index_init(&index, store, CAP);
    for (int i = 0; i < 100000; i++) {
        chance = chance * 1664525u + 1013904223u;
        int which = (int)((chance >> 16) % CAP);
        if ((chance >> 8) % 2 == 0) {
            int number = index_take(&index);
            CU_ASSERT_EQUAL_FATAL(number == INDEX_NONE, in_use == CAP);
            CU_ASSERT_TRUE_FATAL(number == INDEX_NONE || !used[number]);
            in_use += number != INDEX_NONE;
            used[number == INDEX_NONE ? which : number] = true;
        } else if (used[which]) {
            index_give(&index, which);
            used[which] = false;
            in_use--;
        }
        CU_ASSERT_EQUAL_FATAL(index.in_use, in_use);
    }
}

static const struct unit_test tests[] = {
    {"takes all, then none", takes_all_then_none},
    {"the last given comes first", last_given_comes_first},
    {"little is touched", little_is_touched},
    {"none at all", none_at_all},
    {"a long walk", a_long_walk},
};

UNIT_MAIN("index", tests)
