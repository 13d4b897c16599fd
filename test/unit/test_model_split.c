/* model_split: where elements begin and end, in documents that are JSON. */
#include "core/model/model_split.h"

#include "config/bounds.h"

#include "test/unit/unit.h"

/* Puts the elements that are objects or arrays behind one another, each closed by '|'; "!" where a
 * second list begins. */
static void cut(const char *document, char *out, struct model_split *split)
{
    bool inside = false;
    model_split_init(split);
    for (size_t i = 0; document[i] != 0; i++) {
        enum model_split_event event = model_split_byte(split, document[i]);
        CU_ASSERT(event != MODEL_SPLIT_BEGIN || !inside);
        CU_ASSERT(event != MODEL_SPLIT_END || inside);
        inside = inside || event == MODEL_SPLIT_BEGIN;
        if (inside)
            *out++ = document[i];
        if (event == MODEL_SPLIT_END)
            *out++ = '|';
        if (event == MODEL_SPLIT_SECOND)
            *out++ = '!';
        inside = inside && event != MODEL_SPLIT_END;
    }
    CU_ASSERT_FALSE(inside);
    *out = 0;
}

static const struct {
    const char *document;
    const char *elements;
    unsigned count; /* numbers and strings too */
    int found;
} rows[] = {
    {"[]", "", 0, 1},
    {"[{}]", "{}|", 1, 1},
    {"[{},{}]", "{}|{}|", 2, 1},
    {" [ {} ,\r\n\t{ } ] ", "{}|{ }|", 2, 1},
    {"[[1],[]]", "[1]|[]|", 2, 1},
    {"[[[]]]", "[[]]|", 1, 1},
    {"[1, 22,\"a\",true,{},null]", "{}|", 6, 1},
    {"[\"a,b\", -1.5e3 ]", "", 2, 1},
    {"[{\"a\":[{}]}]", "{\"a\":[{}]}|", 1, 1},
    {"[{\"a\":\"}]{[\"}]", "{\"a\":\"}]{[\"}|", 1, 1},
    {"[{\"a\":\"\\\"}]\"}]", "{\"a\":\"\\\"}]\"}|", 1, 1},
    {"[{\"a\":\"\\\\\"},{}]", "{\"a\":\"\\\\\"}|{}|", 2, 1},
    {"[\"\\\"\",{},\"]\",{}]", "{}|{}|", 4, 1},
    {"[{\"data\":[{}]}]", "{\"data\":[{}]}|", 1, 1},
    {"{\"data\":[{}]}", "{}|", 1, 1},
    {"{\"data\" : [ {},{}] }", "{}|{}|", 2, 1},
    {"{\"object\":\"list\",\"data\":[{}]}", "{}|", 1, 1},
    {"{\"data\":[{}],\"object\":\"list\",\"more\":[{}]}", "{}|", 1, 1},
    {"{\"x\":[{}],\"data\":[{}],\"y\":[{}],\"z\":{}}", "{}|", 1, 1},
    {"{\"x\":{\"data\":[{}]}}", "", 0, 0},
    {"{\"x\":{\"data\":1},\"y\":[{}]}", "", 0, 0},
    {"{\"x\":\"data\",\"y\":[{}]}", "", 0, 0},
    {"{\"x\":\"data\",\"data\":[{}]}", "{}|", 1, 1},
    {"{\"dat\":[{}]}", "", 0, 0},
    {"{\"datas\":[{}]}", "", 0, 0},
    {"{\"Data\":[{}]}", "", 0, 0},
    {"{\"\\\"data\":[{}]}", "", 0, 0},
    {"{\"\":[{}]}", "", 0, 0},
    {"{\"data\":{\"data\":[{}]}}", "", 0, 0},
    {"{\"data\":{\"a\":[{}]}}", "", 0, 0},
    {"{\"data\":null}", "", 0, 0},
    {"{\"data\":\"[{}]\"}", "", 0, 0},
    {"{\"data\":null,\"data\":[{}]}", "{}|", 1, 1},
    {"{\"data\":[{}],\"data\":[[]]}", "{}|![]|", 2, 1},
    {"{\"data\":[],\"data\":[]}", "!", 0, 1},
    {"{\"data\":[],\"data\":1,\"x\":[]}", "", 0, 1},
    {"{\"data\":[{\"data\":[1]}]}", "{\"data\":[1]}|", 1, 1},
    {"{\"data\":[[{}],7],\"a\":{}}", "[{}]|", 2, 1},
    {"{}", "", 0, 0},
    {"\"[{}]\"", "", 0, 0},
    {"12", "", 0, 0},
};

static void documents(void)
{
    char elements[256];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct model_split split;
        cut(rows[i].document, elements, &split);
        CU_ASSERT_STRING_EQUAL(elements, rows[i].elements);
        CU_ASSERT_EQUAL(split.elements, rows[i].count);
        CU_ASSERT_EQUAL(split.found, rows[i].found != 0);
    }
}

/* As deep as the judge lets documents be. */
static void deepest(void)
{
    struct model_split split;
    unsigned ends = 0;
    model_split_init(&split);
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++) {
        enum model_split_event event = model_split_byte(&split, '[');
        CU_ASSERT_EQUAL(event, i == 1 ? MODEL_SPLIT_BEGIN : MODEL_SPLIT_NOTHING);
    }
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
        ends += model_split_byte(&split, ']') == MODEL_SPLIT_END;
    CU_ASSERT_EQUAL(ends, 1);
    CU_ASSERT_EQUAL(split.elements, 1);
}

static const struct unit_test tests[] = {
    {"documents", documents},
    {"deepest", deepest},
};

UNIT_MAIN("model_split", tests)
