/* Tokens of judged spans: found by name and by place, at the end of readable memory. */
#include "core/base/text.h"
#include "core/json/json_tokens.h"
#include "test/unit/unit.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct json_tokens tokens;

static enum result read_text(const char *text)
{
    size_t len = strlen(text);
    return json_tokens_read(&tokens, (struct span){unit_guard(0, text, len), len});
}

static bool is(int token, enum json_kind kind, const char *raw)
{
    return json_tokens_kind(&tokens, token) == kind &&
           span_equal(json_tokens_raw(&tokens, token), span_of(raw));
}

static void lone_values(void)
{
    static const struct {
        const char *text;
        enum json_kind kind;
        const char *raw;
    } rows[] = {
        {"0", JSON_NUMBER, "0"},
        {"-1.5e3", JSON_NUMBER, "-1.5e3"},
        {" 12 ", JSON_NUMBER, "12"},
        {"true", JSON_TRUE, "true"},
        {"false", JSON_FALSE, "false"},
        {"\nnull\t", JSON_NULL, "null"},
        {"\"\"", JSON_STRING, ""},
        {" \"a\\\"[{\\u0041\" ", JSON_STRING, "a\\\"[{\\u0041"},
        {"\"true\"", JSON_STRING, "true"},
        {"{}", JSON_OBJECT, "{}"},
        {" [ ] ", JSON_ARRAY, "[ ]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_EQUAL(read_text(rows[i].text), RESULT_DONE);
        CU_ASSERT_EQUAL(tokens.count, 1);
        CU_ASSERT_TRUE(is(0, rows[i].kind, rows[i].raw));
        CU_ASSERT_EQUAL(json_tokens_first(&tokens, 0), -1);
        CU_ASSERT_EQUAL(json_tokens_next(&tokens, 0), -1);
        CU_ASSERT_EQUAL(json_tokens_member(&tokens, 0, SPAN("a")), -1);
    }
}

#define DEEP                                                                                       \
    "{\"a\":[1,{\"b\":[[],[2]],\"a\":3},\"x\"], \"b\" : {\"a\":{\"a\":4}} ,"                       \
    "\"c\":\"a\",\"\\u0061\":5,\"d\":true,\"a\":null}"

static void members(void)
{
    CU_ASSERT_EQUAL(read_text(DEEP), RESULT_DONE);
    int a = json_tokens_member(&tokens, 0, SPAN("a"));
    int b = json_tokens_member(&tokens, 0, SPAN("b"));
    CU_ASSERT_EQUAL(json_tokens_kind(&tokens, a), JSON_ARRAY);
    CU_ASSERT_TRUE(is(b, JSON_OBJECT, "{\"a\":{\"a\":4}}"));
    CU_ASSERT_TRUE(is(json_tokens_member(&tokens, 0, SPAN("c")), JSON_STRING, "a"));
    CU_ASSERT_TRUE(is(json_tokens_member(&tokens, 0, SPAN("d")), JSON_TRUE, "true"));
    CU_ASSERT_EQUAL(json_tokens_member(&tokens, 0, SPAN("x")), -1);
    CU_ASSERT_EQUAL(json_tokens_member(&tokens, 0, SPAN("")), -1);
    int inner = json_tokens_member(&tokens, json_tokens_member(&tokens, b, SPAN("a")), SPAN("a"));
    CU_ASSERT_TRUE(is(inner, JSON_NUMBER, "4"));
    CU_ASSERT_EQUAL(json_tokens_member(&tokens, a, SPAN("x")), -1);
    CU_ASSERT_EQUAL(json_tokens_member(&tokens, inner, SPAN("a")), -1);
}

static void how_often(void)
{
    read_text(DEEP);
    CU_ASSERT_EQUAL(json_tokens_times(&tokens, 0, SPAN("a")), 3);
    CU_ASSERT_EQUAL(json_tokens_times(&tokens, 0, SPAN("b")), 1);
    CU_ASSERT_EQUAL(json_tokens_times(&tokens, 0, SPAN("x")), 0);
    int array = json_tokens_member(&tokens, 0, SPAN("a"));
    CU_ASSERT_EQUAL(json_tokens_times(&tokens, array, SPAN("x")), 0);
}

static void in_order(void)
{
    static const char *const names[] = {"a", "b", "c", "\\u0061", "d", "a"};
    static const char *const elements[] = {"1", "{\"b\":[[],[2]],\"a\":3}", "x"};
    read_text(DEEP);
    int token = json_tokens_first(&tokens, 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        CU_ASSERT_TRUE(is(token, JSON_STRING, names[i]));
        CU_ASSERT_EQUAL(json_tokens_next(&tokens, token + 1), -1);
        token = json_tokens_next(&tokens, token);
    }
    CU_ASSERT_EQUAL(token, -1);
    token = json_tokens_first(&tokens, json_tokens_member(&tokens, 0, SPAN("a")));
    for (size_t i = 0; i < COUNT(elements); i++) {
        CU_ASSERT_TRUE(span_equal(json_tokens_raw(&tokens, token), span_of(elements[i])));
        token = json_tokens_next(&tokens, token);
    }
    CU_ASSERT_EQUAL(token, -1);
}

static void no_such_token(void)
{
    static const int none[] = {-1, -100, 1, 4096, 1000000};
    read_text("[]");
    for (size_t i = 0; i < COUNT(none); i++) {
        CU_ASSERT_EQUAL(json_tokens_kind(&tokens, none[i]), JSON_ABSENT);
        CU_ASSERT_PTR_NULL(json_tokens_raw(&tokens, none[i]).at);
        CU_ASSERT_EQUAL(json_tokens_first(&tokens, none[i]), -1);
        CU_ASSERT_EQUAL(json_tokens_next(&tokens, none[i]), -1);
        CU_ASSERT_EQUAL(json_tokens_member(&tokens, none[i], SPAN("")), -1);
        CU_ASSERT_EQUAL(json_tokens_times(&tokens, none[i], SPAN("")), 0);
    }
}

static void refused(void)
{
    static const char *const texts[] = {"", "  ", "[", "{\"a\"", "\"", "]", "\"\\x\"", "[}"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        read_text("[1,2,3]");
        CU_ASSERT_EQUAL(read_text(texts[i]), RESULT_FAULT);
        CU_ASSERT_EQUAL(tokens.count, 0);
        CU_ASSERT_EQUAL(json_tokens_kind(&tokens, 0), JSON_ABSENT);
    }
    CU_ASSERT_EQUAL(json_tokens_read(&tokens, (struct span){NULL, 0}), RESULT_FAULT);
}

#define LARGE_BYTES (3 * LIMIT_JSON_TOKENS + 64)
#define STRINGS_BYTES 8192 /* of the longest with_strings */

static char large[LARGE_BYTES > STRINGS_BYTES ? LARGE_BYTES : STRINGS_BYTES];

/* An array of so many numbers. */
static struct span numbers(size_t count)
{
    large[0] = '[';
    for (size_t i = 0; i < count; i++)
        memcpy(large + 1 + 2 * i, "7,", 2);
    large[2 * count] = ']';
    return (struct span){large, 2 * count + 1};
}

static void as_many_as_there_is_room_for(void)
{
    CU_ASSERT_EQUAL(json_tokens_read(&tokens, numbers(LIMIT_JSON_TOKENS - 1)), RESULT_DONE);
    CU_ASSERT_EQUAL(tokens.count, LIMIT_JSON_TOKENS);
    int count = 0;
    for (int t = json_tokens_first(&tokens, 0); t >= 0; t = json_tokens_next(&tokens, t))
        count++;
    CU_ASSERT_EQUAL(count, LIMIT_JSON_TOKENS - 1);
    CU_ASSERT_EQUAL(json_tokens_read(&tokens, numbers(LIMIT_JSON_TOKENS)), RESULT_MORE);
    CU_ASSERT_EQUAL(tokens.count, 0);
}

/* A document with strings of that many bytes, escapes and quotes in them, in all places. */
static struct span with_strings(size_t bytes)
{
    static const char *const parts[] = {"{\"", "\" : \"", "\",\"b\":[\"", "\",1,{\"c\":\"",
                                        "\"},\"", "\"], \"d\":false}"};
    static const char content[] = "\\\"{ \\\\\\u00e9,[]:";
    struct text text = text_over(large, sizeof(large));
    for (size_t i = 0; i < COUNT(parts); i++) {
        text_add_str(&text, parts[i]);
        size_t end = text.len + bytes;
        while (i + 1 < COUNT(parts) && text.len + sizeof(content) <= end)
            text_add_str(&text, content);
        while (i + 1 < COUNT(parts) && text.len < end)
            text_add_char(&text, 'x');
    }
    CU_ASSERT_FALSE(text.cut);
    return text_span(&text);
}

static bool has_len(int token, size_t len)
{
    return json_tokens_kind(&tokens, token) == JSON_STRING &&
           json_tokens_raw(&tokens, token).len == len;
}

/* Long strings take another way than short ones. */
static void long_strings(void)
{
    static const size_t sizes[] = {0, 1, 30, 509, 510, 511, 512, 513, 1100};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t len = sizes[i];
        struct span text = with_strings(len);
        CU_ASSERT_EQUAL(json_tokens_read(&tokens, text), RESULT_DONE);
        CU_ASSERT_EQUAL(tokens.count, 13);
        int first = json_tokens_first(&tokens, 0);
        int b = json_tokens_member(&tokens, 0, SPAN("b"));
        int element = json_tokens_first(&tokens, b);
        CU_ASSERT_TRUE(has_len(first, len) && has_len(first + 1, len) && has_len(element, len));
        CU_ASSERT_TRUE(is(element = json_tokens_next(&tokens, element), JSON_NUMBER, "1"));
        element = json_tokens_next(&tokens, element);
        CU_ASSERT_TRUE(has_len(json_tokens_member(&tokens, element, SPAN("c")), len));
        element = json_tokens_next(&tokens, element);
        CU_ASSERT_TRUE(has_len(element, len));
        CU_ASSERT_EQUAL(json_tokens_next(&tokens, element), -1);
        CU_ASSERT_EQUAL(json_tokens_kind(&tokens, json_tokens_member(&tokens, 0, SPAN("d"))),
                        JSON_FALSE);
    }
    struct span lone = with_strings(1100);
    lone = (struct span){lone.at + 1, 1102};
    CU_ASSERT_EQUAL(json_tokens_read(&tokens, lone), RESULT_DONE);
    CU_ASSERT_TRUE(tokens.count == 1 && has_len(0, 1100));
}

/* As many strings as there are tokens, and one more. */
static void more_long_strings_than_room(void)
{
    static char many[(LIMIT_JSON_TOKENS + 1) * 604];
    for (size_t extra = 0; extra < 2; extra++) {
        struct text text = text_over(many, sizeof(many));
        for (size_t i = 0; i < LIMIT_JSON_TOKENS - 1 + extra; i++) {
            text_add_str(&text, i == 0 ? "[\"" : ",\"");
            size_t end = text.len + 600;
            while (text.len < end)
                text_add_char(&text, 'x');
            text_add_char(&text, '"');
        }
        text_add_char(&text, ']');
        CU_ASSERT_FALSE(text.cut);
        CU_ASSERT_EQUAL(json_tokens_read(&tokens, text_span(&text)),
                        extra == 0 ? RESULT_DONE : RESULT_MORE);
        CU_ASSERT_EQUAL(tokens.count, extra == 0 ? LIMIT_JSON_TOKENS : 0);
    }
}

/* Nested as deep as the judge lets through, with a sibling behind at each level. */
static void deep(void)
{
    struct text text = text_over(large, sizeof(large));
    for (int i = 1; i < LIMIT_JSON_DEPTH; i++)
        text_add_str(&text, "[0,");
    text_add_str(&text, "[]");
    for (int i = 1; i < LIMIT_JSON_DEPTH; i++)
        text_add_str(&text, ",1]");
    CU_ASSERT_EQUAL(json_tokens_read(&tokens, text_span(&text)), RESULT_DONE);
    int container = 0;
    for (int i = 0; i < LIMIT_JSON_DEPTH - 1; i++) {
        int first = json_tokens_first(&tokens, container);
        CU_ASSERT_TRUE(is(first, JSON_NUMBER, "0"));
        container = json_tokens_next(&tokens, first);
        int last = json_tokens_next(&tokens, container);
        CU_ASSERT_TRUE(is(last, JSON_NUMBER, "1"));
        CU_ASSERT_EQUAL(json_tokens_next(&tokens, last), -1);
    }
    CU_ASSERT_TRUE(is(container, JSON_ARRAY, "[]"));
}

static const struct unit_test tests[] = {
    {"lone values", lone_values},
    {"members", members},
    {"how often", how_often},
    {"in order", in_order},
    {"no such token", no_such_token},
    {"refused", refused},
    {"as many as there is room for", as_many_as_there_is_room_for},
    {"long strings", long_strings},
    {"more long strings than room", more_long_strings_than_room},
    {"deep", deep},
};

UNIT_MAIN("json_tokens", tests)
