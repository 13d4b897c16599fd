/* Lines that fail, that cannot be asked, that are cancelled, that leave their place to people. */
#include "core/gateway/gateway_runner_line.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_batch.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY
#define BROKEN                                                                                     \
    "HTTP/1.1 500 Broken\r\ncontent-type: application/json\r\n"                                    \
    "connection: close\r\ncontent-length: 2\r\n\r\n{}"

/* The service's next answer is broken; it is time for the next try then. */
static void break_one(void)
{
    struct unit_wire *wire = unit_batch_take();
    unit_wire_say(wire, BROKEN);
    CU_ASSERT(unit_live_ended(wire));
    unit_wire_close(wire);
    unit_clock_skip_ms(10000);
}

static void retries(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.concurrency = 1;
    unit_batch_add(UNIT_BATCH_LINE("a", "m"));
    for (int i = 0; i < 3; i++)
        break_one();
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(1, 0, 1);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(true), "\"status_code\":502"), 1);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(true), "request_failed"), 1);
    unit_batch_tear_down();
}

/* What failed once is asked once more. */
static void mended(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.concurrency = 1;
    unit_batch_add(UNIT_BATCH_LINE("a", "m"));
    break_one();
    unit_wire_say(unit_batch_take(), UNIT_BATCH_GOOD);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(1, 1, 0);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(false), "moongate_repeated"), 0);
    unit_batch_tear_down();
}

/* However long it is gone, no line fails. */
static void no_network(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.concurrency = 1;
    unit_wire_unlisten(unit_batch_listener);
    unit_batch_add(UNIT_BATCH_LINE("a", "m"));
    for (int i = 0; i < 6; i++) {
        CU_ASSERT(unit_batch_until_waits("the network, or a service that asked for patience"));
        unit_clock_skip_ms(90000);
        unit_live_settle();
    }
    CU_ASSERT_EQUAL(UNIT_BATCH->status, BATCH_IN_PROGRESS);
    batch_index_step(UNIT_BATCH_INDEX, unit_batch, BATCH_CANCELLING);
    gateway_runner_wake(G);
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    unit_live_end();
}

#define WAITS_FOR_PEOPLE unit_batch_until_waits("people's requests")

/* A place stays for whoever comes, as many as max_clients allows; who is idle does not count. */
static void few_clients(void)
{
    unit_batch_set_up();
    unit_live.settings.limits.max_clients = 2;
    struct unit_wire *person = unit_live_chat("m", false);
    struct unit_wire *wire = unit_batch_take();
    unit_batch_add(UNIT_BATCH_LINE("a", "box"));
    CU_ASSERT(WAITS_FOR_PEOPLE);
    CU_ASSERT_EQUAL(G->client_index.in_use, 1);
    unit_wire_say(wire, UNIT_BATCH_GOOD);
    CU_ASSERT(unit_live_read(person, "Hi"));
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    CU_ASSERT_EQUAL(G->client_index.in_use, 1);
    unit_batch_check(1, 1, 0);
    unit_batch_tear_down();
}

static void cancel(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.concurrency = 1;
    unit_batch_add(UNIT_BATCH_LINE("a", "m") UNIT_BATCH_LINE("b", "m"));
    struct unit_wire *wire = unit_batch_take();
    batch_index_step(UNIT_BATCH_INDEX, unit_batch, BATCH_CANCELLING);
    gateway_runner_wake(G);
    unit_live_settle();
    CU_ASSERT_EQUAL(UNIT_BATCH->status, BATCH_CANCELLING);
    unit_wire_say(wire, UNIT_BATCH_GOOD);
    CU_ASSERT(unit_batch_until(BATCH_CANCELLED));
    unit_batch_check(2, 1, 0);
    CU_ASSERT_EQUAL(unit_batch_count(unit_batch_results(false), "\n"), 1);
    unit_batch_tear_down();
}

/* While one more chat is all that the box takes, its place is left to people. */
static void people_first(void)
{
    struct unit_wire_message answer;
    unit_batch_set_up();
    unit_live.settings.limits.max_active_requests = 2;
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = unit_batch_take();
    unit_batch_add(unit_batch_lines(3));
    CU_ASSERT(WAITS_FOR_PEOPLE);
    unit_batch_turns();
    unit_batch_check(3, 0, 0);
    struct unit_wire *second = unit_live_chat("box", false);
    CU_ASSERT(unit_live_message(second, &answer));
    CU_ASSERT_EQUAL(answer.status, 200);
    unit_batch_check(3, 0, 0);
    unit_wire_say(service, UNIT_BATCH_GOOD);
    CU_ASSERT(unit_live_message(client, &answer));
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check_each(3);
    unit_batch_tear_down();
}

static const struct unit_test tests[] = {
    {"retries", retries},
    {"mended", mended},
    {"people first", people_first},
    {"no network", no_network},
    {"few clients", few_clients},
    {"cancel", cancel},
};

UNIT_MAIN("gateway_runner_line", tests)
