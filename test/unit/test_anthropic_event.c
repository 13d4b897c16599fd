/* anthropic_event: what each event means, and whole messages, whatever stands in them. */
#include "core/provider/anthropic_event.h"

#include "core/base/text.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define BLOCK(block)                                                                               \
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{" block "}}"
#define DELTA(delta) "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{" delta "}}"
#define STOP "{\"type\":\"content_block_stop\",\"index\":0}"
#define CALL(id, name, input)                                                                      \
    BLOCK("\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" input)
#define PIECE(json) DELTA("\"type\":\"input_json_delta\",\"partial_json\":\"" json "\"")
#define TEXT(text) DELTA("\"type\":\"text_delta\",\"text\":\"" text "\"")
#define MESSAGE(usage) "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":" usage "}}"
#define REASON(delta, usage)                                                                       \
    "{\"type\":\"message_delta\",\"delta\":{" delta "},\"usage\":" usage "}"
#define END "{\"type\":\"message_stop\"}"
#define LONG_32 "12345678901234567890123456789012"
#define LONG_129 LONG_32 LONG_32 LONG_32 LONG_32 "x"

/* News as a letter and its text, then what else it tells: T text, R reasoning, C call NAME#ID, A
 * arguments, F the end, E error, M malformed, - nothing; "!" complete with reason number N. */
static void note(struct text *out, const struct provider_news *news)
{
    static const char letters[] = "?-TRCA???FEM??";
    text_add_char(out, letters[news->kind]);
    text_add(out, news->text);
    if (news->kind == PROVIDER_TOOL) {
        text_add_char(out, '#');
        text_add(out, news->id);
    }
    if (news->stop != PROVIDER_STOP_UNKNOWN || news->marks.finished != 0) {
        text_add_char(out, '!');
        text_add_u64(out, news->stop);
    }
    if (news->usage.has_input) {
        text_add_str(out, " in ");
        text_add_u64(out, news->usage.input);
        text_add_char(out, '/');
        text_add_u64(out, news->usage.cached);
    }
    if (news->usage.has_output) {
        text_add_str(out, " out ");
        text_add_u64(out, news->usage.output);
    }
    text_add_char(out, '|');
}

/* Events, a line each, and what they tell. */
#define NAMELESS "Ea tool call without a name, or with one that is too long|"

static const struct {
    const char *events;
    const char *told;
} rows[] = {
    {MESSAGE("{\"input_tokens\":12,\"output_tokens\":1}"), "- in 12/0 out 1|"},
    {MESSAGE("{\"input_tokens\":12,\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":"
             "5,\"output_tokens\":1}"), "- in 20/5 out 1|"},
    {MESSAGE("{\"input_tokens\":12,\"cache_creation_input_tokens\":null}"), "- in 12/0|"},
    {MESSAGE("null"), "-|"},
    {MESSAGE("{\"input_tokens\":-1,\"output_tokens\":1.5}"), "-|"},
    {MESSAGE("{\"input_tokens\":9223372036854775807,\"cache_read_input_tokens\":"
             "9223372036854775807}"), "- in 9223372036854775807/9223372036854775807|"},
    {BLOCK("\"type\":\"text\",\"text\":\"\""), "T|"},
    {BLOCK("\"type\":\"text\",\"text\":\"a\""), "Ta|"},
    {TEXT("Hi\\n\\u00e9"), "THi\\n\\u00e9|"},
    {BLOCK("\"type\":\"thinking\",\"thinking\":\"\"") "\n"
     DELTA("\"type\":\"thinking_delta\",\"thinking\":\"hm\"") "\n"
     DELTA("\"type\":\"signature_delta\",\"signature\":\"EqQ\"") "\n" STOP,
     "R|Rhm|-|-|"},
    {BLOCK("\"type\":\"redacted_thinking\",\"data\":\"x\"") "\n" STOP, "-|-|"},
    {DELTA("\"type\":\"citations_delta\",\"citation\":{}"), "-|"},
    /* calls */
    {CALL("t1", "f", "{}") "\n" PIECE("") "\n" PIECE("{\\\"a\\\":") "\n" PIECE("1}") "\n" STOP,
     "Cf#t1|A|A{\\\"a\\\":|A1}|-|"},
    {CALL("t1", "f", "{}") "\n" PIECE("") "\n" STOP "\n" STOP, "Cf#t1|A|A{}|-|"},
    {CALL("t1", "f", "{ \"a\" : 1 }") "\n" STOP, "Cf#t1|A{ \"a\" : 1 }|-|"},
    {CALL("t1", "f", "[1]") "\n" STOP, "Cf#t1|A{}|"},
    {BLOCK("\"type\":\"tool_use\",\"name\":\"f\""), "Cf#|"},
    {CALL("t1", "", "{}"), NAMELESS},
    {CALL("t1", LONG_129, "{}"), NAMELESS},
    {CALL(LONG_129, "f", "{}"), NAMELESS},
    {BLOCK("\"type\":\"server_tool_use\",\"name\":\"web_search\",\"input\":{}") "\n" PIECE("1") "\n"
     STOP "\n" TEXT("a"), "-|-|-|Ta|"},
    {PIECE("1"), "-|"},
    /* the end */
    {REASON("\"stop_reason\":\"end_turn\",\"stop_sequence\":null", "{\"output_tokens\":7}") "\n"
     END, "-!1 out 7|F|"},
    {REASON("\"stop_reason\":\"max_tokens\"", "{\"input_tokens\":3,\"output_tokens\":7}"),
     "-!2 in 3/0 out 7|"},
    {REASON("\"stop_reason\":\"model_context_window_exceeded\"", "{}"), "-!2|"},
    {REASON("\"stop_reason\":\"tool_use\"", "{}"), "-!3|"},
    {REASON("\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"\\n\"", "{}"), "-!4|"},
    {REASON("\"stop_reason\":\"refusal\"", "{}"), "-!5|"},
    {REASON("\"stop_reason\":\"pause_turn\"", "{}"), "-!1|"},
    {REASON("\"stop_reason\":\"something_new\"", "{}"), "-!1|"},
    {REASON("\"stop_reason\":null", "{\"output_tokens\":7}"), "- out 7|"},
    {REASON("\"stop_reason\":\"\"", "{}"), "-|"},
    /* errors, and what is nobody's */
    {"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
     "EOverloaded|"},
    {"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", "Eoverloaded_error|"},
    {"{\"type\":\"error\"}", "E|"},
    {"{\"type\":\"ping\"}", "-|"},
    {"{\"type\":\"t\\u0065xt\"}", "-|"},
    {"{\"type\":\"m\\u0065ssage_stop\"}", "F|"},
    {"{}", "-|"},
    {" ", "-|"},
    {"[]", "M|"},
    {"[DONE]", "M|"},
    {"{\"type\":\"message_stop\"", "M|"},
    {"{\"type\":\"content_block_delta\",\"delta\":7}", "-|"},
    {"{\"type\":\"content_block_start\",\"content_block\":null}", "-|"},
    {"{\"type\":\"content_block_start\"}", "-|"},
    {"{\"type\":7}", "-|"},
    {BLOCK("\"type\":\"text\",\"text\":7"), "T|"},
};

/* Reads one event, at the end of a page that nobody may touch, for all its news. */
static void read_event(struct provider_call *call, struct span event, struct text *told)
{
    struct span data = {unit_guard(0, event.at, event.len), event.len};
    struct provider_news news;
    int count = 0;
    do {
        memset(&news, 0x5A, sizeof(news));
        anthropic_event(call, SPAN("message_start"), data, &news);
        CU_ASSERT_TRUE_FATAL(++count <= 2);
        note(told, &news);
    } while (news.more);
}

static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[512];
        struct text told = text_over(bytes, sizeof(bytes));
        struct provider_call call = {0};
        struct span rest = span_of(rows[i].events);
        while (rest.len > 0) {
            size_t line = span_find(rest, '\n');
            read_event(&call, (struct span){rest.at, line}, &told);
            rest = span_skip(rest, line < rest.len ? line + 1 : line);
        }
        CU_ASSERT_STRING_EQUAL(text_str(&told), rows[i].told);
        if (strcmp(bytes, rows[i].told) != 0)
            printf("  got %s\n  not %s\n", bytes, rows[i].told);
    }
}

/* An event that is cut anywhere cannot be read, and says nothing. */
static void every_prefix(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span event = {rows[i].events, span_find(span_of(rows[i].events), '\n')};
        for (size_t len = 1; len < event.len && event.at[0] == '{'; len++) {
            char bytes[512];
            struct text told = text_over(bytes, sizeof(bytes));
            struct provider_call call = {0};
            read_event(&call, (struct span){event.at, len}, &told);
            CU_ASSERT_STRING_EQUAL(text_str(&told), "M|");
        }
    }
}

static void calls_are_counted(void)
{
    char bytes[512];
    struct text told = text_over(bytes, sizeof(bytes));
    struct provider_call call = {0};
    read_event(&call, SPAN(CALL("a", "f", "{}")), &told);
    read_event(&call, SPAN(STOP), &told);
    read_event(&call, SPAN(CALL("b", "g", "{\"x\":1}")), &told);
    read_event(&call, SPAN(CALL("b", "", "{}")), &told);
    CU_ASSERT_EQUAL(call.reading.calls, 2);
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"every prefix", every_prefix},
    {"calls are counted", calls_are_counted},
};

UNIT_MAIN("anthropic event", tests)
