/* Whole answers: held to the border and past it, reasoning anywhere, scarce pages, slow readers. */
#include "core/gateway/gateway_whole.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define LONG_BYTES (3 * LIMIT_HOLD_BYTES)

static char letters[LONG_BYTES];

/* The first n letters of a text in which they tell where they stand. */
static struct span text_of(size_t n)
{
    for (size_t i = 0; letters[LONG_BYTES - 1] == '\0' && i < LONG_BYTES; i++)
        letters[i] = (char)('a' + i % 23);
    return (struct span){letters, n};
}

static bool is_letters(struct span text, size_t n)
{
    return span_equal(text, text_of(n));
}

static enum result say(enum provider_news_kind kind, struct span text, size_t pace)
{
    return unit_gateway_say(kind, text, true, pace);
}

/* The answer, judged; its frame checked. */
static struct unit_gateway_answer read_whole(void)
{
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer.head.at);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.head.at, "content-type: application/json\r\n"));
    CU_ASSERT_TRUE_FATAL(unit_gateway_is_json(answer.body));
    struct span id = unit_gateway_string(answer.body, "id");
    CU_ASSERT_TRUE(span_starts(id, SPAN("chatcmpl-")) && span_ends(id, span_of(RELAY.id)));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "object"),
                              SPAN("\"chat.completion\"")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(answer.body, "model"), SPAN("mini")));
    struct span choice = unit_gateway_at(answer.body, "choices.0");
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(choice, "index"), SPAN("0")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(choice, "logprobs"), SPAN("null")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(choice, "finish_reason"), SPAN("\"stop\"")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(choice, "message.role"), SPAN("\"assistant\"")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(choice, "message.refusal"), SPAN("null")));
    CU_ASSERT_PTR_NULL(unit_gateway_at(answer.body, "usage").at);
    CU_ASSERT_TRUE(G->clients[0].ended);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_ENDED);
    return answer;
}

static struct span content_of(const struct unit_gateway_answer *answer)
{
    return unit_gateway_string(answer->body, "choices.0.message.content");
}

static struct span reasoning_of(const struct unit_gateway_answer *answer)
{
    return unit_gateway_string(answer->body, "choices.0.message.reasoning_content");
}

static void a_short_answer(void)
{
    unit_gateway_fresh(false);
    CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, SPAN("You \"s\"\n"), false, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, SPAN("a\\u0069d\\n\xC3\xA9"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_QUIET);
    CU_ASSERT_EQUAL(G->clients[0].out.len, 0);
    CU_ASSERT_EQUAL(G->requests[0].first_content_us, 0);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    CU_ASSERT_NOT_EQUAL(G->requests[0].first_content_us, 0);
    struct unit_gateway_answer answer = read_whole();
    CU_ASSERT_FALSE(answer.chunked);
    CU_ASSERT_TRUE(span_equal(content_of(&answer), SPAN("You \"s\"\naid\n\xC3\xA9")));
    CU_ASSERT_PTR_NULL(unit_gateway_at(answer.body, "choices.0.message.reasoning_content").at);
    CU_ASSERT_PTR_NULL(unit_gateway_at(answer.body, "moongate").at);
}

static void reasoning_and_extras(void)
{
    unit_gateway_fresh(false);
    CU_ASSERT_EQUAL(say(PROVIDER_REASONING, SPAN("one "), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, SPAN("A"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_QUESTION, SPAN("why?"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_REASONING, SPAN("two"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_SOURCES, SPAN("[1,2]"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, SPAN("B"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_THREAD, SPAN("t"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct unit_gateway_answer answer = read_whole();
    CU_ASSERT_TRUE(span_equal(content_of(&answer), SPAN("AB")));
    CU_ASSERT_TRUE(span_equal(reasoning_of(&answer), SPAN("one two")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "moongate.related_questions"),
                              SPAN("[\"why?\"]")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(answer.body, "moongate.sources"), SPAN("[1,2]")));
    CU_ASSERT_PTR_NOT_NULL(unit_gateway_at(answer.body, "moongate.thread_id").at);
}

/* reasoning and text of so many bytes, then the border: does it flow before it is complete? */
static const struct {
    size_t reasoning;
    size_t text;
    bool flows;
} borders[] = {
    {0, 1, false},
    {0, LIMIT_HOLD_BYTES - 1, false},
    {0, LIMIT_HOLD_BYTES, false},
    {0, LIMIT_HOLD_BYTES + 1, true},
    {1, LIMIT_HOLD_BYTES - 1, false},
    {1, LIMIT_HOLD_BYTES, true},
    {LIMIT_HOLD_BYTES - 1, 1, false},
    {LIMIT_HOLD_BYTES - 1, 2, true},
    {LIMIT_HOLD_BYTES, 1, true},
    {LIMIT_HOLD_BYTES + 1, 1, true},
    {0, LONG_BYTES, true},
    {LONG_BYTES, 1, true},
    {LONG_BYTES, LONG_BYTES, true},
};

static void one_border(size_t i, size_t step, size_t pace)
{
    unit_gateway_fresh(false);
    for (size_t at = 0; at < borders[i].reasoning; at += step) {
        struct span part = span_skip(text_of(borders[i].reasoning), at);
        part.len = part.len < step ? part.len : step;
        CU_ASSERT_EQUAL(say(PROVIDER_REASONING, part, pace), RESULT_DONE);
    }
    for (size_t at = 0; at < borders[i].text; at += step) {
        struct span part = span_skip(text_of(borders[i].text), at);
        part.len = part.len < step ? part.len : step;
        CU_ASSERT_EQUAL(say(PROVIDER_TEXT, part, pace), RESULT_DONE);
    }
    CU_ASSERT_EQUAL(RELAY.state == GATEWAY_RELAY_FLOWING, borders[i].flows);
    CU_ASSERT_EQUAL(G->requests[0].first_content_us != 0, borders[i].flows);
    CU_ASSERT_TRUE(RELAY.text.len + RELAY.reasoning.len <= LIMIT_HOLD_BYTES);
    CU_ASSERT_EQUAL(unit_gateway_finish(pace), RESULT_DONE);
    struct unit_gateway_answer answer = read_whole();
    CU_ASSERT_EQUAL(answer.chunked, borders[i].flows);
    CU_ASSERT_TRUE(is_letters(content_of(&answer), borders[i].text));
    CU_ASSERT_TRUE(is_letters(reasoning_of(&answer), borders[i].reasoning));
}

static void the_border(void)
{
    static const size_t steps[] = {1000, 5000, LONG_BYTES};
    static const size_t paces[] = {0, 5000};
    for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
        for (size_t s = 0; s < 3; s++)
            for (size_t p = 0; p < 2; p++)
                one_border(i, steps[s], paces[p]);
}

/* Escapes count as they are written. */
static void the_border_counts_escaped(void)
{
    static char controls[LIMIT_HOLD_BYTES / 6 + 1];
    memset(controls, 1, sizeof(controls));
    for (size_t more = 0; more < 2; more++) {
        unit_gateway_fresh(false);
        struct span text = {controls, LIMIT_HOLD_BYTES / 6 + more};
        CU_ASSERT_EQUAL(unit_gateway_say(PROVIDER_TEXT, text, false, 0), RESULT_DONE);
        CU_ASSERT_EQUAL(RELAY.state == GATEWAY_RELAY_FLOWING, more == 1);
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        struct unit_gateway_answer answer = read_whole();
        CU_ASSERT_TRUE(span_equal(content_of(&answer), text));
    }
}

/* Text is held while reasoning flows, as long as it may be. */
static void reasoning_behind_text(void)
{
    unit_gateway_fresh(false);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, text_of(1000), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_REASONING, text_of(LIMIT_HOLD_BYTES), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, span_skip(text_of(2000), 1000), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_REASONING, SPAN("end"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct unit_gateway_answer answer = read_whole();
    CU_ASSERT_TRUE(is_letters(content_of(&answer), 2000));
    struct span reasoning = reasoning_of(&answer);
    CU_ASSERT_TRUE(span_ends(reasoning, SPAN("end")));
    reasoning.len -= 3;
    CU_ASSERT_TRUE(is_letters(reasoning, LIMIT_HOLD_BYTES));
}

static void reasoning_behind_text_that_flows(void)
{
    unit_gateway_fresh(false);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, text_of(LIMIT_HOLD_BYTES + 1), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_REASONING, SPAN(""), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(PROVIDER_REASONING, SPAN("x"), 0), RESULT_FAULT);
    const struct gateway_error error = gateway_error(502, "out of order");
    gateway_relay_fail(G, 0, &error);
    CU_ASSERT_FALSE(unit_gateway_answer().whole);
    CU_ASSERT_TRUE(G->clients[0].close);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

/* Interleaved in turns until far past the border: either in order, or a fault, never mixed. */
static void interleaved(void)
{
    static const size_t pieces[] = {10, 100, 700, 6000};
    for (size_t i = 0; i < 4; i++) {
        unit_gateway_fresh(false);
        size_t piece = pieces[i];
        size_t text = 0;
        size_t reasoning = 0;
        while (text < LIMIT_HOLD_BYTES - 6000) {
            struct span next = {text_of(reasoning + piece).at + reasoning, piece};
            CU_ASSERT_EQUAL(say(PROVIDER_REASONING, next, 3000), RESULT_DONE);
            reasoning += piece;
            next = (struct span){text_of(text + piece).at + text, piece};
            CU_ASSERT_EQUAL(say(PROVIDER_TEXT, next, 3000), RESULT_DONE);
            text += piece;
        }
        CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
        CU_ASSERT_EQUAL(unit_gateway_finish(3000), RESULT_DONE);
        struct unit_gateway_answer answer = read_whole();
        CU_ASSERT_TRUE(is_letters(content_of(&answer), text));
        CU_ASSERT_TRUE(is_letters(reasoning_of(&answer), reasoning));
    }
}

static void the_reserve_is_exact(void)
{
    for (int more = 0; more < 2; more++) {
        unit_gateway_fresh(false);
        unit_gateway_leave_pages(LIMIT_PAGES_RESERVE + more);
        CU_ASSERT_EQUAL(say(PROVIDER_TEXT, SPAN("x"), 0), RESULT_DONE);
        CU_ASSERT_EQUAL(RELAY.state == GATEWAY_RELAY_QUIET, more == 1);
        unit_gateway_give_pages();
    }
}

static void scarce_pages_commit_early(void)
{
    unit_gateway_fresh(false);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, text_of(10000), 0), RESULT_DONE);
    unit_gateway_leave_pages(LIMIT_PAGES_RESERVE);
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, span_skip(text_of(20000), 10000), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    unit_gateway_give_pages();
    struct unit_gateway_answer answer = read_whole();
    CU_ASSERT_TRUE(answer.chunked);
    CU_ASSERT_TRUE(is_letters(content_of(&answer), 20000));
}

/* Whatever pages there are at each step, nothing is lost or told twice. */
static void scarce_pages_wait(void)
{
    static const size_t lens[] = {9000, 2 * LIMIT_HOLD_BYTES};
    for (size_t i = 0; i < 2; i++) {
        const struct provider_news news = {
            .kind = PROVIDER_TEXT, .text = text_of(lens[i]), .raw = true};
        unit_gateway_fresh(false);
        gateway_relay_take(G, 0, &news);
        uint32_t state = 5;
        enum result result = RESULT_MORE;
        for (int turn = 0; turn < 2000 && result != RESULT_DONE; turn++) {
            unit_gateway_leave_pages((int)unit_gateway_chance(&state, 4));
            result = gateway_relay_pump(G, 0);
            unit_gateway_read(1 + unit_gateway_chance(&state, 9000));
            unit_gateway_give_pages();
        }
        CU_ASSERT_EQUAL(result, RESULT_DONE);
        say(PROVIDER_QUESTION, SPAN("why?"), 0);
        for (int pages = 0; pages < 40 && RELAY.state != GATEWAY_RELAY_ENDED; pages++) {
            unit_gateway_leave_pages(pages);
            gateway_relay_finish(G, 0);
            unit_gateway_read(SIZE_MAX);
            unit_gateway_give_pages();
        }
        struct unit_gateway_answer answer = read_whole();
        CU_ASSERT_TRUE(is_letters(content_of(&answer), lens[i]));
        CU_ASSERT_PTR_NOT_NULL(unit_gateway_at(answer.body, "moongate").at);
    }
}

/* A long answer that flows keeps within the client's queue. */
static void a_slow_reader_is_waited_for(void)
{
    const struct provider_news news = {
        .kind = PROVIDER_TEXT, .text = text_of(LONG_BYTES), .raw = true};
    unit_gateway_fresh(false);
    gateway_relay_take(G, 0, &news);
    CU_ASSERT_EQUAL(gateway_relay_pump(G, 0), RESULT_MORE);
    CU_ASSERT_TRUE(G->clients[0].out.len <= LIMIT_OUT_BYTES);
    size_t left = RELAY.news.text.len;
    CU_ASSERT_EQUAL(gateway_relay_pump(G, 0), RESULT_MORE);
    CU_ASSERT_EQUAL(RELAY.news.text.len, left);
    int turns = 0;
    for (; gateway_relay_pump(G, 0) == RESULT_MORE; turns++) {
        CU_ASSERT_TRUE_FATAL(G->clients[0].out.len <= LIMIT_OUT_BYTES);
        unit_gateway_read(LIMIT_OUT_BYTES / 2);
    }
    CU_ASSERT_TRUE(turns <= 2 * LONG_BYTES / (LIMIT_OUT_BYTES / 2));
    CU_ASSERT_EQUAL(unit_gateway_finish(100), RESULT_DONE);
    struct unit_gateway_answer answer = read_whole();
    CU_ASSERT_TRUE(is_letters(content_of(&answer), LONG_BYTES));
}

static void an_http_1_0_client(void)
{
    unit_gateway_fresh(false);
    G->clients[0].http_1_0 = true;
    CU_ASSERT_EQUAL(say(PROVIDER_TEXT, text_of(LONG_BYTES), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_FALSE(answer.chunked);
    CU_ASSERT_TRUE(unit_gateway_is_json(answer.body));
    CU_ASSERT_TRUE(is_letters(content_of(&answer), LONG_BYTES));
}

static const struct unit_test tests[] = {
    {"a short answer", a_short_answer},
    {"reasoning and extras", reasoning_and_extras},
    {"the border", the_border},
    {"the border counts escaped", the_border_counts_escaped},
    {"reasoning behind text", reasoning_behind_text},
    {"reasoning behind text that flows", reasoning_behind_text_that_flows},
    {"interleaved", interleaved},
    {"the reserve is exact", the_reserve_is_exact},
    {"scarce pages commit early", scarce_pages_commit_early},
    {"scarce pages wait", scarce_pages_wait},
    {"a slow reader is waited for", a_slow_reader_is_waited_for},
    {"an HTTP/1.0 client", an_http_1_0_client},
};

UNIT_MAIN("gateway_whole", tests)
