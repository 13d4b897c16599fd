/* From an answer's bytes to a client of Anthropic's API: a service of the same, whose events and
 * documents pass as they come, and one of OpenAI's, in windows of every size. */
#include "core/gateway/gateway_event.h"
#include "core/gateway/gateway_news.h"
#include "test/unit/unit.h"
#include "test/unit/unit_message.h"

#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define EXCHANGE (G->exchanges[0])

#define EVENT(type, more) "event: " type "\ndata: {\"type\":\"" type "\"" more "}\n\n"
#define START EVENT("message_start", ",\"message\":{\"id\":\"m\",\"content\":[]}")
#define BLOCK EVENT("content_block_start", ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
#define DELTA EVENT("content_block_delta", ",\"delta\":{\"type\":\"text_delta\",\"text\":\"a b\"}")
#define BLOCK_END EVENT("content_block_stop", ",\"index\":0")
#define REASON EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}, \"x\" : 1.0")
#define PING EVENT("ping", "")
#define STOP EVENT("message_stop", ",\"more\":[ ]")
#define SUPPLIED EVENT("message_stop", "")

static void fresh(enum settings_protocol protocol, bool stream, const char *head)
{
    unit_message_fresh(stream);
    unit_gateway_answered(protocol, PROVIDER_API_ANTHROPIC, head);
}

static void streams(void)
{
    static const struct {
        const char *body;
        const char *answer;
    } rows[] = {
        {START PING BLOCK DELTA PING DELTA BLOCK_END REASON STOP,
         START PING BLOCK DELTA PING DELTA BLOCK_END REASON STOP},
        {START ": c\n\n" BLOCK "data: {\n\n" DELTA BLOCK_END REASON STOP,
         START BLOCK DELTA BLOCK_END REASON STOP},
        {START REASON STOP, START REASON STOP},
        {START EVENT("new", ",\"a\":1") DELTA "data: {\"type\":\"x\"}\n\n" STOP,
         START EVENT("new", ",\"a\":1") DELTA "data: {\"type\":\"x\"}\n\n" STOP},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t step = 1; step <= strlen(rows[i].body); step += step < 40 ? 1 : 13) {
            fresh(SETTINGS_ANTHROPIC, true, "text/event-stream");
            CU_ASSERT_EQUAL(unit_gateway_feed(rows[i].body, step), RESULT_DONE);
            CU_ASSERT_EQUAL(G->requests[0].state, GATEWAY_REQUEST_DRAIN);
            struct unit_gateway_answer answer = unit_gateway_answer();
            CU_ASSERT_TRUE(answer.whole && span_equal(answer.body, span_of(rows[i].answer)));
        }
}

/* The last event is supplied where the service has told why it stopped; nothing else is. */
static void without_end(void)
{
    fresh(SETTINGS_ANTHROPIC, true, "text/event-stream");
    CU_ASSERT_EQUAL(unit_gateway_feed(START BLOCK DELTA BLOCK_END REASON, 1000), RESULT_DONE);
    CU_ASSERT_TRUE(gateway_event_finished(&RELAY));
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_TRUE(answer.whole);
    CU_ASSERT_TRUE(
        span_equal(answer.body, SPAN(START BLOCK DELTA BLOCK_END REASON SUPPLIED)));
}

static void documents(void)
{
    static const char document[] = " {\"type\":\"message\", \"content\" :[],\"x\":{\"a\":1.0}}\n";
    for (size_t step = 1; step < sizeof(document); step++) {
        fresh(SETTINGS_ANTHROPIC, false, "application/json");
        CU_ASSERT_EQUAL(unit_gateway_feed(document, step), RESULT_DONE);
        CU_ASSERT_PTR_NULL(gateway_document_fault(&RELAY.document));
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_TRUE(answer.whole && span_equal(answer.body, SPAN(document)));
    }
}

#define CHUNK(choice) "data: {\"choices\":[{\"index\":0," choice "}]}\n\n"
#define CALLED \
    CHUNK("\"delta\":{\"content\":\"hi\",\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{" \
          "\"name\":\"f\",\"arguments\":\"{\\\"a\\\"\"}}]}") \
    CHUNK("\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}") \
    CHUNK("\"delta\":{},\"finish_reason\":\"tool_calls\"") \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n" \
    "data: [DONE]\n\n"

/* OpenAI's chunks become one message. */
static void chunks(void)
{
    for (size_t step = 1; step <= sizeof(CALLED); step += step < 40 ? 1 : 13) {
        fresh(SETTINGS_OPENAI, false, "text/event-stream");
        CU_ASSERT_EQUAL(unit_gateway_feed(CALLED, step), RESULT_DONE);
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_TRUE_FATAL(answer.whole && unit_gateway_is_json(answer.body));
        CU_ASSERT_TRUE(span_equal(
            unit_gateway_at(answer.body, "content"),
            SPAN("[{\"type\":\"text\",\"text\":\"hi\"},{\"type\":\"tool_use\",\"id\":\"c\","
                 "\"name\":\"f\",\"input\":{\"a\":1}}]")));
        CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "usage"),
                                  SPAN("{\"input_tokens\":3,\"output_tokens\":4}")));
        CU_ASSERT_TRUE(span_equal(unit_gateway_string(answer.body, "stop_reason"),
                                  SPAN("tool_use")));
        CU_ASSERT_PTR_NULL(unit_gateway_at(answer.body, "moongate").at);
    }
}

static const struct unit_test tests[] = {
    {"streams pass as they come", streams},
    {"a stream without its last event", without_end},
    {"documents pass as they come", documents},
    {"chunks become a message", chunks},
};

UNIT_MAIN("gateway_news_messages", tests)
