/* Result lines are JSON, one line each, and are known again by their fronts. */
#include "core/batch/batch_result.h"

#include <string.h>

#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#define BATCH "batch_00112233445566778899aabbccddeeff"

static char bytes[2048];
static const struct batch_result result = {BATCH, 50000, {"a\\\"b", 4}};

static struct span at(const char *name)
{
    struct span line = {bytes, strlen(bytes) - 1};
    CU_ASSERT_EQUAL(bytes[line.len], '\n');
    CU_ASSERT_EQUAL(span_find(line, '\n'), line.len);
    struct span object = json_walk_document(line);
    CU_ASSERT_FATAL(object.len > 0);
    return json_walk_find(object, span_of(name));
}

static void answers(void)
{
    for (int i = 0; i < 4; i++) {
        struct text out = text_over(bytes, sizeof(bytes));
        enum batch_line_fault fault = i % 2 == 0 ? BATCH_LINE_GOOD : BATCH_LINE_STATUS;
        batch_result_head(&out, &result, 404, "req-1");
        text_add_str(&out, "{\"x\":[]}");
        batch_result_tail(&out, fault, i >= 2);
        text_str(&out);
        CU_ASSERT(span_equal(at("custom_id"), SPAN("\"a\\\"b\"")));
        CU_ASSERT(span_equal(at("response"),
                             SPAN("{\"status_code\":404,\"request_id\":\"req-1\","
                                  "\"body\":{\"x\":[]}}")));
        CU_ASSERT_EQUAL(json_walk_kind(at("error")), i % 2 == 0 ? JSON_NULL : JSON_OBJECT);
        CU_ASSERT_EQUAL(at("moongate_repeated").len, i >= 2 ? 4 : 0);
        CU_ASSERT_EQUAL(batch_result_line(span_of(bytes), BATCH), 50000);
    }
}

static void errors(void)
{
    struct batch_result unnamed = result;
    unnamed.custom_id = (struct span){NULL, 0};
    struct text out = text_over(bytes, sizeof(bytes));
    batch_result_error(&out, &unnamed, BATCH_LINE_NOT_JSON, false);
    text_str(&out);
    CU_ASSERT(span_equal(at("custom_id"), SPAN("null")));
    CU_ASSERT(span_equal(at("response"), SPAN("null")));
    CU_ASSERT(span_equal(json_walk_find(at("error"), SPAN("line")), SPAN("50000")));
    CU_ASSERT(span_equal(json_walk_find(at("error"), SPAN("code")),
                         SPAN("\"invalid_json_line\"")));
}

static void fronts(void)
{
    struct text out = text_over(bytes, sizeof(bytes));
    batch_result_error(&out, &result, BATCH_LINE_NOT_JSON, false);
    size_t need = strlen("{\"id\":\"batch_req_00112233445566778899aabbccddeeff_50000\"");
    CU_ASSERT(need <= BATCH_RESULT_MARK_BYTES);
    for (size_t len = 0; len <= BATCH_RESULT_MARK_BYTES; len++) {
        struct span front = {unit_guard(0, bytes, len), len};
        CU_ASSERT_EQUAL(batch_result_line(front, BATCH), len >= need ? 50000 : 0);
    }
    CU_ASSERT_EQUAL(batch_result_line(text_span(&out), "batch_ff"), 0);
}

static void flat(void)
{
    char text[] = "{\r\n \"a\":\n1}";
    batch_result_flatten(text, sizeof(text) - 1);
    CU_ASSERT_STRING_EQUAL(text, "{   \"a\": 1}");
}

static const struct unit_test tests[] = {
    {"answers", answers},
    {"errors", errors},
    {"fronts", fronts},
    {"flat", flat},
};

UNIT_MAIN("batch_result", tests)
