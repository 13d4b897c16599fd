/* What becomes of each request in the journal: chats of every end, through the whole daemon. */
#include "core/gateway/gateway_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_batch.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_store.h"

#define G UNIT_LIVE_GATEWAY
#define ALL_BYTES (4 * LIMIT_CONTENT_BYTES)

static int listener;

#define MODELS                                                                                     \
    "[models.own]\nretries=1\n[models.own.providers.a]\ntype='rust-proxy'\nmodel_name='x'\n"       \
    "api_endpoint='http://127.0.0.1:%d/a'\n"                                                       \
    "[models.open]\nretries=0\n[models.open.providers.b]\ntype='vllm'\nmodel_name='y'\n"           \
    "api_base='http://127.0.0.1:%d/v1'\n"                                                          \
    "[models.box.providers.c]\ntype='loopback'\nstream_delay_ms=0\n"

#define KEPT "[gateway.observability]\ncontent=true\n"
#define KEYED "[keys.house]\nsecret='0123456789abcdef'\n"

static void set_up(const char *sections)
{
    char format[2048];
    uint16_t port;
    listener = unit_wire_listen(&port);
    snprintf(format, sizeof(format), "%s%s", sections, MODELS);
    unit_live_start(format, port, port);
}

/* The newest record. */
static const struct record *newest(void)
{
    static struct record_reader reader;
    static struct record record;
    struct span frame;
    enum result result = RESULT_MORE;
    record_reader_begin_last(&reader, &G->records->journal);
    while ((result = record_reader_back(&reader, &G->records->journal, &frame)) == RESULT_MORE)
        unit_live_turn();
    CU_ASSERT_FATAL(result == RESULT_DONE && record_read(frame, &record));
    return &record;
}

static uint64_t number(enum record_number which)
{
    return newest()->numbers[which];
}

static void check_text(enum record_text which, const char *wanted)
{
    struct span text = newest()->texts[which];
    CU_ASSERT_EQUAL(text.at == NULL, wanted == NULL);
    if (!span_equal(text, span_of(wanted)))
        printf("text %d is '%.*s'\n", which, (int)text.len, text.at);
    CU_ASSERT(span_equal(text, span_of(wanted)));
}

/* A client asks and reads the whole answer: its status. */
static int ask(const char *path, const char *body)
{
    char head[400];
    struct unit_wire_message answer;
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    snprintf(head, sizeof(head),
             "POST /v1%s HTTP/1.1\r\nhost: localhost\r\nx-request-id: mine-1\r\n"
             "authorization: Bearer 0123456789abcdef\r\n"
             "content-type: application/json\r\ncontent-length: %zu\r\n\r\n",
             path, strlen(body));
    unit_wire_say(client, head);
    unit_wire_say(client, body);
    return unit_live_message(client, &answer) ? answer.status : 0;
}

#define CHAT(model) "{\"model\":\"" model "\",\"messages\":" CHAT_MESSAGES "}"
#define CHAT_MESSAGES "[{\"role\":\"user\",\"content\":\"hi\"}]"

/* ---- ends ---- */

static void complete(void)
{
    set_up(KEYED);
    CU_ASSERT_EQUAL(ask("/chat/completions", CHAT("box")), 200);
    check_text(RECORD_X_REQUEST_ID, "mine-1");
    check_text(RECORD_KEY, "house");
    check_text(RECORD_MODEL, "box");
    check_text(RECORD_PROVIDER, "c");
    check_text(RECORD_ERROR, NULL);
    check_text(RECORD_BATCH, NULL);
    check_text(RECORD_ROUTE, "/chat/completions");
    check_text(RECORD_INPUT, NULL);
    check_text(RECORD_OUTPUT, NULL);
    CU_ASSERT_EQUAL(number(RECORD_OUTCOME), RECORD_OUTCOME_COMPLETE);
    CU_ASSERT_EQUAL(number(RECORD_STATUS), 200);
    CU_ASSERT_EQUAL(number(RECORD_ATTEMPTS), 1);
    CU_ASSERT_EQUAL(number(RECORD_STREAM), 0);
    CU_ASSERT_EQUAL(number(RECORD_BYTES_IN), sizeof(CHAT("box")) - 1);
    CU_ASSERT(number(RECORD_BYTES_OUT) > 200);
    CU_ASSERT_EQUAL(number(RECORD_INPUT_TOKENS), RECORD_NONE);
    CU_ASSERT(number(RECORD_OUTPUT_TOKENS) > 10 && number(RECORD_OUTPUT_TOKENS) < 50);
    CU_ASSERT_EQUAL(number(RECORD_TOKENS_ESTIMATED), 1);
    CU_ASSERT(port_wall_ms() - number(RECORD_CREATED_MS) < 5000);
    CU_ASSERT(number(RECORD_TOTAL_US) < 5000000);
    CU_ASSERT(number(RECORD_FIRST_CONTENT_US) <= number(RECORD_TOTAL_US));
    CU_ASSERT_EQUAL(number(RECORD_QUEUE_US), 0);
    CU_ASSERT_EQUAL(G->records->journal.records, 1);
    unit_live_end();
}

static void of_a_batch(void)
{
    char name[BATCH_INDEX_NAME_BYTES];
    unit_batch_set_up();
    unit_batch_add(unit_batch_lines(1));
    CU_ASSERT(unit_batch_until(BATCH_COMPLETED));
    batch_index_name(name, BATCH_INDEX_BATCHES, UNIT_BATCH->entry.id);
    check_text(RECORD_BATCH, name);
    check_text(RECORD_ROUTE, "/chat/completions");
    unit_batch_tear_down();
}

static void failed(void)
{
    set_up("");
    CU_ASSERT_EQUAL(ask("/chat/completions", CHAT("nobody")), 404);
    check_text(RECORD_MODEL, "nobody");
    check_text(RECORD_PROVIDER, NULL);
    check_text(RECORD_KEY, NULL);
    CU_ASSERT(span_starts(newest()->texts[RECORD_ERROR], SPAN("Model not available: nobody")));
    CU_ASSERT_EQUAL(number(RECORD_OUTCOME), RECORD_OUTCOME_FAILED);
    CU_ASSERT_EQUAL(number(RECORD_STATUS), 404);
    CU_ASSERT_EQUAL(number(RECORD_FIRST_CONTENT_US), RECORD_NONE);
    CU_ASSERT_EQUAL(number(RECORD_OUTPUT_TOKENS), RECORD_NONE);
    CU_ASSERT(number(RECORD_BYTES_OUT) > 50);
    CU_ASSERT_EQUAL(ask("/chat/completions", "{\"messages\":[]}"), 400);
    check_text(RECORD_MODEL, NULL);
    CU_ASSERT_EQUAL(ask("/chat/completions", "no JSON"), 400); /* that is no inference */
    CU_ASSERT_EQUAL(G->records->journal.records, 2);
    unit_live_end();
}

static void client_gone(void)
{
    set_up("");
    struct unit_wire *client = unit_live_chat("own", true);
    unit_live_accept(listener);
    unit_wire_close(client);
    CU_ASSERT(unit_live_until(&G->request_index.in_use, 0));
    CU_ASSERT_EQUAL(number(RECORD_OUTCOME), RECORD_OUTCOME_CLIENT_GONE);
    CU_ASSERT_EQUAL(number(RECORD_STATUS), 499);
    CU_ASSERT_EQUAL(number(RECORD_STREAM), 1);
    check_text(RECORD_PROVIDER, "a");
    unit_live_end();
}

#define EVENT(content)                                                                             \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" content "\"}}]}\n\n"
#define FINISHED "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE "data: [DONE]\n\n"

/* A service answers a stream with that, and closes. */
static void stream(const char *events)
{
    struct unit_wire_message request;
    struct unit_wire *client = unit_live_chat("open", true);
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT(unit_live_message(service, &request));
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
    unit_wire_say(service, events);
    unit_wire_shut(service);
    CU_ASSERT(unit_live_until(&G->request_index.in_use, 0));
    unit_wire_close(client);
    unit_wire_close(service);
}

static void cut(void)
{
    set_up(KEPT);
    stream(EVENT("Hel") EVENT("lo"));
    CU_ASSERT_EQUAL(number(RECORD_OUTCOME), RECORD_OUTCOME_CUT);
    CU_ASSERT_EQUAL(number(RECORD_STATUS), 502);
    CU_ASSERT(newest()->texts[RECORD_ERROR].len > 0);
    check_text(RECORD_OUTPUT, "Hello");
    unit_live_end();
}

/* ---- content ---- */

static void streamed_content(void)
{
    set_up(KEPT);
    stream(EVENT("<b>\\n\\u00e9") EVENT("\\\"!") FINISHED DONE);
    CU_ASSERT_EQUAL(number(RECORD_OUTCOME), RECORD_OUTCOME_COMPLETE);
    check_text(RECORD_OUTPUT, "<b>\n\xC3\xA9\"!");
    check_text(RECORD_INPUT, CHAT_MESSAGES);
    CU_ASSERT_EQUAL(number(RECORD_INPUT_CUT), 0);
    unit_live_end();
}

static uint64_t estimated_in_metrics(void)
{
    uint64_t sum = 0;
    for (int model = 0; model < G->settings->model_count; model++)
        sum += G->metrics.tokens[model][RECORD_TOKENS_ESTIMATED_OUTPUT];
    return sum;
}

/* Whole answers: the text is found in the document, and what has none stays as it came. */
static void whole_content(void)
{
    static const struct {
        const char *document, *output;
    } rows[] = {
        {"{\"id\":\"1\",\"choices\":[{\"message\":{\"content\":\"a\\tb\"}}]}", "a\tb"},
        {" {\"choices\":[{\"message\":{\"content\":\"\"}}]}", ""},
        {"{\"choices\":[{\"text\":\"older\"}]}", "older"},
        {"{\"choices\":[]}", "{\"choices\":[]}"},
        {"{\"choices\":[{\"message\":{\"content\":null}}]}",
         "{\"choices\":[{\"message\":{\"content\":null}}]}"},
    };
    set_up(KEPT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char head[200];
        struct unit_wire_message message;
        struct unit_wire *client = unit_live_chat("open", false);
        struct unit_wire *service = unit_live_accept(listener);
        CU_ASSERT(unit_live_message(service, &message));
        snprintf(head, sizeof(head),
                 "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n"
                 "content-length: %zu\r\n\r\n", strlen(rows[i].document));
        unit_wire_say(service, head);
        unit_wire_say(service, rows[i].document);
        CU_ASSERT(unit_live_message(client, &message));
        CU_ASSERT(unit_live_until(&G->request_index.in_use, 0));
        check_text(RECORD_OUTPUT, rows[i].output);
        CU_ASSERT_EQUAL(number(RECORD_OUTPUT_TOKENS), strlen(rows[i].document) / 4);
        unit_wire_close(service);
        unit_wire_close(client);
    }
    unit_live_end();
}

/* A service that relays and counts nothing: about a token for each event, four bytes of a document
 * for one, whether or not content is kept; and metrics say the same. */
static void estimates(void)
{
    static const char *const sections[] = {KEPT, ""};
    for (int i = 0; i < 2; i++) {
        set_up(sections[i]);
        memset(&G->metrics, 0, sizeof(G->metrics));
        stream(EVENT("a") EVENT("rather long one, for a token") EVENT("c") FINISHED DONE);
        CU_ASSERT_EQUAL(number(RECORD_OUTPUT_TOKENS), 3);
        CU_ASSERT_EQUAL(number(RECORD_TOKENS_ESTIMATED), 1);
        CU_ASSERT(!FEATURE_METRICS || estimated_in_metrics() == 3);
        stream(FINISHED DONE);
        CU_ASSERT_EQUAL(number(RECORD_OUTPUT_TOKENS), RECORD_NONE);
        CU_ASSERT_EQUAL(number(RECORD_TOKENS_ESTIMATED), 0);
        unit_live_end();
    }
}

/* What a try said that failed is not the answer. */
static void content_of_the_last_try(void)
{
    struct unit_wire_message request;
    set_up(KEPT);
    struct unit_wire *client = unit_live_chat("own", false);
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT(unit_live_message(service, &request));
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, "event: c\ndata: Wrong\n\n");
    unit_live_settle();
    unit_wire_reset(service);
    unit_live_settle();
    unit_clock_skip_ms(600);
    service = unit_live_accept(listener);
    unit_live_serve_on(service);
    CU_ASSERT(unit_live_message(client, &request));
    check_text(RECORD_OUTPUT, "Hello");
    CU_ASSERT_EQUAL(number(RECORD_ATTEMPTS), 2);
    CU_ASSERT_EQUAL(number(RECORD_OUTPUT_TOKENS), 1);
    unit_live_end();
}

/* Long ones are kept up to the cap, and their figures are right all the same. */
static void long_content(void)
{
    static char body[ALL_BYTES];
    set_up(KEPT);
    int len = snprintf(body, sizeof(body),
                       "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"");
    memset(body + len, 'x', LIMIT_CONTENT_BYTES);
    snprintf(body + len + LIMIT_CONTENT_BYTES, 8, "\"}]}");
    CU_ASSERT_EQUAL(ask("/chat/completions", body), 404);
    CU_ASSERT_EQUAL(newest()->texts[RECORD_INPUT].len, LIMIT_CONTENT_BYTES);
    CU_ASSERT_EQUAL(number(RECORD_INPUT_CUT), 1);
    CU_ASSERT_EQUAL(number(RECORD_BYTES_IN), strlen(body));
    unit_live_end();
}

/* With no room for another one's content, its figures are kept. */
static void no_room_for_content(void)
{
    set_up(KEPT);
    int taken[LIMIT_CONTENTS];
    for (int i = 0; i < LIMIT_CONTENTS; i++)
        taken[i] = index_take(&G->records->content_index);
    CU_ASSERT_EQUAL(ask("/chat/completions", CHAT("box")), 200);
    check_text(RECORD_INPUT, NULL);
    check_text(RECORD_OUTPUT, NULL);
    CU_ASSERT(number(RECORD_OUTPUT_TOKENS) > 0);
    for (int i = 0; i < LIMIT_CONTENTS; i++)
        index_give(&G->records->content_index, taken[i]);
    CU_ASSERT_EQUAL(ask("/chat/completions", CHAT("box")), 200);
    check_text(RECORD_INPUT, CHAT_MESSAGES);
    unit_live_end();
}

/* ---- what a key is charged ---- */

static void say_chunked(struct unit_wire *client, const char *body)
{
    char chunk[400];
    size_t half = strlen(body) / 2;
    unit_wire_say(client, "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                          "authorization: Bearer 0123456789abcdef\r\n"
                          "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
    snprintf(chunk, sizeof(chunk), "%zx\r\n%.*s\r\n%zx\r\n%s\r\n0\r\n\r\n", half, (int)half, body,
             strlen(body) - half, body + half);
    unit_wire_say(client, chunk);
}

/* A service that counts nothing: what was asked is charged by its bytes, however they came. */
static void charged(void)
{
    const uint64_t asked = sizeof(CHAT("box")) - 1;
    struct unit_wire_message answer;
    set_up(KEYED);
    CU_ASSERT_EQUAL(ask("/chat/completions", CHAT("box")), 200);
    uint64_t once = G->keys.uses[0].tokens;
    CU_ASSERT_EQUAL(once, asked / 4 + number(RECORD_OUTPUT_TOKENS));
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    say_chunked(client, CHAT("box"));
    CU_ASSERT(unit_live_message(client, &answer));
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_EQUAL(G->keys.uses[0].tokens, 2 * once);
    CU_ASSERT_EQUAL(number(RECORD_BYTES_IN), asked);
    unit_live_end();
}

/* ---- the rest ---- */

static void waiting_counts(void)
{
    set_up("[gateway.limits]\nmax_active_requests=1\n");
    struct unit_wire *first = unit_live_chat("own", true);
    unit_live_accept(listener);
    struct unit_wire *second = unit_live_chat("box", true);
    CU_ASSERT(unit_live_until(&G->client_wait.count, 1));
    unit_clock_skip_ms(700);
    unit_wire_close(first);
    CU_ASSERT(unit_live_read(second, "[DONE]"));
    check_text(RECORD_MODEL, "box");
    CU_ASSERT(number(RECORD_QUEUE_US) >= 700000 && number(RECORD_QUEUE_US) < 5000000);
    CU_ASSERT(number(RECORD_TOTAL_US) >= number(RECORD_QUEUE_US));
    unit_live_end();
}

static void none_kept(void)
{
    set_up("[gateway.observability]\nenabled=false\n");
    CU_ASSERT_FALSE(gateway_records_on(G));
    CU_ASSERT_EQUAL(ask("/chat/completions", CHAT("box")), 200);
    CU_ASSERT_EQUAL(G->records->journal.records, 0);
    CU_ASSERT_EQUAL(gateway_records_due_us(G), UINT64_MAX);
    unit_live_end();
}

/* On the disk half a second later, and found there by the next start. */
static void kept_over_a_restart(void)
{
    set_up("");
    CU_ASSERT_EQUAL(ask("/chat/completions", CHAT("box")), 200);
    CU_ASSERT(gateway_records_due_us(G) <= port_now_us() + LIMIT_JOURNAL_WAIT_MS * 1000u);
    uint64_t end = record_journal_end(&G->records->journal);
    unit_clock_skip_ms(LIMIT_JOURNAL_WAIT_MS + 1000);
    uint64_t stop_ms = unit_clock_real_ms() + 5000;
    while (record_journal_safe_end(&G->records->journal) < end && unit_clock_real_ms() < stop_ms)
        unit_live_turn();
    CU_ASSERT_EQUAL(record_journal_safe_end(&G->records->journal), end);
    unit_live_end();
    set_up("");
    check_text(RECORD_MODEL, "box");
    CU_ASSERT_EQUAL(record_journal_end(&G->records->journal), end);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"complete", complete},
    {"of a batch", of_a_batch},
    {"failed", failed},
    {"the client has gone", client_gone},
    {"cut", cut},
    {"streamed content", streamed_content},
    {"whole content", whole_content},
    {"estimates", estimates},
    {"content of the last try", content_of_the_last_try},
    {"long content", long_content},
    {"no room for content", no_room_for_content},
    {"charged", charged},
    {"waiting counts", waiting_counts},
    {"none kept", none_kept},
    {"kept over a restart", kept_over_a_restart},
};

UNIT_MAIN("gateway_records", tests)
