/* From the bytes of a streamed message of Anthropic's to what the client gets, in windows of every
 * size. */
#include "core/gateway/gateway_event.h"
#include "core/gateway/gateway_news.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <stdio.h>
#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define EXCHANGE (G->exchanges[0])

#define EVENT(type, more) "event: " type "\ndata: {\"type\":\"" type "\"" more "}\n\n"
#define BEGIN                                                                                      \
    EVENT("message_start", ",\"message\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}")
#define BLOCK(block) EVENT("content_block_start", ",\"index\":0,\"content_block\":{" block "}")
#define DELTA(delta) EVENT("content_block_delta", ",\"index\":0,\"delta\":{" delta "}")
#define STOP EVENT("content_block_stop", ",\"index\":0")
#define SAYS(words)                                                                                \
    BLOCK("\"type\":\"text\",\"text\":\"\"") EVENT("ping", "")                                     \
    DELTA("\"type\":\"text_delta\",\"text\":\"" words "\"") STOP
#define THINKS(words)                                                                              \
    BLOCK("\"type\":\"thinking\",\"thinking\":\"\"")                                               \
    DELTA("\"type\":\"thinking_delta\",\"thinking\":\"" words "\"") STOP
#define CALLS(id, input)                                                                           \
    BLOCK("\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":{}")                   \
    DELTA("\"type\":\"input_json_delta\",\"partial_json\":\"" input "\"") STOP
#define REASON(reason)                                                                             \
    EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason "\"},\"usage\":"                \
                           "{\"output_tokens\":5}")
#define END EVENT("message_stop", "")

static void fresh(bool stream)
{
    unit_gateway_fresh(stream);
    unit_gateway_answered(SETTINGS_ANTHROPIC, PROVIDER_API_OPENAI, "text/event-stream");
}

#define CALL(id, arguments)                                                                        \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\""       \
    arguments "\"}}"

/* The service's events, and the choice of a whole answer; whether the last event came. */
static const struct {
    const char *events;
    const char *message;
    const char *reason;
    bool ends;
} rows[] = {
    {BEGIN SAYS("Hi") REASON("end_turn") END, "\"content\":\"Hi\"", "stop", true},
    {BEGIN SAYS("Hi") REASON("end_turn"), "\"content\":\"Hi\"", "stop", false},
    {BEGIN THINKS("Hm") SAYS("H\\n") SAYS("i") REASON("max_tokens") END,
     "\"reasoning_content\":\"Hm\",\"content\":\"H\\ni\"", "length", true},
    {BEGIN CALLS("1", "{}") REASON("tool_use") END,
     "\"content\":null,\"tool_calls\":[" CALL("1", "{}") "]", "tool_calls", true},
    {BEGIN CALLS("1", "") CALLS("2", "[\\\"a\\\"]") SAYS("A") THINKS("T") REASON("tool_use"),
     "\"reasoning_content\":\"T\",\"content\":\"A\",\"tool_calls\":[" CALL("1", "{}") ","
     CALL("2", "[\\\"a\\\"]") "]", "tool_calls", false},
    {BEGIN REASON("end_turn") END, "\"content\":\"\"", "stop", true},
    {BEGIN REASON("refusal"), "\"content\":\"\"", "content_filter", false},
    {BEGIN "data: {broken\n\n" SAYS("Hi") "data: \n\n" REASON("end_turn") END,
     "\"content\":\"Hi\"", "stop", true},
};

static void check_whole(size_t i, size_t step)
{
    char choice[512];
    fresh(false);
    CU_ASSERT_EQUAL(unit_gateway_feed(rows[i].events, step), RESULT_DONE);
    CU_ASSERT_TRUE(gateway_event_finished(&RELAY));
    CU_ASSERT_EQUAL(G->requests[0].state == GATEWAY_REQUEST_DRAIN, rows[i].ends);
    if (!rows[i].ends) {
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    }
    struct unit_gateway_answer answer = unit_gateway_answer();
    snprintf(choice, sizeof(choice),
             "{\"index\":0,\"message\":{\"role\":\"assistant\",%s,\"refusal\":null},"
             "\"logprobs\":null,\"finish_reason\":\"%s\"}", rows[i].message, rows[i].reason);
    struct span found = unit_gateway_at(answer.body, "choices.0");
    CU_ASSERT_TRUE(answer.whole && span_equal(found, span_of(choice)));
    if (!span_equal(found, span_of(choice)))
        printf("  got %.*s\n", (int)found.len, found.at != NULL ? found.at : "");
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "usage.total_tokens"), SPAN("12")));
}

static void check_stream(size_t i, size_t step)
{
    fresh(true);
    CU_ASSERT_EQUAL(unit_gateway_feed(rows[i].events, step), RESULT_DONE);
    if (!rows[i].ends) {
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    }
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_TRUE(answer.whole && span_ends(answer.body, SPAN("data: [DONE]\n\n")));
    int last = 0;
    while (!span_equal(unit_gateway_event(answer.body, last + 1), SPAN("[DONE]")))
        last++;
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(unit_gateway_event(answer.body, last),
                                                  "choices.0.finish_reason"),
                              span_of(rows[i].reason)));
}

static void every_message(void)
{
    static const size_t steps[] = {1, 2, 7, 64, 1000, 16000};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
            check_whole(i, steps[s]);
            check_stream(i, steps[s]);
        }
}

/* Without its reason no message is complete, whatever was said. */
static void every_beginning(void)
{
    static const char events[] = BEGIN SAYS("Hi") CALLS("1", "{}") REASON("end_turn");
    size_t reason = (size_t)(strstr(events, "stop_reason") - events);
    for (size_t len = 0; len < reason; len++) {
        char text[sizeof(events)];
        memcpy(text, events, len);
        text[len] = '\0';
        fresh(false);
        CU_ASSERT_EQUAL(unit_gateway_feed(text, 16000), RESULT_DONE);
        CU_ASSERT_FALSE(gateway_event_finished(&RELAY));
        CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
        gateway_relay_drop(G, 0);
    }
}

static const struct unit_test tests[] = {
    {"every message", every_message},
    {"every beginning", every_beginning},
};

UNIT_MAIN("gateway news of messages", tests)
