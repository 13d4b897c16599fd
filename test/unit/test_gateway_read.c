/* Reading requests: heads, bodies, refusals, over real connections. */
#include "core/gateway/gateway_read.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAT "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
#define JSON "Content-Type: application/json\r\n"
#define HEALTH "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define BODY "{\"model\":\"box\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define LENGTH "Content-Length: 59\r\n"
#define CHUNKED CHAT JSON "Transfer-Encoding: chunked\r\n\r\n"

_Static_assert(sizeof(BODY) - 1 == 59, "LENGTH is that of BODY");

/* ---- heads that are refused ---- */

#define FIELD(line) "GET /health HTTP/1.1\r\nHost: localhost\r\n" line "\r\n\r\n"
#define CHAT_OF(fields) CHAT JSON fields "\r\n"

/* Each is answered, and then the connection is closed. */
static const struct {
    int status;
    const char *request;
} closed[] = {
    {411, CHAT_OF("")},
    {413, CHAT_OF("Content-Length: 4194305\r\n")},
    {413, CHAT_OF("Content-Length: 999999999999999999999999999999\r\n")},
    {413, CHAT_OF("Content-Length: 4194305\r\nExpect: 100-continue\r\n")},
    {415, CHAT "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n"},
    {415, CHAT "Content-Length: 2\r\n\r\n"},
    {417, CHAT_OF("Content-Length: 2\r\nExpect: magic\r\n")},
    {421, "POST /v1/chat/completions HTTP/1.1\r\nHost: evil.example.com\r\n" JSON
          "Content-Length: 2\r\n\r\n"},
    {403, CHAT_OF("Origin: https://evil.example.com\r\nContent-Length: 2\r\n")},
    {501, CHAT_OF("Transfer-Encoding: gzip, chunked\r\n")},
    {505, "GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n"},
    {400, CHAT_OF("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n")},
    {400, CHAT_OF("Content-Length: -2\r\n")},
    {400, CHAT_OF("Authorization: Bearer a\r\nAuthorization: Bearer b\r\nContent-Length: 2\r\n")},
    {400, "GET /health HTTP/1.1\r\n\r\n"},
    {400, "GET /health HTTP/1.1\nHost: localhost\n\n"},
    {400, FIELD("x-a : b")},
    {400, FIELD("x-a: b\r\n c")},
    {400, FIELD("x-a")},
    {400, "GET  /health HTTP/1.1\r\nHost: localhost\r\n\r\n"},
    {400, "EHLO localhost\r\nHost: localhost\r\n\r\n"},
    {400, "\x16\x03\x01\x04\r\n\r\n"},
    {400, CHUNKED "zz\r\n"},
    {400, CHUNKED "-1\r\n\r\n"},
    {400, CHUNKED "fffffffffffffffff\r\n"},
    {400, CHUNKED "2\r\n{}x"},
    {400, CHUNKED "2\n{}\r\n0\r\n\r\n"},
    {400, CHUNKED "2\r\nno\r\n"},
    {400, CHAT_OF("Content-Length: 9\r\n") "nonsense"},
    {405, "PUT /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"},
    {404, "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"},
    {200, "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"},
    {200, "GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {200, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"},
    {200, "GET /health HTTP/1.0\r\n\r\n"},
};

/* Each is answered, and the connection goes on. */
static const struct {
    int status;
    const char *request;
} open[] = {
    {200, HEALTH},
    {200, "\r\n" HEALTH},
    {200, "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
    {404, "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"},
    {405, "DELETE /health HTTP/1.1\r\nHost: localhost\r\n\r\n"},
    {403, "GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n"},
    {421, "GET /health HTTP/1.1\r\nHost: evil.example.com\r\n\r\n"},
    {400, CHAT_OF("Content-Length: 0\r\n")},
    {400, CHAT_OF("Content-Length: 7\r\n") "{\"a\":1]"},
    {400, CHAT_OF("Content-Length: 5\r\n") "{\"a\":"},
    {400, CHAT_OF("Content-Length: 2\r\n") "[]"},
    {400, CHUNKED "0\r\n\r\n"},
    {400, CHUNKED "1\r\n{\r\n0\r\n\r\n"},
    {404, CHAT_OF("Content-Length: 60\r\n") "{\"model\":\"none\",\"messages\":[{\"role\":\"user\","
          "\"content\":\"hi\"}]}"},
    {200, CHAT_OF(LENGTH) BODY},
    {200, CHUNKED "3b\r\n" BODY "\r\n0\r\n\r\n"},
    {200, CHUNKED "00001;a=b\r\n{\r\n3A;c\r\n\"model\":\"box\",\"messages\":[{\"role\":\"user\","
          "\"content\":\"hi\"}]}\r\n0\r\nx-sum: 1\r\n\r\n"},
};

static void check(size_t row, const char *request, int status, bool closes)
{
    int fd = unit_front_peer();
    bool ended;
    unit_front_send_str(fd, request);
    struct span answer = unit_front_read(fd, &ended);
    struct span rest;
    int got = unit_front_answer(answer, &rest);
    bool said = unit_front_has(answer, "\r\nconnection: close\r\n");
    if (got != status || ended != closes || said != closes || rest.len > 0) {
        printf("row %zu: %d, closed %d, said %d: %s\n", row, got, ended, said, request);
        CU_FAIL("another answer");
    }
    if (!closes) {
        unit_front_send_str(fd, HEALTH);
        CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 200);
    }
    unit_front_close(fd);
    unit_front_all_free();
}

static void test_closed(void)
{
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
        check(i, closed[i].request, closed[i].status, true);
}

static void test_open(void)
{
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        check(i, open[i].request, open[i].status, false);
}

/* All of it in one go, and all of it byte by byte, on one connection. */
static void test_pipelined(void)
{
    static char all[16384];
    size_t count = sizeof(open) / sizeof(open[0]);
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%s", open[i].request);
    for (int drip = 0; drip < 2; drip++) {
        unit_front_fresh();
        int fd = unit_front_peer();
        if (drip == 1)
            unit_front_drip(fd, span_of(all));
        else
            unit_front_send_str(fd, all);
        struct span rest = unit_front_read(fd, NULL);
        for (size_t i = 0; i < count; i++)
            CU_ASSERT_EQUAL(unit_front_answer(rest, &rest), open[i].status);
        CU_ASSERT_EQUAL(rest.len, 0);
        unit_front_close(fd);
        unit_front_all_free();
    }
}

/* Two pieces, cut at every place. */
static void test_cuts(void)
{
    static const char request[] = CHUNKED
        "5;a\r\n{\"mod\r\n"
        "36\r\nel\":\"box\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}\r\n"
        "0\r\nx: y\r\n\r\n";
    struct span whole = SPAN(request);
    unit_front_fresh();
    int fd = unit_front_peer();
    for (size_t cut = 1; cut < whole.len; cut++) {
        unit_front_send(fd, (struct span){whole.at, cut});
        CU_ASSERT_EQUAL_FATAL(unit_front_read(fd, NULL).len, 0);
        unit_front_send(fd, span_skip(whole, cut));
        CU_ASSERT_EQUAL_FATAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 200);
    }
    unit_front_close(fd);
}

/* ---- limits ---- */

static char *large(size_t len, char c)
{
    static char bytes[LIMIT_BODY_LARGE_BYTES + 4096];
    memset(bytes, c, len);
    bytes[len] = '\0';
    return bytes;
}

static void test_large_heads(void)
{
    static const size_t lens[] = {16000, 16300, 16384, 20000, 70000};
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        int fd = unit_front_peer();
        bool fits = lens[i] + sizeof(HEALTH) + 8 <= LIMIT_HEAD_BYTES;
        bool ended;
        unit_front_send_str(fd, "GET /health HTTP/1.1\r\nHost: localhost\r\nx-a: ");
        unit_front_send_str(fd, large(lens[i], 'b'));
        unit_front_send_str(fd, "\r\n\r\n");
        CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, &ended), NULL), fits ? 200 : 431);
        CU_ASSERT_EQUAL(ended, !fits);
        unit_front_close(fd);
        unit_front_all_free();
    }
    int fd = unit_front_peer();
    unit_front_send_str(fd, "GET /");
    unit_front_send_str(fd, large(20000, 'a'));
    CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 414);
    unit_front_close(fd);
}

/* Heads that do not begin at the front of their buffer may be as large as others. */
static void test_large_head_behind(void)
{
    static char all[65536];
    size_t len = 0;
    unit_front_fresh();
    for (int i = 0; i < 4; i++) {
        const char *value = large((size_t)15000 + 300 * (size_t)i, 'x');
        len += (size_t)snprintf(all + len, sizeof(all) - len,
                                "GET /health HTTP/1.1\r\nHost: localhost\r\nx: %s\r\n\r\n", value);
    }
    int fd = unit_front_peer();
    unit_front_send(fd, (struct span){all, len});
    struct span rest = unit_front_read(fd, NULL);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(unit_front_answer(rest, &rest), 200);
    unit_front_close(fd);
    unit_front_all_free();
}

/* A good body filled up with spaces to len bytes. */
static struct span padded(size_t len)
{
    char *bytes = large(len, ' ');
    memcpy(bytes, BODY, sizeof(BODY) - 1);
    return (struct span){bytes, len};
}

static const size_t sizes[] = {59,     16384,  65535,   65536,   65537,   100000,
                               524288, 524289, 4194303, 4194304, 4194305, 4198000};

static int status_of(size_t len)
{
    return len <= LIMIT_BODY_LARGE_BYTES ? 200 : 413;
}

static void test_lengths(void)
{
    char head[256];
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int fd = unit_front_peer();
        snprintf(head, sizeof(head), CHAT JSON "Content-Length: %zu\r\n\r\n", sizes[i]);
        unit_front_send_str(fd, head);
        unit_front_send(fd, padded(sizes[i]));
        CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), status_of(sizes[i]));
        unit_front_close(fd);
        unit_front_all_free();
    }
}

/* Sends a body as chunks of that size. */
static void send_chunks(int fd, struct span body, size_t chunk)
{
    char size[32];
    while (body.len > 0) {
        struct span one = {body.at, body.len < chunk ? body.len : chunk};
        snprintf(size, sizeof(size), "%zx\r\n", one.len);
        unit_front_send_str(fd, size);
        unit_front_send(fd, one);
        unit_front_send_str(fd, "\r\n");
        body = span_skip(body, one.len);
    }
    unit_front_send_str(fd, "0\r\n\r\n");
}

static void test_chunks(void)
{
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int fd = unit_front_peer();
        bool ended;
        unit_front_send_str(fd, CHUNKED);
        send_chunks(fd, padded(sizes[i]), 300001);
        struct span answer = unit_front_read(fd, &ended);
        CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), status_of(sizes[i]));
        bool named = unit_front_has(unit_front_body, "4194304");
        CU_ASSERT_EQUAL(named, sizes[i] > LIMIT_BODY_LARGE_BYTES);
        CU_ASSERT_EQUAL(ended, sizes[i] > LIMIT_BODY_LARGE_BYTES);
        unit_front_close(fd);
        unit_front_all_free();
    }
}

static void test_small_limit(void)
{
    unit_front_fresh();
    unit_front_settings.limits.max_body_bytes = 59;
    CU_ASSERT_EQUAL(unit_front_ask(CHAT_OF(LENGTH) BODY), 200);
    CU_ASSERT_EQUAL(unit_front_ask(CHAT_OF("Content-Length: 60\r\n") BODY " "), 413);
    CU_ASSERT_EQUAL(unit_front_ask(CHUNKED "3b\r\n" BODY "\r\n0\r\n\r\n"), 200);
    CU_ASSERT_EQUAL(unit_front_ask(CHUNKED "3b\r\n" BODY "\r\n1\r\n \r\n0\r\n\r\n"), 413);
}

/* ---- what else a head can say ---- */

static void test_expect(void)
{
    unit_front_fresh();
    int fd = unit_front_peer();
    unit_front_send_str(fd, CHAT_OF(LENGTH "Expect: 100-continue\r\n"));
    CU_ASSERT_TRUE(span_equal(unit_front_read(fd, NULL), SPAN("HTTP/1.1 100 Continue\r\n\r\n")));
    unit_front_send_str(fd, BODY);
    CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 200);
    unit_front_send_str(fd, CHAT_OF(LENGTH "Expect: 100-continue\r\n") BODY);
    CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 200);
    unit_front_send_str(fd, CHAT_OF("Transfer-Encoding: chunked\r\nExpect: 100-Continue\r\n"));
    CU_ASSERT_TRUE(span_starts(unit_front_read(fd, NULL), SPAN("HTTP/1.1 100 ")));
    unit_front_send_str(fd, "3b\r\n" BODY "\r\n0\r\n\r\n");
    CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 200);
    unit_front_close(fd);
    /* What the head alone decides is said instead. */
    CU_ASSERT_EQUAL(unit_front_ask(CHAT_OF("Content-Length: 4194305\r\nExpect: 100-continue\r\n")),
                    413);
}

static const struct {
    const char *sent;
    const char *kept; /* NULL: one of our own */
} request_ids[] = {
    {"abc-1.2_X", "abc-1.2_X"},
    {"a b\tc;d", "abcd"},
    {"", NULL},
    {"\"; ' <>", NULL},
    {"0123456789012345678901234567890123456789012345678901234567890123456789",
     "0123456789012345678901234567890123456789012345678901234567890123"},
};

static void test_request_ids(void)
{
    char request[256];
    char field[128];
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(request_ids) / sizeof(request_ids[0]); i++) {
        int fd = unit_front_peer();
        snprintf(request, sizeof(request),
                 "GET /health HTTP/1.1\r\nHost: a\r\nX-Request-Id: %s\r\n\r\n",
                 request_ids[i].sent);
        unit_front_send_str(fd, request);
        struct span answer = unit_front_read(fd, NULL);
        const char *at = strstr(answer.at, "\r\nx-request-id: ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        size_t len = strcspn(at + 16, "\r");
        snprintf(field, sizeof(field), "%.*s", (int)len, at + 16);
        if (request_ids[i].kept != NULL) {
            CU_ASSERT_STRING_EQUAL(field, request_ids[i].kept);
        } else {
            CU_ASSERT_EQUAL(len, 36);
        }
        unit_front_close(fd);
    }
}

static bool answer_has(const char *request, const char *mark)
{
    int fd = unit_front_peer();
    unit_front_send_str(fd, request);
    bool has = unit_front_has(unit_front_read(fd, NULL), mark);
    unit_front_close(fd);
    return has;
}

static void test_fields(void)
{
    static const char key[] = "sixteen-letters-1";
    unit_front_fresh();
    CU_ASSERT_TRUE(answer_has("PUT /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
                              "\r\nallow: GET, HEAD, OPTIONS\r\n"));
    CU_ASSERT_TRUE(answer_has("GET /nothing HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n\r\n",
                              "\r\naccess-control-allow-origin: http://a\r\nvary: origin\r\n"));
    CU_ASSERT_FALSE(answer_has("GET /nothing HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n",
                               "access-control"));
    CU_ASSERT_FALSE(answer_has(HEALTH, "access-control"));
    unit_front_settings.key_count = 1;
    unit_front_settings.keys[0] =
        (struct settings_key){.name = "one", .secret = key, .all_models = true};
    CU_ASSERT_TRUE(answer_has("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
                              "\r\nwww-authenticate: Bearer\r\n"));
    CU_ASSERT_EQUAL(unit_front_ask("GET /v1/models HTTP/1.1\r\nHost: a\r\nx-api-key: "
                                   "sixteen-letters-1\r\n\r\n"),
                    200);
    CU_ASSERT_EQUAL(unit_front_ask(CHAT_OF(LENGTH) BODY), 401);
}

/* What one request said does not stick to the next. */
static void test_forgets(void)
{
    unit_front_fresh();
    int fd = unit_front_peer();
    unit_front_send_str(fd, "HEAD /health HTTP/1.0\r\nConnection: keep-alive\r\nHost: a\r\n"
                            "Origin: http://a\r\nX-Request-Id: mine\r\n\r\n");
    CU_ASSERT_TRUE(unit_front_has(unit_front_read(fd, NULL), "mine"));
    unit_front_send_str(fd, HEALTH);
    struct span answer = unit_front_read(fd, NULL);
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    CU_ASSERT_TRUE(unit_front_body.len > 0);
    CU_ASSERT_FALSE(unit_front_has(answer, "mine"));
    CU_ASSERT_FALSE(unit_front_has(answer, "access-control"));
    CU_ASSERT_FALSE(unit_front_has(answer, "keep-alive"));
    unit_front_close(fd);
}

/* ---- Anthropic's API ---- */

#define MESSAGES(fields) "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n" fields "\r\n"
#define NINES "99999999999999999999"
#define BETA NINES NINES NINES NINES NINES
#define MESSAGE                                                                                    \
    "{\"model\":\"box\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}"

/* Whatever is wrong, and whenever it is seen, the error has the API's shape. */
static void test_messages_refused(void)
{
    static const struct {
        int status;
        const char *type;
        const char *request;
    } rows[] = {
        {400, "invalid_request_error", MESSAGES(JSON "Content-Length: 2\r\n") "{}"},
        {400, "invalid_request_error", MESSAGES(JSON "Content-Length: 2\r\n") "{]"},
        {400, "invalid_request_error", MESSAGES("Content-Length: 2\r\nContent-Length: 3\r\n")},
        {400, "invalid_request_error", MESSAGES("x-a : b\r\n")},
        {400, "invalid_request_error",
         "POST http://localhost/v1/messages HTTP/1.1\r\nHost: a\r\nx-a\r\n\r\n"},
        {403, "permission_error", MESSAGES("Origin: https://evil.example.com\r\n")},
        {404, "not_found_error",
         "POST /v1/messages/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"},
        {405, "invalid_request_error",
         "GET /openai/v1/messages HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {411, "invalid_request_error", MESSAGES(JSON)},
        {413, "request_too_large", MESSAGES(JSON "Content-Length: 4194305\r\n")},
        {421, "invalid_request_error",
         "POST /v1/messages HTTP/1.1\r\nHost: evil.example.com\r\n\r\n"},
        {431, "invalid_request_error",
         MESSAGES("anthropic-beta: " BETA BETA BETA "\r\nanthropic-beta: " BETA BETA BETA "\r\n"
                  JSON "Content-Length: 2\r\n")},
        {431, "invalid_request_error", MESSAGES("anthropic-version: " BETA "\r\n" JSON
                                                "Content-Length: 2\r\n")},
    };
    unit_front_fresh();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char wanted[64];
        snprintf(wanted, sizeof(wanted), "{\"type\":\"error\",\"error\":{\"type\":\"%s\"",
                 rows[i].type);
        int status = unit_front_ask(rows[i].request);
        if (status != rows[i].status || !span_starts(unit_front_body, span_of(wanted))) {
            printf("%d %.*s\n", status, (int)unit_front_body.len, unit_front_body.at);
            CU_FAIL(rows[i].request);
        }
    }
    unit_front_all_free();
}

/* A good one, and behind it on the same connection one of the other API. */
static void test_messages_good(void)
{
    char request[512];
    snprintf(request, sizeof(request),
             MESSAGES(JSON "anthropic-version: 2023-06-01\r\nanthropic-beta: a\r\n"
                      "anthropic-beta: b,c\r\nContent-Length: %d\r\n") "%s",
             (int)sizeof(MESSAGE) - 1, MESSAGE);
    unit_front_fresh();
    int fd = unit_front_peer();
    int client = unit_front_client();
    unit_front_send_str(fd, request);
    struct span answer = unit_front_read(fd, NULL);
    CU_ASSERT_TRUE(unit_front_has(answer, "request-id: "));
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    CU_ASSERT_TRUE(unit_front_has(unit_front_body, "\"stop_reason\":\"end_turn\""));
    CU_ASSERT_STRING_EQUAL(unit_front.client_apis[client].version, "2023-06-01");
    CU_ASSERT_STRING_EQUAL(unit_front.client_apis[client].beta, "a,b,c");
    unit_front_send_str(fd, CHAT_OF("Content-Length: 2\r\n") "{}");
    CU_ASSERT_EQUAL(unit_front_answer(unit_front_read(fd, NULL), NULL), 400);
    CU_ASSERT_TRUE(span_starts(unit_front_body, SPAN("{\"error\":{")));
    unit_front_close(fd);
    unit_front_all_free();
}

static const struct unit_test tests[] = {
    {"answered and closed", test_closed},
    {"answered and open", test_open},
    {"pipelined", test_pipelined},
    {"cut at every place", test_cuts},
    {"large heads", test_large_heads},
    {"large heads behind others", test_large_head_behind},
    {"lengths", test_lengths},
    {"chunks", test_chunks},
    {"a small limit", test_small_limit},
    {"100-continue", test_expect},
    {"request ids", test_request_ids},
    {"fields of refusals", test_fields},
    {"one request after the other", test_forgets},
    {"Anthropic's errors", test_messages_refused},
    {"Anthropic's API", test_messages_good},
};

UNIT_MAIN("gateway_read", tests)
