/* The refusals of requests: a table of what is malformed, and of what only looks so. */
#include "core/http/http_parse.h"
#include "core/http/http_rules.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *bytes;
    size_t len;
    uint16_t status;
};

#define ROW(status, text) {text, sizeof(text) - 1, status}
/* A whole head with this line, these fields, this target. */
#define LINE(status, line) ROW(status, line "\r\nHost: a\r\n\r\n")
#define FIELDS(status, fields) ROW(status, "POST /v1 HTTP/1.1\r\nHost: a\r\n" fields "\r\n\r\n")
#define TARGET(status, target) LINE(status, "GET " target " HTTP/1.1")
#define HOST(status, host) ROW(status, "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n")

static const struct row refused[] = {
    /* line ends, RFC 9112 2.2 */
    ROW(400, "GET / HTTP/1.1\nHost: a\n\n"),
    ROW(400, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
    ROW(400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    ROW(400, "GET / HTTP/1.1\r\nHost: a\r\nA: b\rC: d\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
    ROW(400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(400, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(400, "\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(400, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    FIELDS(400, "A: b\nContent-Length: 5"),
    FIELDS(400, "A: b\rTransfer-Encoding: chunked"),
    /* folded lines, RFC 9112 5.2 */
    FIELDS(400, "A: b\r\n c"),
    FIELDS(400, "A: b\r\n\tc"),
    FIELDS(400, "A: b\r\n c: d"),
    FIELDS(400, "A:\r\n b"),
    FIELDS(400, "A: b\r\n "),
    FIELDS(400, "Transfer-Encoding:\r\n chunked"),
    FIELDS(400, "Content-Length:\r\n\t5"),
    ROW(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\r\n\tA: b\r\nHost: a\r\n\r\n"),
    /* field names, RFC 9112 5.1 */
    FIELDS(400, "A : b"),
    FIELDS(400, "A\t: b"),
    FIELDS(400, "Content-Length : 5"),
    FIELDS(400, "Transfer-Encoding : chunked"),
    FIELDS(400, "Content-Length\x0b: 5"),
    FIELDS(400, "A"),
    FIELDS(400, "A b"),
    FIELDS(400, "GET / HTTP/1.1"),
    FIELDS(400, ":"),
    FIELDS(400, ": b"),
    FIELDS(400, "A b: c"),
    FIELDS(400, "A(b): c"),
    FIELDS(400, "A\"b\": c"),
    FIELDS(400, "A/b: c"),
    FIELDS(400, "A[0]: c"),
    FIELDS(400, "A@b: c"),
    FIELDS(400, "A,b: c"),
    FIELDS(400, "A;b: c"),
    FIELDS(400, "A=b: c"),
    FIELDS(400, "{a}: c"),
    FIELDS(400, "A\x80: c"),
    FIELDS(400, "\xEF\xBB\xBF" "A: c"),
    FIELDS(400, "A\0: c"),
    FIELDS(400, "\0A: c"),
    FIELDS(400, "A\x7f: c"),
    FIELDS(400, "Content-\0Length: 5"),
    ROW(400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    /* field values, RFC 9110 5.5 */
    FIELDS(400, "A: b\0c"),
    FIELDS(400, "A: \0"),
    FIELDS(400, "A: \x01"),
    FIELDS(400, "A: b\x08"),
    FIELDS(400, "A: b\x0b"),
    FIELDS(400, "A: \x0c" "b"),
    FIELDS(400, "A: b\x1b[0m"),
    FIELDS(400, "A: b\x1f" "c"),
    FIELDS(400, "A: b\x7f"),
    FIELDS(400, "Authorization: Bearer a\0b"),
    /* the request line, RFC 9112 3 */
    ROW(400, "GET\r\n\r\n"),
    ROW(400, "GET /\r\n\r\n"),
    LINE(400, "GET /"),
    LINE(400, "GET / "),
    LINE(400, "GET / HTTP"),
    LINE(400, "GET / HTTP/"),
    LINE(400, "GET / HTTP/1"),
    LINE(400, "GET / HTTP/1."),
    LINE(400, "GET / HTTP/11"),
    LINE(400, "GET / HTTP/1.10"),
    LINE(400, "GET / HTTP/01.1"),
    LINE(400, "GET / HTTP/1.01"),
    LINE(400, "GET / HTTP/1,1"),
    LINE(400, "GET / http/1.1"),
    LINE(400, "GET / Http/1.1"),
    LINE(400, "GET / HTTPS/1.1"),
    LINE(400, "GET / HTTP/1.1 "),
    LINE(400, "GET / HTTP/1.1\t"),
    LINE(400, "GET / HTTP/1.1x"),
    LINE(400, "GET / HTTP/x.1"),
    LINE(400, "GET / HTTP/1.x"),
    LINE(400, "GET / HTTP/+.1"),
    LINE(400, "GET / HTTP/1.1\0"),
    LINE(400, "GET  / HTTP/1.1"),
    LINE(400, "GET /  HTTP/1.1"),
    LINE(400, "GET\t/ HTTP/1.1"),
    LINE(400, "GET\t/\tHTTP/1.1"),
    LINE(400, "GET /\tHTTP/1.1"),
    LINE(400, "GET /a b HTTP/1.1"),
    LINE(400, " GET / HTTP/1.1"),
    LINE(400, "\tGET / HTTP/1.1"),
    LINE(400, "GET HTTP/1.1"),
    LINE(400, " / HTTP/1.1"),
    LINE(400, "HTTP/1.1 200 OK"),
    /* versions, RFC 9110 15.6.6 */
    ROW(505, "PRI * HTTP/2.0\r\n\r\n"),
    LINE(505, "GET / HTTP/2.0"),
    LINE(505, "GET / HTTP/3.0"),
    LINE(505, "GET / HTTP/0.9"),
    LINE(505, "GET / HTTP/1.2"),
    LINE(505, "GET / HTTP/1.9"),
    LINE(505, "GET / HTTP/9.9"),
    /* methods, RFC 9110 9.1 */
    LINE(400, "G(T / HTTP/1.1"),
    LINE(400, "GET: / HTTP/1.1"),
    LINE(400, "GE\0T / HTTP/1.1"),
    LINE(400, "GE\x80T / HTTP/1.1"),
    LINE(400, "\x16\x03\x01 / HTTP/1.1"),
    LINE(400, "{\"a\":1} / HTTP/1.1"),
    LINE(501, "CONNECT a:443 HTTP/1.1"),
    LINE(501, "CONNECT / HTTP/1.1"),
    /* targets, RFC 9112 3.2 */
    TARGET(400, "*"),
    LINE(400, "POST * HTTP/1.1"),
    LINE(400, "OPTIONS ** HTTP/1.1"),
    LINE(400, "OPTIONS *? HTTP/1.1"),
    TARGET(400, "a"),
    TARGET(400, "v1/models"),
    TARGET(400, "?a"),
    TARGET(400, "a:80"),
    TARGET(400, "/#a"),
    TARGET(400, "/%"),
    TARGET(400, "/%2"),
    TARGET(400, "/%2x"),
    TARGET(400, "/a?b=%"),
    TARGET(400, "/\\a"),
    TARGET(400, "/\"a\""),
    TARGET(400, "/<a>"),
    TARGET(400, "/{a}"),
    TARGET(400, "/\0"),
    TARGET(400, "/a\0b"),
    TARGET(400, "/\x01"),
    TARGET(400, "/\x7f"),
    TARGET(400, "/\xC3\xA4"),
    TARGET(400, "/a?\x80"),
    TARGET(400, "http://"),
    TARGET(400, "http:///a"),
    TARGET(400, "http://?a"),
    TARGET(400, "http:/a"),
    TARGET(400, "http:a"),
    TARGET(400, "https://"),
    TARGET(400, "ftp://a/"),
    TARGET(400, "ws://a/"),
    TARGET(400, "file:///etc/passwd"),
    TARGET(400, "http://u@a/"),
    TARGET(400, "http://u:p@a/"),
    TARGET(400, "http://a:b/"),
    TARGET(400, "http://a:65536/"),
    TARGET(400, "http://a..b/"),
    TARGET(400, "http://[::1/"),
    TARGET(400, "http://a#b"),
    TARGET(400, "http://a/#b"),
    TARGET(400, "http://a%2fb/"),
    TARGET(400, "http://a\\b/"),
    /* Host, RFC 9112 3.2 */
    ROW(400, "GET / HTTP/1.1\r\n\r\n"),
    ROW(400, "GET http://a/ HTTP/1.1\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\r\nX-Host: a\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    ROW(400, "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nhOST: b\r\n\r\n"),
    ROW(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    ROW(400, "GET / HTTP/1.0\r\nHost: a b\r\n\r\n"),
    ROW(400, "GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n"),
    HOST(400, ""),
    HOST(400, " "),
    HOST(400, "a, b"),
    HOST(400, "a b"),
    HOST(400, "a/b"),
    HOST(400, "http://a"),
    HOST(400, "u@a"),
    HOST(400, "a:b"),
    HOST(400, "a:80:80"),
    HOST(400, "a:99999"),
    HOST(400, "a:-1"),
    HOST(400, ":80"),
    HOST(400, "."),
    HOST(400, "a..b"),
    HOST(400, "[::1"),
    HOST(400, "::1"),
    HOST(400, "a\\b"),
    HOST(400, "a?b"),
    HOST(400, "a#b"),
    HOST(400, "a%00"),
    HOST(400, "\xC3\xA4"),
    HOST(400, "a\0b"),
    HOST(400, "<a>"),
    /* Content-Length, RFC 9110 8.6 and RFC 9112 6.3 */
    FIELDS(400, "Content-Length:"),
    FIELDS(400, "Content-Length: +5"),
    FIELDS(400, "Content-Length: -5"),
    FIELDS(400, "Content-Length: 0x5"),
    FIELDS(400, "Content-Length: 5a"),
    FIELDS(400, "Content-Length: a5"),
    FIELDS(400, "Content-Length: 5 5"),
    FIELDS(400, "Content-Length: 5, 5"),
    FIELDS(400, "Content-Length: 5,6"),
    FIELDS(400, "Content-Length: 5,"),
    FIELDS(400, "Content-Length: ,5"),
    FIELDS(400, "Content-Length: 5;"),
    FIELDS(400, "Content-Length: 5.0"),
    FIELDS(400, "Content-Length: 1e3"),
    FIELDS(400, "Content-Length: \"5\""),
    FIELDS(400, "Content-Length: \xEF\xBC\x95"),
    FIELDS(413, "Content-Length: 9223372036854775808"),
    FIELDS(413, "Content-Length: 18446744073709551616"),
    FIELDS(413, "Content-Length: 18446744073709551621"),
    FIELDS(413, "Content-Length: 99999999999999999999999999999999"),
    FIELDS(400, "Content-Length: 5\r\nContent-Length: 5"),
    FIELDS(400, "Content-Length: 5\r\ncontent-length: 6"),
    FIELDS(400, "Content-Length: 5\r\nContent-Length:"),
    /* both, RFC 9112 6.1 */
    FIELDS(400, "Content-Length: 5\r\nTransfer-Encoding: chunked"),
    FIELDS(400, "Transfer-Encoding: chunked\r\nContent-Length: 5"),
    FIELDS(400, "Transfer-Encoding: chunked\r\nContent-Length: 0"),
    FIELDS(400, "Transfer-Encoding: identity\r\nContent-Length: 5"),
    FIELDS(400, "Transfer-Encoding:\r\nContent-Length: 5"),
    /* Transfer-Encoding, RFC 9112 6.1 */
    ROW(400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ROW(400, "POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n"),
    FIELDS(400, "Transfer-Encoding:"),
    FIELDS(400, "Transfer-Encoding: chunked, chunked"),
    FIELDS(400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    FIELDS(400, "Transfer-Encoding: chunked;a=b"),
    FIELDS(400, "Transfer-Encoding: chunked chunked"),
    FIELDS(400, "Transfer-Encoding: ,chunked"),
    FIELDS(400, "Transfer-Encoding: chunked,"),
    FIELDS(400, "Transfer-Encoding: \"chunked\""),
    FIELDS(400, "Transfer-Encoding: \x0b" "chunked"),
    FIELDS(400, "Transfer-Encoding: chunked\0"),
    FIELDS(400, "Transfer-Encoding: chunked\x80"),
    FIELDS(501, "Transfer-Encoding: gzip"),
    FIELDS(501, "Transfer-Encoding: gzip, chunked"),
    FIELDS(501, "Transfer-Encoding: chunked, gzip"),
    FIELDS(501, "Transfer-Encoding: chunked, identity"),
    FIELDS(501, "Transfer-Encoding: identity"),
    FIELDS(501, "Transfer-Encoding: xchunked"),
    FIELDS(501, "Transfer-Encoding: chunkedx"),
    FIELDS(501, "Transfer-Encoding: chunk"),
    FIELDS(501, "Transfer-Encoding: 'chunked'"),
    FIELDS(501, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
    FIELDS(501, "Transfer-Encoding: chunked\r\nTransfer-Encoding: x"),
    ROW(501, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: deflate\r\n\r\n"),
    /* the rest */
    FIELDS(417, "Expect: 200-ok"),
    FIELDS(417, "Expect: 100-continue, x"),
    FIELDS(417, "Expect: 100-continue\r\nExpect: x"),
    FIELDS(417, "Expect: 100-continue=1"),
    FIELDS(417, "Expect:"),
    FIELDS(400, "Authorization: Bearer a\r\nAuthorization: Bearer b"),
    FIELDS(400, "Authorization: Bearer a\r\nauthorization: Bearer a"),
    FIELDS(400, "X-Api-Key: a\r\nX-API-KEY: b"),
    FIELDS(400, "Content-Type: application/json\r\nContent-Type: text/plain"),
    FIELDS(400, "Origin: http://a\r\nOrigin: http://b"),
    FIELDS(415, "Content-Encoding: gzip"),
    FIELDS(415, "Content-Encoding: identity, gzip"),
    FIELDS(400, "Content-Encoding: identity\r\nContent-Encoding: gzip"),
};

static const struct row accepted[] = {
    ROW(0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(0, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(0, "\r\n\r\nGET / HTTP/1.1\r\nHost:a\r\n\r\n"),
    ROW(0, "GET / HTTP/1.0\r\n\r\n"),
    ROW(0, "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"),
    FIELDS(0, "A:"),
    FIELDS(0, "A: \t "),
    FIELDS(0, "!#$%&'*+-.^_`|~09azAZ: b"),
    FIELDS(0, "A: b\tc \x80\xFF \"(),/:;<=>?@[\\]{}"),
    FIELDS(0, "A: b\r\nA: c"),
    FIELDS(0, "Content-Length: 0"),
    FIELDS(0, "Content-Length: \t5 "),
    FIELDS(0, "Content-Length: 9223372036854775807"),
    FIELDS(0, "Transfer-Encoding: \tCHUNKED "),
    FIELDS(0, "Content-Encoding: Identity\r\nContent-Length: 1"),
    FIELDS(0, "Expect: 100-Continue"),
    FIELDS(0, "Content_Length: x\r\nX-Transfer-Encoding: y"),
    TARGET(0, "//a//b/../c?d?e/f"),
    TARGET(0, "HtTp://A.b:80/c"),
    TARGET(0, "https://[::1]"),
};

/* Finds the head's end in step bytes at a time, and judges what was found. */
static enum result judge(const struct row *row, size_t step, struct http_request *request,
                         struct http_fault *fault)
{
    static struct http_head head;
    size_t scanned = 0, end = 0;
    for (size_t n = step; end == 0 && n < row->len + step; n += step) {
        size_t len = n < row->len ? n : row->len;
        end = http_parse_find_end(unit_guard(1, row->bytes, len), len, &scanned);
    }
    CU_ASSERT_TRUE_FATAL(end > 0);
    http_parse_request((struct span){unit_guard(0, row->bytes, end), end}, &head);
    return http_rules_request(&head, request, fault);
}

static void check(const struct row *row, size_t step)
{
    struct http_request request;
    struct http_fault fault = {0, NULL, NULL};
    enum result result = judge(row, step, &request, &fault);
    if (fault.status != row->status)
        printf("  %u, not %u: %s\n", fault.status, row->status, row->bytes);
    CU_ASSERT_EQUAL(result, row->status == 0 ? RESULT_DONE : RESULT_FAULT);
    CU_ASSERT_EQUAL(fault.status, row->status);
    if (row->status != 0) {
        CU_ASSERT_TRUE(span_starts(span_of(fault.rfc), SPAN("RFC ")));
        CU_ASSERT_TRUE(span_of(fault.text).len > 0);
    }
}

static void test_tables(void)
{
    for (size_t step = 1; step < 4096; step = step < 4 ? step + 1 : step * 16) {
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
            check(&refused[i], step);
        for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
            check(&accepted[i], step);
    }
    CU_ASSERT_TRUE(sizeof(refused) / sizeof(refused[0]) >= 150);
}

/* A head cut anywhere is refused, and nothing beyond the cut is looked at. */
static void test_prefixes(void)
{
    static const char whole[] =
        "POST /v1?x=%20 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\n\r\n";
    static struct http_head head;
    struct http_request request;
    struct http_fault fault;
    for (size_t len = 1; len < sizeof(whole) - 1; len++) {
        http_parse_request((struct span){unit_guard(0, whole, len), len}, &head);
        CU_ASSERT_EQUAL(http_rules_request(&head, &request, &fault), RESULT_FAULT);
    }
}

/* Each byte in the place of each byte: never a crash, and CR, LF, NUL never pass. */
static void test_every_byte(void)
{
    static const char whole[] = "PUT /a?b HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n";
    static struct http_head head;
    for (size_t i = 0; i < sizeof(whole) - 1; i++) {
        for (int byte = 0; byte < 256; byte++) {
            struct http_request request;
            struct http_fault fault;
            char *copy = unit_guard(0, whole, sizeof(whole) - 1);
            bool same = copy[i] == (char)byte;
            copy[i] = (char)byte;
            http_parse_request((struct span){copy, sizeof(whole) - 1}, &head);
            enum result result = http_rules_request(&head, &request, &fault);
            CU_ASSERT_FALSE(same && result != RESULT_DONE);
            CU_ASSERT_FALSE(!same && byte < 32 && byte != 9 && result == RESULT_DONE);
        }
    }
}

static void overflow(size_t target, size_t fields, uint16_t status)
{
    static struct http_head head;
    static char bytes[LIMIT_TARGET_BYTES + LIMIT_FIELDS * 8 + 64];
    struct http_request request;
    struct http_fault fault = {0, NULL, NULL};
    size_t len = 4;
    memcpy(bytes, "GET ", 4);
    memset(bytes + len, '/', target);
    len += target;
    memcpy(bytes + len, " HTTP/1.1\r\nHost: a\r\n", 20);
    len += 20;
    for (size_t i = 0; i < fields; i++, len += 6)
        memcpy(bytes + len, "a: b\r\n", 6);
    memcpy(bytes + len, "\r\n", 2);
    http_parse_request((struct span){bytes, len + 2}, &head);
    (void)http_rules_request(&head, &request, &fault);
    CU_ASSERT_EQUAL(fault.status, status);
}

static void test_limits(void)
{
    struct http_fault fault;
    overflow(LIMIT_TARGET_BYTES, 1, 0);
    overflow(LIMIT_TARGET_BYTES + 1, 1, 414);
    overflow(1, LIMIT_FIELDS - 1, 0);
    overflow(1, LIMIT_FIELDS, 431);
    http_rules_overflow(SPAN("GET /aaaaaa"), &fault);
    CU_ASSERT_EQUAL(fault.status, 414);
    http_rules_overflow(SPAN("GET / HTTP/1.1\r\nA: bbbb"), &fault);
    CU_ASSERT_EQUAL(fault.status, 431);
}

static const struct unit_test tests[] = {
    {"refused and accepted", test_tables},
    {"every prefix", test_prefixes},
    {"every byte", test_every_byte},
    {"limits", test_limits},
};

UNIT_MAIN("http_rules", tests)
