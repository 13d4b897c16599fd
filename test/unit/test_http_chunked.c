/* The chunked coding, read in segments of every size, and written. */
#include "core/http/http_chunked.h"
#include "test/unit/unit.h"

#include <string.h>

#define STATUS_MORE 1 /* in the place of a fault's status: the body has not ended */

struct row {
    const char *bytes;
    size_t len;
    uint16_t status; /* 0: ends well */
    const char *body;
    size_t rest; /* bytes behind the end */
};

#define ROW(status, text) {text, sizeof(text) - 1, status, NULL, 0}
#define BODY(text, body, rest) {text, sizeof(text) - 1, 0, body, rest}

static const struct row rows[] = {
    BODY("0\r\n\r\n", "", 0),
    BODY("5\r\nhello\r\n0\r\n\r\n", "hello", 0),
    BODY("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /", "hello world", 5),
    BODY("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", 0),
    BODY("00005\r\nhello\r\n0000\r\n\r\n\r\n", "hello", 2),
    BODY("000000000000005\r\nhello\r\n0\r\n\r\n", "hello", 0),
    BODY("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello", 0),
    BODY("5;a=\"b;c\" ; d\r\nhello\r\n0 ;e\r\n\r\n", "hello", 0),
    BODY("5 \t;a\x80\r\nhello\r\n0\r\n\r\n", "hello", 0),
    BODY("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 0),
    BODY("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n", 0),
    BODY("0\r\nA: b\r\n\r\n", "", 0),
    BODY("0\r\nA:\r\nB: c \t\x80\r\n\r\nx", "", 1),
    BODY("0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n", "", 0),
    ROW(STATUS_MORE, ""),
    ROW(STATUS_MORE, "5"),
    ROW(STATUS_MORE, "5\r\nhell"),
    ROW(STATUS_MORE, "5\r\nhello\r\n0\r\n"),
    ROW(STATUS_MORE, "5\r\nhello\r\n0\r\n\r"),
    ROW(STATUS_MORE, "0\r\nA: b\r\n"),
    ROW(400, "\r\n"),
    ROW(400, "\n"),
    ROW(400, " 5\r\nhello\r\n0\r\n\r\n"),
    ROW(400, "\t5\r\n"),
    ROW(400, "+5\r\nhello\r\n0\r\n\r\n"),
    ROW(400, "-5\r\nhello\r\n0\r\n\r\n"),
    ROW(400, "-0\r\n\r\n"),
    ROW(400, "0x5\r\nhello\r\n0\r\n\r\n"),
    ROW(400, "0X5\r\n"),
    ROW(400, "x\r\n"),
    ROW(400, "5h\r\nhello\r\n"),
    ROW(400, "5_0\r\n"),
    ROW(400, "5,5\r\n"),
    ROW(400, "5.0\r\n"),
    ROW(400, "\"5\"\r\n"),
    ROW(400, ";a\r\n"),
    ROW(400, "g\r\n"),
    ROW(400, "\0" "5\r\n"),
    ROW(400, "5\0\r\n"),
    ROW(400, "\x80\r\n"),
    ROW(400, "5 \r\nhello\r\n"),
    ROW(400, "5\t\r\nhello\r\n"),
    ROW(400, "5 5\r\nhello\r\n"),
    ROW(400, "5\nhello\r\n0\r\n\r\n"),
    ROW(400, "5\rhello\r\n"),
    ROW(400, "5\r\r\nhello\r\n"),
    ROW(400, "5;a\nhello\r\n0\r\n\r\n"),
    ROW(400, "5;a\r5\r\n"),
    ROW(400, "5;\0\r\n"),
    ROW(400, "5;a\x01\r\n"),
    ROW(400, "5;a\x7f\r\n"),
    ROW(400, "5\r\nhello\n0\r\n\r\n"),
    ROW(400, "5\r\nhello0\r\n\r\n"),
    ROW(400, "5\r\nhello!\r\n0\r\n\r\n"),
    ROW(400, "5\r\nhello\r0\r\n\r\n"),
    ROW(400, "5\r\nhello\n\r0\r\n"),
    ROW(400, "5\r\nhello\r\n\r\n"),
    ROW(400, "0\n\n"),
    ROW(400, "0\r\n\n"),
    ROW(400, "0\r\n\rx"),
    ROW(400, "0\n\r\n"),
    ROW(400, "0000000000000000\r\n\r\n"),
    ROW(400, "1000000000000000\r\n"),
    ROW(400, "ffffffffffffffff\r\n"),
    ROW(400, "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ROW(400, "0\r\n A: b\r\n\r\n"),
    ROW(400, "0\r\nA: b\r\n c\r\n\r\n"),
    ROW(400, "0\r\nA\r\n\r\n"),
    ROW(400, "0\r\nA : b\r\n\r\n"),
    ROW(400, "0\r\n: b\r\n\r\n"),
    ROW(400, "0\r\nA(: b\r\n\r\n"),
    ROW(400, "0\r\nA: b\n\r\n"),
    ROW(400, "0\r\nA: b\rc\r\n\r\n"),
    ROW(400, "0\r\nA: \0\r\n\r\n"),
    ROW(400, "0\r\nA: \x1b\r\n\r\n"),
    ROW(400, "0\r\nGET / HTTP/1.1\r\n\r\n"),
};

struct outcome {
    enum result result;
    char body[256];
    size_t body_len;
    size_t used;
    const struct http_fault *fault;
};

/* One segment; its data lies within it. */
static void feed(struct http_chunked *c, const char *bytes, size_t len, struct outcome *o)
{
    const char *guarded = unit_guard(0, bytes, len);
    struct span in = {guarded, len};
    struct span data;
    do {
        o->result = http_chunked_next(c, &in, &data);
        CU_ASSERT_TRUE(data.len == 0 || (data.at >= guarded && data.at + data.len <= in.at));
        CU_ASSERT_TRUE(data.len > 0 || o->result != RESULT_MORE || in.len == 0);
        CU_ASSERT_TRUE_FATAL(o->body_len + data.len <= sizeof(o->body));
        if (data.len > 0) {
            memcpy(o->body + o->body_len, data.at, data.len);
            o->body_len += data.len;
        }
    } while (o->result == RESULT_MORE && in.len > 0);
    o->used += len - in.len;
    o->fault = c->fault;
}

static void check(const struct row *row, const struct outcome *o)
{
    if (row->status == STATUS_MORE) {
        CU_ASSERT_EQUAL(o->result, RESULT_MORE);
        CU_ASSERT_EQUAL(o->used, row->len);
        return;
    }
    if (row->status != 0) {
        CU_ASSERT_EQUAL(o->result, RESULT_FAULT);
        CU_ASSERT_TRUE_FATAL(o->fault != NULL);
        CU_ASSERT_EQUAL(o->fault->status, row->status);
        return;
    }
    CU_ASSERT_EQUAL(o->result, RESULT_DONE);
    CU_ASSERT_EQUAL(o->used, row->len - row->rest);
    CU_ASSERT_EQUAL(o->body_len, strlen(row->body));
    CU_ASSERT_EQUAL(memcmp(o->body, row->body, o->body_len), 0);
}

/* In two segments, cut everywhere; 0 and len are the whole. */
static void test_two_segments(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t cut = 0; cut <= rows[i].len; cut++) {
            struct http_chunked c;
            struct outcome o = {.result = RESULT_MORE};
            http_chunked_init(&c);
            feed(&c, rows[i].bytes, cut, &o);
            if (o.result == RESULT_MORE)
                feed(&c, rows[i].bytes + cut, rows[i].len - cut, &o);
            check(&rows[i], &o);
        }
    }
}

static void test_steps(void)
{
    for (size_t step = 1; step < 5; step++) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct http_chunked c;
            struct outcome o = {.result = RESULT_MORE};
            http_chunked_init(&c);
            for (size_t at = 0; at < rows[i].len && o.result == RESULT_MORE; at += step) {
                size_t left = rows[i].len - at;
                feed(&c, rows[i].bytes + at, left < step ? left : step, &o);
            }
            check(&rows[i], &o);
        }
    }
}

/* The end and a fault stay what they are, and take nothing more. */
static void test_stays(void)
{
    static const char *const ends[] = {"0\r\n\r\n", "x"};
    for (size_t i = 0; i < 2; i++) {
        struct http_chunked c;
        struct outcome o = {.result = RESULT_MORE};
        http_chunked_init(&c);
        feed(&c, ends[i], strlen(ends[i]), &o);
        enum result first = o.result;
        o.used = 0;
        feed(&c, "5\r\nhello\r\n", 10, &o);
        CU_ASSERT_EQUAL(first, i == 0 ? RESULT_DONE : RESULT_FAULT);
        CU_ASSERT_EQUAL(o.result, first);
        CU_ASSERT_EQUAL(o.used, 0);
    }
}

/* A chunk of any size that fits the digits: its bytes are never summed into an overflow. */
static void test_large(void)
{
    struct http_chunked c;
    struct outcome o = {.result = RESULT_MORE};
    http_chunked_init(&c);
    feed(&c, "fffffffffffffff\r\nabc", 20, &o);
    CU_ASSERT_EQUAL(o.result, RESULT_MORE);
    CU_ASSERT_EQUAL(o.body_len, 3);
}

/* Feeds start, then piece again and again; returns how often until it was refused. */
static size_t flood(const char *start, const char *piece, uint16_t status)
{
    struct http_chunked c;
    struct outcome o = {.result = RESULT_MORE};
    size_t times = 0;
    http_chunked_init(&c);
    feed(&c, start, strlen(start), &o);
    while (o.result == RESULT_MORE && times < 100000) {
        o.body_len = 0;
        feed(&c, piece, strlen(piece), &o);
        times++;
    }
    CU_ASSERT_EQUAL_FATAL(o.result, RESULT_FAULT);
    CU_ASSERT_EQUAL(o.fault->status, status);
    return times;
}

static void test_floods(void)
{
    CU_ASSERT_EQUAL(flood("5", ";", 400), HTTP_CHUNKED_EXTENSION_BYTES_MAX + 1);
    CU_ASSERT_EQUAL(flood("5", " ", 400), HTTP_CHUNKED_EXTENSION_BYTES_MAX + 1);
    CU_ASSERT_EQUAL(flood("", "1;234\r\nx\r\n", 400), HTTP_CHUNKED_EXTENSION_BYTES_MAX / 4 + 1);
    CU_ASSERT_EQUAL(flood("0\r\n", "a", 431), HTTP_CHUNKED_TRAILER_BYTES_MAX + 1);
    CU_ASSERT_EQUAL(flood("0\r\na:", "b", 431), HTTP_CHUNKED_TRAILER_BYTES_MAX - 1);
    CU_ASSERT_EQUAL(flood("0\r\n", "a:b\r\n", 431), HTTP_CHUNKED_TRAILER_BYTES_MAX / 4 + 1);
    CU_ASSERT_EQUAL(flood("", "0", 400), HTTP_CHUNKED_DIGITS_MAX + 1);
}

static void test_heads(void)
{
    static const struct {
        uint64_t len;
        const char *head;
    } heads[] = {
        {1, "1\r\n"},        {10, "a\r\n"},         {15, "f\r\n"},     {16, "10\r\n"},
        {255, "ff\r\n"},     {4096, "1000\r\n"},    {0x12345, "12345\r\n"},
        {0x00FFFFFFFFFFFFFF, "ffffffffffffff\r\n"}, {UINT64_MAX, "ffffffffffffffff\r\n"},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        char *out = unit_guard_room(0, HTTP_CHUNKED_HEAD_BYTES);
        size_t len = http_chunked_head(out, heads[i].len);
        CU_ASSERT_TRUE(span_equal((struct span){out, len}, span_of(heads[i].head)));
    }
}

/* What is written is read again. */
static void test_round_trip(void)
{
    for (size_t len = 1; len < 200; len++) {
        char bytes[256], body[200];
        struct http_chunked c;
        struct outcome o = {.result = RESULT_MORE};
        memset(body, (int)len, len);
        size_t n = http_chunked_head(bytes, len);
        memcpy(bytes + n, body, len);
        memcpy(bytes + n + len, HTTP_CHUNKED_TAIL HTTP_CHUNKED_LAST, 7);
        http_chunked_init(&c);
        feed(&c, bytes, n + len + 7, &o);
        CU_ASSERT_EQUAL(o.result, RESULT_DONE);
        CU_ASSERT_EQUAL(o.body_len, len);
        CU_ASSERT_EQUAL(memcmp(o.body, body, len), 0);
    }
}

static const struct unit_test tests[] = {
    {"two segments", test_two_segments}, {"small steps", test_steps}, {"the end stays", test_stays},
    {"a large chunk", test_large},       {"floods", test_floods},     {"size lines", test_heads},
    {"round trip", test_round_trip},
};

UNIT_MAIN("http_chunked", tests)
