/* Requests that the box asks itself: answered, refused, cut, too long, closed, not reached. */
#include "core/gateway/gateway_inner.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define RUN (&inner.runs[1])
#define CONFIG                                                                                     \
    "[models.m]\nretries=0\n"                                                                      \
    "[models.m.providers.p]\ntype='openai'\nmodel_name='x'\napi_key_location='none'\n"             \
    "api_base='http://127.0.0.1:%d/v1'\n"                                                          \
    "[models.r]\nretries=0\n"                                                                      \
    "[models.r.providers.a]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"                            \
    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n"                                      \
    "[models.box.providers.b]\ntype='loopback'\n"
#define CHAT(model) "{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\",\"content\":\"A\"}]}"
#define ANSWER                                                                                     \
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},"          \
    "\"finish_reason\":\"stop\"}]}"

static struct gateway_inner inner;
static int listener;

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    inner.runs[1] = (struct gateway_inner_run){0};
    unit_live_start(CONFIG, port, port);
    G->inner = &inner;
}

static void tear_down(void)
{
    unit_wire_unlisten(listener);
    unit_live_end();
}

static void ask(enum gateway_route route, const char *path, const char *body)
{
    uint32_t len = (uint32_t)strlen(body);
    int slot = gateway_body_take(&G->bodies, len);
    memcpy(gateway_body_bytes(&G->bodies, slot), body, len);
    struct gateway_inner_ask what = {.route = route, .path = path, .key = -1, .body = slot,
                                     .len = len};
    CU_ASSERT_FATAL(gateway_inner_open(G, 1, &what));
}

static void chat(const char *body)
{
    ask(GATEWAY_ROUTE_CHAT, "/chat/completions", body);
}

static void until_ended(void)
{
    for (int i = 0; i < 3000 && RUN->state == GATEWAY_INNER_ASKED; i++)
        unit_live_turn();
    CU_ASSERT_NOT_EQUAL_FATAL(RUN->state, GATEWAY_INNER_ASKED);
}

static bool says(const char *words)
{
    gateway_inner_answer(G, 1)[RUN->len] = '\0';
    return strstr(gateway_inner_answer(G, 1), words) != NULL;
}

static struct unit_wire *service(struct unit_wire_message *request)
{
    struct unit_wire *wire = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(wire, request));
    return wire;
}

static void say_answer(struct unit_wire *wire, const char *status, const char *body)
{
    char bytes[1024];
    snprintf(bytes, sizeof(bytes),
             "HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
             status, strlen(body), body);
    unit_wire_say(wire, bytes);
}

static void answered_by_the_box(void)
{
    set_up();
    chat(CHAT("box"));
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_ANSWERED);
    CU_ASSERT_EQUAL(RUN->status, 200);
    CU_ASSERT(says("\"finish_reason\":\"stop\""));
    CU_ASSERT_EQUAL(gateway_inner_answer(G, 1)[0], '{');
    CU_ASSERT_EQUAL(gateway_inner_answer(G, 1)[RUN->len - 1], '}');
    CU_ASSERT_EQUAL(strlen(RUN->request_id), 36);
    tear_down();
}

static void answered_by_services(void)
{
    struct unit_wire_message request;
    set_up();
    chat(CHAT("m"));
    struct unit_wire *wire = service(&request);
    say_answer(wire, "200 OK", ANSWER);
    until_ended();
    CU_ASSERT_EQUAL(RUN->status, 200);
    CU_ASSERT(says(ANSWER));
    RUN->state = GATEWAY_INNER_FREE;
    chat(CHAT("r"));
    unit_live_serve_on(wire);
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_ANSWERED);
    CU_ASSERT(says("\"content\":\"Hello\""));
    tear_down();
}

static void relayed(void)
{
    struct unit_wire_message request;
    set_up();
    ask(GATEWAY_ROUTE_RELAY, "/embeddings", "{\"model\":\"m\",\"input\":\"A\"}");
    struct unit_wire *wire = service(&request);
    CU_ASSERT_PTR_NOT_NULL(strstr(request.head, "POST /v1/embeddings "));
    say_answer(wire, "200 OK", "{\"data\":[1,2]}");
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_ANSWERED);
    CU_ASSERT(says("{\"data\":[1,2]}"));
    tear_down();
}

static void refused(void)
{
    set_up();
    chat(CHAT("none"));
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_ANSWERED);
    CU_ASSERT_EQUAL(RUN->status, 404);
    CU_ASSERT(says("Model not available"));
    CU_ASSERT_FALSE(RUN->unreached);
    tear_down();
}

static void patience(void)
{
    struct unit_wire_message request;
    set_up();
    chat(CHAT("m"));
    struct unit_wire *wire = service(&request);
    unit_wire_say(wire, "HTTP/1.1 429 Too Many Requests\r\nretry-after: 17\r\n"
                        "content-length: 0\r\n\r\n");
    until_ended();
    CU_ASSERT_EQUAL(RUN->status, 429);
    CU_ASSERT_EQUAL(RUN->retry_after_s, 17);
    CU_ASSERT_FALSE(RUN->unreached);
    tear_down();
}

static void not_reached(void)
{
    set_up();
    unit_wire_unlisten(listener);
    chat(CHAT("m"));
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_ANSWERED);
    CU_ASSERT_EQUAL(RUN->status, 502);
    CU_ASSERT(RUN->unreached);
    unit_live_end();
}

#define LARGE 2000000

/* A request that the service does not take whole. */
static struct unit_wire *half_sent(void)
{
    static const char open[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
    static char body[sizeof(open) + LARGE + 8];
    memcpy(body, open, sizeof(open) - 1);
    memset(body + sizeof(open) - 1, 'x', LARGE);
    memcpy(body + sizeof(open) - 1 + LARGE, "\"}]}", 5);
    set_up();
    chat(body);
    struct unit_wire *wire = unit_live_accept(listener);
    unit_wire_room(wire, UNIT_WIRE_NARROW);
    for (int i = 0; i < 10; i++)
        unit_live_settle();
    CU_ASSERT_EQUAL(G->exchanges[0].state, GATEWAY_EXCHANGE_HEAD);
    CU_ASSERT_FALSE(G->exchanges[0].sent_whole);
    return wire;
}

/* The service is there: it breaks off, or takes no more. */
static void not_taken(void)
{
    struct unit_wire *wire = half_sent();
    unit_wire_reset(wire);
    until_ended();
    CU_ASSERT_EQUAL(RUN->status, 502);
    CU_ASSERT_FALSE(RUN->unreached);
    tear_down();
    half_sent();
    unit_clock_skip_ms(900000); /* total_ms */
    until_ended();
    CU_ASSERT_EQUAL(RUN->status, 504);
    CU_ASSERT_FALSE(RUN->unreached);
    tear_down();
}

/* What was said before the service broke off, is no answer. */
static void cut(void)
{
    struct unit_wire_message request;
    set_up();
    chat(CHAT("r"));
    struct unit_wire *wire = service(&request);
    static char text[LIMIT_HOLD_BYTES + LIMIT_HOLD_BYTES / 2];
    memset(text, 'x', sizeof(text) - 1);
    unit_wire_say(wire, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(wire, "event: c\ndata: ");
    unit_wire_say_chunk(wire, text);
    unit_wire_say_chunk(wire, "\n\n");
    for (int i = 0; i < 500 && RUN->len == 0; i++)
        unit_live_turn();
    CU_ASSERT(RUN->len > 0);
    unit_wire_reset(wire);
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_CUT);
    CU_ASSERT_FALSE(RUN->too_long);
    tear_down();
}

static void too_long(void)
{
    struct unit_wire_message request;
    static char text[LIMIT_HOLD_BYTES];
    set_up();
    chat(CHAT("r"));
    struct unit_wire *wire = service(&request);
    memset(text, 'x', sizeof(text) - 1);
    unit_wire_say(wire, UNIT_LIVE_CHUNKED);
    for (size_t said = 0; said <= LIMIT_BATCH_ANSWER_BYTES; said += sizeof(text) - 1) {
        unit_wire_say_chunk(wire, "event: c\ndata: ");
        unit_wire_say_chunk(wire, text);
        unit_wire_say_chunk(wire, "\n\n");
    }
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_CUT);
    CU_ASSERT(RUN->too_long);
    CU_ASSERT(RUN->len <= LIMIT_BATCH_ANSWER_BYTES);
    tear_down();
}

/* Its client is closed before its answer is there, as at the end of a drain. */
static void closed(void)
{
    struct unit_wire_message request;
    set_up();
    chat(CHAT("m"));
    struct unit_wire *wire = service(&request);
    int client = 0;
    while (!gateway_client_is_inner(&G->clients[client]))
        client++;
    gateway_client_close(G, client);
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_CUT);
    CU_ASSERT_EQUAL(G->client_index.in_use, 0);
    CU_ASSERT_EQUAL(G->request_index.in_use, 0);
    CU_ASSERT(unit_live_ended(wire));
    tear_down();
}

/* It is among the clients that a stop waits for. */
static void stop(void)
{
    struct unit_wire_message request;
    set_up();
    chat(CHAT("m"));
    struct unit_wire *wire = service(&request);
    gateway_stop(G);
    unit_live_turn();
    CU_ASSERT_FALSE(gateway_stopped(G));
    say_answer(wire, "200 OK", ANSWER);
    until_ended();
    CU_ASSERT_EQUAL(RUN->state, GATEWAY_INNER_ANSWERED);
    CU_ASSERT(gateway_stopped(G));
    unit_wire_unlisten(listener);
    unit_wire_close_all();
}

static const struct unit_test tests[] = {
    {"answered by the box", answered_by_the_box},
    {"answered by services", answered_by_services},
    {"relayed", relayed},
    {"refused", refused},
    {"a service asks for patience", patience},
    {"not reached", not_reached},
    {"not taken", not_taken},
    {"cut", cut},
    {"too long", too_long},
    {"closed", closed},
    {"a stop", stop},
};

UNIT_MAIN("gateway_inner", tests)
