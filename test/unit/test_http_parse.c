/* The tokenizer of heads: where they end, and what their pieces are. */
#include "core/http/http_parse.h"
#include "test/unit/unit.h"

#include <string.h>

struct end_row {
    const char *bytes;
    size_t end; /* 0: not in these bytes */
};

static const struct end_row ends[] = {
    {"GET / HTTP/1.1\r\n\r\n", 18},
    {"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 18},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", 27},
    {"GET / HTTP/1.1\n\n", 16},
    {"GET / HTTP/1.1\r\n\n", 17},
    {"GET / HTTP/1.1\n\r\n", 17},
    {"GET / HTTP/1.1\r\n\r", 0},
    {"GET / HTTP/1.1\r\r\n\r", 0},
    {"GET / HTTP/1.1\r\n\r\r\n", 0},
    {"GET / HTTP/1.1\r\n \r\n", 0},
    {"GET / HTTP/1.1\r\rHost: a\r\r", 0},
    {"\r\nGET / HTTP/1.1\r\n\r\n", 20},
    {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", 22},
    {"\n\n\n\nG\n\n", 7},
    {"\r\n\r\n", 0},
    {"\r\n\r\n\r\n", 6},
    {"\n\n\n\n", 0},
    {"\n\n\n\n\n", 5},
    {"a\n\nb", 3},
    {"\na\n\nb", 4},
    {"\n", 0},
    {"\r", 0},
    {"", 0},
};

static void test_end_whole(void)
{
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t len = strlen(ends[i].bytes), scanned = 0;
        const char *buf = unit_guard(0, ends[i].bytes, len);
        CU_ASSERT_EQUAL(http_parse_find_end(buf, len, &scanned), ends[i].end);
        CU_ASSERT_EQUAL(scanned, ends[i].end > 0 ? ends[i].end : len);
    }
}

/* Grown by step bytes at a time, each time ending at the guard page. */
static void grow(const struct end_row *row, size_t step)
{
    size_t len = strlen(row->bytes), scanned = 0, found = 0;
    for (size_t n = step; found == 0 && n <= len; n += step) {
        found = http_parse_find_end(unit_guard(0, row->bytes, n), n, &scanned);
        CU_ASSERT_EQUAL(scanned, found > 0 ? found : n);
        if (found > 0) {
            CU_ASSERT_EQUAL(found, row->end);
            CU_ASSERT_TRUE(n - found < step);
        }
    }
    CU_ASSERT_TRUE(found == row->end || (step > 1 && found == 0));
}

static void test_end_grown(void)
{
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        for (size_t step = 1; step < 6; step++)
            grow(&ends[i], step);
    }
}

/* A drip does not look at a byte twice: what was scanned may as well be gone. */
static void test_end_resumes(void)
{
    static char buf[4096];
    size_t scanned = 0;
    memset(buf, 'a', sizeof(buf));
    for (size_t n = 1; n < sizeof(buf) - 2; n++) {
        CU_ASSERT_EQUAL(http_parse_find_end(buf, n, &scanned), 0);
        buf[n - 1] = n > 3 ? '\n' : 'a'; /* would be found by a scan from the start */
    }
    buf[sizeof(buf) - 3] = '\n';
    CU_ASSERT_EQUAL(http_parse_find_end(buf, sizeof(buf), &scanned), sizeof(buf) - 2);
}

static struct http_head *request_of(const char *bytes, size_t len)
{
    static struct http_head head;
    memset(&head, 0xEE, sizeof(head));
    http_parse_request((struct span){unit_guard(0, bytes, len), len}, &head);
    return &head;
}

static struct http_head *response_of(const char *bytes, size_t len)
{
    static struct http_head head;
    memset(&head, 0xEE, sizeof(head));
    http_parse_response((struct span){unit_guard(0, bytes, len), len}, &head);
    return &head;
}

static bool is(struct span s, const char *text)
{
    return span_equal(s, span_of(text));
}

static void test_request_lines(void)
{
    static const char *const rows[][4] = {
        {"GET / HTTP/1.1\r\n\r\n", "GET", "/", "HTTP/1.1"},
        {"\r\nGET / HTTP/1.1\r\n\r\n", "GET", "/", "HTTP/1.1"},
        {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET", "/", "HTTP/1.1"},
        {"GET  / HTTP/1.1\r\n\r\n", "GET", " /", "HTTP/1.1"},
        {"GET /  HTTP/1.1\r\n\r\n", "GET", "/ ", "HTTP/1.1"},
        {"GET /a b c HTTP/1.1\n\n", "GET", "/a b c", "HTTP/1.1"},
        {"GET / HTTP/1.1 \r\n\r\n", "GET", "/ HTTP/1.1", ""},
        {"GET /\r\n\r\n", "GET", "/", ""},
        {"GET\r\n\r\n", "GET", "", ""},
        {" GET / HTTP/1.1\r\n\r\n", "", "GET /", "HTTP/1.1"},
        {"GET\t/\tHTTP/1.1\r\n\r\n", "GET\t/\tHTTP/1.1", "", ""},
        {"\r\n\r\n\r\n", "", "", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct http_head *head = request_of(rows[i][0], strlen(rows[i][0]));
        CU_ASSERT_TRUE(is(head->method, rows[i][1]));
        CU_ASSERT_TRUE(is(head->target, rows[i][2]));
        CU_ASSERT_TRUE(is(head->version, rows[i][3]));
        CU_ASSERT_TRUE(is(head->raw, rows[i][0]));
        CU_ASSERT_EQUAL(head->field_count, 0);
    }
}

static void test_status_lines(void)
{
    static const char *const rows[][4] = {
        {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1", "200", "OK"},
        {"HTTP/1.1 200 \r\n\r\n", "HTTP/1.1", "200", ""},
        {"HTTP/1.1 200\r\n\r\n", "HTTP/1.1", "200", ""},
        {"HTTP/1.1 404 Not  Found\n\n", "HTTP/1.1", "404", "Not  Found"},
        {"HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1", "", "200 OK"},
        {"\r\nHTTP/1.1 200 OK\r\n\r\n", "", "", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct http_head *head = response_of(rows[i][0], strlen(rows[i][0]));
        CU_ASSERT_TRUE(is(head->version, rows[i][1]));
        CU_ASSERT_TRUE(is(head->status, rows[i][2]));
        CU_ASSERT_TRUE(is(head->reason, rows[i][3]));
    }
}

static void test_fields(void)
{
    static const char bytes[] = "GET / HTTP/1.1\r\nHost: a\r\nEmpty:\r\nB:\t x y \t\r\nNo colon\r\n"
                                " folded: 1\r\nSpace : 2\r\n:none\r\nC:a:b\nD:e\r\n\r\n";
    static const char *const expected[][2] = {
        {"Host", "a"},   {"Empty", ""}, {"B", "x y"}, {"No colon", NULL}, {" folded", "1"},
        {"Space ", "2"}, {"", "none"},  {"C", "a:b"}, {"D", "e"},
    };
    const struct http_head *head = request_of(bytes, sizeof(bytes) - 1);
    CU_ASSERT_EQUAL_FATAL(head->field_count, sizeof(expected) / sizeof(expected[0]));
    CU_ASSERT_FALSE(head->too_many);
    for (size_t i = 0; i < head->field_count; i++) {
        CU_ASSERT_TRUE(is(head->fields[i].name, expected[i][0]));
        CU_ASSERT_TRUE(is(head->fields[i].value, expected[i][1]));
        CU_ASSERT_EQUAL(head->fields[i].value.at == NULL, expected[i][1] == NULL);
    }
}

static void count_fields(size_t fields)
{
    static char bytes[64 + 8 * (LIMIT_FIELDS + 2)];
    size_t len = 16;
    memcpy(bytes, "GET / HTTP/1.1\r\n", len);
    for (size_t i = 0; i < fields; i++, len += 6)
        memcpy(bytes + len, "a: b\r\n", 6);
    memcpy(bytes + len, "\r\n", 2);
    const struct http_head *head = request_of(bytes, len + 2);
    CU_ASSERT_EQUAL(head->too_many, fields > LIMIT_FIELDS);
    CU_ASSERT_EQUAL(head->field_count, fields > LIMIT_FIELDS ? LIMIT_FIELDS : fields);
}

static void test_field_limit(void)
{
    count_fields(0);
    count_fields(LIMIT_FIELDS - 1);
    count_fields(LIMIT_FIELDS);
    count_fields(LIMIT_FIELDS + 1);
}

static bool same_head(const struct http_head *a, const struct http_head *b, bool request)
{
    bool line = request ? span_equal(a->method, b->method) && span_equal(a->target, b->target)
                        : span_equal(a->status, b->status) && span_equal(a->reason, b->reason);
    bool same = line && span_equal(a->raw, b->raw) && span_equal(a->version, b->version) &&
                a->field_count == b->field_count && a->plain == b->plain;
    for (size_t i = 0; same && i < a->field_count; i++)
        same = span_equal(a->fields[i].name, b->fields[i].name) &&
               span_equal(a->fields[i].value, b->fields[i].value) &&
               (a->fields[i].value.at == NULL) == (b->fields[i].value.at == NULL);
    return same;
}

/* Found and taken apart in one: as in two, whole and grown by step bytes at a time. */
static void take(const char *bytes, size_t step)
{
    static struct http_head request, response;
    size_t len = strlen(bytes), scanned = 0, by_request = 0, by_response = 0;
    size_t end = http_parse_find_end(bytes, len, &scanned);
    scanned = 0;
    size_t scanned_too = 0;
    for (size_t n = 0; by_request == 0 && n < len + step; n += step) {
        struct span so_far = {bytes, n < len ? n : len};
        so_far.at = unit_guard(1, bytes, so_far.len);
        by_request = http_parse_take_request(so_far, &scanned, &request);
        by_response = http_parse_take_response(so_far, &scanned_too, &response);
        CU_ASSERT_EQUAL(by_response, by_request);
        CU_ASSERT_TRUE(by_request > 0 || scanned == so_far.len);
    }
    CU_ASSERT_EQUAL(by_request, end);
    if (end > 0) {
        CU_ASSERT_TRUE(same_head(&request, request_of(bytes, end), true));
        CU_ASSERT_TRUE(same_head(&response, response_of(bytes, end), false));
    }
}

static void test_take(void)
{
    static const char *const more[] = {
        "POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:\ta/b; c \t\r\nX:\r\n\r\n{}\r\n\r\n",
        "POST /a HTTP/1.1\r\nContent\rType: a\r\nA longer name: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA name without a colon in it\r\nB: \x01\r\nC: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\nC: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Lengthy: b\r\nC: d\n\r\n\r\n",
    };
    for (size_t step = 1; step < 200; step = step < 20 ? step + 1 : step * 5) {
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
            take(ends[i].bytes, step);
        for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
            take(more[i], step);
    }
}

/* Which heads are plain: of those alone no field is judged again. */
static void test_plain(void)
{
    static const struct {
        const char *bytes;
        bool plain;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nX-Y: b\tc\x80\r\nEmpty:\r\n\r\n", true},
        {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", false},
        {"GET / HTTP/1.1\nHost: a\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\n\n", false},
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nno colon\r\nb: c\r\n\r\n", false},
        {"GET / HTTP/1.1\r\ncontent\rtype: a\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n: a\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nb(: a\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nb: \x7f\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nb: c\rd\r\n\r\n", false},
        {"GET / HTTP/1.1\r\x01\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(request_of(rows[i].bytes, strlen(rows[i].bytes))->plain, rows[i].plain);
}

/* Any prefix can be taken apart without a step beyond it. */
static void test_prefixes(void)
{
    static const char bytes[] = "\r\nPOST /v1/x?y HTTP/1.1\r\nHost: a\r\nB : \r\n c\r\n\r\n";
    for (size_t len = 1; len < sizeof(bytes); len++) {
        CU_ASSERT_TRUE(request_of(bytes, len)->field_count <= 3);
        CU_ASSERT_TRUE(response_of(bytes, len)->field_count <= 4); /* the request line too */
    }
}

static const struct unit_test tests[] = {
    {"end, whole", test_end_whole},       {"end, grown", test_end_grown},
    {"end, resumed", test_end_resumes},   {"request lines", test_request_lines},
    {"status lines", test_status_lines},  {"fields", test_fields},
    {"limit of fields", test_field_limit}, {"every prefix", test_prefixes},
    {"found and taken apart", test_take}, {"plain ones", test_plain},
};

UNIT_MAIN("http_parse", tests)
