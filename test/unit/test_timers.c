/* Deadlines: due in order, moved and cleared, beside an array that is searched from end to end. */
#include "core/base/timers.h"
#include "test/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#define CAP 200

static struct timers timers;
static uint16_t heap[CAP];
static uint16_t place[CAP];
static uint64_t due_us[CAP];

static void begin(void)
{
    memset(heap, 0xA5, sizeof(heap));
    memset(due_us, 0xA5, sizeof(due_us));
    timers_init(&timers, heap, place, due_us, CAP);
}

static void none_set(void)
{
    begin();
    CU_ASSERT_EQUAL(timers_next_us(&timers), UINT64_MAX);
    CU_ASSERT_EQUAL(timers_take_due(&timers, UINT64_MAX), TIMERS_NONE);
    timers_clear(&timers, 0);
    timers_clear(&timers, CAP - 1);
    CU_ASSERT_EQUAL(timers.count, 0);
}

static void due_at_the_moment(void)
{
    begin();
    timers_set(&timers, 7, 1000);
    CU_ASSERT_EQUAL(timers_next_us(&timers), 1000);
    CU_ASSERT_EQUAL(timers_take_due(&timers, 999), TIMERS_NONE);
    CU_ASSERT_EQUAL(timers_take_due(&timers, 1000), 7);
    CU_ASSERT_EQUAL(timers_take_due(&timers, UINT64_MAX), TIMERS_NONE);
    timers_set(&timers, 7, UINT64_MAX);
    CU_ASSERT_EQUAL(timers_take_due(&timers, UINT64_MAX), 7);
}

static void one_deadline_each(void)
{
    begin();
    timers_set(&timers, 3, 100);
    timers_set(&timers, 4, 200);
    timers_set(&timers, 3, 300);
    CU_ASSERT_EQUAL(timers.count, 2);
    CU_ASSERT_EQUAL(timers_next_us(&timers), 200);
    timers_set(&timers, 3, 50);
    CU_ASSERT_EQUAL(timers_next_us(&timers), 50);
    timers_clear(&timers, 3);
    timers_clear(&timers, 3);
    CU_ASSERT_EQUAL(timers_take_due(&timers, 1000), 4);
    CU_ASSERT_EQUAL(timers_take_due(&timers, 1000), TIMERS_NONE);
}

static uint32_t chance;

static uint32_t roll(uint32_t below)
{
    chance = chance * 1664525u + 1013904223u;
    return (chance >> 8) % below;
}

static void come_out_in_order(void)
{
    begin();
    chance = 1;
    for (int i = 0; i < CAP; i++)
        timers_set(&timers, i, roll(50));
    uint64_t before = 0;
    bool seen[CAP] = {false};
    for (int i = 0; i < CAP; i++) {
        uint64_t next_us = timers_next_us(&timers);
        int thing = timers_take_due(&timers, 50);
        CU_ASSERT_FATAL(thing >= 0 && thing < CAP && !seen[thing]);
        CU_ASSERT_TRUE(next_us >= before && due_us[thing] == next_us);
        seen[thing] = true;
        before = next_us;
    }
    CU_ASSERT_EQUAL(timers.count, 0);
}

/* UINT64_MAX stands for no deadline here. */
static uint64_t model_us[CAP];

static uint64_t earliest(void)
{
    uint64_t first_us = UINT64_MAX;
    for (int i = 0; i < CAP; i++)
        first_us = model_us[i] < first_us ? model_us[i] : first_us;
    return first_us;
}

static void a_long_walk(void)
{
    begin();
    chance = 2;
    memset(model_us, 0xFF, sizeof(model_us));
    uint64_t now_us = 0;
    for (int i = 0; i < 50000; i++) {
        int thing = (int)roll(CAP);
        if (roll(4) > 0) {
            model_us[thing] = now_us + roll(300);
            timers_set(&timers, thing, model_us[thing]);
        } else {
            model_us[thing] = UINT64_MAX;
            timers_clear(&timers, thing);
        }
        CU_ASSERT_EQUAL_FATAL(timers_next_us(&timers), earliest());
        now_us += roll(4);
        for (int due; (due = timers_take_due(&timers, now_us)) != TIMERS_NONE;) {
            CU_ASSERT_TRUE_FATAL(model_us[due] == earliest() && model_us[due] <= now_us);
            model_us[due] = UINT64_MAX;
        }
        CU_ASSERT_TRUE_FATAL(earliest() > now_us);
    }
}

static const struct unit_test tests[] = {
    {"none set", none_set},
    {"due at the moment", due_at_the_moment},
    {"one deadline each", one_deadline_each},
    {"come out in order", come_out_in_order},
    {"a long walk", a_long_walk},
};

UNIT_MAIN("timers", tests)
