/* Walks through values, and meets the same things as the tokens do. */
#include "core/json/json_tokens.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOTHING ((struct span){NULL, 0})

static struct span guarded(const char *text)
{
    return (struct span){unit_guard(0, text, strlen(text)), strlen(text)};
}

static void kinds(void)
{
    CU_ASSERT_EQUAL(json_walk_kind((struct span){NULL, 0}), JSON_ABSENT);
    CU_ASSERT_EQUAL(json_walk_kind(SPAN("{}")), JSON_OBJECT);
    CU_ASSERT_EQUAL(json_walk_kind(SPAN("-1")), JSON_NUMBER);
    CU_ASSERT_EQUAL(json_walk_kind(SPAN("null")), JSON_NULL);
}

static void roots(void)
{
    CU_ASSERT_TRUE(span_equal(json_walk_root(guarded(" {\"a\": [1] } \r\n")),
                              SPAN("{\"a\": [1] }")));
    CU_ASSERT_TRUE(span_equal(json_walk_root(guarded("\t12 ")), SPAN("12")));
    CU_ASSERT_EQUAL(json_walk_root(guarded(" ")).len, 0);
    CU_ASSERT_EQUAL(json_walk_root((struct span){NULL, 0}).len, 0);
}

/* With an escape at every place, at the end of its page, and cut off. */
static void strings(void)
{
    char bytes[64];
    for (size_t place = 1; place < 40; place++) {
        memset(bytes, 'a', sizeof(bytes));
        bytes[0] = bytes[44] = '"';
        memcpy(bytes + place, place % 2 != 0 ? "\\\"" : "\\\\", 2);
        for (size_t len = 1; len <= 46; len++) {
            const char *at = unit_guard(0, bytes, len);
            size_t wanted = len < 45 ? len : 45;
            CU_ASSERT_EQUAL(json_walk_string_len((struct span){at, len}), wanted);
        }
    }
}

static void insides(void)
{
    CU_ASSERT_TRUE(span_equal(json_walk_inside(SPAN("[1, 2]")), SPAN("1, 2")));
    CU_ASSERT_TRUE(span_equal(json_walk_inside(SPAN("{\"a\":1}")), SPAN("\"a\":1")));
    CU_ASSERT_EQUAL(json_walk_inside(SPAN("[]")).len, 0);
    CU_ASSERT_EQUAL(json_walk_inside(SPAN("\"ab\"")).len, 0);
    CU_ASSERT_EQUAL(json_walk_inside(SPAN("123")).len, 0);
    CU_ASSERT_EQUAL(json_walk_inside((struct span){NULL, 0}).len, 0);
    CU_ASSERT_TRUE(span_equal(json_walk_string(SPAN("\"a\\\"b\"")), SPAN("a\\\"b")));
    CU_ASSERT_PTR_NOT_NULL(json_walk_string(SPAN("\"\"")).at);
    CU_ASSERT_PTR_NULL(json_walk_string(SPAN("[\"a\"]")).at);
    CU_ASSERT_PTR_NULL(json_walk_string((struct span){NULL, 0}).at);
}

/* Each array, and its elements in one line each. */
static const char *const arrays[][6] = {
    {"[]", NULL},
    {"[ \n ]", NULL},
    {"[1]", "1", NULL},
    {"[ 1 , -2.5e3\t,\r\n true,null , false ]", "1", "-2.5e3", "true", "null", "false"},
    {"[\"\",\"a,b\", \"]\" ,\"\\\"\"]", "\"\"", "\"a,b\"", "\"]\"", "\"\\\"\"", NULL},
    {"[\"\\\\\",\"\\\\\\\"]\",\"x\"]", "\"\\\\\"", "\"\\\\\\\"]\"", "\"x\"", NULL},
    {"[[],{},[[1,2],3],{\"a\":[4]}]", "[]", "{}", "[[1,2],3]", "{\"a\":[4]}", NULL},
    {"[[\"]\"],{\"}\":\"{\"}, [ ] ]", "[\"]\"]", "{\"}\":\"{\"}", "[ ]", NULL},
    {"[[\"\\\\\"],[\"\\\"]\"],0]", "[\"\\\\\"]", "[\"\\\"]\"]", "0", NULL},
};

static void elements(void)
{
    for (size_t i = 0; i < COUNT(arrays); i++) {
        struct span inside = json_walk_inside(guarded(arrays[i][0]));
        struct span element;
        for (size_t n = 1; n < COUNT(arrays[i]) && arrays[i][n] != NULL; n++) {
            CU_ASSERT_TRUE(json_walk_element(&inside, &element));
            CU_ASSERT_TRUE(span_equal(element, span_of(arrays[i][n])));
        }
        CU_ASSERT_FALSE(json_walk_element(&inside, &element));
        CU_ASSERT_EQUAL(element.len, 0);
    }
}

static void all_of_a_kind(void)
{
    static const struct {
        const char *array;
        enum json_kind kind;
        bool all;
    } rows[] = {
        {"[]", JSON_OBJECT, true},          {"[ {}, {\"a\":[1]} ]", JSON_OBJECT, true},
        {"[{},1]", JSON_OBJECT, false},     {"[[],{}]", JSON_OBJECT, false},
        {"[\"]\",\"\\\"\"]", JSON_STRING, true}, {"[\"a\",null]", JSON_STRING, false},
        {"{\"a\":1}", JSON_STRING, true},   {"\"a\"", JSON_OBJECT, true},
    };
    struct span none = {NULL, 0};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (json_walk_all(guarded(rows[i].array), rows[i].kind, none) != rows[i].all)
            CU_FAIL(rows[i].array);
    CU_ASSERT_TRUE(json_walk_all(none, JSON_OBJECT, none));
    struct span array = guarded("[{\"a\":\"]1,1\"},{\"a\":\"\"}]");
    for (size_t len = 0; len <= 4; len++)
        CU_ASSERT_TRUE(json_walk_all(array, JSON_OBJECT, (struct span){array.at + 7, len}));
}

#define OBJECT                                                                                     \
    "{ \"a\" : [1,{\"b\":2}] ,\"b\":\"}\",\"\\u0063\":{\"b\":{}},\"\":0, \"a\":\"again\"\n}"

static void members(void)
{
    static const char *const rows[][2] = {
        {"a", "[1,{\"b\":2}]"}, {"b", "\"}\""}, {"\\u0063", "{\"b\":{}}"}, {"", "0"},
        {"a", "\"again\""},
    };
    struct span inside = json_walk_inside(guarded(OBJECT));
    struct span name;
    struct span value;
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_TRUE(json_walk_member(&inside, &name, &value));
        CU_ASSERT_TRUE(name.at != NULL && span_equal(name, span_of(rows[i][0])));
        CU_ASSERT_TRUE(span_equal(value, span_of(rows[i][1])));
    }
    CU_ASSERT_FALSE(json_walk_member(&inside, &name, &value));
    CU_ASSERT_TRUE(name.len == 0 && value.len == 0);
}

/* Objects whose ends are found on the way. */
static void one_behind_the_other(void)
{
    struct span rest = json_walk_inside(guarded("[ {} ,{ \"a\" : [{}] , \"b\":2}, 3 , { } ]"));
    struct span name;
    struct span value;
    CU_ASSERT_EQUAL(json_walk_next(&rest), JSON_OBJECT);
    rest = span_skip(rest, 1);
    CU_ASSERT_FALSE(json_walk_member_on(&rest, &name, &value, NOTHING));
    CU_ASSERT_EQUAL(json_walk_next(&rest), JSON_OBJECT);
    rest = span_skip(rest, 1);
    CU_ASSERT_TRUE(json_walk_member_on(&rest, &name, &value, NOTHING));
    CU_ASSERT_TRUE(span_equal(name, SPAN("a")) && span_equal(value, SPAN("[{}]")));
    CU_ASSERT_TRUE(json_walk_member_on(&rest, &name, &value, NOTHING));
    CU_ASSERT_TRUE(span_equal(name, SPAN("b")) && span_equal(value, SPAN("2")));
    CU_ASSERT_FALSE(json_walk_member_on(&rest, &name, &value, NOTHING));
    CU_ASSERT_EQUAL(json_walk_next(&rest), JSON_NUMBER);
    CU_ASSERT_TRUE(json_walk_element(&rest, &value) && span_equal(value, SPAN("3")));
    CU_ASSERT_EQUAL(json_walk_next(&rest), JSON_OBJECT);
    rest = span_skip(rest, 1);
    CU_ASSERT_FALSE(json_walk_member_on(&rest, &name, &value, NOTHING));
    CU_ASSERT_EQUAL(json_walk_next(&rest), JSON_ABSENT);
    CU_ASSERT_FALSE(json_walk_member_on(&rest, &name, &value, NOTHING));
}

/* What is known to be in a string is not looked at: what stands there would end it. */
static void what_is_known(void)
{
    struct span text = guarded("\"a\":[{\"b\":\"x\"]},y\"}],\"c\":1}");
    struct span known = {text.at + 11, 6};
    struct span rest = text;
    struct span name;
    struct span value;
    CU_ASSERT_TRUE(json_walk_member_on(&rest, &name, &value, known));
    CU_ASSERT_TRUE(span_equal(value, SPAN("[{\"b\":\"x\"]},y\"}]")));
    CU_ASSERT_EQUAL(json_walk_count(value, known), 4);
    CU_ASSERT_TRUE(json_walk_member_on(&rest, &name, &value, known));
    CU_ASSERT_TRUE(span_equal(name, SPAN("c")) && span_equal(value, SPAN("1")));
    CU_ASSERT_FALSE(json_walk_member_on(&rest, &name, &value, known));
    rest = text;
    known.len = text.len; /* more than there is */
    CU_ASSERT_TRUE(json_walk_member_on(&rest, &name, &value, known));
    CU_ASSERT_TRUE(span_equal(value, SPAN("[{\"b\":\"x\"]}")));
}

static void finding(void)
{
    struct span object = guarded(OBJECT);
    CU_ASSERT_TRUE(span_equal(json_walk_find(object, SPAN("a")), SPAN("[1,{\"b\":2}]")));
    CU_ASSERT_TRUE(span_equal(json_walk_find(object, SPAN("c")), SPAN("{\"b\":{}}")));
    CU_ASSERT_TRUE(span_equal(json_walk_find(object, SPAN("")), SPAN("0")));
    CU_ASSERT_PTR_NULL(json_walk_find(object, SPAN("d")).at);
    CU_ASSERT_PTR_NULL(json_walk_find(SPAN("{}"), SPAN("")).at);
    CU_ASSERT_PTR_NULL(json_walk_find(SPAN("[\"a\",1]"), SPAN("a")).at);
    CU_ASSERT_PTR_NULL(json_walk_find(SPAN("\"a\""), SPAN("a")).at);
    CU_ASSERT_PTR_NULL(json_walk_find((struct span){NULL, 0}, SPAN("a")).at);
}

static struct json_tokens tokens;

/* Both go through the value at token; true when they meet the same values in the same order. */
static bool same_walk(int token, struct span value)
{
    struct span inside = json_walk_inside(value);
    struct span element;
    bool object = json_walk_kind(value) == JSON_OBJECT;
    bool same = json_walk_kind(value) == json_tokens_kind(&tokens, token);
    int here = json_tokens_first(&tokens, token);
    while (same && here >= 0) {
        struct span name;
        same = object ? json_walk_member(&inside, &name, &element)
                      : json_walk_element(&inside, &element);
        same = same && same_walk(here + object, element);
        here = json_tokens_next(&tokens, here);
    }
    bool string = json_walk_kind(value) == JSON_STRING;
    struct span raw = string ? json_walk_string(value) : value;
    return same && !json_walk_element(&inside, &element) &&
           span_equal(raw, json_tokens_raw(&tokens, token));
}

static void as_the_tokens_do(void)
{
    static const char *const texts[] = {
        OBJECT,
        "[[],{},[[1,2],3],{\"a\":[4]}]",
        "{\"a\":{\"b\":{\"c\":[true,false,null,-0.1e+9,\"\\\\\",\"\\\"\",[{}]]}},\"d\":[[[[]]]]}",
        "[\"\\\\\\\"]\",[\"[\"],{\"{\":\"}\"},\"\\\\\\\\\"]",
        "[ ]",
        "{\n}",
        "[ [\t] , { } , \"a,b:c[d\" , { \"x\" : 1 , \"y\\\"]\" :[ 2,3 ]} ]",
        "\"text\"",
        "12",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        CU_ASSERT_EQUAL(json_tokens_read(&tokens, span_of(texts[i])), RESULT_DONE);
        CU_ASSERT_TRUE(same_walk(0, guarded(texts[i])));
        CU_ASSERT_EQUAL(json_walk_count(guarded(texts[i]), NOTHING), (size_t)tokens.count);
    }
}

/* Cut where a judge would never have let it through: the walk ends, inside the memory that is
 * there. */
static void broken_values_are_not_read_past(void)
{
    for (size_t len = 0; len < sizeof(OBJECT); len++) {
        struct span cut = {unit_guard(0, OBJECT, len), len};
        struct span rest = cut;
        struct span element;
        for (size_t steps = 0; json_walk_element(&rest, &element); steps++)
            CU_ASSERT_FATAL(steps < len);
        json_walk_find(cut, SPAN("zzz"));
        rest = span_skip(cut, len > 0);
        for (size_t steps = 0; json_walk_member_on(&rest, &element, &element, NOTHING); steps++)
            CU_ASSERT_FATAL(steps < len);
        CU_ASSERT(json_walk_count(cut, NOTHING) <= len);
    }
    for (int byte = 0; byte < 256; byte++) {
        char text[2] = {(char)byte, (char)byte};
        struct span rest = {unit_guard(0, text, 2), 2};
        struct span element;
        for (size_t steps = 0; json_walk_element(&rest, &element); steps++)
            CU_ASSERT_FATAL(steps < 2);
    }
}

/* A megabyte of what makes a careless search quadratic: escaped quotes, and backslashes. */
static void long_strings(void)
{
    static char text[1 << 20];
    struct span rest = {text, sizeof(text)};
    struct span element;
    for (size_t i = 0; i < sizeof(text); i += 2)
        memcpy(text + i, "\\\"", 2);
    memcpy(text, " \"", 2);
    memcpy(text + sizeof(text) - 2, "\" ", 2);
    CU_ASSERT_TRUE(json_walk_element(&rest, &element));
    CU_ASSERT_EQUAL(element.len, sizeof(text) - 2);
    memset(text + 2, '\\', sizeof(text) - 4);
    rest = (struct span){text, sizeof(text)};
    CU_ASSERT_TRUE(json_walk_element(&rest, &element));
    CU_ASSERT_EQUAL(element.len, sizeof(text) - 2);
}

static void members_by_name(void)
{
    static const char *const names[] = {"a", "b", "c"};
    struct span values[3];
    CU_ASSERT(json_walk_members(SPAN("{\"x\":0,\"\\u0062\": [1] ,\"a\":\"y\"}"), names, 3, values));
    CU_ASSERT(span_equal(values[0], SPAN("\"y\"")));
    CU_ASSERT(span_equal(values[1], SPAN("[1]")));
    CU_ASSERT_PTR_NULL(values[2].at);
    CU_ASSERT_FALSE(json_walk_members(SPAN("{\"a\":1,\"\\u0061\":1}"), names, 3, values));
    CU_ASSERT(json_walk_members(SPAN("{\"x\":1,\"x\":1}"), names, 3, values));
    CU_ASSERT(json_walk_members(SPAN("[1]"), names, 3, values));
    CU_ASSERT_PTR_NULL(values[0].at);
}

static const struct unit_test tests[] = {
    {"kinds", kinds},
    {"roots", roots},
    {"strings", strings},
    {"insides", insides},
    {"elements", elements},
    {"all of a kind", all_of_a_kind},
    {"members", members},
    {"one behind the other", one_behind_the_other},
    {"what is known", what_is_known},
    {"finding", finding},
    {"as the tokens do", as_the_tokens_do},
    {"broken values are not read past", broken_values_are_not_read_past},
    {"long strings", long_strings},
    {"members by name", members_by_name},
};

UNIT_MAIN("json_walk", tests)
