/* Heads, framing and sending of answers. */
#include "core/gateway/gateway_answer.h"
#include "core/http/http_date.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_BYTES 1048576

static struct gateway *const g = &unit_front;
static struct gateway_client *const client = &unit_front.clients[0];

/* Client 0 without a socket, waiting for its answer. */
static void fresh(void)
{
    unit_front_fresh();
    rope_clear(&g->pages, &client->out);
    queue_remove(&g->client_run, 0);
    timers_clear(&g->client_timers, 0);
    *client = (struct gateway_client){.slot = -1, .head = -1, .body = -1, .request = -1,
                                      .key = -1, .request_id = "req-1", .out = rope_empty()};
}

/* Everything that is queued, with a NUL behind it. */
static struct span queued(void)
{
    static char bytes[OUT_BYTES];
    size_t len = 0;
    while (client->out.len > 0) {
        struct span front = rope_front(&g->pages, &client->out);
        CU_ASSERT_FATAL(len + front.len < OUT_BYTES);
        memcpy(bytes + len, front.at, front.len);
        len += front.len;
        rope_take(&g->pages, &client->out, front.len);
    }
    bytes[len] = '\0';
    return (struct span){bytes, len};
}

/* What is queued without its date, which must be there and be one. */
static struct span undated(void)
{
    struct span all = queued();
    char *at = strstr(all.at, "date: ");
    uint64_t unix_s;
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_TRUE(http_date_parse((struct span){at + 6, 29}, &unix_s));
    memmove(at, at + 37, strlen(at + 37) + 1);
    return (struct span){all.at, all.len - 37};
}

#define SERVER "server: moongate/" MOONGATE_VERSION "\r\nx-request-id: req-1\r\n"

static void expect(const char *what)
{
    struct span all = undated();
    if (!span_equal(all, span_of(what))) {
        printf("got:\n%s\ninstead of:\n%s\n", all.at, what);
        CU_FAIL("another head");
    }
}

static void begin(bool has_length, uint64_t length)
{
    struct gateway_answer answer = {.status = 200,
                                    .content_type = "text/x",
                                    .has_length = has_length,
                                    .length = length};
    CU_ASSERT_TRUE_FATAL(gateway_answer_begin(g, 0, &answer));
}

static void add(const char *text)
{
    CU_ASSERT_TRUE(gateway_answer_add(g, 0, span_of(text)));
}

static void test_length(void)
{
    fresh();
    begin(true, 5);
    add("he");
    add("llo");
    gateway_answer_end(g, 0, false);
    expect("HTTP/1.1 200 OK\r\n" SERVER "content-type: text/x\r\ncontent-length: 5\r\n\r\nhello");
    CU_ASSERT_TRUE(client->ended);
    CU_ASSERT_FALSE(client->close);
    CU_ASSERT_TRUE(queue_has(&g->client_run, 0));
}

static void test_chunked(void)
{
    fresh();
    begin(false, 0);
    add("hello");
    add("0123456789abcdef");
    gateway_answer_end(g, 0, false);
    expect("HTTP/1.1 200 OK\r\n" SERVER "content-type: text/x\r\ntransfer-encoding: chunked\r\n\r\n"
           "5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
    CU_ASSERT_FALSE(client->close);
}

/* HTTP/1.0 has no chunks: the end of the connection ends the body. */
static void test_http_1_0(void)
{
    fresh();
    client->http_1_0 = true;
    begin(false, 0);
    add("hello");
    gateway_answer_end(g, 0, false);
    expect("HTTP/1.1 200 OK\r\n" SERVER "connection: close\r\ncontent-type: text/x\r\n\r\nhello");
    CU_ASSERT_TRUE(client->close);
    fresh();
    client->http_1_0 = true;
    begin(true, 0);
    gateway_answer_end(g, 0, false);
    expect("HTTP/1.1 200 OK\r\n" SERVER "connection: keep-alive\r\ncontent-type: text/x\r\n"
           "content-length: 0\r\n\r\n");
    CU_ASSERT_FALSE(client->close);
}

static void test_head(void)
{
    fresh();
    client->is_head = true;
    begin(true, 5);
    add("hello");
    struct rope rope = rope_empty();
    CU_ASSERT_TRUE(rope_add(&g->pages, &rope, SPAN("more")));
    gateway_answer_join(g, 0, &rope);
    CU_ASSERT_EQUAL(rope.len, 0);
    gateway_answer_end(g, 0, false);
    expect("HTTP/1.1 200 OK\r\n" SERVER "content-type: text/x\r\ncontent-length: 5\r\n\r\n");
    fresh();
    client->is_head = true;
    begin(false, 0);
    add("hello");
    gateway_answer_end(g, 0, false);
    expect("HTTP/1.1 200 OK\r\n" SERVER "content-type: text/x\r\n"
           "transfer-encoding: chunked\r\n\r\n");
}

/* ---- what a head says ---- */

static void test_fields(void)
{
    fresh();
    client->close = true;
    client->cors = true;
    memcpy(client->origin, "http://box.lan", sizeof("http://box.lan"));
    struct gateway_answer answer = {.status = 204, .fields = SPAN("x-a: b\r\nx-c: d\r\n")};
    CU_ASSERT_TRUE(gateway_answer_begin(g, 0, &answer));
    gateway_answer_end(g, 0, false);
    expect("HTTP/1.1 204 No Content\r\n" SERVER "connection: close\r\n"
           "access-control-allow-origin: http://box.lan\r\nvary: origin\r\n"
           "x-a: b\r\nx-c: d\r\n\r\n");
}

/* The largest head that can be: nothing of it is cut. */
static void test_large_head(void)
{
    static char fields[4000];
    fresh();
    client->cors = true;
    client->close = true;
    memset(client->request_id, 'r', LIMIT_REQUEST_ID_BYTES);
    memset(client->origin, 'o', sizeof(client->origin) - 1);
    memset(fields, 'f', sizeof(fields));
    struct gateway_answer answer = {.status = 431,
                                    .content_type = "text/event-stream; charset=utf-8",
                                    .has_length = true,
                                    .length = UINT64_MAX,
                                    .fields = {fields, sizeof(fields)}};
    CU_ASSERT_TRUE(gateway_answer_begin(g, 0, &answer));
    struct span all = queued();
    CU_ASSERT_PTR_NOT_NULL(strstr(all.at, "content-length: 18446744073709551615\r\nfff"));
    CU_ASSERT_TRUE(span_ends(all, SPAN("fff\r\n")));
}

/* Whatever the reason, an answer behind which nothing can be read closes. */
static void test_close(void)
{
    fresh();
    client->unread = true;
    begin(true, 0);
    CU_ASSERT_TRUE(client->close);
    CU_ASSERT_PTR_NOT_NULL(strstr(queued().at, "connection: close\r\n"));
    fresh();
    g->stopping = true;
    begin(true, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(queued().at, "connection: close\r\n"));
    fresh();
    begin(true, 0);
    gateway_answer_end(g, 0, true);
    CU_ASSERT_TRUE(client->close);
}

static void test_request_id(void)
{
    fresh();
    client->request_id[0] = '\0';
    begin(true, 0);
    CU_ASSERT_EQUAL(strlen(client->request_id), 36);
    CU_ASSERT_PTR_NOT_NULL(strstr(queued().at, client->request_id));
}

/* ---- whole answers ---- */

static void test_error(void)
{
    fresh();
    struct gateway_error error = gateway_error_with(503, "no \"slot\"", "model", "busy");
    error.retry_after_s = 7;
    gateway_answer_error(g, 0, &error, SPAN("x-a: b\r\n"));
    struct span all = undated();
    int status = unit_front_answer(all, NULL);
    CU_ASSERT_EQUAL(status, 503);
    CU_ASSERT_TRUE(unit_front_has(all, SERVER "content-type: application/json\r\n"));
    CU_ASSERT_TRUE(unit_front_has(all, "\r\nretry-after: 7\r\nx-a: b\r\n\r\n{"));
    CU_ASSERT_TRUE(unit_front_has(unit_front_body, "{\"error\":{\"message\":\"no \\\"slot\\\"\""));
    CU_ASSERT_TRUE(unit_front_has(unit_front_body, "\"param\":\"model\",\"code\":\"busy\"}}"));
    CU_ASSERT_TRUE(client->ended);
}

/* A message that is all escapes, and as long as it can be. */
static void test_large_error(void)
{
    fresh();
    struct gateway_error error = gateway_error(400, "");
    memset(error.message, '\x01', sizeof(error.message) - 1);
    gateway_answer_error(g, 0, &error, SPAN(""));
    CU_ASSERT_EQUAL(unit_front_answer(queued(), NULL), 400);
    CU_ASSERT_TRUE(unit_front_body.len > 6 * (GATEWAY_ERROR_BYTES - 1));
    CU_ASSERT_TRUE(span_ends(unit_front_body, SPAN("\"code\":null}}")));
}

static void test_json(void)
{
    fresh();
    gateway_answer_json(g, 0, 201, SPAN("{\"a\":1}"));
    expect("HTTP/1.1 201 Created\r\n" SERVER "content-type: application/json\r\n"
           "content-length: 7\r\n\r\n{\"a\":1}");
}

static void test_cut(void)
{
    fresh();
    begin(false, 0);
    add("hello");
    gateway_answer_cut(g, 0);
    CU_ASSERT_TRUE(span_ends(queued(), SPAN("\r\n\r\n5\r\nhello\r\n")));
    CU_ASSERT_TRUE(client->ended && client->close);
    fresh();
    gateway_answer_cut(g, 0);
    CU_ASSERT_EQUAL(queued().len, 0);
    CU_ASSERT_TRUE(client->ended && client->close);
}

static void test_join(void)
{
    fresh();
    struct rope rope = rope_empty();
    CU_ASSERT_TRUE(rope_add(&g->pages, &rope, SPAN("hello")));
    begin(true, 5);
    gateway_answer_join(g, 0, &rope);
    gateway_answer_end(g, 0, false);
    CU_ASSERT_TRUE(span_ends(queued(), SPAN("\r\n\r\nhello")));
}

/* ---- room ---- */

/* What room promises can be added, and does not go over the bound. */
static void test_room(void)
{
    static char bytes[LIMIT_OUT_BYTES];
    for (int chunked = 0; chunked < 2; chunked++) {
        fresh();
        CU_ASSERT_EQUAL(gateway_answer_room(g, 0), LIMIT_OUT_BYTES);
        begin(chunked == 0, LIMIT_OUT_BYTES);
        size_t room = gateway_answer_room(g, 0);
        CU_ASSERT_TRUE(room < LIMIT_OUT_BYTES - 100 && room > LIMIT_OUT_BYTES - 500);
        CU_ASSERT_TRUE(gateway_answer_add(g, 0, (struct span){bytes, room}));
        CU_ASSERT_TRUE(client->out.len <= LIMIT_OUT_BYTES);
        CU_ASSERT_TRUE(gateway_answer_room(g, 0) < HTTP_CHUNKED_HEAD_BYTES);
        CU_ASSERT_TRUE(gateway_answer_add(g, 0, SPAN("a few more")));
        CU_ASSERT_EQUAL(gateway_answer_room(g, 0), 0);
        queued();
    }
}

static uint16_t held[LIMIT_PAGES];
static int held_count;

static void leave_pages(int n)
{
    while (index_free(&g->pages.index) > n)
        held[held_count++] = (uint16_t)index_take(&g->pages.index);
}

static void give_pages(void)
{
    while (held_count > 0)
        index_give(&g->pages.index, held[--held_count]);
}

/* Without pages nothing is queued by halves. */
static void test_no_pages(void)
{
    struct gateway_answer answer = {.status = 200};
    fresh();
    leave_pages(0);
    CU_ASSERT_FALSE(gateway_answer_begin(g, 0, &answer));
    CU_ASSERT_EQUAL(client->out.len, 0);
    CU_ASSERT_EQUAL(client->framing, GATEWAY_FRAMING_NONE);
    gateway_answer_json(g, 0, 200, SPAN("{}"));
    CU_ASSERT_TRUE(client->ended && client->close && client->out.len == 0);
    give_pages();
    fresh();
    begin(false, 0);
    leave_pages(0);
    uint32_t len = client->out.len;
    CU_ASSERT_FALSE(gateway_answer_add(g, 0, SPAN("hello")));
    static char bytes[LIMIT_PAGE_BYTES];
    CU_ASSERT_FALSE(gateway_answer_add(g, 0, (struct span){bytes, sizeof(bytes)}));
    CU_ASSERT_FALSE(gateway_answer_put(g, 0, SPAN("hello")));
    CU_ASSERT_EQUAL(client->out.len, len);
    CU_ASSERT_FALSE(client->ended); /* the end of what is on its way wakes whoever puts */
    give_pages();
    add("hello");
    CU_ASSERT_TRUE(span_ends(queued(), SPAN("\r\n\r\n5\r\nhello\r\n")));
}

/* Putting ends where the queue does; with no page, and nothing on its way, it is over. */
static void test_put(void)
{
    static char bytes[LIMIT_OUT_BYTES];
    fresh();
    begin(false, 0);
    size_t room = gateway_answer_room(g, 0);
    CU_ASSERT_FALSE(gateway_answer_put(g, 0, (struct span){bytes, room + 1}));
    CU_ASSERT_TRUE(gateway_answer_put(g, 0, (struct span){bytes, room}));
    CU_ASSERT_EQUAL(client->body_out, room);
    CU_ASSERT_FALSE(gateway_answer_put(g, 0, SPAN("x")));
    CU_ASSERT_FALSE(client->ended);
    queued();
    leave_pages(0);
    CU_ASSERT_FALSE(gateway_answer_put(g, 0, SPAN("x")));
    CU_ASSERT_TRUE(client->ended && client->close);
    give_pages();
}

/* A last chunk that finds no page: the body is cut, and the connection says so. */
static void test_no_last_page(void)
{
    fresh();
    begin(false, 0);
    queued();
    leave_pages(0);
    gateway_answer_end(g, 0, false);
    CU_ASSERT_TRUE(client->ended && client->close);
    CU_ASSERT_EQUAL(queued().len, 0);
    give_pages();
}

/* ---- time ---- */

static void test_timer(void)
{
    fresh();
    begin(false, 0);
    CU_ASSERT_EQUAL(g->client_timer_due[0].due_us, g->now_us + 75000000);
    fresh();
    client->request = 0;
    begin(false, 0);
    CU_ASSERT_EQUAL(timers_count(&g->client_timers), 0);
    gateway_answer_end(g, 0, false);
    CU_ASSERT_EQUAL(g->client_timer_due[0].due_us, g->now_us + 75000000);
}

/* ---- sending ---- */

/* Everything arrives as it was queued, though the socket takes it by and by. */
static void test_send(void)
{
    static char bytes[LIMIT_OUT_BYTES];
    fresh();
    int fd = unit_front_peer();
    int number = unit_front_client();
    struct gateway_client *real = &g->clients[number];
    real->state = GATEWAY_CLIENT_ANSWER;
    size_t expected = 0;
    for (int i = 0; i < 4000 && real->writable; i++) {
        memset(bytes, 'a' + i % 26, sizeof(bytes));
        CU_ASSERT_TRUE_FATAL(rope_add(&g->pages, &real->out, (struct span){bytes, sizeof(bytes)}));
        expected += sizeof(bytes);
        CU_ASSERT_TRUE(gateway_answer_send(g, number));
    }
    CU_ASSERT_FALSE(real->writable);
    CU_ASSERT_TRUE(real->out.len > 0);
    struct span got = unit_front_read(fd, NULL);
    size_t len = got.len;
    CU_ASSERT_EQUAL(len, expected);
    for (size_t i = 0; i < len; i++)
        CU_ASSERT_EQUAL_FATAL(got.at[i], (char)('a' + i / sizeof(bytes) % 26));
    unit_front_close(fd);
    real->ended = true;
    unit_front_run();
}

static void test_send_broken(void)
{
    fresh();
    int fd = unit_front_peer();
    int number = unit_front_client();
    port_shut(g->clients[number].slot);
    CU_ASSERT_TRUE(rope_add(&g->pages, &g->clients[number].out, SPAN("x")));
    CU_ASSERT_FALSE(gateway_answer_send(g, number));
    unit_front_close(fd);
}

static const struct unit_test tests[] = {
    {"a length", test_length},
    {"chunks", test_chunked},
    {"HTTP/1.0", test_http_1_0},
    {"HEAD", test_head},
    {"fields", test_fields},
    {"a large head", test_large_head},
    {"closing", test_close},
    {"a request id", test_request_id},
    {"an error", test_error},
    {"a large error", test_large_error},
    {"JSON", test_json},
    {"a cut", test_cut},
    {"a rope", test_join},
    {"room", test_room},
    {"no pages", test_no_pages}, {"putting", test_put},
    {"no last page", test_no_last_page},
    {"the timer", test_timer},
    {"sending", test_send},
    {"sending into nothing", test_send_broken},
};

UNIT_MAIN("gateway_answer", tests)
