/* Server-sent events: what a stream means, and that it means the same however it is cut. */
#include "core/http/http_sse.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

struct feeder {
    struct http_sse sse;
    char rest[1024]; /* what the window still holds */
    size_t rest_len;
    char out[1024]; /* every event as name|data$ */
    size_t out_len;
};

static void put(struct feeder *f, struct span s, char end)
{
    CU_ASSERT_TRUE_FATAL(f->out_len + s.len + 1 <= sizeof(f->out));
    memcpy(f->out + f->out_len, s.at, s.len);
    f->out_len += s.len;
    f->out[f->out_len++] = end;
}

static void note(struct feeder *f, const struct http_sse_event *event)
{
    put(f, event->name, event->has_data ? '|' : '!');
    put(f, event->data, '$');
}

/* A segment arrives: the window is what was left and the segment, and ends at the guard page. */
static void feed(struct feeder *f, const char *bytes, size_t len, bool last)
{
    struct http_sse_event event;
    size_t left = f->rest_len + len;
    char *window = unit_guard_room(0, left);
    enum result result;
    memcpy(window, f->rest, f->rest_len);
    memcpy(window + f->rest_len, bytes, len);
    do {
        result = http_sse_next(&f->sse, window, left, &event);
        CU_ASSERT_TRUE_FATAL(event.consumed <= left);
        if (result == RESULT_DONE)
            note(f, &event);
        window += event.consumed;
        left -= event.consumed;
    } while (result == RESULT_DONE);
    CU_ASSERT_EQUAL(result, RESULT_MORE);
    if (last && http_sse_end(&f->sse, window, left, &event) == RESULT_DONE) {
        CU_ASSERT_EQUAL(event.consumed, left);
        note(f, &event);
    }
    memcpy(f->rest, window, left);
    f->rest_len = left;
}

static void check(const struct feeder *f, const char *expected)
{
    struct span out = {f->out, f->out_len};
    struct span wanted = {expected, strlen(expected)};
    if (!span_equal(out, wanted))
        printf("  got %.*s, expected %s\n", (int)f->out_len, f->out, expected);
    CU_ASSERT_TRUE(span_equal(out, wanted));
}

struct row {
    const char *stream;
    const char *events;
};

static const struct row rows[] = {
    {"", ""},
    {"\n", ""},
    {"\n\n\n", ""},
    {"data: a\n\n", "|a$"},
    {"data:a\n\n", "|a$"},
    {"data:  a\n\n", "| a$"},
    {"data:\ta\n\n", "|\ta$"},
    {"data: a \n\n", "|a $"},
    {"data: abc\t\x01\x0C\x0E\x1F\x7F\xC3\xA9\x8A\x8D and what follows\tit\n\n",
     "|abc\t\x01\x0C\x0E\x1F\x7F\xC3\xA9\x8A\x8D and what follows\tit$"},
    {"data:\n\n", "|$"},
    {"data: \n\n", "|$"},
    {"data\n\n", "|$"},
    {"data\ndata\n\n", "|\n$"},
    {"data: a\ndata: b\n\n", "|a\nb$"},
    {"data:a\ndata:\ndata:b\n\n", "|a\n\nb$"},
    {"data:\ndata: b\n\n", "|\nb$"},
    {"data: a\n\ndata: b\n\n", "|a$|b$"},
    {"data: a\r\n\r\ndata: b\r\n\r\n", "|a$|b$"},
    {"data: a\r\rdata: b\r\r", "|a$|b$"},
    {"data: a\n\rdata: b\r\n\n", "|a$|b$"},
    {"data: a\r\n\rdata: b\r\n\r", "|a$|b$"},
    {"data: a\r\ndata: b\rdata: c\ndata: d\r\r\n", "|a\nb\nc\nd$"},
    {"data: a\r\n\n\r\n\r\rdata: b\n\n", "|a$|b$"},
    {"event: x\ndata: a\n\n", "x|a$"},
    {"event:x\ndata: a\n\ndata: b\n\n", "x|a$|b$"},
    {"data: a\nevent: x\n\n", "x|a$"},
    {"data: a\nevent: x\ndata: bbbbbbbbbbbbbbbbbbbbbbbbbb\n\n", "x|a\nbbbbbbbbbbbbbbbbbbbbbbbbbb$"},
    {"event: x\nevent: y\ndata: a\n\n", "y|a$"},
    {"event: x\ndata: a\nevent: longer\ndata: bbbbbbbbbbbb\ndata: c\n\n",
     "longer|a\nbbbbbbbbbbbb\nc$"},
    {"event: x\ndata: a\nevent\n\n", "|a$"},
    {"event: x\nevent:\ndata: a\n\n", "|a$"},
    {"event: x\n\ndata: a\n\n", "|a$"},
    {": c\n\n", ""},
    {": c\ndata: a\n: d\ndata: b\n:\n\n", "|a\nb$"},
    {"id: 1\nretry: 5\ndata: a\nid: 2\ndata: b\n\n", "|a\nb$"},
    {"dat: a\ndata2: b\n data: c\nDATA: d\ndata : e\ndatax\n\n", ""},
    {"eventx: a\nevents\ndata: a\n\n", "|a$"},
    {"data: a: b\n\n", "|a: b$"},
    {"data: {\"a\":\"\\n\"}\n\n", "|{\"a\":\"\\n\"}$"},
    {"\xEF\xBB\xBF"
     "data: a\n\n",
     "|a$"},
    {"\xEF\xBB\xBF\xEF\xBB\xBF"
     "data: a\n\n",
     ""},
    {"\xEF\xBB"
     "data: a\n\n",
     ""},
    {"\n\xEF\xBB\xBF"
     "data: a\n\n",
     ""},
    {"\xEF\xBB", ""},
    {"\xEF\xBB\xBF", ""},
    {"data: a", "|a$"},
    {"data: a\n", "|a$"},
    {"data: a\r", "|a$"},
    {"data: a\r\n", "|a$"},
    {"data: a\n\ndata: b", "|a$|b$"},
    {"data: a\ndata: b", "|a\nb$"},
    {"event: x\ndata: a\nevent: y", "y|a$"},
    {"event: x", ""},
    {"dat", ""},
    {"data", "|$"},
    {": c", ""},
};

static void test_two_segments(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].stream);
        for (size_t cut = 0; cut <= len; cut++) {
            struct feeder f = {.rest_len = 0};
            http_sse_init(&f.sse);
            feed(&f, rows[i].stream, cut, false);
            feed(&f, rows[i].stream + cut, len - cut, true);
            check(&f, rows[i].events);
        }
    }
}

static void test_steps(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].stream);
        for (size_t step = 1; step < 4; step++) {
            struct feeder f = {.rest_len = 0};
            http_sse_init(&f.sse);
            for (size_t at = 0; at < len; at += step)
                feed(&f, rows[i].stream + at, len - at < step ? len - at : step, false);
            feed(&f, "", 0, true);
            check(&f, rows[i].events);
        }
    }
}

/* The sample, its line ends written as N. */
static const char sample[] =
    "\xEF\xBB\xBF: hiNevent: finishNdata: {\"a\":1}NNdata: b1N:pingNdata:b2N"
    "event: rNid: 7Ndata: b3NNNdata: [DONE]NN";
static const char sample_events[] = "finish|{\"a\":1}$r|b1\nb2\nb3$|[DONE]$";

static size_t write_sample(char *out, const char *end)
{
    size_t len = 0;
    for (const char *c = sample; *c != 0; c++) {
        bool is_end = *c == 'N' && !(c[1] == 'E' && c[-1] == 'O'); /* not the one of [DONE] */
        const char *piece = is_end ? end : c;
        size_t n = is_end ? strlen(end) : 1;
        memcpy(out + len, piece, n);
        len += n;
    }
    return len;
}

/* Every two cuts of the sample, with each of the line ends. */
static void test_sample(void)
{
    static const char *const line_ends[] = {"\n", "\r\n", "\r"};
    for (size_t i = 0; i < 3; i++) {
        char bytes[512];
        size_t len = write_sample(bytes, line_ends[i]);
        for (size_t a = 0; a <= len; a++) {
            for (size_t b = a; b <= len; b++) {
                struct feeder f = {.rest_len = 0};
                http_sse_init(&f.sse);
                feed(&f, bytes, a, false);
                feed(&f, bytes + a, b - a, false);
                feed(&f, bytes + b, len - b, true);
                check(&f, sample_events);
                CU_ASSERT_EQUAL(f.sse.comments, 2);
            }
        }
    }
}

/* A prefix of the sample gives a prefix of its events; only its end may deliver what is cut. */
static void test_prefixes(void)
{
    char bytes[512];
    size_t len = write_sample(bytes, "\r\n");
    for (size_t n = 0; n <= len; n++) {
        struct feeder f = {.rest_len = 0};
        http_sse_init(&f.sse);
        feed(&f, bytes, n, false);
        CU_ASSERT_EQUAL(memcmp(f.out, sample_events, f.out_len), 0);
    }
}

static void test_bare(void)
{
    static const char stream[] =
        "event: error\n\nevent:\n\n: c\n\nevent: x\ndata: a\n\nevent: finish";
    for (size_t step = 1; step <= sizeof(stream); step++) {
        struct feeder f = {.rest_len = 0};
        http_sse_init(&f.sse);
        f.sse.bare_events = true;
        for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
            size_t left = sizeof(stream) - 1 - at;
            feed(&f, stream + at, left < step ? left : step, false);
        }
        feed(&f, "", 0, true);
        check(&f, "error!$x|a$finish!$");
    }
}

/* Comments, ids and empty lines do not stay in the window, before or behind an event. */
static void test_window_drains(void)
{
    static const char noise[] = ": ping\n\nid: 5\r\n\r\n: ping\r\rretry: 1\nfoo\n\n";
    struct feeder f = {.rest_len = 0};
    http_sse_init(&f.sse);
    for (int i = 0; i < 1000; i++) {
        feed(&f, noise, sizeof(noise) - 1, false);
        CU_ASSERT_EQUAL(f.rest_len, 0);
    }
    feed(&f, ": ping\n: ping\nevent: x\n", 23, false);
    CU_ASSERT_EQUAL(f.rest_len, 2);
    feed(&f, "data: a\n\nda", 11, false);
    CU_ASSERT_EQUAL(f.rest_len, 2);
    check(&f, "x|a$");
    CU_ASSERT_EQUAL(f.sse.comments, 2002);
}

/* A name that stands behind data is kept apart, and cut at a stated length. */
static void test_long_names(void)
{
    char bytes[256];
    for (size_t n = HTTP_SSE_NAME_BYTES - 1; n <= HTTP_SSE_NAME_BYTES + 1; n++) {
        struct feeder f = {.rest_len = 0};
        int len = snprintf(bytes, sizeof(bytes), "data: a\nevent: %0*d\ndata: b\n\n", (int)n, 0);
        size_t kept = n < HTTP_SSE_NAME_BYTES ? n : HTTP_SSE_NAME_BYTES;
        http_sse_init(&f.sse);
        feed(&f, bytes, (size_t)len, true);
        CU_ASSERT_EQUAL(f.out_len, kept + 5);
        CU_ASSERT_EQUAL(memcmp(f.out + kept, "|a\nb$", 5), 0);
    }
}

/* Every place of a line end in a machine word, with bytes around it that resemble one. */
static void test_words(void)
{
    for (int end = '\n'; end <= '\r'; end += '\r' - '\n') {
        for (size_t n = 0; n < 40; n++) {
            for (int fill = 1; fill < 256; fill++) {
                char *window = unit_guard_room(0, n + 8);
                struct http_sse sse;
                struct http_sse_event event;
                int byte = fill == '\n' || fill == '\r' ? 'x' : fill;
                memcpy(window, "data: ", 6);
                memset(window + 6, byte, n);
                memset(window + 6 + n, end, 2);
                http_sse_init(&sse);
                CU_ASSERT_EQUAL(http_sse_next(&sse, window, n + 8, &event), RESULT_DONE);
                CU_ASSERT_EQUAL(event.data.len, n);
                CU_ASSERT_EQUAL(event.consumed, n + 8);
            }
        }
    }
}

/* No byte is looked at twice while a large event grows: what was scanned is made into line ends. */
static void test_linear(void)
{
    const size_t size = 1 << 20, segment = 1460;
    char *window = unit_guard_room(0, size);
    struct http_sse sse;
    struct http_sse_event event;
    http_sse_init(&sse);
    memcpy(window, "data: ", 6);
    memset(window + 6, 'x', size - 6);
    memset(window + size - 2, '\n', 2);
    for (size_t len = segment; len < size; len += segment) {
        CU_ASSERT_EQUAL(http_sse_next(&sse, window, len, &event), RESULT_MORE);
        CU_ASSERT_EQUAL(event.consumed, 0);
        memset(window + len - segment + 6, '\n', segment - 6);
    }
    CU_ASSERT_EQUAL(http_sse_next(&sse, window, size, &event), RESULT_DONE);
    CU_ASSERT_EQUAL(event.data.len, size - 8);
    CU_ASSERT_EQUAL(event.consumed, size);
}

static const struct unit_test tests[] = {
    {"two segments", test_two_segments}, {"small steps", test_steps},
    {"every two cuts", test_sample},     {"every prefix", test_prefixes},
    {"bare events", test_bare},          {"window drains", test_window_drains},
    {"long names", test_long_names},     {"words", test_words},
    {"linear", test_linear},
};

UNIT_MAIN("http_sse", tests)
