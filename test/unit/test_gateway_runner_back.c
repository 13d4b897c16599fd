/* A batch finds its place again after a power loss, wherever that came. */
#include "core/gateway/gateway_runner_back.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_batch.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY

/* The power goes wherever it likes: no line is lost, none is there twice. */
static void power(void)
{
    int in_the_midst = 0;
    for (int round = 0; round < 12; round++) {
        unit_batch_set_up();
        unit_batch_add(unit_batch_lines(20));
        for (int turn = 0; turn < 10 + 7 * round; turn++)
            unit_live_turn();
        unit_store_cut_after((size_t)(100 + 211 * round));
        for (int turn = 0; turn < 60; turn++)
            unit_live_turn();
        in_the_midst += UNIT_BATCH->status != BATCH_COMPLETED;
        unit_store_power();
        unit_batch_restart();
        unit_batch = 0;
        CU_ASSERT_FATAL(UNIT_BATCH_INDEX->batches[0].entry.serial != 0);
        CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
        unit_batch_check(20, 20, 0);
        unit_batch_check_each(20);
        CU_ASSERT(unit_batch_count(unit_batch_results(false), "moongate_repeated") <=
                  LIMIT_BATCH_RUNS);
        unit_batch_tear_down();
    }
    CU_ASSERT(in_the_midst > 6);
}

/* The line that the service had then is asked for once more, and says so; the next does not. */
static void repeated(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.concurrency = 1;
    unit_batch_add(UNIT_BATCH_LINE("a", "m") UNIT_BATCH_LINE("b", "m"));
    unit_batch_take();
    unit_batch_restart();
    unit_batch = 0;
    unit_live.settings.batch.concurrency = 1;
    struct unit_wire *wire = unit_batch_take();
    unit_wire_say(wire, UNIT_BATCH_GOOD);
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(wire, &request)); /* the connection is kept */
    unit_wire_say(wire, UNIT_BATCH_GOOD);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(2, 2, 0);
    const char *text = unit_batch_results(false);
    const char *second = strchr(text, '\n');
    CU_ASSERT_EQUAL(unit_batch_count(text, "\"moongate_repeated\":true"), 1);
    CU_ASSERT(second != NULL && unit_batch_count(second, "moongate_repeated") == 0);
    unit_batch_tear_down();
}

static void restart(uint32_t concurrency)
{
    unit_batch_restart();
    unit_batch = 0;
    unit_live.settings.batch.concurrency = concurrency;
}

/* At the second power loss the second line has not had its turn again: it is known all the same. */
static void repeated_later(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.concurrency = 2;
    unit_batch_add(UNIT_BATCH_LINE("a", "m") UNIT_BATCH_LINE("b", "m") UNIT_BATCH_LINE("c", "m"));
    unit_batch_take();
    unit_batch_take();
    restart(1);
    unit_batch_take();
    restart(1);
    struct unit_wire *wire = unit_batch_take();
    struct unit_wire_message request;
    unit_wire_say(wire, UNIT_BATCH_GOOD);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_FATAL(unit_live_message(wire, &request));
        unit_wire_say(wire, UNIT_BATCH_GOOD);
    }
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(3, 3, 0);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(false), "\"moongate_repeated\":true"), 2);
    unit_batch_tear_down();
}

/* Results that cannot be read are asked for once more, and stand there once. */
static void blind(void)
{
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(20));
    for (int i = 0; i < 1000 && (UNIT_BATCH->total == 0 || UNIT_BATCH->completed < 5); i++)
        unit_live_turn();
    unit_batch_restart();
    unit_batch = 0;
    CU_ASSERT_FATAL(UNIT_BATCH->status == BATCH_IN_PROGRESS);
    unit_store_blind(true);
    unit_live_turn();
    unit_store_blind(false);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(20, 20, 0);
    unit_batch_check_each(20);
    unit_batch_tear_down();
}

static const struct unit_test tests[] = {
    {"power", power},
    {"repeated", repeated},
    {"repeated later", repeated_later},
    {"blind", blind},
};

UNIT_MAIN("gateway_runner_back", tests)
