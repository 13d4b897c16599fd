/* model_feed: the service's answer in every cut, good, odd and hostile. */
#include "core/model/model_feed.h"

#include <string.h>

#include "test/unit/unit.h"

#define WINDOW 4096

static struct model_list list;
static struct model_feed feed;
static struct json_tokens tokens;
static char big[4194304];

/* Feeds the document as it would come from a socket, step bytes at a time, through a window of
 * window_cap bytes whose end is guarded. */
static enum result run(struct span document, size_t step, size_t window_cap)
{
    size_t held = 0;
    char *window = unit_guard_room(0, window_cap);
    model_list_clear(&list);
    model_feed_init(&feed, &list, &tokens, window_cap);
    while (document.len > 0) {
        size_t room = window_cap - held;
        size_t n = step < room ? step : room;
        n = n < document.len ? n : document.len;
        memcpy(window + held, document.at, n);
        document = span_skip(document, n);
        size_t used = 0;
        if (model_feed_take(&feed, (struct span){window, held + n}, &used) == RESULT_FAULT)
            return RESULT_FAULT;
        CU_ASSERT_FATAL(used > 0 || held + n < window_cap);
        held += n - used;
        memmove(window, window + used, held);
    }
    return model_feed_end(&feed);
}

static const size_t steps[] = {1, 2, 3, 7, 64, WINDOW};

/* One expected model. */
struct expected {
    const char *identifier;
    const char *name;
    const char *type_text;
    enum model_type type;
    int32_t usage_left;
    int is_new;
};

static void same_model(int entry, const struct expected *expected)
{
    struct model_item item = model_list_get(&list, entry);
    CU_ASSERT(span_equal(item.identifier, span_of(expected->identifier)));
    CU_ASSERT(span_equal(item.name, span_of(expected->name)));
    CU_ASSERT(span_equal(item.type_text, span_of(expected->type_text)));
    CU_ASSERT_EQUAL(item.type, expected->type);
    CU_ASSERT_EQUAL(item.usage_left, expected->usage_left);
    CU_ASSERT_EQUAL(item.is_new, expected->is_new != 0);
}

#define DEVV_ONE                                                                                   \
    "{\"displayName\": \"Claude\", \"modelName\": \"us.claude-v1:0\", \"modelType\": \"base\", "   \
    "\"isNew\": true, \"usageLeft\": 0, \"icon\": null}"
#define DEVV_TWO                                                                                   \
    "{\"icon\":\"x.png\",\"usageLeft\":12,\"isNew\":false,\"modelType\":\"freeTrial\","            \
    "\"modelName\":\"gpt-4.1\",\"displayName\":\"GPT \\u0034\",\"more\":{\"modelName\":[1]}}"
#define DEVV_THREE "{\"modelName\":\"o3\",\"modelType\":\"premium\",\"usageLeft\":-1}"

static const struct expected devv[] = {
    {"us.claude-v1:0", "Claude", "base", MODEL_TYPE_BASE, 0, 1},
    {"gpt-4.1", "GPT 4", "freeTrial", MODEL_TYPE_FREE_TRIAL, 12, 0},
    {"o3", "o3", "premium", MODEL_TYPE_PREMIUM, MODEL_USAGE_UNTOLD, 0},
};

static const char *const shapes[] = {
    "[" DEVV_ONE "," DEVV_TWO "," DEVV_THREE "]",
    " [ " DEVV_ONE " ,\r\n\t" DEVV_TWO "\n,\n" DEVV_THREE " ] \n",
    "{\"data\":[" DEVV_ONE "," DEVV_TWO "," DEVV_THREE "]}",
    "{\"code\":0,\"x\":[{\"modelName\":\"no\"}],\"data\": [" DEVV_ONE "," DEVV_TWO "," DEVV_THREE
    "],\"y\":{\"data\":[{\"id\":\"no\"}]}}",
};

static void both_shapes_in_every_cut(void)
{
    for (size_t shape = 0; shape < sizeof(shapes) / sizeof(shapes[0]); shape++) {
        for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
            CU_ASSERT_EQUAL(run(span_of(shapes[shape]), steps[step], WINDOW), RESULT_DONE);
            CU_ASSERT_EQUAL_FATAL(list.count, 3);
            CU_ASSERT_EQUAL(list.skipped + list.left_out, 0);
            for (int i = 0; i < 3; i++)
                same_model(i, &devv[i]);
        }
    }
}

/* The first piece ends at every place, the rest comes whole. */
static void every_two_pieces(void)
{
    struct span whole = span_of(shapes[3]);
    for (size_t cut = 0; cut <= whole.len; cut++) {
        size_t used = 0;
        model_list_clear(&list);
        model_feed_init(&feed, &list, &tokens, WINDOW);
        struct span first = {unit_guard(0, whole.at, cut), cut};
        CU_ASSERT_EQUAL(model_feed_take(&feed, first, &used), RESULT_MORE);
        struct span rest = span_skip(whole, used);
        CU_ASSERT_FATAL(used <= cut);
        rest.at = unit_guard(1, rest.at, rest.len);
        CU_ASSERT_EQUAL(model_feed_take(&feed, rest, &used), RESULT_MORE);
        CU_ASSERT_EQUAL(used, rest.len);
        CU_ASSERT_EQUAL(model_feed_end(&feed), RESULT_DONE);
        CU_ASSERT_EQUAL(list.count, 3);
    }
}

static void every_prefix_is_cut(void)
{
    for (size_t shape = 0; shape < sizeof(shapes) / sizeof(shapes[0]); shape++) {
        struct span whole = span_of(shapes[shape]);
        while (whole.at[whole.len - 1] <= ' ')
            whole.len--;
        for (size_t cut = 0; cut < whole.len; cut++) {
            CU_ASSERT_EQUAL(run((struct span){whole.at, cut}, WINDOW, WINDOW), RESULT_FAULT);
            CU_ASSERT_EQUAL(feed.fault, MODEL_FEED_CUT);
        }
    }
}

static void openai_shape(void)
{
    static const struct expected models[] = {
        {"gpt-4.1", "gpt-4.1", "", MODEL_TYPE_UNTOLD, MODEL_USAGE_UNTOLD, 0},
        {"org/model:free", "org/model:free", "", MODEL_TYPE_UNTOLD, MODEL_USAGE_UNTOLD, 0},
    };
    static const char document[] =
        "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4.1\",\"object\":\"model\",\"created\":1,"
        "\"owned_by\":\"openai\"},{\"id\":\"org\\/model:free\",\"context\":{\"id\":\"x\"}}],"
        "\"has_more\":false}";
    for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
        CU_ASSERT_EQUAL(run(span_of(document), steps[step], WINDOW), RESULT_DONE);
        CU_ASSERT_EQUAL_FATAL(list.count, 2);
        same_model(0, &models[0]);
        same_model(1, &models[1]);
    }
}

/* One element, and what it becomes. An identifier of NULL: skipped. */
static const struct {
    const char *element;
    struct expected expected;
} elements[] = {
    {"{\"modelName\":\"m\"}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"id\":\"i\",\"modelName\":\"m\"}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"id\":\"i\",\"modelName\":\"\"}", {"i", "i", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"id\":\"i\",\"modelName\":null}", {"i", "i", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"displayName\":\"\"}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"type\":\"model\",\"id\":\"m\",\"display_name\":\"M 1\"}",
     {"m", "M 1", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"displayName\":7}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"displayName\":\"a\\nb\"}",
     {"m", "a?b", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"modelType\":null}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"modelType\":\"\"}", {"m", "m", "", MODEL_TYPE_UNKNOWN, -1, 0}},
    {"{\"modelName\":\"m\",\"modelType\":\"null\"}",
     {"m", "m", "null", MODEL_TYPE_UNKNOWN, -1, 0}},
    {"{\"modelName\":\"m\",\"modelType\":1}", {"m", "m", "", MODEL_TYPE_UNKNOWN, -1, 0}},
    {"{\"modelName\":\"m\",\"modelType\":[\"base\"]}", {"m", "m", "", MODEL_TYPE_UNKNOWN, -1, 0}},
    {"{\"modelName\":\"m\",\"modelType\":\"Premium\"}",
     {"m", "m", "Premium", MODEL_TYPE_UNKNOWN, -1, 0}},
    {"{\"modelName\":\"m\",\"modelType\":\"b\\u0061se\"}",
     {"m", "m", "base", MODEL_TYPE_BASE, -1, 0}},
    {"{\"modelName\":\"m\",\"isNew\":true}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 1}},
    {"{\"modelName\":\"m\",\"isNew\":false}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"isNew\":null}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"isNew\":1}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"isNew\":\"true\"}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":0}", {"m", "m", "", MODEL_TYPE_UNTOLD, 0, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":10}", {"m", "m", "", MODEL_TYPE_UNTOLD, 10, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":-1}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":-0}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":null}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":\"5\"}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":\"\"}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":{}}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":1.5}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":1e3}", {"m", "m", "", MODEL_TYPE_UNTOLD, -1, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":2147483647}",
     {"m", "m", "", MODEL_TYPE_UNTOLD, INT32_MAX, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":2147483648}",
     {"m", "m", "", MODEL_TYPE_UNTOLD, INT32_MAX, 0}},
    {"{\"modelName\":\"m\",\"usageLeft\":99999999999999999999999999}",
     {"m", "m", "", MODEL_TYPE_UNTOLD, INT32_MAX, 0}},
    {"{}", {0}},
    {"{\"modelName\":\"\"}", {0}},
    {"{\"modelName\":7}", {0}},
    {"{\"modelName\":{\"id\":\"x\"}}", {0}},
    {"{\"modelName\":\"a\\u0000b\"}", {0}},
    {"{\"modelName\":\"a\\nb\"}", {0}},
    {"[\"modelName\",\"m\"]", {0}},
    {"[]", {0}},
    {"[{\"modelName\":\"m\"}]", {0}},
};

static void every_element(void)
{
    char document[512];
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
        size_t len = strlen(elements[i].element);
        static const char tail[] = ",{\"id\":\"last\"}]";
        document[0] = '[';
        memcpy(document + 1, elements[i].element, len);
        memcpy(document + 1 + len, tail, sizeof(tail));
        CU_ASSERT_EQUAL(run(span_of(document), 5, WINDOW), RESULT_DONE);
        bool skipped = elements[i].expected.identifier == NULL;
        CU_ASSERT_EQUAL_FATAL(list.count, skipped ? 1 : 2);
        CU_ASSERT_EQUAL(list.skipped, skipped ? 1 : 0);
        if (!skipped)
            same_model(0, &elements[i].expected);
    }
}

static void faults(void)
{
    static const struct {
        const char *document;
        enum model_feed_fault fault;
    } rows[] = {
        {"", MODEL_FEED_CUT},
        {" ", MODEL_FEED_CUT},
        {"[", MODEL_FEED_CUT},
        {"[{\"id\":\"a\"}", MODEL_FEED_CUT},
        {"[{\"id\":\"a\"},]", MODEL_FEED_NOT_JSON},
        {"[{\"id\":\"a\"}{\"id\":\"b\"}]", MODEL_FEED_NOT_JSON},
        {"[{\"id\":\"a\",}]", MODEL_FEED_NOT_JSON},
        {"[{\"id\":\"a\"}]]", MODEL_FEED_NOT_JSON},
        {"[{\"id\":\"a\"}][]", MODEL_FEED_NOT_JSON},
        {"[{'id':'a'}]", MODEL_FEED_NOT_JSON},
        {"[{\"id\":\"a\xFF\"}]", MODEL_FEED_NOT_JSON},
        {"[{\"id\":\"a\n\"}]", MODEL_FEED_NOT_JSON},
        {"<html>", MODEL_FEED_NOT_JSON},
        {"{\"data\":[{\"id\":\"a\"}]", MODEL_FEED_CUT},
        {"{\"data\":[{\"id\":\"a\"}],", MODEL_FEED_CUT},
        {"{\"data\":[{\"id\":\"a\"}],\"data\":[{\"id\":\"b\"}]}", MODEL_FEED_NO_LIST},
        {"{}", MODEL_FEED_NO_LIST},
        {"{\"data\":null}", MODEL_FEED_NO_LIST},
        {"{\"data\":{\"id\":\"a\"}}", MODEL_FEED_NO_LIST},
        {"{\"error\":\"unauthorized\"}", MODEL_FEED_NO_LIST},
        {"\"list\"", MODEL_FEED_NO_LIST},
        {"null", MODEL_FEED_NO_LIST},
        {"12", MODEL_FEED_NO_LIST},
        {"[1]", MODEL_FEED_NO_MODELS},
        {"[\"gpt\"]", MODEL_FEED_NO_MODELS},
        {"[{}]", MODEL_FEED_NO_MODELS},
        {"{\"data\":[null]}", MODEL_FEED_NO_MODELS},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
            CU_ASSERT_EQUAL(run(span_of(rows[i].document), steps[step], WINDOW), RESULT_FAULT);
            CU_ASSERT_EQUAL(feed.fault, rows[i].fault);
            CU_ASSERT(strlen(model_feed_fault_text(feed.fault)) > 0);
            CU_ASSERT_EQUAL(model_feed_end(&feed), RESULT_FAULT); /* it stays one */
        }
    }
}

static void an_empty_list_is_whole(void)
{
    CU_ASSERT_EQUAL(run(SPAN("[]"), 1, WINDOW), RESULT_DONE);
    CU_ASSERT_EQUAL(list.count, 0);
    CU_ASSERT_EQUAL(run(SPAN("{\"data\":[ ]}"), 1, WINDOW), RESULT_DONE);
    CU_ASSERT_EQUAL(list.count, 0);
}

static void the_first_of_two_wins(void)
{
    static const char document[] = "[{\"modelName\":\"m\",\"usageLeft\":1},"
                                   "{\"modelName\":\"m\",\"usageLeft\":2},"
                                   "{\"id\":\"m\"},{\"id\":\"\\u006d\"}]";
    CU_ASSERT_EQUAL(run(span_of(document), WINDOW, WINDOW), RESULT_DONE);
    CU_ASSERT_EQUAL(list.count, 1);
    CU_ASSERT_EQUAL(list.skipped, 3);
    CU_ASSERT_EQUAL(model_list_get(&list, 0).usage_left, 1);
}

/* Three models, the second an element of len bytes; returns the document. */
static struct span with_long_element(size_t len)
{
    static const char head[] = "[{\"id\":\"a\"},{\"id\":\"b\",\"x\":\"";
    static const char tail[] = "\"},{\"id\":\"c\"}]";
    size_t filling = len - (sizeof("{\"id\":\"b\",\"x\":\"\"}") - 1);
    memcpy(big, head, sizeof(head) - 1);
    memset(big + sizeof(head) - 1, '}', filling);
    memcpy(big + sizeof(head) - 1 + filling, tail, sizeof(tail) - 1);
    return (struct span){big, sizeof(head) + sizeof(tail) - 2 + filling};
}

/* Elements around a window's size: what fits is read, one byte more is left out, the rest is not
 * disturbed. */
static void elements_longer_than_the_window(void)
{
    enum { CAP = 256 };
    static const size_t lens[] = {CAP - 1, CAP, CAP + 1, CAP + 2, 2 * CAP, 2 * CAP + 1, 10 * CAP};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct span document = with_long_element(lens[i]);
        bool fits = lens[i] <= CAP;
        for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
            CU_ASSERT_EQUAL(run(document, steps[step], CAP), RESULT_DONE);
            CU_ASSERT_EQUAL(list.count, fits ? 3 : 2);
            CU_ASSERT_EQUAL(list.left_out, fits ? 0 : 1);
            CU_ASSERT_EQUAL(list.skipped, 0);
            CU_ASSERT_EQUAL(model_list_find(&list, SPAN("b")) != MODEL_NONE, fits);
            CU_ASSERT_NOT_EQUAL(model_list_find(&list, SPAN("c")), MODEL_NONE);
        }
    }
}

/* A document of count models behind one another; returns its length. */
static size_t many(size_t count)
{
    size_t at = 0;
    big[at++] = '[';
    for (size_t i = 0; i < count; i++) {
        char element[] = "{\"modelName\":\"m00000\",\"modelType\":\"base\",\"usageLeft\":3},";
        for (size_t digit = 19, rest = i; digit > 14; digit--, rest /= 10)
            element[digit] = (char)('0' + rest % 10);
        memcpy(big + at, element, sizeof(element) - 1);
        at += sizeof(element) - 1;
    }
    big[at - 1] = ']';
    return at;
}

static void more_models_than_room(void)
{
    size_t count = LIMIT_CATALOG_MODELS + 500;
    size_t len = many(count);
    static const size_t big_steps[] = {1, 1000, 4096};
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(run((struct span){big, len}, big_steps[i], WINDOW), RESULT_DONE);
        CU_ASSERT_EQUAL(list.count, LIMIT_CATALOG_MODELS);
        CU_ASSERT_EQUAL(list.left_out, 500);
        CU_ASSERT_NOT_EQUAL(model_list_find(&list, SPAN("m00999")), MODEL_NONE);
    }
}

/* Four megabytes in one string, in one element, in white space, and of nesting. */
static void huge(void)
{
    struct span whole = {big, sizeof(big)};
    memset(big, 'x', sizeof(big));
    memcpy(big, "[{\"id\":\"a\"},\"", 13);
    memcpy(big + sizeof(big) - 2, "\"]", 2);
    CU_ASSERT_EQUAL(run(whole, WINDOW, WINDOW), RESULT_DONE);
    CU_ASSERT_EQUAL(list.count, 1);
    memcpy(big, "[{\"id\":\"", 8);
    memset(big + 8, 'x', 5);
    memcpy(big + sizeof(big) - 3, "\"}]", 3);
    CU_ASSERT_EQUAL(run(whole, WINDOW, WINDOW), RESULT_FAULT);
    CU_ASSERT_EQUAL(feed.fault, MODEL_FEED_NO_MODELS);
    CU_ASSERT_EQUAL(list.left_out, 1);
    memset(big, ' ', sizeof(big));
    CU_ASSERT_EQUAL(run(whole, WINDOW, WINDOW), RESULT_FAULT);
    CU_ASSERT_EQUAL(feed.fault, MODEL_FEED_CUT);
    memset(big, '[', sizeof(big));
    CU_ASSERT_EQUAL(run(whole, WINDOW, WINDOW), RESULT_FAULT);
    CU_ASSERT_EQUAL(feed.fault, MODEL_FEED_NOT_JSON);
}

static const struct unit_test tests[] = {
    {"both shapes in every cut", both_shapes_in_every_cut},
    {"every two pieces", every_two_pieces},
    {"every prefix is cut", every_prefix_is_cut},
    {"OpenAI's shape", openai_shape},
    {"every element", every_element},
    {"faults", faults},
    {"an empty list is whole", an_empty_list_is_whole},
    {"the first of two wins", the_first_of_two_wins},
    {"elements longer than the window", elements_longer_than_the_window},
    {"more models than room", more_models_than_room},
    {"huge", huge},
};

UNIT_MAIN("model_feed", tests)
