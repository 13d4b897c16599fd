/* A stream that passes as it comes: what waits, what goes, whatever the room and the pace. */
#include "core/gateway/gateway_event.h"
#include "core/http/http_sse.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define LONG_BYTES 100000

static const struct provider_marks empty = {.choices = 1};
static const struct provider_marks said = {.content = true, .choices = 1};
static const struct provider_marks last = {.choices = 1, .finished = 1};
static const struct provider_marks usage = {.usage = true};

static char letters[LONG_BYTES];

static struct span text_of(size_t n)
{
    for (size_t i = 0; i < LONG_BYTES; i++)
        letters[i] = (char)('a' + i % 23);
    return (struct span){letters, n};
}

static void fresh(void)
{
    unit_gateway_fresh(true);
    RELAY.says_done = true;
}

/* The client reads n bytes (0: everything) whenever more room is wanted. */
static enum result pass(struct span text, struct provider_marks marks, size_t n)
{
    const struct provider_news news = {.kind = PROVIDER_EVENT, .text = text, .marks = marks};
    enum result result;
    gateway_relay_take(G, 0, &news);
    do {
        result = gateway_relay_pump(G, 0);
        uint32_t there = G->clients[0].out.len;
        if (result == RESULT_MORE && there == 0)
            return result;
        if (result == RESULT_MORE)
            unit_gateway_read(n > 0 ? n : SIZE_MAX);
    } while (result == RESULT_MORE);
    return result;
}

static void check_stream(const char *const *expected, int count)
{
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole && answer.chunked);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, "content-type: text/event-stream\r\n"));
    for (int i = 0; i < count; i++)
        CU_ASSERT_TRUE(span_equal(unit_gateway_event(answer.body, i), span_of(expected[i])));
    CU_ASSERT_PTR_NULL(unit_gateway_event(answer.body, count).at);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

static void events_wait_for_content(void)
{
    static const char *const expected[] = {"{1}", "{2}", "{3}", "{4}", "{5}", "[DONE]"};
    fresh();
    CU_ASSERT_EQUAL(pass(SPAN("{1}"), empty, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(pass(SPAN("{2}"), empty, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_QUIET);
    CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    CU_ASSERT_FALSE(RELAY.has_text);
    CU_ASSERT_EQUAL(pass(SPAN("{3}"), said, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    CU_ASSERT_NOT_EQUAL(G->requests[0].first_content_us, 0);
    CU_ASSERT_EQUAL(pass(SPAN("{4}"), empty, 0), RESULT_DONE);
    CU_ASSERT_FALSE(gateway_event_finished(&RELAY));
    CU_ASSERT_EQUAL(pass(SPAN("{5}"), last, 0), RESULT_DONE);
    CU_ASSERT_TRUE(gateway_event_finished(&RELAY));
    CU_ASSERT_EQUAL(pass(SPAN("{6}"), usage, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    check_stream(expected, 6);
}

static void usage_for_who_asked(void)
{
    static const char *const expected[] = {"{1}", "{2}", "[DONE]"};
    fresh();
    RELAY.include_usage = true;
    CU_ASSERT_EQUAL(pass(SPAN("{1}"), last, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(pass(SPAN("{2}"), usage, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    check_stream(expected, 3);
}

/* What waited is not the next try's. */
static void a_further_try(void)
{
    static const char *const expected[] = {"{2}", "[DONE]"};
    fresh();
    CU_ASSERT_EQUAL(pass(SPAN("{1}"), empty, 0), RESULT_DONE);
    gateway_relay_again(G, 0);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    CU_ASSERT_EQUAL(RELAY.choices, 0);
    RELAY.says_done = true;
    CU_ASSERT_EQUAL(pass(SPAN("{2}"), said, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    check_stream(expected, 2);
}

/* More of it than may wait goes out, in order. */
static void too_much_to_wait(void)
{
    static const size_t lengths[] = {100, 5000, LIMIT_OUT_BYTES / 2, LIMIT_OUT_BYTES};
    for (size_t i = 0; i < 4; i++) {
        fresh();
        size_t len = 0;
        int count = 0;
        for (; RELAY.state != GATEWAY_RELAY_FLOWING; count++, len += lengths[i])
            CU_ASSERT_EQUAL_FATAL(pass(text_of(lengths[i]), empty, 0), RESULT_DONE);
        CU_ASSERT_TRUE(len > LIMIT_OUT_BYTES / 4 && len < 2 * LIMIT_OUT_BYTES);
        RELAY.has_text = true;
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        struct unit_gateway_answer answer = unit_gateway_answer();
        for (int j = 0; j < count; j++)
            CU_ASSERT_TRUE(span_equal(unit_gateway_event(answer.body, j), text_of(lengths[i])));
    }
}

static void large_events_and_slow_readers(void)
{
    static const size_t paces[] = {1, 7, 100, 4096, 5000, 0};
    static const size_t lengths[] = {1, 255, 256, 257, 4000, 4096, 4097, 16000, 16384, LONG_BYTES};
    for (size_t p = 0; p < sizeof(paces) / sizeof(paces[0]); p++)
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            fresh();
            CU_ASSERT_EQUAL(pass(text_of(lengths[i]), said, paces[p]), RESULT_DONE);
            CU_ASSERT_EQUAL(pass(SPAN("{}"), last, paces[p]), RESULT_DONE);
            CU_ASSERT_EQUAL(unit_gateway_finish(paces[p]), RESULT_DONE);
            struct unit_gateway_answer answer = unit_gateway_answer();
            CU_ASSERT_TRUE(answer.whole);
            CU_ASSERT_TRUE(span_equal(unit_gateway_event(answer.body, 0), text_of(lengths[i])));
            CU_ASSERT_TRUE(span_equal(unit_gateway_event(answer.body, 1), SPAN("{}")));
            CU_ASSERT_TRUE(span_equal(unit_gateway_event(answer.body, 2), SPAN("[DONE]")));
        }
}

/* An error in the middle of an event cannot be told: the body is cut. Behind one it is an event. */
static void an_error_in_an_event(void)
{
    const struct gateway_error error = gateway_error(504, "too slow");
    for (int inside = 0; inside < 2; inside++) {
        struct provider_news news = {.kind = PROVIDER_EVENT, .text = text_of(LONG_BYTES),
                                     .marks = said};
        fresh();
        news.text.len = inside ? LONG_BYTES : 10;
        gateway_relay_take(G, 0, &news);
        CU_ASSERT_EQUAL(gateway_relay_pump(G, 0), inside ? RESULT_MORE : RESULT_DONE);
        gateway_relay_fail(G, 0, &error);
        struct unit_gateway_answer answer = unit_gateway_answer();
        struct span end = {answer.body.at + answer.body.len - 2, 2};
        CU_ASSERT_EQUAL(answer.whole, !inside);
        CU_ASSERT_EQUAL(span_equal(end, SPAN("\n\n")), !inside);
        CU_ASSERT_TRUE(G->clients[0].ended && G->clients[0].close);
    }
}

/* Where the route has them; a name that is too long is cut. */
static void names_and_no_done(void)
{
    static char name[2 * HTTP_SSE_NAME_BYTES];
    static const char *const held[] = {"event: one\ndata: {1}\n\n", "event: two\ndata: {2}\n\n",
                                       "data: {3}\n\nevent: nnnn"};
    memset(name, 'n', sizeof(name));
    struct provider_news news = {.kind = PROVIDER_EVENT, .text = SPAN("{1}"), .name = SPAN("one")};
    unit_gateway_fresh(true);
    for (int i = 0; i < 4; i++) {
        news.marks.content = i == 1;
        gateway_relay_take(G, 0, &news);
        CU_ASSERT_EQUAL(gateway_relay_pump(G, 0), RESULT_DONE);
        news.text = i == 0 ? SPAN("{2}") : i == 1 ? SPAN("{3}") : SPAN("{4}");
        news.name = i == 0 ? SPAN("two") : i == 1 ? SPAN("") : (struct span){name, sizeof(name)};
    }
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span rest = unit_gateway_answer().body;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE_FATAL(span_starts(rest, span_of(held[i])));
        rest = span_skip(rest, i < 2 ? strlen(held[i]) : 11);
    }
    CU_ASSERT_EQUAL(rest.len, 7 + HTTP_SSE_NAME_BYTES + 12);
    CU_ASSERT_TRUE(span_ends(rest, SPAN("n\ndata: {4}\n\n")));
}

static void every_choice_must_end(void)
{
    static const struct {
        uint64_t choices, finished;
        bool all;
    } cases[] = {
        {0, 0, false}, {1, 0, false}, {1, 1, true}, {3, 1, false}, {3, 3, true}, {6, 6, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct gateway_relay relay = {.choices = cases[i].choices,
                                            .finished = cases[i].finished};
        CU_ASSERT_EQUAL(gateway_event_finished(&relay), cases[i].all);
    }
}

/* Without pages nothing is held, and nothing is lost. */
static void scarce_pages(void)
{
    static const char *const expected[] = {"{1}", "{2}", "[DONE]"};
    fresh();
    unit_gateway_leave_pages(LIMIT_PAGES_RESERVE);
    CU_ASSERT_EQUAL(pass(SPAN("{1}"), empty, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    unit_gateway_read(SIZE_MAX);
    unit_gateway_leave_pages(0);
    CU_ASSERT_EQUAL(pass(SPAN("{2}"), last, 0), RESULT_MORE);
    unit_gateway_give_pages();
    CU_ASSERT_EQUAL(gateway_relay_pump(G, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    check_stream(expected, 3);
}

static const struct unit_test tests[] = {
    {"events wait for content", events_wait_for_content},
    {"usage for who asked", usage_for_who_asked},
    {"a further try", a_further_try},
    {"too much to wait", too_much_to_wait},
    {"large events and slow readers", large_events_and_slow_readers},
    {"an error in an event", an_error_in_an_event},
    {"names and no [DONE]", names_and_no_done},
    {"every choice must end", every_choice_must_end},
    {"scarce pages", scarce_pages},
};

UNIT_MAIN("gateway_event", tests)
