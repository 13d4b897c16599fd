/* gateway_message_whole: one object with its blocks in order, held back and flowing; arguments that
 * are no object. */
#include "core/gateway/gateway_message_whole.h"

#include "test/unit/unit.h"
#include "test/unit/unit_message.h"

#include <stdio.h>
#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define LONG_BYTES (2 * LIMIT_HOLD_BYTES)

static struct span read_whole(void)
{
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole);
    CU_ASSERT_TRUE_FATAL(unit_gateway_is_json(answer.body));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(answer.body, "type"), SPAN("message")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(answer.body, "role"), SPAN("assistant")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(answer.body, "model"), SPAN("mini")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "stop_sequence"), SPAN("null")));
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    return answer.body;
}

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define THOUGHT(text) "{\"type\":\"thinking\",\"thinking\":\"" text "\",\"signature\":\"\"}"
#define USE(id, name, input)                                                                       \
    "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" input "}"

static const struct {
    const char *script;
    const char *content;
} rows[] = {
    {"T Hello\nT  you", "[" TEXT("Hello you") "]"},
    {"T \\u0041\\\"", "[" TEXT("\\u0041\\\"") "]"},
    {"R hm\nT a\nR ok", "[" THOUGHT("hm") "," TEXT("a") "," THOUGHT("ok") "]"},
    {"T a\nC t1 f\nA {\\\"a\\\":\nA \\\"\\\\u0041\\\"}\nC t2 g",
     "[" TEXT("a") "," USE("t1", "f", "{\"a\":\"\\u0041\"}") "," USE("t2", "g", "{}") "]"},
    {"C t1 f\nA  \\n \nA {}\nT b", "[" USE("t1", "f", "{}") "," TEXT("b") "]"},
};

static void blocks(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_message_fresh(false);
        CU_ASSERT_EQUAL(unit_message_tell(rows[i].script, 0), RESULT_DONE);
        CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_QUIET);
        CU_ASSERT_TRUE(gateway_message_whole_good(&RELAY));
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        struct span body = read_whole();
        struct span content = unit_gateway_at(body, "content");
        if (!span_equal(content, span_of(rows[i].content))) {
            printf("%.*s\n  not %s\n", (int)content.len, content.at, rows[i].content);
            CU_FAIL("content");
        }
    }
}

static void the_frame(void)
{
    unit_message_fresh(false);
    CU_ASSERT_EQUAL(unit_message_tell("C t f\nQ why?", 0), RESULT_DONE);
    RELAY.usage.has_input = true;
    RELAY.usage.input = 5;
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = read_whole();
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(body, "stop_reason"), SPAN("tool_use")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(body, "usage"),
                              SPAN("{\"input_tokens\":5,\"output_tokens\":0}")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(body, "moongate"),
                              SPAN("{\"related_questions\":[\"why?\"],\"usage_known\":false}")));
}

/* Past the border it flows, in the same order, whatever the reader's pace. */
static void flowing(void)
{
    static const char rest[] = "\nC t f\nA {\\\"a\\\":1}\nR ok";
    static char script[LONG_BYTES + 64];
    for (size_t pace = 0; pace < 3; pace++) {
        unit_message_fresh(false);
        memcpy(script, "R hm\nT ", 7);
        memset(script + 7, 'x', LONG_BYTES);
        memcpy(script + 7 + LONG_BYTES, rest, sizeof(rest));
        CU_ASSERT_EQUAL(unit_message_tell(script, pace * 900), RESULT_DONE);
        CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
        CU_ASSERT_EQUAL(unit_gateway_finish(pace * 900), RESULT_DONE);
        struct span body = read_whole();
        CU_ASSERT_TRUE(span_equal(unit_gateway_string(body, "content.0.thinking"), SPAN("hm")));
        CU_ASSERT_EQUAL(unit_gateway_string(body, "content.1.text").len, LONG_BYTES);
        CU_ASSERT_TRUE(span_equal(unit_gateway_at(body, "content.2.input"), SPAN("{\"a\":1}")));
        CU_ASSERT_TRUE(span_equal(unit_gateway_string(body, "content.3.thinking"), SPAN("ok")));
        CU_ASSERT_PTR_NULL(unit_gateway_at(body, "content.4").at);
    }
}

static void bad_arguments(void)
{
    static const char *const scripts[] = {
        "C t f\nA []",  "C t f\nA  7",          "C t f\nA {\\\"a\\\"}", "C t f\nA {}{}",
        "C t f\nA {\nT x", "C t f\nA {\nC u g", "C t f\nA \\\"x\\\"",
        "T a\nA {}",      "C t f\nT x\nA {}",
    };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        unit_message_fresh(false);
        CU_ASSERT_EQUAL(unit_message_tell(scripts[i], 0), RESULT_FAULT);
    }
    unit_message_fresh(false);
    CU_ASSERT_EQUAL(unit_message_tell("C t f\nA {\\\"a\\\":", 0), RESULT_DONE);
    CU_ASSERT_FALSE(gateway_message_whole_good(&RELAY));
}

/* Nothing is held where pages are short: it flows. */
static void scarce_pages(void)
{
    unit_message_fresh(false);
    unit_gateway_leave_pages(LIMIT_PAGES_RESERVE);
    CU_ASSERT_EQUAL(unit_message_tell("T a\nC t f\nA {\\\"a\\\":1}\nT b", 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    unit_gateway_give_pages();
    struct span body = read_whole();
    struct span content = unit_gateway_at(body, "content");
    CU_ASSERT_TRUE(span_equal(
        content, SPAN("[" TEXT("a") "," USE("t", "f", "{\"a\":1}") "," TEXT("b") "]")));
}

static const struct unit_test tests[] = {
    {"blocks in their order", blocks},
    {"what stands around them", the_frame},
    {"more than may be held", flowing},
    {"arguments that are no object", bad_arguments},
    {"few pages", scarce_pages},
};

UNIT_MAIN("gateway_message_whole", tests)
