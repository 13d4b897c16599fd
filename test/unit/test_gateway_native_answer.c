/* gateway_native_answer: an answer in TensorZero's own API, whole and streamed, whatever the
 * reader's pace; a tool that nobody offered; errors. */
#include "core/gateway/gateway_native_answer.h"

#include "test/unit/unit.h"
#include "test/unit/unit_message.h"

#include <stdio.h>
#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define EPISODE "01980000-0000-7000-8000-000000000001"

static void fresh(bool stream)
{
    static const uint8_t episode[UUID_BYTES] = {0x01, 0x98, [6] = 0x70, [8] = 0x80, [15] = 1};
    unit_message_fresh(stream);
    G->requests[0].kind = GATEWAY_REQUEST_INFERENCE;
    G->requests[0].variant = -1;
    G->requests[0].name = SPAN("mi\"ni");
    memcpy(G->requests[0].chat.episode, episode, sizeof(episode));
    G->clients[0].api = PROVIDER_API_INFERENCE;
}

/* The ids, and what else is to be there. */
static void check(struct span json, const char *rest)
{
    char expected[1024];
    snprintf(expected, sizeof(expected),
             "{\"inference_id\":\"%s\",\"episode_id\":\"" EPISODE "\",\"variant_name\":"
             "\"mi\\\"ni\",\"content\":[%s", RELAY.id, rest);
    if (!span_equal(json, span_of(expected)))
        printf("%.*s\n  not %s\n", (int)json.len, json.at, expected);
    CU_ASSERT_TRUE(span_equal(json, span_of(expected)));
    CU_ASSERT_TRUE(unit_gateway_is_json(json));
}

static void count(uint64_t input, uint64_t output, uint64_t cached)
{
    RELAY.usage = (struct provider_usage){.has_input = true, .has_output = true,
                                          .input = input, .output = output, .cached = cached};
}

static void whole(void)
{
    fresh(false);
    CU_ASSERT_EQUAL(unit_message_tell("R hm\nT Hel\nT lo \\\"you\\\"", 0), RESULT_DONE);
    count(9, 3, 4);
    RELAY.stop = PROVIDER_STOP_LENGTH;
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole);
    check(answer.body, "{\"type\":\"thought\",\"text\":\"hm\"},"
                       "{\"type\":\"text\",\"text\":\"Hello \\\"you\\\"\"}],"
                       "\"finish_reason\":\"length\","
                       "\"usage\":{\"input_tokens\":9,\"output_tokens\":3}}");
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

static void variant(void)
{
    fresh(false);
    unit_gateway_settings.variants[1].name = "second";
    G->requests[0].variant = 1;
    CU_ASSERT_EQUAL(unit_message_tell("T a", 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(body, "variant_name"), SPAN("second")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(body, "moongate.usage_known"), SPAN("false")));
}

static void streamed(void)
{
    fresh(true);
    CU_ASSERT_EQUAL(unit_message_tell("R hm\nT Hel\nT lo", 0), RESULT_DONE);
    count(9, 3, 4);
    RELAY.stop = PROVIDER_STOP_WORD;
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    check(unit_gateway_event(body, 0), "{\"type\":\"thought\",\"id\":\"1\",\"text\":\"hm\"}]}");
    check(unit_gateway_event(body, 1), "{\"type\":\"text\",\"id\":\"0\",\"text\":\"Hel\"}]}");
    check(unit_gateway_event(body, 2), "{\"type\":\"text\",\"id\":\"0\",\"text\":\"lo\"}]}");
    check(unit_gateway_event(body, 3), "],\"usage\":{\"input_tokens\":9,\"output_tokens\":3},"
                                       "\"finish_reason\":\"stop_sequence\"}");
    CU_ASSERT_TRUE(span_equal(unit_gateway_event(body, 4), SPAN("[DONE]")));
    CU_ASSERT_PTR_NULL(unit_gateway_event(body, 5).at);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

/* A long text, with readers of every pace: the same is told. */
static void long_ones(void)
{
    static char script[4 * LIMIT_OUT_BYTES + 3] = "T ";
    memset(script + 2, 'x', sizeof(script) - 3);
    for (size_t pace = 1000; pace < 20000; pace = pace * 3 + 7) {
        fresh(true);
        CU_ASSERT_EQUAL(unit_message_tell(script, pace), RESULT_DONE);
        CU_ASSERT_EQUAL(unit_gateway_finish(pace), RESULT_DONE);
        struct span body = unit_gateway_answer().body;
        size_t said = 0;
        int i = 0;
        for (struct span event; (event = unit_gateway_event(body, i)).len > 6; i++)
            said += unit_gateway_string(event, "content.0.text").len;
        CU_ASSERT_EQUAL(said, sizeof(script) - 3);
        CU_ASSERT_TRUE(i > 2);
    }
}

static void tools(void)
{
    for (int stream = 0; stream < 2; stream++) {
        fresh(stream != 0);
        CU_ASSERT_EQUAL(unit_message_tell("C t1 f", 0), RESULT_FAULT);
        fresh(stream != 0);
        CU_ASSERT_EQUAL(unit_message_tell("A {}", 0), RESULT_FAULT);
    }
}

static void errors(void)
{
    const struct gateway_error error = gateway_error(502, "Request \"failed\"");
    fresh(false);
    gateway_relay_fail(G, 0, &error);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 502);
    CU_ASSERT_TRUE(span_equal(answer.body, SPAN("{\"error\":\"Request \\\"failed\\\"\"}")));
    fresh(true);
    CU_ASSERT_EQUAL(unit_message_tell("T a", 0), RESULT_DONE);
    gateway_relay_fail(G, 0, &error);
    struct span body = unit_gateway_answer().body;
    CU_ASSERT_TRUE(span_equal(unit_gateway_event(body, 1),
                              SPAN("{\"error\":\"Request \\\"failed\\\"\"}")));
    CU_ASSERT_PTR_NULL(unit_gateway_event(body, 2).at);
}

static const struct unit_test tests[] = {
    {"whole", whole},
    {"a function's variant", variant},
    {"streamed", streamed},
    {"long ones", long_ones},
    {"tools", tools},
    {"errors", errors},
};

UNIT_MAIN("gateway_native_answer", tests)
