/* From an answer's bytes to what the client gets: events and documents of the clients' own protocol
 * in windows of every size. */
#include "core/gateway/gateway_event.h"
#include "core/gateway/gateway_news.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define EXCHANGE (G->exchanges[0])

#define CHUNK(choice) "data: {\"choices\":[{\"index\":0," choice "}]}\n\n"
#define ROLE CHUNK("\"delta\":{\"role\":\"assistant\"}")
#define SAID CHUNK("\"delta\":{\"content\":\"hi\"}")
#define STOP CHUNK("\"delta\":{},\"finish_reason\":\"stop\"")
#define USAGE "data: {\"choices\":[],\"usage\":{\"total_tokens\":1}}\n\n"
#define DONE "data: [DONE]\n\n"
#define CREATED "event: response.created\ndata: {\"type\":\"response.created\"}\n\n"
#define DELTA "event: response.x.delta\ndata: {\"type\":\"response.x.delta\"}\n\n"
#define COMPLETED "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n"

static void fresh(enum gateway_request_kind kind, bool stream, const char *head)
{
    unit_gateway_fresh(stream);
    G->requests[0].kind = (uint8_t)kind;
    unit_gateway_answered(SETTINGS_OPENAI, PROVIDER_API_OPENAI, head);
}

struct row {
    enum gateway_request_kind kind;
    bool include_usage;
    const char *body;
    const char *answer;
    uint32_t malformed;
};

static const struct row rows[] = {
    {GATEWAY_REQUEST_CHAT, false, ROLE SAID STOP USAGE DONE, ROLE SAID STOP DONE, 0},
    {GATEWAY_REQUEST_CHAT, true, ROLE SAID STOP USAGE DONE, ROLE SAID STOP USAGE DONE, 0},
    {GATEWAY_REQUEST_CHAT, false, ROLE STOP DONE, ROLE STOP DONE, 0},
    {GATEWAY_REQUEST_CHAT, false, SAID DONE, SAID DONE, 0},
    {GATEWAY_REQUEST_CHAT, false, SAID "data: {\n\n" SAID "data: x\n\n" STOP DONE,
     SAID SAID STOP DONE, 2},
    {GATEWAY_REQUEST_CHAT, false, "event: ping\ndata: {}\n\n: c\n\n" SAID DONE, SAID DONE, 0},
    {GATEWAY_REQUEST_CHAT, false, COMPLETED SAID "data: {\"type\":\"response.failed\"}\n\n" DONE,
     SAID "data: {\"type\":\"response.failed\"}\n\n" DONE, 0},
    {GATEWAY_REQUEST_CHAT, false,
     "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"\\n\"}}]\ndata:}\n\n" DONE,
     "data: {\"choices\": [{\"delta\":{\"content\":\"\\n\"}}] }\n\n" DONE, 0},
    {GATEWAY_REQUEST_COMPLETIONS, false, CHUNK("\"text\":\"a\"") USAGE DONE,
     CHUNK("\"text\":\"a\"") USAGE DONE, 0},
    {GATEWAY_REQUEST_RESPONSES, false, CREATED DELTA COMPLETED, CREATED DELTA COMPLETED, 0},
    {GATEWAY_REQUEST_RESPONSES, false, CREATED COMPLETED, CREATED COMPLETED, 0},
    {GATEWAY_REQUEST_OTHER, false, "data: {}\n\n" DELTA DONE, "data: {}\n\n" DELTA DONE, 0},
};

static void every_stream(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t step = 1; step <= strlen(rows[i].body); step += step < 40 ? 1 : 13) {
            fresh(rows[i].kind, true, "text/event-stream");
            RELAY.include_usage = RELAY.include_usage || rows[i].include_usage;
            CU_ASSERT_EQUAL(unit_gateway_feed(rows[i].body, step), RESULT_DONE);
            CU_ASSERT_EQUAL(G->requests[0].state, GATEWAY_REQUEST_DRAIN);
            CU_ASSERT_EQUAL(G->requests[0].client, -1);
            CU_ASSERT_EQUAL(RELAY.malformed, rows[i].malformed);
            struct unit_gateway_answer answer = unit_gateway_answer();
            CU_ASSERT_TRUE(answer.whole && span_equal(answer.body, span_of(rows[i].answer)));
        }
}

/* Tool calls without numbers, and with names that are null, whatever the pace of the reader. */
#define CALLS(calls) "data: {\"choices\":[{\"delta\":{\"tool_calls\":[" calls "]}}]}\n\n"

static void broken_calls(void)
{
    static const char body[] =
        CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\"}}")
        CALLS("{\"function\":{\"name\":null}}")
        CALLS("{\"index\":null,\"id\":\"b\"},{\"id\":\"c\"}") CALLS("{\"function\":{}}") DONE;
    static const char whole[] =
        CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}")
        CALLS("{\"index\":0,\"function\":{\"name\":\"\"}}")
        CALLS("{\"index\":1,\"id\":\"b\"},{\"index\":2,\"id\":\"c\"}")
        CALLS("{\"index\":2,\"function\":{}}") DONE;
    for (size_t step = 1; step <= sizeof(body); step++) {
        fresh(GATEWAY_REQUEST_CHAT, true, "text/event-stream");
        CU_ASSERT_EQUAL(unit_gateway_feed(body, step), RESULT_DONE);
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_TRUE(answer.whole && span_equal(answer.body, SPAN(whole)));
    }
}

/* A large one is mended wherever it is divided. */
static void broken_calls_in_pieces(void)
{
    static char filler[9000];
    static char data[10000];
    static char mended[10000];
    memset(filler, 'x', sizeof(filler) - 1);
    for (size_t len = 3900; len < 4300; len++) {
        struct text text = text_over(data, sizeof(data));
        struct text want = text_over(mended, sizeof(mended));
        text_add_str(&text, "data: {\"choices\":[{\"x\":\"");
        text_add(&text, (struct span){filler, len});
        text_add_str(&text, "\",\"delta\":{\"tool_calls\":[{");
        text_add(&want, text_span(&text));
        text_add_str(&want, "\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"\"}}]}}]}\n\n" DONE);
        text_add_str(&text, "\"id\":\"a\",\"function\":{\"name\":null}}]}}]}\n\n" DONE);
        fresh(GATEWAY_REQUEST_CHAT, true, "text/event-stream");
        CU_ASSERT_EQUAL(unit_gateway_feed(text_str(&text), sizeof(data)), RESULT_DONE);
        CU_ASSERT_TRUE(span_equal(unit_gateway_answer().body, text_span(&want)));
    }
}

/* What is not complete yet: how much of it has gone, and whether it could end here. */
static void under_way(void)
{
    static const struct {
        enum gateway_request_kind kind;
        const char *body;
        const char *gone;
        bool finished;
    } cases[] = {
        {GATEWAY_REQUEST_CHAT, ROLE, "", false},
        {GATEWAY_REQUEST_CHAT, ROLE SAID, ROLE SAID, false},
        {GATEWAY_REQUEST_CHAT, ROLE SAID STOP, ROLE SAID STOP, true},
        {GATEWAY_REQUEST_CHAT, SAID CHUNK("\"delta\":{},\"finish_reason\":null"),
         SAID CHUNK("\"delta\":{},\"finish_reason\":null"), false},
        {GATEWAY_REQUEST_RESPONSES, CREATED, "", false},
        {GATEWAY_REQUEST_RESPONSES, CREATED DELTA, CREATED DELTA, false},
        {GATEWAY_REQUEST_OTHER, "data: {}\n\n", "data: {}\n\n", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fresh(cases[i].kind, true, "text/event-stream");
        CU_ASSERT_EQUAL(unit_gateway_feed(cases[i].body, 11), RESULT_DONE);
        struct unit_gateway_answer answer = unit_gateway_answer();
        CU_ASSERT_TRUE(span_equal(answer.body, span_of(cases[i].gone)));
        CU_ASSERT_EQUAL(RELAY.state == GATEWAY_RELAY_FLOWING, cases[i].gone[0] != '\0');
        CU_ASSERT_EQUAL(gateway_event_finished(&RELAY), cases[i].finished);
    }
}

/* A document is held until its body has ended. */
static void every_document(void)
{
    static const struct {
        enum gateway_request_kind kind;
        const char *type;
        const char *body;
        const char *shown;
    } cases[] = {
        {GATEWAY_REQUEST_CHAT, "application/json; charset=x", "{\"choices\":[1.0]}\n",
         "content-type: application/json\r\n"},
        {GATEWAY_REQUEST_RESPONSES, "application/json", "[1,2]",
         "content-type: application/json\r\n"},
        {GATEWAY_REQUEST_OTHER, "audio/mpeg", "ID3}", "content-type: audio/mpeg\r\n"},
        {GATEWAY_REQUEST_OTHER, "", "?", "content-type: application/octet-stream\r\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t step = 1; step <= strlen(cases[i].body); step++) {
            fresh(cases[i].kind, false, cases[i].type);
            CU_ASSERT_EQUAL(unit_gateway_feed(cases[i].body, step), RESULT_DONE);
            CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
            CU_ASSERT_PTR_NULL(gateway_document_fault(&RELAY.document));
            CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
            struct unit_gateway_answer answer = unit_gateway_answer();
            CU_ASSERT_TRUE(answer.whole && span_equal(answer.body, span_of(cases[i].body)));
            CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, cases[i].shown));
        }
}

/* The clock of a service stands while the client is slow, and begins anew behind that. */
static void a_slow_client(void)
{
    static char large[LIMIT_WINDOW_BYTES];
    memset(large, 'x', sizeof(large) - 1);
    memcpy(large, "data: {\"choices\":[{\"delta\":{\"content\":\"", 39);
    memcpy(large + sizeof(large) - 9, "\"}}]}\n\n", 8);
    fresh(GATEWAY_REQUEST_CHAT, true, "text/event-stream");
    CU_ASSERT_EQUAL(unit_gateway_feed(SAID SAID, 1000), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_feed(large, sizeof(large)), RESULT_MORE);
    CU_ASSERT_EQUAL(RELAY.news.kind, PROVIDER_EVENT);
    EXCHANGE.phase_us = 1;
    unit_gateway_read(SIZE_MAX);
    CU_ASSERT_EQUAL(gateway_news_body(G, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.news.kind, 0);
    CU_ASSERT_EQUAL(EXCHANGE.phase_us, G->now_us + 1000000);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(unit_gateway_event(answer.body, 2).len, strlen(large) - 8);
}

static const struct unit_test tests[] = {
    {"every stream", every_stream},
    {"broken calls", broken_calls},
    {"broken calls in pieces", broken_calls_in_pieces},
    {"under way", under_way},
    {"every document", every_document},
    {"a slow client", a_slow_client},
};

UNIT_MAIN("gateway_news", tests)
