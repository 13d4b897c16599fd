/* Heads as they are written. */
#include "core/http/http_write.h"
#include "test/unit/unit.h"

#include <string.h>

static struct text text_at_guard(size_t cap)
{
    return text_over(unit_guard_room(0, cap), cap);
}

static bool wrote(const struct text *t, const char *expected)
{
    return !t->cut && span_equal(text_span(t), span_of(expected));
}

static void test_status(void)
{
    static const struct {
        uint16_t status;
        const char *line;
    } rows[] = {
        {100, "HTTP/1.1 100 Continue\r\n"},
        {200, "HTTP/1.1 200 OK\r\n"},
        {401, "HTTP/1.1 401 Unauthorized\r\n"},
        {417, "HTTP/1.1 417 Expectation Failed\r\n"},
        {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
        {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
        {507, "HTTP/1.1 507 Insufficient Storage\r\n"},
        {599, "HTTP/1.1 599 Unknown\r\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text t = text_at_guard(strlen(rows[i].line));
        http_write_status(&t, rows[i].status);
        CU_ASSERT_TRUE(wrote(&t, rows[i].line));
    }
}

/* Every status that the gateway answers with has a phrase. */
static void test_reasons(void)
{
    static const uint16_t used[] = {100, 200, 204, 400, 401, 403, 404, 405, 408,
                                    409, 411, 413, 414, 415, 417, 421, 422, 429,
                                    431, 500, 501, 502, 503, 504, 505, 507};
    for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
        CU_ASSERT_STRING_NOT_EQUAL(http_write_reason(used[i]), "Unknown");
    CU_ASSERT_STRING_EQUAL(http_write_reason(0), "Unknown");
}

static void test_head(void)
{
    static const char expected[] =
        "host: a:80\r\ntimestamp: 18446744073709551615\r\n"
        "sid: \r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n";
    struct text t = text_at_guard(sizeof(expected) - 1);
    http_write_field_str(&t, HTTP_NAME_HOST, "a:80");
    http_write_field_u64(&t, HTTP_NAME_TIMESTAMP, UINT64_MAX);
    http_write_field(&t, HTTP_NAME_SID, SPAN(""));
    http_write_length(&t, 0);
    http_write_chunked(&t);
    http_write_end(&t);
    CU_ASSERT_TRUE(wrote(&t, expected));
}

/* No byte of a value can begin a line or end the head. */
static void test_values(void)
{
    static const struct {
        struct span value;
        const char *line;
    } rows[] = {
        {{"a\r\nSet-Cookie: b", 16}, "sid: a  Set-Cookie: b\r\n"},
        {{"\r\n\r\n", 4}, "sid:     \r\n"},
        {{"\n", 1}, "sid:  \r\n"},
        {{"a\0b", 3}, "sid: a b\r\n"},
        {{"a\x1b[0m\x7f", 6}, "sid: a [0m \r\n"},
        {{"a\tb\xC3\xA4", 5}, "sid: a\tb\xC3\xA4\r\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text t = text_at_guard(strlen(rows[i].line));
        struct span value = {unit_guard(1, rows[i].value.at, rows[i].value.len), rows[i].value.len};
        http_write_field(&t, HTTP_NAME_SID, value);
        CU_ASSERT_TRUE(wrote(&t, rows[i].line));
    }
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        struct text t = text_at_guard(8);
        http_write_field(&t, HTTP_NAME_SID, (struct span){&c, 1});
        CU_ASSERT_FALSE(t.cut);
        CU_ASSERT_TRUE(t.at[5] == c ? c != '\r' && c != '\n' && c != 0 : t.at[5] == ' ');
    }
}

/* In a room of any size what does not fit is cut, and that is said. */
static void test_cut(void)
{
    static const char whole[] = "HTTP/1.1 200 OK\r\nsid: b c\r\n\r\n";
    for (size_t cap = 1; cap < sizeof(whole); cap++) {
        struct text t = text_at_guard(cap);
        http_write_status(&t, 200);
        http_write_field_str(&t, HTTP_NAME_SID, "b\nc");
        http_write_end(&t);
        CU_ASSERT_EQUAL(t.cut, cap < sizeof(whole) - 1);
        CU_ASSERT_TRUE(t.len <= cap && memcmp(t.at, whole, t.len) == 0);
    }
}

static const struct unit_test tests[] = {
    {"status lines", test_status}, {"reasons", test_reasons}, {"a head", test_head},
    {"values", test_values},       {"cut", test_cut},
};

UNIT_MAIN("http_write", tests)
