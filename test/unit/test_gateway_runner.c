/* A batch from its file to its results; two of them; the end of its window; a rate. */
#include "core/gateway/gateway_runner.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_batch.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY

static void whole(void)
{
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(50));
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(50, 50, 0);
    unit_batch_check_each(50);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(false), "moongate_repeated"), 0);
    CU_ASSERT_STRING_EQUAL(unit_batch_results(true), "");
    int file = batch_index_file(UNIT_BATCH_INDEX, UNIT_BATCH->output);
    CU_ASSERT_EQUAL(UNIT_BATCH_INDEX->files[file].state, BATCH_FILE_WHOLE);
    CU_ASSERT_EQUAL(UNIT_BATCH_INDEX->files[file].bytes, strlen(unit_batch_results(false)));
    CU_ASSERT(UNIT_BATCH->times_s[BATCH_FINALIZING] > 0);
    unit_batch_tear_down();
}

static void expired(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.from_hour = (uint8_t)((port_local_hour() + 2) % 24);
    unit_live.settings.batch.to_hour = (uint8_t)((port_local_hour() + 3) % 24);
    unit_batch_add(unit_batch_lines(3));
    CU_ASSERT(unit_batch_until_waits("its hours of the day"));
    unit_batch_check(3, 0, 0);
    UNIT_BATCH->expires_s = port_wall_ms() / 1000 + 1;
    unit_clock_skip_ms(60000);
    CU_ASSERT(unit_batch_until(BATCH_EXPIRED));
    unit_batch_check(3, 0, 3);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(true), "batch_expired"), 3);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(true), "\"custom_id\":\"id-2\""), 1);
    unit_batch_tear_down();
}

/* One that was made while the box did not know the time has its window all the same. */
static void without_a_clock(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.requests_per_minute = 1;
    unit_clock_know_wall(false);
    unit_batch_add(unit_batch_lines(3));
    UNIT_BATCH->expires_s = 0;
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    unit_batch_turns();
    CU_ASSERT_EQUAL(UNIT_BATCH->expires_s, 0);
    unit_clock_know_wall(true);
    unit_clock_skip_ms(31000);
    unit_batch_turns();
    CU_ASSERT(UNIT_BATCH->expires_s >= port_wall_ms() / 1000 + UNIT_BATCH->window_s - 10);
    unit_clock_skip_ms(86400000);
    CU_ASSERT(unit_batch_until(BATCH_EXPIRED));
    unit_batch_tear_down();
}

/* A later batch is judged at once; both come to their end. */
static void two(void)
{
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(40));
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    int first = unit_batch;
    for (int i = 0; i < 5; i++)
        unit_live_turn();
    unit_batch_add("nonsense\n");
    CU_ASSERT(unit_batch_until(BATCH_FAILED));
    CU_ASSERT_EQUAL(UNIT_BATCH_INDEX->batches[first].status, BATCH_IN_PROGRESS);
    unit_batch = first;
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check_each(40);
    unit_batch_tear_down();
}

/* A disk that cannot be read for a while loses no line. */
static void blind(void)
{
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(50));
    unit_live_turn();
    CU_ASSERT_EQUAL(UNIT_BATCH->status, BATCH_VALIDATING);
    unit_store_blind(true);
    CU_ASSERT(unit_batch_until_waits("room on the disk"));
    CU_ASSERT_EQUAL(UNIT_BATCH->status, BATCH_IN_PROGRESS);
    unit_store_blind(false);
    unit_clock_skip_ms(11000);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(50, 50, 0);
    unit_batch_check_each(50);
    unit_batch_tear_down();
}

/* What stands behind another one is judged, cancelled and expires in time, and keeps its place. */
static void behind(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.from_hour = (uint8_t)((port_local_hour() + 2) % 24);
    unit_live.settings.batch.to_hour = (uint8_t)((port_local_hour() + 3) % 24);
    unit_batch_add(unit_batch_lines(3));
    CU_ASSERT(unit_batch_until_waits("its hours of the day"));
    int first = unit_batch;
    unit_batch_add(unit_batch_lines(2));
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    unit_batch_turns();
    CU_ASSERT_EQUAL(G->runner->batch, first);
    batch_index_step(UNIT_BATCH_INDEX, unit_batch, BATCH_CANCELLING);
    gateway_runner_wake(G);
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    unit_batch_add(unit_batch_lines(2));
    UNIT_BATCH->expires_s = port_wall_ms() / 1000 + 1;
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    unit_clock_skip_ms(60000);
    CU_ASSERT(unit_batch_until(BATCH_EXPIRED));
    unit_batch_check(2, 0, 2);
    CU_ASSERT_EQUAL(UNIT_BATCH_INDEX->batches[first].status, BATCH_IN_PROGRESS);
    unit_batch_tear_down();
}

static void rate(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.requests_per_minute = 2;
    unit_batch_add(unit_batch_lines(3));
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    unit_batch_turns();
    CU_ASSERT_EQUAL(UNIT_BATCH->completed, 1);
    unit_clock_skip_ms(30000);
    unit_batch_turns();
    CU_ASSERT_EQUAL(UNIT_BATCH->completed, 2);
    unit_clock_skip_ms(30000);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_tear_down();
}

/* Turns that are about something else are none of a batch that waits. */
static void asleep(void)
{
    struct unit_wire_message answer;
    unit_batch_set_up();
    unit_live.settings.batch.from_hour = (uint8_t)((port_local_hour() + 2) % 24);
    unit_live.settings.batch.to_hour = (uint8_t)((port_local_hour() + 3) % 24);
    unit_batch_add(unit_batch_lines(3));
    CU_ASSERT(unit_batch_until_waits("its hours of the day"));
    unit_batch_turns();
    G->runner->waits = GATEWAY_RUNNER_NOTHING; /* a run would say what for */
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    unit_wire_say(client, "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CU_ASSERT(unit_live_message(client, &answer));
    CU_ASSERT_EQUAL(G->runner->waits, GATEWAY_RUNNER_NOTHING);
    gateway_runner_wake(G);
    unit_live_turn();
    CU_ASSERT_EQUAL(G->runner->waits, GATEWAY_RUNNER_HOURS);
    unit_batch_tear_down();
}

/* What has been answered is kept when the daemon stops; the rest is told as left. */
static void flushed(void)
{
    unit_batch_set_up();
    CU_ASSERT_EQUAL(gateway_runner_left(G), 0);
    unit_batch_add(unit_batch_lines(50));
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    unit_live_turn();
    gateway_runner_flush(G);
    CU_ASSERT_EQUAL(gateway_runner_left(G), 50 - UNIT_BATCH->completed);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check_each(50);
    unit_batch_turns();
    CU_ASSERT_EQUAL(gateway_runner_left(G), 0);
    unit_batch_tear_down();
}

static void cancelled_while_it_is_judged(void)
{
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(50));
    unit_live_turn();
    CU_ASSERT_EQUAL(UNIT_BATCH->status, BATCH_VALIDATING);
    batch_index_step(UNIT_BATCH_INDEX, unit_batch, BATCH_CANCELLING);
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    CU_ASSERT_EQUAL(UNIT_BATCH->completed, 0);
    unit_batch_tear_down();
}

static const struct unit_test tests[] = {
    {"whole", whole},
    {"expired", expired},
    {"without a clock", without_a_clock},
    {"two", two},
    {"behind", behind},
    {"blind", blind},
    {"rate", rate},
    {"asleep", asleep},
    {"flushed", flushed},
    {"cancelled while it is judged", cancelled_while_it_is_judged},
};

UNIT_MAIN("gateway_runner", tests)
