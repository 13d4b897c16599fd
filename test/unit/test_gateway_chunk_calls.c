/* Tool calls in streams and in whole answers, in every room and at every pace, and their ends. */
#include "core/gateway/gateway_chunk.h"
#include "core/gateway/gateway_flow.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <stdio.h>
#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define LONG_BYTES (LIMIT_HOLD_BYTES + 20000)

static char letters[LONG_BYTES];
static char joined[2 * LONG_BYTES];

/* News in hand, the client reading n bytes (0: everything) whenever it wants more room. */
static enum result say(struct provider_news news, size_t n)
{
    enum result result;
    gateway_relay_take(G, 0, &news);
    while ((result = gateway_relay_pump(G, 0)) == RESULT_MORE && G->clients[0].out.len > 0)
        unit_gateway_read(n == 0 ? SIZE_MAX : n);
    return result;
}

static struct provider_news call_of(const char *name, const char *id)
{
    return (struct provider_news){
        .kind = PROVIDER_TOOL, .text = span_of(name), .id = span_of(id), .raw = true};
}

static enum result arguments(struct span raw, size_t n)
{
    return say((struct provider_news){.kind = PROVIDER_ARGUMENTS, .text = raw, .raw = true}, n);
}

static enum result words(enum provider_news_kind kind, struct span text)
{
    return say((struct provider_news){.kind = kind, .text = text}, 0);
}

static bool is_at(struct span json, const char *path, const char *value)
{
    struct span found = unit_gateway_at(json, path);
    bool good = span_equal(found, span_of(value));
    if (!good)
        printf("  %s is %.*s\n", path, (int)(found.len < 99 ? found.len : 99),
               found.at != NULL ? found.at : "");
    return good;
}

/* ---- streams -------------------------------------------------------------------------------- */

static void a_streamed_call(void)
{
    unit_gateway_fresh(true);
    CU_ASSERT_EQUAL(say(call_of("f\\u0061", "id_1"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
    CU_ASSERT_EQUAL(arguments(SPAN(""), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(arguments(SPAN("{\\\"a\\\":"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(arguments(SPAN("1}"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(call_of("g", "id_2"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(arguments(SPAN("{}"), 0), RESULT_DONE);
    RELAY.stop = PROVIDER_STOP_TOOLS;
    RELAY.include_usage = true;
    RELAY.usage = (struct provider_usage){true, true, 7, 5, 0};
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    struct span first = unit_gateway_event(body, 0);
    CU_ASSERT_TRUE(is_at(first, "choices.0.delta",
                         "{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"id_1\","
                         "\"type\":\"function\",\"function\":{\"name\":\"f\\u0061\","
                         "\"arguments\":\"\"}}]}"));
    CU_ASSERT_TRUE(is_at(first, "choices.0.finish_reason", "null"));
    CU_ASSERT_TRUE(is_at(unit_gateway_event(body, 1), "choices.0.delta",
                         "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                         "\"{\\\"a\\\":\"}}]}"));
    CU_ASSERT_TRUE(is_at(unit_gateway_event(body, 3), "choices.0.delta.tool_calls.0.index", "1"));
    CU_ASSERT_TRUE(is_at(unit_gateway_event(body, 4), "choices.0.delta",
                         "{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]}"));
    CU_ASSERT_TRUE(is_at(unit_gateway_event(body, 5), "choices.0.delta", "{}"));
    CU_ASSERT_TRUE(is_at(unit_gateway_event(body, 5), "choices.0.finish_reason",
                         "\"tool_calls\""));
    CU_ASSERT_TRUE(is_at(unit_gateway_event(body, 6), "usage.total_tokens", "12"));
    CU_ASSERT_TRUE(span_equal(unit_gateway_event(body, 7), SPAN("[DONE]")));
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

/* Long arguments come in as many events as a slow client's room makes of them. */
static void long_streamed_arguments(void)
{
    for (size_t n = 100; n < 20000; n = 3 * n) {
        struct text all = text_over(joined, sizeof(joined));
        unit_gateway_fresh(true);
        CU_ASSERT_EQUAL(say(call_of("f", "i"), n), RESULT_DONE);
        CU_ASSERT_EQUAL(arguments((struct span){letters, 60000}, n), RESULT_DONE);
        CU_ASSERT_EQUAL(unit_gateway_finish(n), RESULT_DONE);
        struct span rest = unit_gateway_answer().body;
        while (rest.len > 0) {
            struct span event = unit_gateway_event(rest, 0);
            const char *path = "choices.0.delta.tool_calls.0.function.arguments";
            if (unit_gateway_at(event, path).at != NULL)
                text_add(&all, unit_gateway_string(event, path));
            rest = span_skip(rest, event.len + 8);
        }
        CU_ASSERT_TRUE(span_equal(text_span(&all), (struct span){letters, 60000}));
    }
}

/* The longest names have room in the smallest queue. */
static void the_longest_call(void)
{
    char name[LIMIT_NAME_BYTES];
    char word[PROVIDER_TOOL_BYTES + 1];
    memset(name, '\x01', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    memset(word, 'w', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    for (int stream = 0; stream < 2; stream++) {
        unit_gateway_fresh(stream);
        unit_gateway_ask(name);
        CU_ASSERT_EQUAL(say(call_of(word, word), 0), RESULT_DONE);
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        CU_ASSERT_TRUE(unit_gateway_answer().whole);
    }
}

/* A service that says why it ended has answered, though it said nothing. */
static void nothing_is_said(void)
{
    for (int stream = 0; stream < 2; stream++) {
        unit_gateway_fresh(stream);
        RELAY.has_text = true;
        RELAY.stop = PROVIDER_STOP_LENGTH;
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        struct span body = unit_gateway_answer().body;
        struct span object = stream ? unit_gateway_event(body, 0) : body;
        CU_ASSERT_TRUE(is_at(object, "choices.0.finish_reason", "\"length\""));
        CU_ASSERT_TRUE(is_at(object, stream ? "choices.0.delta.content"
                                            : "choices.0.message.content", "\"\""));
        CU_ASSERT_NOT_EQUAL(G->requests[0].first_content_us, 0);
        CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    }
}

/* ---- whole answers -------------------------------------------------------------------------- */

#define MESSAGE "choices.0.message"
#define CALL_1                                                                                     \
    "{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"
#define CALL_2                                                                                     \
    "{\"id\":\"2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\\\"\"}}"

static void say_two_calls(void)
{
    CU_ASSERT_EQUAL(say(call_of("f", "1"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(arguments(SPAN("{}"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(say(call_of("g", "2"), 0), RESULT_DONE);
    CU_ASSERT_EQUAL(arguments(SPAN("\\\""), 0), RESULT_DONE);
}

/* What is said besides, in any order, and the message that comes of it. */
static void held_calls(void)
{
    static const struct {
        const char *before, *thought, *behind;
        const char *message;
    } rows[] = {
        {"", "", "", "\"content\":null"},
        {"A", "", "", "\"content\":\"A\""},
        {"A", "", "B", "\"content\":\"AB\""},
        {"", "T", "", "\"reasoning_content\":\"T\",\"content\":null"},
        {"A", "T", "B", "\"reasoning_content\":\"T\",\"content\":\"AB\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char expected[512];
        unit_gateway_fresh(false);
        words(PROVIDER_TEXT, span_of(rows[i].before));
        say_two_calls();
        words(PROVIDER_TEXT, span_of(rows[i].behind));
        words(PROVIDER_REASONING, span_of(rows[i].thought));
        RELAY.stop = PROVIDER_STOP_TOOLS;
        RELAY.usage = (struct provider_usage){.has_input = true, .input = 9};
        CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
        struct span body = unit_gateway_answer().body;
        snprintf(expected, sizeof(expected),
                 "{\"role\":\"assistant\",%s,\"tool_calls\":[" CALL_1 "," CALL_2
                 "],\"refusal\":null}", rows[i].message);
        CU_ASSERT_TRUE(is_at(body, MESSAGE, expected));
        CU_ASSERT_TRUE(is_at(body, "choices.0.finish_reason", "\"tool_calls\""));
        CU_ASSERT_TRUE(is_at(body, "usage.prompt_tokens", "9"));
        CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    }
}

/* Past the border the object flows, in its order; what would have to stand before is refused. */
static void calls_that_flow(void)
{
    for (int text = 0; text < 2; text++) {
        for (size_t n = 0; n < 9000; n = n * 9 + 1000) {
            unit_gateway_fresh(false);
            CU_ASSERT_EQUAL(words(PROVIDER_REASONING, SPAN("T")), RESULT_DONE);
            CU_ASSERT_EQUAL(words(PROVIDER_TEXT, text ? SPAN("A") : SPAN("")), RESULT_DONE);
            say_two_calls();
            CU_ASSERT_EQUAL(say(call_of("h", "3"), n), RESULT_DONE);
            CU_ASSERT_EQUAL(arguments((struct span){letters, LONG_BYTES}, n), RESULT_DONE);
            CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_FLOWING);
            CU_ASSERT_EQUAL(say(call_of("i", "4"), n), RESULT_DONE);
            CU_ASSERT_EQUAL(arguments(SPAN("{}"), n), RESULT_DONE);
            CU_ASSERT_EQUAL(unit_gateway_finish(n), RESULT_DONE);
            struct span body = unit_gateway_answer().body;
            CU_ASSERT_TRUE(unit_gateway_is_json(body));
            CU_ASSERT_TRUE(is_at(body, MESSAGE ".reasoning_content", "\"T\""));
            CU_ASSERT_TRUE(is_at(body, MESSAGE ".content", text ? "\"A\"" : "null"));
            CU_ASSERT_TRUE(is_at(body, MESSAGE ".tool_calls.1", CALL_2));
            struct span long_one =
                unit_gateway_string(body, MESSAGE ".tool_calls.2.function.arguments");
            CU_ASSERT_TRUE(span_equal(long_one, (struct span){letters, LONG_BYTES}));
            CU_ASSERT_TRUE(is_at(body, MESSAGE ".tool_calls.3.function.name", "\"i\""));
            CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
        }
    }
}

static void text_behind_calls_that_flow(void)
{
    for (int kind = PROVIDER_TEXT; kind <= PROVIDER_REASONING; kind++) {
        unit_gateway_fresh(false);
        say_two_calls();
        CU_ASSERT_EQUAL(arguments((struct span){letters, LONG_BYTES}, 0), RESULT_DONE);
        CU_ASSERT_EQUAL(words((enum provider_news_kind)kind, SPAN("late")), RESULT_FAULT);
        gateway_relay_drop(G, 0);
    }
}

/* Calls are held while text flows, as long as they may be. */
static void calls_behind_text_that_flows(void)
{
    unit_gateway_fresh(false);
    CU_ASSERT_EQUAL(words(PROVIDER_TEXT, (struct span){letters, LONG_BYTES}), RESULT_DONE);
    say_two_calls();
    CU_ASSERT_TRUE(RELAY.tools.len > 0);
    CU_ASSERT_EQUAL(words(PROVIDER_TEXT, SPAN("end")), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    CU_ASSERT_TRUE(span_ends(unit_gateway_string(body, MESSAGE ".content"), SPAN("end")));
    CU_ASSERT_TRUE(is_at(body, MESSAGE ".tool_calls", "[" CALL_1 "," CALL_2 "]"));
}

/* A further try begins with nothing of the last one. */
static void begun_again(void)
{
    unit_gateway_fresh(false);
    say_two_calls();
    gateway_relay_again(G, 0);
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
    CU_ASSERT_EQUAL(words(PROVIDER_TEXT, SPAN("A")), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    CU_ASSERT_TRUE(is_at(body, MESSAGE, "{\"role\":\"assistant\",\"content\":\"A\","
                                        "\"refusal\":null}"));
}

/* Pages are short: the end waits until there are some, and is put together once. */
static void scarce_pages(void)
{
    unit_gateway_fresh(false);
    say_two_calls();
    unit_gateway_leave_pages(0);
    CU_ASSERT_EQUAL(gateway_relay_finish(G, 0), RESULT_MORE);
    CU_ASSERT_EQUAL(gateway_relay_finish(G, 0), RESULT_MORE);
    unit_gateway_give_pages();
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    CU_ASSERT_TRUE(is_at(unit_gateway_answer().body, MESSAGE ".tool_calls",
                         "[" CALL_1 "," CALL_2 "]"));
}

static void every_test_has_letters(void)
{
    for (size_t i = 0; i < sizeof(letters); i++)
        letters[i] = (char)('a' + i % 23);
}

static const struct unit_test tests[] = {
    {"letters", every_test_has_letters},
    {"a streamed call", a_streamed_call},
    {"long streamed arguments", long_streamed_arguments},
    {"the longest call", the_longest_call},
    {"nothing is said", nothing_is_said},
    {"held calls", held_calls},
    {"calls that flow", calls_that_flow},
    {"text behind calls that flow", text_behind_calls_that_flow},
    {"calls behind text that flows", calls_behind_text_that_flows},
    {"begun again", begun_again},
    {"scarce pages", scarce_pages},
};

UNIT_MAIN("gateway calls", tests)
