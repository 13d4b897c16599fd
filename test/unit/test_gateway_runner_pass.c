/* Files with good lines and bad ones, with none, and with long ones. */
#include "core/gateway/gateway_runner_pass.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_batch.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY

static void bad_lines(void)
{
    unit_batch_set_up();
    unit_batch_add("nonsense\n" UNIT_BATCH_LINE("a", "box") "\n" UNIT_BATCH_LINE("a", "box")
        UNIT_BATCH_LINE("b", "none")
        "{\"custom_id\":\"c\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{}}\n"
        UNIT_BATCH_LINE("d", "box") "{\"cut");
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(7, 2, 5);
    const char *errors = unit_batch_results(true);
    CU_ASSERT_EQUAL(unit_batch_count(errors, "\n"), 5);
    CU_ASSERT_EQUAL(unit_batch_count(errors, "invalid_json_line"), 2);
    CU_ASSERT_EQUAL(unit_batch_count(errors, "duplicate_custom_id"), 1);
    CU_ASSERT_EQUAL(unit_batch_count(errors, "\"custom_id\":\"b\",\"response\":null,"
                                             "\"error\":{\"code\":\"model_not_found\""), 1);
    CU_ASSERT_EQUAL(unit_batch_count(errors, "mismatched_url"), 1);
    CU_ASSERT_EQUAL(unit_batch_count(errors, "\"line\":8"), 1);
    unit_batch_tear_down();
}

static void nothing_good(void)
{
    static const struct {
        const char *text, *code;
        int faults;
    } rows[] = {
        {"", "empty_file", 1},
        {"\n\n", "empty_file", 1},
        {"a,b\nc,d\n", "invalid_json_line", 2},
        {"a\na\na\na\na\na\n", "invalid_json_line", LIMIT_BATCH_FAULTS},
        {UNIT_BATCH_LINE("a", "none"), "model_not_found", 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_batch_set_up();
        unit_batch_add(rows[i].text);
        CU_ASSERT(unit_batch_until(BATCH_FAILED));
        const struct batch *b = UNIT_BATCH;
        CU_ASSERT_EQUAL(b->fault_count, rows[i].faults);
        CU_ASSERT_STRING_EQUAL(batch_line_code(b->faults[0].code), rows[i].code);
        CU_ASSERT_EQUAL(batch_index_file(UNIT_BATCH_INDEX, b->errors), -1);
        unit_batch_tear_down();
    }
}

static void long_lines(void)
{
    static char text[4 * BATCH_SCAN_BYTES];
    unit_batch_set_up();
    unit_live.settings.limits.max_body_bytes = 3 * BATCH_SCAN_BYTES;
    int len = snprintf(text, sizeof(text), "{\"custom_id\":\"long\",\"x\":\"%*s\",",
                       2 * BATCH_SCAN_BYTES, "");
    snprintf(text + len, sizeof(text) - (size_t)len, "%s", &UNIT_BATCH_LINE("n", "box")[17]);
    unit_batch_add(text);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(1, 1, 0);
    unit_live.settings.limits.max_body_bytes = BATCH_SCAN_BYTES;
    unit_batch_add(text);
    CU_ASSERT(unit_batch_until(BATCH_FAILED));
    CU_ASSERT_STRING_EQUAL(batch_line_code(UNIT_BATCH->faults[0].code),
                           "line_too_long");
    unit_batch_tear_down();
}

static int taken[LIMIT_BODY_MEDIUM], taken_count;

/* A batch of a short line, and one that is read into a body's slot. */
static void add_lines(void)
{
    static char text[4 * BATCH_SCAN_BYTES];
    int len = snprintf(text, sizeof(text), "%s{\"custom_id\":\"long\",\"x\":\"%*s\",",
                       UNIT_BATCH_LINE("short", "box"), 2 * BATCH_SCAN_BYTES, "");
    snprintf(text + len, sizeof(text) - (size_t)len, "%s", &UNIT_BATCH_LINE("n", "box")[17]);
    unit_batch_add(text);
}

static void take_slots(void)
{
    while (index_free(&G->bodies.medium) > 1)
        taken[taken_count++] = gateway_body_take(&G->bodies, LIMIT_BODY_MEDIUM_BYTES);
}

/* There is no slot for the long one that people can spare. */
static void add_long(void)
{
    unit_batch_set_up();
    take_slots();
    add_lines();
    CU_ASSERT(unit_batch_until_waits("people's requests"));
    CU_ASSERT_EQUAL(UNIT_BATCH->status, BATCH_VALIDATING);
    CU_ASSERT_EQUAL(index_free(&G->bodies.medium), 1);
}

static void give_slots(void)
{
    while (taken_count > 0)
        gateway_body_give(&G->bodies, taken[--taken_count]);
}

/* The last slot of its size is people's, while it is judged too. */
static void last_slot(void)
{
    add_long();
    give_slots();
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_check(2, 2, 0);
    unit_batch_tear_down();
}

static void blind(void)
{
    add_long();
    unit_store_blind(true);
    give_slots();
    CU_ASSERT(unit_batch_until(BATCH_FAILED));
    CU_ASSERT_STRING_EQUAL(batch_line_code(UNIT_BATCH->faults[0].code), "file_not_readable");
    unit_batch_tear_down();
}

/* Whoever keeps all requests busy does not keep it from being judged. */
static void busy(void)
{
    int requests[LIMIT_REQUESTS], count = 0;
    unit_batch_set_up();
    while (index_free(&G->request_index) > 1)
        requests[count++] = index_take(&G->request_index);
    add_lines();
    CU_ASSERT(unit_batch_until(BATCH_IN_PROGRESS));
    CU_ASSERT(unit_batch_until_waits("people's requests"));
    while (count > 0)
        index_give(&G->request_index, requests[--count]);
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    unit_batch_tear_down();
}

/* A line of an expired batch that cannot be read is told of all the same. */
static void blind_at_the_end(void)
{
    unit_batch_set_up();
    unit_live.settings.batch.from_hour = (uint8_t)((port_local_hour() + 2) % 24);
    unit_live.settings.batch.to_hour = (uint8_t)((port_local_hour() + 3) % 24);
    add_lines();
    CU_ASSERT(unit_batch_until_waits("its hours of the day"));
    take_slots();
    UNIT_BATCH->expires_s = port_wall_ms() / 1000 + 1;
    unit_clock_skip_ms(60000);
    CU_ASSERT(unit_batch_until_waits("people's requests"));
    unit_store_blind(true);
    give_slots();
    CU_ASSERT(unit_batch_until(BATCH_EXPIRED));
    unit_batch_check(2, 0, 2);
    unit_batch_tear_down();
}

static const struct unit_test tests[] = {
    {"bad lines", bad_lines},
    {"nothing good", nothing_good},
    {"long lines", long_lines},
    {"last slot", last_slot},
    {"blind", blind},
    {"busy", busy},
    {"blind at the end", blind_at_the_end},
};

UNIT_MAIN("gateway_runner_pass", tests)
