/* provider_messages: what each shape of message is taken apart into, and that it can be left. */
#include "core/provider/provider_messages.h"

#include "core/base/text.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OUT_BYTES 512
#define LARGE_BYTES 4194304

/* A thing as a letter and its text: R role, T text, O other, C call NAME(ARGUMENTS), . the end. */
static void note(struct text *out, const struct provider_messages_thing *thing)
{
    static const char letters[] = "?RTOC.";
    text_add_char(out, letters[thing->kind]);
    text_add(out, thing->text);
    if (thing->kind == PROVIDER_MESSAGES_CALL) {
        text_add_char(out, thing->arguments_as_json ? '<' : '(');
        text_add(out, thing->arguments);
        text_add_char(out, thing->arguments_as_json ? '>' : ')');
    }
    text_add_char(out, '|');
}

#define PART(text) "{\"type\":\"text\",\"text\":" text "}"
#define USER(content) "[{\"role\":\"user\",\"content\":" content "}]"
#define CALL(name, arguments)                                                                      \
    "{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":" name ",\"arguments\":" arguments \
    "}}"

static const struct {
    const char *messages;
    const char *things;
} rows[] = {
    {"[]", ".|"},
    {"[ ]", ".|"},
    {USER("\"hi\""), "Ruser|Thi|.|"},
    {USER("\"\""), "Ruser|.|"},
    {USER("null"), "Ruser|.|"},
    {USER("[]"), "Ruser|.|"},
    {USER("1"), "Ruser|.|"},
    {USER("{\"type\":\"text\",\"text\":\"x\"}"), "Ruser|.|"},
    {"[{\"role\":\"user\"}]", "Ruser|.|"},
    {"[{\"content\":\"C\",\"name\":\"n\",\"role\":\"user\"}]", "Ruser|TC|.|"},
    {"[{\"role\":\"a\",\"content\":\"1\"},{\"role\":\"b\",\"content\":\"2\"}]", "Ra|T1|Rb|T2|.|"},
    {"[\n{ \"role\" : \"a\" ,\t\"content\" : \"1\" }\r\n, {\"role\":\"b\"} ]", "Ra|T1|Rb|.|"},
    {"[{\"r\\u006fle\":\"user\",\"c\\u006fntent\":\"\\u0041\"}]", "Ruser|T\\u0041|.|"},
    {"[{\"role\":\"first\",\"role\":\"second\",\"content\":\"1\",\"content\":\"2\"}]",
     "Rfirst|T1|.|"},
    {"[{\"x\":{\"role\":\"inner\",\"content\":\"no\"},\"role\":\"user\",\"content\":\"yes\"}]",
     "Ruser|Tyes|.|"},
    {USER("\"a \\\" b \\\\\""), "Ruser|Ta \\\" b \\\\|.|"},
    {USER("\"]}, {[\""), "Ruser|T]}, {[|.|"},
    {"[{\"role\":7,\"content\":\"x\"}]", "R|Tx|.|"},
    {"[5,\"x\",[\"role\",\"a\"]]", "R|R|R|.|"},
    /* parts */
    {USER("[" PART("\"a\"") "]"), "Ruser|Ta|.|"},
    {USER("[" PART("\"a\"") " , " PART("\"\"") "," PART("\"b\"") "]"), "Ruser|Ta|T|Tb|.|"},
    {USER("[" PART("null") "," PART("5") ",{\"type\":\"text\"}]"), "Ruser|O|O|O|.|"},
    {USER("[{\"text\":\"t\",\"type\":\"te\\u0078t\",\"cache_control\":{\"type\":\"x\"}}]"),
     "Ruser|Tt|.|"},
    {USER("[{\"text\":\"untyped\"}]"), "Ruser|Tuntyped|.|"},
    {USER("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:\"}}]"), "Ruser|O|.|"},
    {USER("[{\"type\":\"refusal\",\"refusal\":\"no\"},{\"type\":\"input_audio\",\"text\":\"x\"}]"),
     "Ruser|O|O|.|"},
    {USER("[\"bare\",1,null,[]]"), "Ruser|O|O|O|O|.|"},
    {USER("[{\"type\":null,\"text\":\"x\"}]"), "Ruser|O|.|"},
    /* calls */
    {"[{\"role\":\"assistant\",\"content\":\"A\",\"tool_calls\":[" CALL("\"f\"", "\"{}\"") "]}]",
     "Rassistant|TA|Cf({})|.|"},
    {"[{\"tool_calls\":[" CALL("\"f\"", "\"{}\"") "," CALL("\"g\"", "\"\"")
     "],\"content\":null,\"role\":\"assistant\"},{\"role\":\"tool\",\"content\":\"T\"}]",
     "Rassistant|Cf({})|Cg()|Rtool|TT|.|"},
    {"[{\"role\":\"a\",\"content\":[" PART("\"x\"") "],\"tool_calls\":["
     CALL("\"f\"", "\"{\\\"a\\\":1}\"") "]}]",
     "Ra|Tx|Cf({\\\"a\\\":1})|.|"},
    {"[{\"role\":\"a\",\"tool_calls\":[{\"type\":\"custom\",\"custom\":{\"name\":\"n\","
     "\"input\":\"i\"}}]}]",
     "Ra|Cn(i)|.|"},
    {"[{\"role\":\"a\",\"tool_calls\":[" CALL("\"f\"", "{\"a\":[1, 2]}") "]}]",
     "Ra|Cf<{\"a\":[1, 2]}>|.|"},
    {"[{\"role\":\"a\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}},{},{\"function\":1},5]}]",
     "Ra|Cf<>|C<>|C<>|C<>|.|"},
    {"[{\"role\":\"a\",\"content\":null,\"tool_calls\":null,\"function_call\":{\"name\":\"f\","
     "\"arguments\":\"{}\"}},{\"role\":\"b\",\"function_call\":null},"
     "{\"role\":\"c\",\"function_call\":\"none\"}]",
     "Ra|Cf({})|Rb|Rc|.|"},
    {"[{\"role\":\"a\",\"function_call\":{\"name\":\"old\"},\"tool_calls\":["
     CALL("\"new\"", "\"\"") "]}]",
     "Ra|Cnew()|.|"},
    /* refusals */
    {"[{\"role\":\"a\",\"content\":null,\"refusal\":\"no\"},{\"refusal\":\"n\",\"content\":\"\"}]",
     "Ra|Tno|R|Tn|.|"},
    {"[{\"role\":\"a\",\"refusal\":null},{\"role\":\"b\",\"content\":\"x\",\"refusal\":\"no\"},"
     "{\"role\":\"c\",\"content\":[],\"refusal\":\"no\"}]",
     "Ra|Rb|Tx|Rc|.|"},
    {"[{\"role\":\"a\",\"content\":\"\",\"tool_calls\":null},{\"role\":\"b\",\"tool_calls\":[]}]",
     "Ra|Rb|.|"},
};

static void check(size_t row, const struct text *out)
{
    bool same = span_equal(text_span(out), span_of(rows[row].things));
    CU_ASSERT_TRUE(same);
    if (!same)
        printf("  %s\n  got %.*s\n  not %s\n", rows[row].messages, (int)out->len, out->at,
               rows[row].things);
}

/* The cursor is carried to another place behind each thing: nothing in it points to itself. */
static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].messages);
        struct span messages = {unit_guard(0, rows[i].messages, len), len};
        struct provider_messages_thing thing;
        struct provider_messages cursors[2];
        char bytes[OUT_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        int at = 0;
        provider_messages_begin(&cursors[0], messages);
        do {
            provider_messages_next(&cursors[at], &thing);
            note(&out, &thing);
            cursors[1 - at] = cursors[at];
            memset(&cursors[at], 0x5A, sizeof(cursors[at]));
            at = 1 - at;
        } while (thing.kind != PROVIDER_MESSAGES_END);
        check(i, &out);
    }
}

static void the_end_stays_the_end(void)
{
    struct provider_messages m;
    struct provider_messages_thing thing;
    provider_messages_begin(&m, SPAN("[]"));
    for (int i = 0; i < 3; i++) {
        provider_messages_next(&m, &thing);
        CU_ASSERT_EQUAL(thing.kind, PROVIDER_MESSAGES_END);
    }
}

static size_t repeat(char *out, const char *open, const char *one, const char *close)
{
    size_t one_len = strlen(one);
    size_t len = strlen(open);
    memcpy(out, open, len);
    for (; len + one_len + 8 < LARGE_BYTES; len += one_len)
        memcpy(out + len, one, one_len);
    len -= 1; /* the last comma */
    memcpy(out + len, close, strlen(close));
    return len + strlen(close);
}

/* 4 MiB of the smallest messages, parts and calls there are: were all of them gone through again
 * for each, this would take hours. */
static void it_is_linear(void)
{
    static const char *const shapes[][3] = {
        {"[", "{\"role\":\"u\"},", "]"},
        {"[{\"role\":\"u\",\"content\":[", "{\"text\":\"\"},", "]}]"},
        {"[{\"role\":\"u\",\"tool_calls\":[", "{},", "]}]"},
    };
    char *bytes = malloc(LARGE_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (size_t i = 0; i < 3; i++) {
        struct provider_messages m;
        struct provider_messages_thing thing;
        size_t len = repeat(bytes, shapes[i][0], shapes[i][1], shapes[i][2]);
        size_t things = 0;
        clock_t start = clock();
        provider_messages_begin(&m, (struct span){bytes, len});
        do {
            provider_messages_next(&m, &thing);
            things++;
        } while (thing.kind != PROVIDER_MESSAGES_END);
        CU_ASSERT_TRUE(things > LARGE_BYTES / 20);
        CU_ASSERT_TRUE(clock() - start < 3 * CLOCKS_PER_SEC);
    }
    free(bytes);
}

/* Identifiers: of a call, and of the call that a message is the result of. */
static void every_id(void)
{
    static const char messages[] =
        "[{\"role\":\"assistant\",\"content\":\"A\",\"tool_calls\":[" CALL("\"f\"", "\"\"") ",{}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c\\u0031\",\"name\":\"f\",\"content\":\"T\"},"
        "{\"role\":\"function\",\"name\":\"g\"},{\"tool_call_id\":7,\"name\":\"h\"}]";
    static const char *const ids[] = {"", "", "c", "", "c\\u0031", "", "g", "", ""};
    struct provider_messages m;
    struct provider_messages_thing thing;
    size_t i = 0;
    provider_messages_begin(&m, span_of(messages));
    do {
        provider_messages_next(&m, &thing);
        CU_ASSERT_TRUE_FATAL(i < sizeof(ids) / sizeof(ids[0]));
        CU_ASSERT_TRUE(span_equal(thing.id, span_of(ids[i])));
        i++;
    } while (thing.kind != PROVIDER_MESSAGES_END);
}

/* A part that is no text is given as it stands. */
static void every_other_part(void)
{
    static const char messages[] = "[{\"content\":[ {\"type\":\"x\"} ,\"y\"]}]";
    struct provider_messages m;
    struct provider_messages_thing thing;
    provider_messages_begin(&m, span_of(messages));
    provider_messages_next(&m, &thing);
    CU_ASSERT_EQUAL(thing.part.len, 0);
    provider_messages_next(&m, &thing);
    CU_ASSERT_TRUE(span_equal(thing.part, SPAN("{\"type\":\"x\"}")));
    provider_messages_next(&m, &thing);
    CU_ASSERT_TRUE(span_equal(thing.part, SPAN("\"y\"")));
}

static const struct unit_test tests[] = {
    {"every id", every_id},
    {"every other part", every_other_part},
    {"every row", every_row},
    {"the end stays the end", the_end_stays_the_end},
    {"it is linear", it_is_linear},
};

UNIT_MAIN("provider_messages", tests)
