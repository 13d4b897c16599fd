/* gateway_message: the events of a streamed answer and their order, with slow readers. */
#include "core/gateway/gateway_message.h"

#include "test/unit/unit.h"
#include "test/unit/unit_message.h"

#include <stdio.h>
#include <string.h>

#define G (&unit_gateway)
#define RELAY (G->requests[0].relay)
#define LONG_BYTES (4 * LIMIT_OUT_BYTES)
#define SUM_BYTES (LONG_BYTES + 4096)

/* The next event off the front of *text: its name and data. False: none. */
static bool next_event(struct span *text, struct span *name, struct span *data)
{
    struct span rest = *text;
    if (rest.len == 0)
        return false;
    CU_ASSERT_TRUE_FATAL(span_starts(rest, SPAN("event: ")));
    rest = span_skip(rest, 7);
    *name = (struct span){rest.at, span_find(rest, '\n')};
    rest = span_skip(rest, name->len + 1);
    CU_ASSERT_TRUE_FATAL(span_starts(rest, SPAN("data: ")));
    rest = span_skip(rest, 6);
    *data = (struct span){rest.at, span_find(rest, '\n')};
    rest = span_skip(rest, data->len);
    CU_ASSERT_TRUE_FATAL(span_starts(rest, SPAN("\n\n")));
    CU_ASSERT_TRUE_FATAL(unit_gateway_is_json(*data));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(*data, "type"), *name));
    *text = span_skip(rest, 2);
    return true;
}

static void add_block(struct text *out, struct span data)
{
    text_add(out, unit_gateway_at(data, "index"));
    text_add_char(out, '<');
    text_add(out, unit_gateway_string(data, "content_block.type"));
    if (unit_gateway_at(data, "content_block.id").at != NULL) {
        text_add_char(out, ' ');
        text_add(out, unit_gateway_string(data, "content_block.id"));
        text_add_char(out, ' ');
        text_add(out, unit_gateway_string(data, "content_block.name"));
    }
    text_add_char(out, ':');
}

static void add_delta(struct text *out, struct span data)
{
    static const char *const members[] = {"delta.text", "delta.thinking", "delta.partial_json"};
    for (int i = 0; i < 3; i++)
        text_add(out, unit_gateway_string(data, members[i]));
}

/* A stream in short: "{", each block as INDEX<TYPE ID NAME:text>, then ".stop_reason}". */
static void sum_up(struct text *out, struct span body)
{
    struct span name;
    struct span data;
    while (next_event(&body, &name, &data)) {
        if (span_equal(name, SPAN("message_start")))
            text_add_char(out, '{');
        else if (span_equal(name, SPAN("content_block_start")))
            add_block(out, data);
        else if (span_equal(name, SPAN("content_block_delta")))
            add_delta(out, data);
        else if (span_equal(name, SPAN("content_block_stop")))
            text_add_char(out, '>');
        else if (span_equal(name, SPAN("message_delta")))
            text_add(out, unit_gateway_string(data, "delta.stop_reason"));
        else if (span_equal(name, SPAN("message_stop")))
            text_add_char(out, '}');
        else
            text_add(out, name);
    }
}

static const struct {
    const char *script;
    enum provider_stop stop;
    const char *sum;
} rows[] = {
    {"T Hello\nT  you", PROVIDER_STOP_UNKNOWN, "{0<text:Hello you>end_turn}"},
    {"R hm\nT a\nR \nT b\nR ok", PROVIDER_STOP_LENGTH,
     "{0<thinking:hm>1<text:ab>2<thinking:ok>max_tokens}"},
    {"T \\u0041\\n", PROVIDER_STOP_END, "{0<text:A\n>end_turn}"},
    {"T a\nC t1 f\nA {\\\"a\\\":\nA 1}", PROVIDER_STOP_TOOLS,
     "{0<text:a>1<tool_use t1 f:{\"a\":1}>tool_use}"},
    {"C t1 f\nC t2 g\nA {}\nT b", PROVIDER_STOP_WORD,
     "{0<tool_use t1 f:>1<tool_use t2 g:{}>2<text:b>stop_sequence}"},
    {"C t1 f", PROVIDER_STOP_END, "{0<tool_use t1 f:>tool_use}"},
    {"T a\nT b", PROVIDER_STOP_FILTER, "{0<text:ab>refusal}"},
};

static void a_row(size_t i, size_t pace)
{
    static char bytes[SUM_BYTES];
    struct text sum = text_over(bytes, sizeof(bytes));
    unit_message_fresh(true);
    CU_ASSERT_EQUAL(unit_message_tell(rows[i].script, pace), RESULT_DONE);
    RELAY.stop = (uint8_t)rows[i].stop;
    CU_ASSERT_EQUAL(unit_gateway_finish(pace), RESULT_DONE);
    struct unit_gateway_answer answer = unit_gateway_answer();
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole);
    sum_up(&sum, answer.body);
    if (strcmp(text_str(&sum), rows[i].sum) != 0) {
        printf("%s\n  not %s\n", bytes, rows[i].sum);
        CU_FAIL("sum");
    }
    CU_ASSERT_EQUAL(G->pages.index.in_use, 0);
}

static void the_order(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t pace = 0; pace < 3; pace++)
            a_row(i, pace * 500);
}

static void what_stands_in_them(void)
{
    struct span name;
    struct span data;
    unit_message_fresh(true);
    RELAY.usage.has_input = RELAY.usage.has_output = true;
    RELAY.usage.input = 10;
    RELAY.usage.output = 4;
    RELAY.usage.cached = 3;
    CU_ASSERT_EQUAL(unit_message_tell("C - f\nQ why?", 0), RESULT_DONE);
    CU_ASSERT_NOT_EQUAL(G->requests[0].first_content_us, 0);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    CU_ASSERT_TRUE_FATAL(next_event(&body, &name, &data));
    struct span id = unit_gateway_string(data, "message.id");
    CU_ASSERT_TRUE(span_starts(id, SPAN("msg_")) && span_ends(id, span_of(RELAY.id)));
    CU_ASSERT_TRUE(span_equal(unit_gateway_string(data, "message.model"), SPAN("mini")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "message.content"), SPAN("[]")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "message.stop_reason"), SPAN("null")));
    CU_ASSERT_TRUE_FATAL(next_event(&body, &name, &data));
    CU_ASSERT_TRUE(span_starts(unit_gateway_string(data, "content_block.id"), SPAN("toolu_")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "content_block.input"), SPAN("{}")));
    CU_ASSERT_TRUE_FATAL(next_event(&body, &name, &data) && next_event(&body, &name, &data));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "usage.input_tokens"), SPAN("7")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "usage.output_tokens"), SPAN("4")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "usage.cache_read_input_tokens"), SPAN("3")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "moongate.related_questions"),
                              SPAN("[\"why?\"]")));
    CU_ASSERT_PTR_NULL(unit_gateway_at(data, "moongate.usage_known").at);
}

/* Without counts they are 0, and said to be unknown. */
static void unknown_usage(void)
{
    struct span name;
    struct span data;
    unit_message_fresh(true);
    CU_ASSERT_EQUAL(unit_message_tell("T a", 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    for (int i = 0; i < 5; i++)
        CU_ASSERT_TRUE_FATAL(next_event(&body, &name, &data));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "usage.output_tokens"), SPAN("0")));
    CU_ASSERT_TRUE(span_equal(unit_gateway_at(data, "moongate.usage_known"), SPAN("false")));
}

static void a_long_text(void)
{
    static char script[LONG_BYTES + 3];
    static char bytes[SUM_BYTES];
    struct text sum = text_over(bytes, sizeof(bytes));
    memcpy(script, "T ", 2);
    memset(script + 2, 'x', LONG_BYTES);
    unit_message_fresh(true);
    CU_ASSERT_EQUAL(unit_message_tell(script, 700), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(700), RESULT_DONE);
    sum_up(&sum, unit_gateway_answer().body);
    CU_ASSERT_EQUAL(sum.len, LONG_BYTES + sizeof("{0<text:>end_turn}") - 1);
}

/* An error in the middle, a sign of life before anything, and an answer of nothing. */
static void beside_content(void)
{
    char bytes[512];
    struct text sum = text_over(bytes, sizeof(bytes));
    struct gateway_error error = gateway_error(502, "it broke");
    unit_message_fresh(true);
    gateway_relay_ping(G, 0);
    CU_ASSERT_EQUAL(RELAY.state, GATEWAY_RELAY_HEADERS);
    CU_ASSERT_EQUAL(unit_message_tell("T a", 0), RESULT_DONE);
    gateway_relay_fail(G, 0, &error);
    sum_up(&sum, unit_gateway_answer().body);
    CU_ASSERT_STRING_EQUAL(text_str(&sum), "ping{0<text:aerror");
    sum.len = 0;
    unit_message_fresh(true);
    RELAY.has_text = true; /* the service said that it ended */
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    sum_up(&sum, unit_gateway_answer().body);
    CU_ASSERT_STRING_EQUAL(text_str(&sum), "{end_turn}");
}

/* A name that is too long for a tool is cut between characters. */
static void long_names(void)
{
    static char script[2048];
    unit_message_fresh(true);
    memset(script, 'n', sizeof(script) - 1);
    memcpy(script, "C t1 ", 5);
    CU_ASSERT_EQUAL(unit_message_tell(script, 0), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_gateway_finish(0), RESULT_DONE);
    struct span body = unit_gateway_answer().body;
    struct span name;
    struct span data;
    CU_ASSERT_TRUE_FATAL(next_event(&body, &name, &data) && next_event(&body, &name, &data));
    CU_ASSERT_EQUAL(unit_gateway_string(data, "content_block.name").len,
                    GATEWAY_MESSAGE_NAME_BYTES);
}

/* Arguments whose call's block is closed have no place any more. */
static void late_arguments(void)
{
    static const char *const scripts[] = {"T a\nA {}", "C t f\nT x\nA {}", "C t f\nR x\nA {}"};
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        unit_message_fresh(true);
        CU_ASSERT_EQUAL(unit_message_tell(scripts[i], 0), RESULT_FAULT);
    }
}

static const struct unit_test tests[] = {
    {"blocks in their order", the_order},
    {"what stands in the events", what_stands_in_them},
    {"usage that is not known", unknown_usage},
    {"a long text, read slowly", a_long_text},
    {"pings, errors, nothing", beside_content},
    {"long names", long_names},
    {"arguments that come too late", late_arguments},
};

UNIT_MAIN("gateway_message", tests)
