/* Deadlines: due in order, moved and cleared, beside an array that is searched from end to end. */
#include "core/base/timers.h"
#include "test/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#define CAP 200

static struct timers timers;
static uint16_t heap[CAP];
static uint16_t place[CAP];
static struct timers_moment moments[CAP];

static void begin(void)
{
    memset(heap, 0xA5, sizeof(heap));
    memset(moments, 0xA5, sizeof(moments));
    timers_init(&timers, heap, place, moments, CAP);
}

static void none_set(void)
{
    begin();
    CU_ASSERT_EQUAL(timers_next_us(&timers), UINT64_MAX);
    CU_ASSERT_EQUAL(timers_take_due(&timers, UINT64_MAX), TIMERS_NONE);
    timers_clear(&timers, 0);
    timers_clear(&timers, CAP - 1);
    CU_ASSERT_EQUAL(timers_count(&timers), 0);
}

static void due_at_the_moment(void)
{
    begin();
    timers_set(&timers, 7, 1000);
    CU_ASSERT_EQUAL(timers_next_us(&timers), 1000);
    CU_ASSERT_EQUAL(timers_take_due(&timers, 999), TIMERS_NONE);
    CU_ASSERT_EQUAL(timers_take_due(&timers, 1000), 7);
    CU_ASSERT_EQUAL(timers_take_due(&timers, UINT64_MAX), TIMERS_NONE);
    timers_set(&timers, 7, UINT64_MAX - 1);
    CU_ASSERT_EQUAL(timers_take_due(&timers, UINT64_MAX), 7);
    timers_set(&timers, 7, TIMERS_NEVER);
    CU_ASSERT_EQUAL(timers_count(&timers), 0);
    CU_ASSERT_EQUAL(timers_take_due(&timers, UINT64_MAX), TIMERS_NONE);
}

static void one_deadline_each(void)
{
    begin();
    timers_set(&timers, 3, 100);
    timers_set(&timers, 4, 200);
    timers_set(&timers, 3, 300);
    CU_ASSERT_EQUAL(timers_count(&timers), 2);
    CU_ASSERT_EQUAL(timers_next_us(&timers), 100); /* is looked at too early, once */
    CU_ASSERT_EQUAL(timers_take_due(&timers, 100), TIMERS_NONE);
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
        timers_set(&timers, i, 1 + roll(50));
    uint64_t before = 0;
    bool seen[CAP] = {false};
    for (int i = 0; i < CAP; i++) {
        uint64_t next_us = timers_next_us(&timers);
        CU_ASSERT_EQUAL(timers_take_due(&timers, next_us - 1), TIMERS_NONE);
        int thing = timers_take_due(&timers, 50);
        CU_ASSERT_FATAL(thing >= 0 && thing < CAP && !seen[thing]);
        CU_ASSERT_TRUE(next_us >= before);
        seen[thing] = true;
        before = next_us;
    }
    CU_ASSERT_EQUAL(timers_count(&timers), 0);
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
        CU_ASSERT_TRUE_FATAL(timers_next_us(&timers) <= earliest());
        now_us += roll(4);
        for (int due; (due = timers_take_due(&timers, now_us)) != TIMERS_NONE;) {
            CU_ASSERT_TRUE_FATAL(model_us[due] == earliest() && model_us[due] <= now_us);
            model_us[due] = UINT64_MAX;
        }
        CU_ASSERT_TRUE_FATAL(earliest() > now_us && timers_next_us(&timers) > now_us);
    }
}

/* All have moved away, or are gone: each is looked at once, and none is due. */
static void moved_away(void)
{
    begin();
    for (int i = 0; i < CAP; i++)
        timers_set(&timers, i, 10 + roll(10));
    for (int i = 0; i < CAP; i++)
        timers_set(&timers, i, i % 2 == 0 ? TIMERS_NEVER : 1000 + (uint64_t)i);
    CU_ASSERT_EQUAL(timers_count(&timers), CAP / 2);
    CU_ASSERT_EQUAL(timers_take_due(&timers, 999), TIMERS_NONE);
    CU_ASSERT_EQUAL(timers_next_us(&timers), 1001);
    for (int i = 1; i < CAP; i += 2)
        CU_ASSERT_EQUAL(timers_take_due(&timers, 5000), i);
    CU_ASSERT_EQUAL(timers_next_us(&timers), TIMERS_NEVER);
}

static const struct unit_test tests[] = {
    {"none set", none_set},
    {"due at the moment", due_at_the_moment},
    {"one deadline each", one_deadline_each},
    {"come out in order", come_out_in_order},
    {"a long walk", a_long_walk},
    {"moved away", moved_away},
};

UNIT_MAIN("timers", tests)
