/* Where the members of the outermost object lie, however the document arrives. */
#include "core/json/json_outline.h"

#include "core/base/text.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"
#include "test/unit/unit_json.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct span names[] = {
    {"model", 5}, {"messages", 8}, {"stream", 6}, {"\xC3\xA4/\xF0\x9F\x98\x80", 7}, {"", 0},
};

static struct json_outline outline;

/* Takes text in pieces of step bytes, and at each step the whole document lies elsewhere. *last is
 * where it lies at the end. */
static enum result take(struct span text, size_t step, const char **last)
{
    enum result result = RESULT_MORE;
    json_outline_init(&outline, names, COUNT(names));
    for (size_t len = 0; len < text.len && result == RESULT_MORE;) {
        len = text.len - len < step ? text.len : len + step;
        *last = unit_guard(0, text.at, len);
        result = json_outline_take(&outline, *last, len);
    }
    return result == RESULT_MORE ? json_outline_end(&outline) : result;
}

struct row {
    const char *text;
    enum json_kind root;
    const char *values[COUNT(names)]; /* NULL: absent */
    const char *others;               /* their names, joined */
    int twice;
};

static const struct row rows[] = {
    {"{}", JSON_OBJECT, {NULL}, "", -1},
    {" { } ", JSON_OBJECT, {NULL}, "", -1},
    {"[{\"model\":1}]", JSON_ARRAY, {NULL}, "", -1},
    {" \"model\"", JSON_STRING, {NULL}, "", -1},
    {"-1", JSON_NUMBER, {NULL}, "", -1},
    {"\n\ttrue\n", JSON_TRUE, {NULL}, "", -1},
    {"false", JSON_FALSE, {NULL}, "", -1},
    {" null ", JSON_NULL, {NULL}, "", -1},
    {"{\"model\":\"a\"}", JSON_OBJECT, {"\"a\""}, "", -1},
    {" { \"model\" : \"a b\" , \"stream\" : true } ", JSON_OBJECT,
     {"\"a b\"", NULL, "true"}, "", -1},
    {"{\"stream\":false,\"model\":null}", JSON_OBJECT, {"null", NULL, "false"}, "", -1},
    {"{\"model\":-0.5e1\n}", JSON_OBJECT, {"-0.5e1"}, "", -1},
    {"{\"messages\":[ {\"model\":[1,2]}, {} ],\"model\":{\"stream\":{ }}}", JSON_OBJECT,
     {"{\"stream\":{ }}", "[ {\"model\":[1,2]}, {} ]"}, "", -1},
    {"{\"a\":\"model\",\"b\":[\"stream\",{\"messages\":1}],\"model\":\":,}\"}", JSON_OBJECT,
     {"\":,}\""}, "\"a\"\"b\"", -1},
    {"{\"Model\":1,\"model \":2,\"mode\":3,\"modell\":4,\"\\\"model\":5}", JSON_OBJECT, {NULL},
     "\"Model\"\"model \"\"mode\"\"modell\"\"\\\"model\"", -1},
    {"{\"mo\\u0064\\u0065l\":1,\"\\u006dessages\":2}", JSON_OBJECT, {"1", "2"}, "", -1},
    {"{\"\\u00e4\\/\\uD83D\\uDE00\":[]}", JSON_OBJECT, {NULL, NULL, NULL, "[]"}, "", -1},
    {"{\"\xC3\xA4/\xF0\x9F\x98\x80\":[]}", JSON_OBJECT, {NULL, NULL, NULL, "[]"}, "", -1},
    {"{\"\":\"\"}", JSON_OBJECT, {NULL, NULL, NULL, NULL, "\"\""}, "", -1},
    {"{\"\\u0000\":1}", JSON_OBJECT, {NULL}, "\"\\u0000\"", -1},
    {"{\"model\":1,\"x\":2,\"model\":3}", JSON_OBJECT, {"1"}, "\"x\"", 0},
    {"{\"stream\":1,\"str\\u0065am\":2,\"model\":3,\"model\":4}", JSON_OBJECT, {"3", NULL, "1"}, "",
     2},
    {"{\"x\":1,\"x\":2}", JSON_OBJECT, {NULL}, "\"x\"\"x\"", -1},
    {"{\"model\":\"\\\\\",\"stream\":\"\\\"\"}", JSON_OBJECT,
     {"\"\\\\\"", NULL, "\"\\\"\""}, "", -1},
    {"{\"model\":[],\"messages\":{},\"stream\":0}", JSON_OBJECT, {"[]", "{}", "0"}, "", -1},
};

static bool member_is(const struct json_member *member, const char *document, const char *value)
{
    struct span found = json_outline_value(member, document);
    if (value == NULL)
        return member->kind == JSON_ABSENT && found.at == NULL;
    return member->kind == json_kind_of(value[0]) && span_equal(found, span_of(value));
}

static void check(const struct row *row, const char *document)
{
    CU_ASSERT_EQUAL(outline.root, row->root);
    CU_ASSERT_EQUAL(outline.twice, row->twice);
    CU_ASSERT_FALSE(outline.more_others);
    for (size_t i = 0; i < COUNT(names); i++)
        CU_ASSERT_TRUE(member_is(&outline.members[i], document, row->values[i]));
    struct span others = span_of(row->others);
    for (size_t i = 0; i < outline.other_count; i++) {
        struct span name = json_outline_value(&outline.others[i], document);
        CU_ASSERT_EQUAL(outline.others[i].kind, JSON_STRING);
        CU_ASSERT_FATAL(span_starts(others, name));
        others = span_skip(others, name.len);
    }
    CU_ASSERT_EQUAL(others.len, 0);
}

static void in_every_cut(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span text = span_of(rows[i].text);
        for (size_t step = 1; step <= text.len; step++) {
            const char *document = NULL;
            CU_ASSERT_EQUAL_FATAL(take(text, step, &document), RESULT_DONE);
            check(&rows[i], document);
        }
    }
}

static void every_prefix(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t len = 0; len < strlen(rows[i].text); len++) {
            const char *document = NULL;
            struct json_rules rules;
            json_rules_init(&rules);
            json_rules_take(&rules, (struct span){rows[i].text, len});
            enum result wanted = json_rules_end(&rules);
            CU_ASSERT_EQUAL(take((struct span){rows[i].text, len}, 3, &document), wanted);
        }
    }
}

static void between_the_quotes(void)
{
    const char *document = NULL;
    take(SPAN("{\"model\":\"\",\"stream\":\"a\\\"b\"}"), 1, &document);
    struct span empty = json_outline_string(&outline.members[0], document);
    CU_ASSERT_TRUE(empty.at == document + 10 && empty.len == 0);
    CU_ASSERT_TRUE(span_equal(json_outline_string(&outline.members[2], document),
                              SPAN("a\\\"b")));
}

/* Of the longest string as much as comes in a row: all of it in one piece, and without escapes that
 * are cut, else some of it at least, and never more. */
static void the_longest_string(void)
{
    static const char *const texts[] = {
        "abcdefgh", "ab\\u00e9\\\"", "\xF0\x9F\x98\x80\xC3\xA4\\n "};
    static char document[4000];
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct text text = text_over(document, sizeof(document));
        text_add_str(&text, "{\"a\":\"");
        for (int n = 0; n < 50; n++)
            text_add_str(&text, texts[i]);
        text_add_str(&text, "\",\"b\":[\"");
        size_t begin = text.len;
        for (int n = 0; n < 100; n++)
            text_add_str(&text, texts[i]);
        size_t len = text.len - begin;
        text_add_str(&text, "\",\"a short one\"]}");
        for (size_t step = 1; step <= text.len; step += step < 60 ? 1 : 61) {
            const char *last = NULL;
            CU_ASSERT_EQUAL_FATAL(take(text_span(&text), step, &last), RESULT_DONE);
            struct span known = json_outline_known(&outline, last);
            bool longest = known.at == last + begin && known.len <= len;
            CU_ASSERT_TRUE(known.at == NULL ? step < 600 : longest || known.at == last + 6);
            CU_ASSERT_TRUE(known.at == NULL ||
                           known.len + 2 <= json_walk_string_len(span_skip(
                                                text_span(&text), (size_t)(known.at - 1 - last))));
        }
        const char *last = NULL;
        take(text_span(&text), text.len, &last);
        CU_ASSERT_EQUAL(json_outline_known(&outline, last).len, len);
    }
}

static void faults(void)
{
    static const struct {
        const char *text;
        const char *why;
        uint64_t offset;
    } bads[] = {
        {"", "it is empty", 0},
        {"{\"model\":1,}", "a comma stands in front of a '}'", 11},
        {"{\"model\" \"a\"}", "a colon is missing", 9},
        {"{\"model\":\"a", "it ends inside a string", 11},
        {"{\"model\":1]", "a ']' stands where a '}' belongs", 10},
        {"{\"model\":1}}", "something follows the document", 11},
        {"\xFF", "what stands here is no value", 0},
    };
    for (size_t i = 0; i < COUNT(bads); i++) {
        for (size_t step = 1; step < 14; step++) {
            const char *document = NULL;
            CU_ASSERT_EQUAL(take(span_of(bads[i].text), step, &document), RESULT_FAULT);
            CU_ASSERT_STRING_EQUAL(outline.rules.why, bads[i].why);
            CU_ASSERT_EQUAL(outline.rules.offset, bads[i].offset);
        }
    }
}

static void more_others_than_are_kept(void)
{
    char text[JSON_OUTLINE_OTHERS * 8 + 32];
    for (int count = 0; count <= JSON_OUTLINE_OTHERS + 1; count++) {
        const char *document = NULL;
        int len = snprintf(text, sizeof(text), "{\"model\":1");
        for (int i = 0; i < count; i++)
            len += snprintf(text + len, sizeof(text) - (size_t)len, ",\"x%02d\":0", i);
        len += snprintf(text + len, sizeof(text) - (size_t)len, "}");
        CU_ASSERT_EQUAL(take((struct span){text, (size_t)len}, 5, &document), RESULT_DONE);
        bool more = count > JSON_OUTLINE_OTHERS;
        CU_ASSERT_EQUAL(outline.other_count, more ? JSON_OUTLINE_OTHERS : count);
        CU_ASSERT_EQUAL(outline.more_others, more);
        CU_ASSERT_EQUAL(outline.members[0].kind, JSON_NUMBER);
    }
}

static void without_names(void)
{
    json_outline_init(&outline, NULL, 0);
    CU_ASSERT_EQUAL(json_outline_take(&outline, NULL, 0), RESULT_MORE);
    CU_ASSERT_EQUAL(outline.root, JSON_ABSENT);
    CU_ASSERT_EQUAL(json_outline_take(&outline, "{\"a\":1}", 7), RESULT_MORE);
    CU_ASSERT_EQUAL(json_outline_end(&outline), RESULT_DONE);
    CU_ASSERT_EQUAL(outline.other_count, 1);
}

static enum result judge_in_place(struct span document, size_t step)
{
    json_outline_init(&outline, names, COUNT(names));
    for (size_t len = 0; len < document.len;) {
        len = document.len - len < step ? document.len : len + step;
        json_outline_take(&outline, document.at, len);
    }
    return json_outline_end(&outline);
}

static void race(void)
{
    unit_json_race("json_outline", judge_in_place);
}

/* What would be quadratic if a step began anew: blanks, small members, one long name; in
 * segments. */
static void long_and_linear(void)
{
    static char text[1 << 20];
    struct span whole = {text, sizeof(text)};
    memset(text, ' ', sizeof(text));
    text[sizeof(text) - 1] = '1';
    CU_ASSERT_EQUAL(judge_in_place(whole, 10), RESULT_DONE);
    CU_ASSERT_EQUAL(outline.root, JSON_NUMBER);
    memcpy(text, "{\"model\" :", 10);
    memcpy(text + sizeof(text) - 3, "1 }", 3);
    CU_ASSERT_EQUAL(judge_in_place(whole, 10), RESULT_DONE);
    CU_ASSERT_TRUE(outline.members[0].at == sizeof(text) - 3 && outline.members[0].len == 1);
    memset(text, 'x', sizeof(text));
    memcpy(text, "{\"", 2);
    memcpy(text + sizeof(text) - 4, "\":1}", 4);
    CU_ASSERT_EQUAL(judge_in_place(whole, 10), RESULT_DONE);
    CU_ASSERT_EQUAL(outline.others[0].len, sizeof(text) - 4);
    for (size_t at = 1; at + 6 <= sizeof(text); at += 6) {
        memcpy(text + at, "\"m\":0,", 6);
        whole.len = at + 6;
    }
    text[whole.len - 1] = '}';
    CU_ASSERT_EQUAL(judge_in_place(whole, 10), RESULT_DONE);
    CU_ASSERT_TRUE(outline.more_others);
}

static const struct unit_test tests[] = {
    {"in every cut", in_every_cut},
    {"every prefix", every_prefix},
    {"between the quotes", between_the_quotes},
    {"the longest string", the_longest_string},
    {"faults", faults},
    {"more others than are kept", more_others_than_are_kept},
    {"without names", without_names},
    {"race", race},
    {"long and linear", long_and_linear},
};

UNIT_MAIN("json_outline", tests)
