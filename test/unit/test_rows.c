/* Rows that get other numbers: each way to move four of them, and long ones. */
#include "core/base/rows.h"

#include <stdbool.h>
#include <string.h>

#include "test/unit/unit.h"

#define COUNT 4

/* Moves rows that hold their numbers + 1, and compares. */
static void check(const int16_t *to)
{
    char rows[COUNT][3];
    char wanted[COUNT][3];
    memset(wanted, 0, sizeof(wanted));
    for (int i = 0; i < COUNT; i++) {
        memset(rows[i], i + 1, sizeof(rows[i]));
        if (to[i] >= 0)
            memset(wanted[to[i]], i + 1, sizeof(wanted[0]));
    }
    rows_move(rows, sizeof(rows[0]), to, COUNT);
    CU_ASSERT_EQUAL(memcmp(rows, wanted, sizeof(rows)), 0);
}

static bool is_once(const int16_t *to)
{
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            if (to[i] >= 0 && to[i] == to[j])
                return false;
    return true;
}

static void every_way(void)
{
    int seen = 0;
    for (int way = 0; way < 5 * 5 * 5 * 5; way++) {
        int16_t to[COUNT];
        int left = way;
        for (int i = 0; i < COUNT; i++, left /= 5)
            to[i] = (int16_t)(left % 5 - 1);
        if (!is_once(to))
            continue;
        check(to);
        seen++;
    }
    CU_ASSERT_EQUAL(seen, 209);
}

static void many(void)
{
    static int16_t to[ROWS_MAX];
    static int64_t rows[ROWS_MAX];
    for (int i = 0; i < ROWS_MAX; i++) {
        to[i] = (int16_t)(ROWS_MAX - 1 - i);
        rows[i] = i;
    }
    rows_move(rows, sizeof(rows[0]), to, ROWS_MAX);
    for (int i = 0; i < ROWS_MAX; i++)
        CU_ASSERT_EQUAL(rows[i], ROWS_MAX - 1 - i);
    rows_move(rows, sizeof(rows[0]), to, 0);
    CU_ASSERT_EQUAL(rows[0], ROWS_MAX - 1);
}

static const struct unit_test tests[] = {
    {"every way", every_way},
    {"many", many},
};

UNIT_MAIN("rows", tests)
