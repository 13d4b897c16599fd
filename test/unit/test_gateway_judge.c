/* gateway_judge: what a judge with names of its own can build on. */
#include "core/gateway/gateway_judge.h"

#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <string.h>

enum { EXTRA = GATEWAY_JUDGE_OWN };

static const struct span names[] = {
    {"model", 5}, {"messages", 8}, {"stream", 6}, {"moongate", 8}, {"extra", 5},
};

static struct json_tokens tokens;
static struct json_outline outline;
static struct gateway_chat chat;
static struct gateway_error error;

/* A judge of that body, which is good JSON. */
static struct gateway_judge judge_of(const char *body)
{
    size_t len = strlen(body);
    const char *at = unit_guard(0, body, len);
    json_outline_init(&outline, names, sizeof(names) / sizeof(names[0]));
    memset(&chat, 0x5A, sizeof(chat));
    memset(&error, 0, sizeof(error));
    CU_ASSERT_EQUAL_FATAL(json_outline_take(&outline, at, len), RESULT_MORE);
    CU_ASSERT_EQUAL_FATAL(json_outline_end(&outline), RESULT_DONE);
    return (struct gateway_judge){&chat, &outline, names, at, &tokens, &error, -1};
}

static bool refused(const char *param, const char *message)
{
    bool same = param == error.param || (param != NULL && error.param != NULL &&
                                         strcmp(param, error.param) == 0);
    return error.status == 400 && same && strcmp(error.message, message) == 0;
}

static void test_object(void)
{
    struct gateway_judge j = judge_of("{\"extra\":1,\"model\":\"a\\u0062\"}");
    CU_ASSERT_TRUE(gateway_judge_object(&j));
    CU_ASSERT_STRING_EQUAL(chat.model, "ab");
    CU_ASSERT_EQUAL(chat.thread_id[0], '\0');
    CU_ASSERT_EQUAL(gateway_judge_kind(&j, EXTRA), JSON_NUMBER);
    CU_ASSERT_EQUAL(gateway_judge_kind(&j, GATEWAY_JUDGE_STREAM), JSON_ABSENT);
    j = judge_of("{\"model\":\"m\",\"extra\":1,\"extra\":2}");
    CU_ASSERT_FALSE(gateway_judge_object(&j));
    CU_ASSERT_TRUE(refused("extra", "extra is there twice"));
    j = judge_of("[1]");
    CU_ASSERT_FALSE(gateway_judge_object(&j));
    CU_ASSERT_TRUE(refused(NULL, "the body is JSON, but no object"));
}

static void test_bool(void)
{
    struct gateway_judge j = judge_of("{}");
    bool value = true;
    CU_ASSERT_TRUE(gateway_judge_bool(&j, "x", JSON_NULL, &value));
    CU_ASSERT_FALSE(value);
    CU_ASSERT_TRUE(gateway_judge_bool(&j, "x", JSON_TRUE, &value));
    CU_ASSERT_TRUE(value);
    CU_ASSERT_FALSE(gateway_judge_bool(&j, "x", JSON_NUMBER, &value));
    CU_ASSERT_TRUE(refused("x", "x is neither true nor false"));
}

static void test_read(void)
{
    struct gateway_judge j = judge_of("{\"extra\":{\"a\":1}}");
    CU_ASSERT_TRUE(gateway_judge_read(&j, EXTRA));
    CU_ASSERT_EQUAL(json_tokens_times(&tokens, 0, SPAN("a")), 1);
    CU_ASSERT_TRUE(gateway_judge_read(&j, GATEWAY_JUDGE_MOONGATE));
    CU_ASSERT_EQUAL(tokens.count, 0);
    j = judge_of("{\"extra\":3}");
    CU_ASSERT_FALSE(gateway_judge_read(&j, EXTRA));
    CU_ASSERT_TRUE(refused("extra", "extra is no object"));
}

static const char *judge_x(struct span value, struct span known)
{
    bool good = json_walk_kind(value) == JSON_ARRAY && json_walk_all(value, JSON_OBJECT, known);
    return good ? NULL : " has a bad x";
}

static void test_messages(void)
{
    static const struct gateway_judge_part parts[] = {
        {{"x", 1}, " has x twice", " has no x", judge_x},
        {{"z", 1}, " has z twice", NULL, judge_x},
    };
    static const struct {
        const char *body;
        const char *message; /* NULL: good */
    } cases[] = {
        {"{\"messages\":[{\"x\":[]},{\"x\":[{},{}],\"y\":1,\"y\":2}]}", NULL},
        {"{\"messages\":[{\"x\":[],\"y\":null},{\"x\":[],\"y\":1}]}", NULL},
        {"{\"messages\":[{\"x\":[],\"y\":true},{\"x\":[{},1]}]}", "messages[1] has a bad x"},
        {"{\"messages\":[{\"x\":[]},{\"x\":[{},1]}]}", "messages[1] has a bad x"},
        {"{\"messages\":[{\"x\":[],\"x\":[]}]}", "messages[0] has x twice"},
        {"{\"messages\":[{\"z\":[],\"x\":[]}]}", NULL},
        {"{\"messages\":[{\"z\":[],\"x\":[],\"z\":1}]}", "messages[0] has z twice"},
        {"{\"messages\":[{\"z\":[],\"x\":[]},{\"z\":[]}]}", "messages[1] has no x"},
        {"{\"messages\":[{\"x\":[],\"x\":[],\"x\":[]}]}", "messages[0] has x twice"},
        {"{\"messages\":[{\"x\":null}]}", "messages[0] has a bad x"},
        {"{\"messages\":[{}]}", "messages[0] has no x"},
        {"{\"messages\":[[]]}", "messages[0] is no object"},
        {"{\"messages\":[]}", "messages is empty"},
        {"{\"messages\":{}}", "messages is no array"},
        {"{}", "messages is missing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gateway_judge j = judge_of(cases[i].body);
        bool good = gateway_judge_messages(&j, parts, 2);
        if (good != (cases[i].message == NULL) ||
            (!good && !refused("messages", cases[i].message)))
            CU_FAIL(cases[i].body);
    }
}

static const char *judge_known(struct span value, struct span known)
{
    bool inside = known.at > value.at && known.at + known.len < value.at + value.len;
    return inside && json_walk_all(value, JSON_OBJECT, known) ? NULL : " has a bad x";
}

/* The longest string stands in a part; what is in it is no structure. */
static void test_known(void)
{
    static const struct gateway_judge_part parts[] = {
        {{"x", 1}, " has x twice", NULL, judge_known}};
    char body[3000] = "{\"messages\":[{\"x\":[{\"y\":\"";
    struct text text = text_over(body, sizeof(body));
    text.len = strlen(body);
    for (size_t i = 0; i < 600; i++)
        text_add_str(&text, "}],1");
    text_add_str(&text, "\"},{}]}]}");
    struct gateway_judge j = judge_of(text_str(&text));
    CU_ASSERT_TRUE(gateway_judge_messages(&j, parts, 1));
    memcpy(strstr(body, "{}]}]}"), "11]}]}", 6);
    j = judge_of(body);
    CU_ASSERT_FALSE(gateway_judge_messages(&j, parts, 1));
}

static void test_thread(void)
{
    struct gateway_judge j = judge_of("{\"moongate\":{\"thread_id\":\"t\\n\"}}");
    CU_ASSERT_TRUE(gateway_judge_thread(&j));
    CU_ASSERT_STRING_EQUAL(chat.thread_id, "t\n");
    j = judge_of("{\"moongate\":{\"thread_id\":4}}");
    CU_ASSERT_FALSE(gateway_judge_thread(&j));
    CU_ASSERT_TRUE(refused("moongate.thread_id", "moongate.thread_id is no string"));
}

static const struct unit_test tests[] = {
    {"an object and its model", test_object},
    {"true and false", test_bool},
    {"an object of the top level", test_read},
    {"messages, part by part", test_messages},
    {"the longest string", test_known},
    {"a thread", test_thread},
};

UNIT_MAIN("gateway_judge", tests)
