/* Hours at their edges, over midnight, with a clock that is not set; rates; windows. */
#include "core/batch/batch_clock.h"

#include "test/unit/unit.h"

static void hours(void)
{
    static const struct {
        uint8_t from, to;
        int hour;
        bool open;
    } rows[] = {
        {0, 24, -1, true},  {0, 24, 0, true},   {0, 24, 23, true},  {22, 6, 21, false},
        {22, 6, 22, true},  {22, 6, 23, true},  {22, 6, 0, true},   {22, 6, 5, true},
        {22, 6, 6, false},  {22, 6, -1, false}, {8, 9, 7, false},   {8, 9, 8, true},
        {8, 9, 9, false},   {20, 24, 23, true}, {20, 24, 0, false}, {5, 5, 5, true},
        {5, 5, 4, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(batch_clock_open(rows[i].from, rows[i].to, rows[i].hour), rows[i].open);
}

static void rates(void)
{
    CU_ASSERT_EQUAL(batch_clock_next_us(5, 0), 5);
    CU_ASSERT_EQUAL(batch_clock_next_us(5, 1), 60000005);
    CU_ASSERT_EQUAL(batch_clock_next_us(5, 60), 1000005);
    CU_ASSERT_EQUAL(batch_clock_next_us(5, INT32_MAX), 5);
}

static void windows(void)
{
    static const struct {
        const char *text;
        uint64_t seconds; /* 0: refused */
    } rows[] = {
        {"24h", 86400}, {"1h", 3600}, {"720h", 2592000}, {"721h", 0}, {"7d", 604800},
        {"30d", 2592000}, {"31d", 0}, {"0h", 0}, {"h", 0}, {"", 0}, {"24", 0}, {"24m", 0},
        {"-1h", 0}, {" 1h", 0}, {"99999999999999999999h", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t seconds = 0;
        bool good = batch_clock_window(span_of(rows[i].text), &seconds);
        CU_ASSERT_EQUAL(good, rows[i].seconds != 0);
        CU_ASSERT(!good || seconds == rows[i].seconds);
    }
}

static const struct unit_test tests[] = {
    {"hours", hours},
    {"rates", rates},
    {"windows", windows},
};

UNIT_MAIN("batch_clock", tests)
