/* What heads mean: requests that are accepted, and answers of upstreams, refused and accepted. */
#include "core/http/http_parse.h"
#include "core/http/http_rules.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

static bool is(struct span s, const char *text)
{
    return text == NULL ? s.at == NULL : s.at != NULL && span_equal(s, span_of(text));
}

static struct http_request request_of(const char *bytes)
{
    static struct http_head head;
    struct http_request request;
    struct http_fault fault;
    size_t len = strlen(bytes);
    http_parse_request((struct span){unit_guard(0, bytes, len), len}, &head);
    CU_ASSERT_EQUAL_FATAL(http_rules_request(&head, &request, &fault), RESULT_DONE);
    return request;
}

static void test_targets(void)
{
    static const struct {
        const char *bytes;
        enum http_method method;
        const char *path, *query, *authority, *host;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/", NULL, "a", "a"},
        {"HEAD /health HTTP/1.1\r\nHost: a:3000\r\n\r\n", HTTP_HEAD, "/health", NULL, "a:3000",
         "a"},
        {"POST /v1/x?a=b?c HTTP/1.1\r\nhost: A.b.:1\r\n\r\n", HTTP_POST, "/v1/x", "a=b?c", "A.b.:1",
         "A.b"},
        {"PUT /? HTTP/1.1\r\nHost: [::1]:3\r\n\r\n", HTTP_PUT, "/", "", "[::1]:3", "[::1]"},
        {"PATCH /%2F HTTP/1.0\r\n\r\n", HTTP_PATCH, "/%2F", NULL, NULL, NULL},
        {"DELETE //a HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_DELETE, "//a", NULL, "a", "a"},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OPTIONS, "*", NULL, "a", "a"},
        {"OPTIONS /v1 HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OPTIONS, "/v1", NULL, "a", "a"},
        {"OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OPTIONS, "*", NULL, "b", "b"},
        {"OPTIONS http://b? HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OPTIONS, "/", "", "b", "b"},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OTHER, "/", NULL, "a", "a"},
        {"GETS / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OTHER, "/", NULL, "a", "a"},
        {"GET http://b:80 HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/", NULL, "b:80", "b"},
        {"GET HTTPS://b./c?d HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/c", "d", "b.", "b"},
        {"GET http://b?d/e HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/", "d/e", "b", "b"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request = request_of(rows[i].bytes);
        CU_ASSERT_EQUAL(request.method, rows[i].method);
        CU_ASSERT_TRUE(span_starts(span_of(rows[i].bytes), request.method_name));
        CU_ASSERT_TRUE(is(request.path, rows[i].path));
        CU_ASSERT_TRUE(is(request.query, rows[i].query));
        CU_ASSERT_TRUE(is(request.authority, rows[i].authority));
        CU_ASSERT_TRUE(is(request.host, rows[i].host));
    }
}

enum { LEN = 1, CHUNK = 2, KEEP = 4, EXPECT = 8, JSON = 16 };

#define ONE(fields) "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
#define NAUGHT(fields) "POST / HTTP/1.0\r\n" fields "\r\n"

static void test_flags(void)
{
    static const struct {
        const char *bytes;
        int flags;
        uint64_t length;
    } rows[] = {
        {ONE(""), KEEP, 0},
        {NAUGHT(""), 0, 0},
        {ONE("Connection: close\r\n"), 0, 0},
        {ONE("Connection: x, CLOSE\r\n"), 0, 0},
        {ONE("Connection: keep-alive\r\nConnection: close\r\n"), 0, 0},
        {ONE("Connection: closed\r\n"), KEEP, 0},
        {NAUGHT("Connection: Keep-Alive\r\n"), KEEP, 0},
        {NAUGHT("Connection: keep-alive, close\r\n"), 0, 0},
        {ONE("Content-Length: 0\r\n"), KEEP | LEN, 0},
        {ONE("Content-Length: 0012\r\n"), KEEP | LEN, 12},
        {ONE("Content-Length: 9223372036854775807\r\n"), KEEP | LEN, INT64_MAX},
        {ONE("Transfer-Encoding: Chunked\r\n"), KEEP | CHUNK, 0},
        {ONE("Expect: 100-continue\r\n"), KEEP, 0},
        {ONE("Expect: 100-continue\r\nContent-Length: 0\r\n"), KEEP | LEN, 0},
        {ONE("Expect: 100-continue\r\nContent-Length: 5\r\n"), KEEP | LEN | EXPECT, 5},
        {ONE("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n"), KEEP | CHUNK | EXPECT, 0},
        {NAUGHT("Expect: 100-continue\r\nContent-Length: 5\r\n"), LEN, 5},
        {ONE("Content-Type: application/json\r\n"), KEEP | JSON, 0},
        {ONE("Content-Type: Application/JSON ; charset=utf-8\r\n"), KEEP | JSON, 0},
        {ONE("Content-Type: application/vnd.a+json\r\n"), KEEP | JSON, 0},
        {ONE("Content-Type: application/+json\r\n"), KEEP, 0},
        {ONE("Content-Type: application/jsonl\r\n"), KEEP, 0},
        {ONE("Content-Type: text/x+json\r\n"), KEEP, 0},
        {ONE("Content-Type: application/json, text/plain\r\n"), KEEP, 0},
        {ONE("Content-Type: text/plain; a=application/json\r\n"), KEEP, 0},
        {ONE("Content-Type:\r\n"), KEEP, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request r = request_of(rows[i].bytes);
        int flags = (r.has_length ? LEN : 0) | (r.chunked ? CHUNK : 0) | (r.keep_alive ? KEEP : 0) |
                    (r.expect_continue ? EXPECT : 0) | (r.is_json ? JSON : 0);
        CU_ASSERT_EQUAL(flags, rows[i].flags);
        CU_ASSERT_EQUAL(r.content_length, rows[i].length);
        CU_ASSERT_EQUAL(r.minor, rows[i].bytes[14] - '0');
    }
}

static void test_fields(void)
{
    struct http_request r =
        request_of(ONE("Authorization: Bearer x\r\nX-API-Key: k\r\nOrigin: null\r\n"
                       "X-Request-Id: 1\r\nX-Request-Id: 2\r\nAccept: */*\r\n"
                       "Content-Type: a/b; c\r\n"));
    CU_ASSERT_TRUE(is(r.authorization, "Bearer x"));
    CU_ASSERT_TRUE(is(r.x_api_key, "k"));
    CU_ASSERT_TRUE(is(r.origin, "null"));
    CU_ASSERT_TRUE(is(r.request_id, "1"));
    CU_ASSERT_TRUE(is(r.accept, "*/*"));
    CU_ASSERT_TRUE(is(r.content_type, "a/b; c"));
    r = request_of(ONE(""));
    CU_ASSERT_TRUE(is(r.authorization, NULL) && is(r.x_api_key, NULL) && is(r.origin, NULL));
    CU_ASSERT_TRUE(is(r.request_id, NULL) && is(r.accept, NULL) && is(r.content_type, NULL));
}

/* ---- answers ---- */

static enum result answer_of(const char *bytes, size_t len, bool was_head,
                             struct http_response *response)
{
    static struct http_head head;
    struct http_fault fault = {0, NULL, NULL};
    http_parse_response((struct span){unit_guard(0, bytes, len), len}, &head);
    enum result result = http_rules_response(&head, was_head, response, &fault);
    CU_ASSERT_EQUAL(fault.status, result == RESULT_FAULT ? 502 : 0);
    return result;
}

#define OK(fields) "HTTP/1.1 200 OK\r\n" fields "\r\n"

static void test_answers_refused(void)
{
    static const char *const rows[] = {
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\n\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 +20 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 000 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 999 OK\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1\t200 OK\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "220 smtp\r\n\r\n",
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 O\x01K\r\n\r\n",
        "HTTP/1.1 200 OK\rx\r\n\r\n",
        "\x15\x03\x01\r\n\r\n",
        OK("A: b\r\n c\r\n"),
        OK(" A: b\r\n"),
        OK("A : b\r\n"),
        OK("A\r\n"), OK(": b\r\n"), OK("A(: b\r\n"),
        OK("A: b\x01\r\n"),
        OK("A: b\nC: d\r\n"),
        OK("Content-Length: 5\r\nContent-Length: 5\r\n"),
        OK("Content-Length: 5\r\nContent-Length: 6\r\n"),
        OK("Content-Length: 5, 5\r\n"),
        OK("Content-Length: -1\r\n"),
        OK("Content-Length:\r\n"),
        OK("Content-Length: 18446744073709551617\r\n"),
        OK("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        OK("Transfer-Encoding: gzip\r\n"),
        OK("Transfer-Encoding: gzip, chunked\r\n"),
        OK("Transfer-Encoding: chunked, chunked\r\n"),
        OK("Transfer-Encoding:\r\n"),
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 204 No\r\nContent-Length: x\r\n\r\n",
    };
    struct http_response response;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum result result = answer_of(rows[i], strlen(rows[i]), false, &response);
        CU_ASSERT_EQUAL(result, RESULT_FAULT);
        if (result != RESULT_FAULT)
            printf("  not refused: %s\n", rows[i]);
    }
    CU_ASSERT_EQUAL(answer_of("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 25, false, &response),
                    RESULT_FAULT);
}

static void test_framing(void)
{
    static const struct {
        const char *bytes;
        bool was_head;
        uint16_t status;
        enum http_framing framing;
        uint64_t length;
        bool keep_alive;
    } rows[] = {
        {OK("Content-Length: 5\r\n"), false, 200, HTTP_BODY_LENGTH, 5, true},
        {OK("Content-Length: 0\r\n"), false, 200, HTTP_BODY_LENGTH, 0, true},
        {OK("Content-Length: 5\r\n"), true, 200, HTTP_BODY_NONE, 0, true},
        {OK("Transfer-Encoding: chunked\r\n"), true, 200, HTTP_BODY_NONE, 0, true},
        {OK("Transfer-Encoding: Chunked\r\n"), false, 200, HTTP_BODY_CHUNKED, 0, true},
        {OK(""), false, 200, HTTP_BODY_UNTIL_CLOSE, 0, false},
        {OK("Connection: keep-alive\r\n"), false, 200, HTTP_BODY_UNTIL_CLOSE, 0, false},
        {OK("Connection: close\r\nContent-Length: 1\r\n"), false, 200, HTTP_BODY_LENGTH, 1, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false, 200, HTTP_BODY_LENGTH, 1, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", false, 200,
         HTTP_BODY_LENGTH, 1, true},
        {"HTTP/1.1 204 No Content\r\n\r\n", false, 204, HTTP_BODY_NONE, 0, true},
        {"HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n", false, 304, HTTP_BODY_NONE, 0, true},
        {"HTTP/1.1 100\r\n\r\n", false, 100, HTTP_BODY_NONE, 0, true},
        {"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", false, 103, HTTP_BODY_NONE, 0, true},
        {"HTTP/1.1 599 \xC3\xA4\r\nContent-Length: 2\r\n\r\n", false, 599, HTTP_BODY_LENGTH, 2,
         true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_response r;
        enum result result = answer_of(rows[i].bytes, strlen(rows[i].bytes), rows[i].was_head, &r);
        CU_ASSERT_EQUAL(result, RESULT_DONE);
        CU_ASSERT_EQUAL(r.status, rows[i].status);
        CU_ASSERT_EQUAL(r.framing, rows[i].framing);
        CU_ASSERT_EQUAL(r.content_length, rows[i].length);
        CU_ASSERT_EQUAL(r.keep_alive, rows[i].keep_alive);
    }
}

static void test_content(void)
{
    struct http_response r;
    const char *bytes = OK("Content-Type: Text/Event-Stream; charset=utf-8\r\nx-request-id: r\r\n");
    CU_ASSERT_EQUAL(answer_of(bytes, strlen(bytes), false, &r), RESULT_DONE);
    CU_ASSERT_TRUE(r.is_event_stream && !r.is_json && !r.is_encoded && is(r.request_id, "r"));
    bytes = OK("Content-Type: application/problem+json\r\nContent-Encoding: br\r\n");
    CU_ASSERT_EQUAL(answer_of(bytes, strlen(bytes), false, &r), RESULT_DONE);
    CU_ASSERT_TRUE(!r.is_event_stream && r.is_json && r.is_encoded && is(r.request_id, NULL));
    bytes = OK("Content-Type: text/event-streams\r\nContent-Encoding: identity\r\n");
    CU_ASSERT_EQUAL(answer_of(bytes, strlen(bytes), false, &r), RESULT_DONE);
    CU_ASSERT_TRUE(!r.is_event_stream && !r.is_json && !r.is_encoded);
}

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void test_retry_after(void)
{
    static const struct {
        const char *bytes;
        bool has;
        uint32_t seconds;
    } rows[] = {
        {OK(""), false, 0},
        {OK("Retry-After: 0\r\n"), true, 0},
        {OK("Retry-After: 120\r\n"), true, 120},
        {OK("Retry-After: 4294967295\r\n"), true, UINT32_MAX},
        {OK("Retry-After: 4294967296\r\n"), false, 0},
        {OK("Retry-After: -1\r\n"), false, 0},
        {OK("Retry-After: 1.5\r\n"), false, 0},
        {OK("Retry-After:\r\n"), false, 0},
        {OK(DATE "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"), true, 30},
        {OK(DATE "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), true, 0},
        {OK(DATE "Retry-After: Sat, 05 Nov 1994 08:49:37 GMT\r\n"), true, 0},
        {OK(DATE "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"), true, UINT32_MAX},
        {OK("Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"), false, 0},
        {OK("Date: x\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"), false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_response r;
        CU_ASSERT_EQUAL(answer_of(rows[i].bytes, strlen(rows[i].bytes), false, &r), RESULT_DONE);
        CU_ASSERT_EQUAL(r.has_retry_after, rows[i].has);
        CU_ASSERT_EQUAL(r.retry_after_s, rows[i].seconds);
    }
}

static const struct unit_test tests[] = {
    {"targets", test_targets},
    {"flags", test_flags},
    {"fields", test_fields},
    {"answers refused", test_answers_refused},
    {"framing", test_framing},
    {"content", test_content},
    {"retry-after", test_retry_after},
};

UNIT_MAIN("http_rules_read", tests)
