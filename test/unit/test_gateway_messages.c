/* gateway_messages: every body that is refused, and with which words; what is read of the others,
 * and what is told to go no further. */
#include "core/gateway/gateway_messages.h"

#include "core/json/json_walk.h"
#include "core/provider/openai.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct json_tokens tokens;
static struct json_outline outline;
static struct gateway_chat chat;
static struct gateway_error error;
static const char *body; /* in front of a guard page */

/* The body arrives in segments of that many bytes. */
static bool judge(const char *text, size_t segment)
{
    size_t all = strlen(text);
    enum result result = RESULT_MORE;
    memset(&chat, 0x5A, sizeof(chat));
    memset(&error, 0, sizeof(error));
    gateway_messages_outline(&outline);
    for (size_t len = 0; result == RESULT_MORE && len < all;) {
        len = all - len < segment ? all : len + segment;
        body = unit_guard(0, text, len);
        result = json_outline_take(&outline, body, len);
    }
    CU_ASSERT_EQUAL_FATAL(result, RESULT_MORE);
    CU_ASSERT_EQUAL_FATAL(json_outline_end(&outline), RESULT_DONE);
    return gateway_messages_judge(&chat, &outline, body, &tokens, &error);
}

#define HEAD "\"model\":\"mini\",\"max_tokens\":9,"
#define GOOD_MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define WITH(more) "{" HEAD GOOD_MESSAGES "," more "}"
#define MESSAGES(inside) "{" HEAD "\"messages\":[" inside "]}"
#define USER(content) MESSAGES("{\"role\":\"user\",\"content\":" content "}")

static const struct {
    const char *body;
    const char *param;
    const char *message;
} refusals[] = {
    {"[]", NULL, "the body is JSON, but no object"},
    {"{}", "model", "model is missing"},
    {"{\"model\":1}", "model", "model is no string"},
    {"{\"model\":\"a\",\"model\":\"b\"}", "model", "model is there twice"},
    {"{" HEAD "\"x\":1}", "messages", "messages is missing"},
    {"{" HEAD "\"messages\":{}}", "messages", "messages is no array"},
    {MESSAGES(""), "messages", "messages is empty"},
    {MESSAGES("1"), "messages", "messages[0] is no object"},
    {MESSAGES("{\"content\":\"x\"}"), "messages", "messages[0] has no role"},
    {MESSAGES("{\"role\":1,\"content\":\"x\"}"), "messages",
     "messages[0] has a role that is neither user nor assistant"},
    {MESSAGES("{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"system\",\"content\":\"x\"}"),
     "messages", "messages[1] has a role that is neither user nor assistant"},
    {MESSAGES("{\"role\":\"user\",\"role\":\"user\",\"content\":\"x\"}"), "messages",
     "messages[0] has role twice"},
    {MESSAGES("{\"role\":\"user\",\"content\":\"x\",\"content\":\"x\"}"), "messages",
     "messages[0] has content twice"},
    {MESSAGES("{\"role\":\"user\"}"), "messages",
     "messages[0] has a content that is neither a string nor an array of blocks"},
    {USER("null"), "messages",
     "messages[0] has a content that is neither a string nor an array of blocks"},
    {USER("[\"x\"]"), "messages", "messages[0] has a content block that is no object"},
    {"{\"model\":\"mini\"," GOOD_MESSAGES "}", "max_tokens", "max_tokens is missing"},
    {"{\"model\":\"mini\",\"max_tokens\":\"9\"," GOOD_MESSAGES "}", "max_tokens",
     "max_tokens is no number"},
    {"{\"model\":\"mini\",\"max_tokens\":null," GOOD_MESSAGES "}", "max_tokens",
     "max_tokens is no number"},
    {WITH("\"max_tokens\":9"), "max_tokens", "max_tokens is there twice"},
    {WITH("\"system\":1"), "system", "system is neither a string nor an array of blocks"},
    {WITH("\"system\":\"a\",\"s\\u0079stem\":\"b\""), "system", "system is there twice"},
    {WITH("\"stream\":1"), "stream", "stream is neither true nor false"},
    {WITH("\"tools\":{}"), "tools", "tools is no array"},
    {WITH("\"tool_choice\":\"auto\""), "tool_choice", "tool_choice is no object"},
    {WITH("\"stop_sequences\":\"x\""), "stop_sequences", "stop_sequences is no array"},
    {WITH("\"temperature\":\"1\""), "temperature", "temperature is no number"},
    {WITH("\"metadata\":[]"), "metadata", "metadata is no object"},
    {WITH("\"moongate\":1"), "moongate", "moongate is no object"},
    {WITH("\"moongate\":{\"thread_id\":1}"), "moongate.thread_id",
     "moongate.thread_id is no string"},
};

static void test_refusals(void)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        for (size_t segment = 1; segment < 200; segment += 99) {
            bool good = judge(refusals[i].body, segment);
            const char *param = refusals[i].param;
            bool same = param == error.param || (param != NULL && error.param != NULL &&
                                                 strcmp(param, error.param) == 0);
            if (good || error.status != 400 || !same ||
                strcmp(error.message, refusals[i].message) != 0) {
                printf("%s: %s\n", refusals[i].body, error.message);
                CU_FAIL("refusal");
            }
        }
    }
}

static void test_good(void)
{
    static const char *const bodies[] = {
        USER("\"\""),
        USER("[]"),
        USER("[{\"type\":\"new\",\"x\":1,\"x\":2}]"),
        MESSAGES("{\"r\\u006fle\":\"assist\\u0061nt\",\"content\":\"x\"}"),
        WITH("\"system\":null,\"tools\":null,\"tool_choice\":null,\"stop_sequences\":null,"
             "\"temperature\":null,\"top_p\":null,\"metadata\":null,\"thinking\":null,"
             "\"stream\":null"),
        WITH("\"system\":[],\"tools\":[],\"tool_choice\":{},\"stop_sequences\":[],"
             "\"temperature\":1e0,\"top_p\":0,\"metadata\":{},\"thinking\":{},\"stream\":false"),
        WITH("\"other\":1,\"other\":2"),
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        if (!judge(bodies[i], 7)) {
            printf("%s: %s\n", bodies[i], error.message);
            CU_FAIL("refused");
        }
    CU_ASSERT_TRUE(judge(WITH("\"stream\":true,\"moongate\":{\"thread_id\":\"t\"}"), 1000));
    CU_ASSERT_TRUE(chat.stream);
    CU_ASSERT_FALSE(chat.include_usage);
    CU_ASSERT_STRING_EQUAL(chat.model, "mini");
    CU_ASSERT_STRING_EQUAL(chat.thread_id, "t");
    CU_ASSERT_TRUE(span_equal(json_outline_value(&chat.messages, body),
                              SPAN("[{\"role\":\"user\",\"content\":\"hi\"}]")));
    CU_ASSERT_TRUE(span_equal(json_outline_value(&chat.model_value, body), SPAN("\"mini\"")));
    CU_ASSERT_EQUAL(chat.stream_options.kind, JSON_ABSENT);
}

/* What a variant's defaults are not put in place of. */
static void test_given(void)
{
    static const struct {
        const char *body;
        unsigned given;
    } rows[] = {
        {WITH("\"x\":1"), 0},
        {WITH("\"temperature\":0"), 1u << SETTINGS_TEMPERATURE},
        {WITH("\"top_p\":null"), 1u << SETTINGS_TOP_P},
        {WITH("\"top_p\":1,\"seed\":2,\"temperature\":1"),
         1u << SETTINGS_TEMPERATURE | 1u << SETTINGS_TOP_P},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_TRUE(judge(rows[i].body, 1000));
        CU_ASSERT_EQUAL(chat.given, rows[i].given | 1u << SETTINGS_MAX_TOKENS);
    }
}

#define FIVE "\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1"
#define FIVE_MORE "\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1"
#define FIVE_OTHERS "\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1"

static bool carried(struct span name)
{
    return openai_protocol.carries(name);
}

static void test_ignored(void)
{
    static const struct {
        const char *body;
        bool (*carries)(struct span name);
        const char *names;
    } rows[] = {
        {WITH("\"system\":\"s\",\"stream\":true,\"moongate\":{}"), NULL, "max_tokens"},
        {WITH("\"top_p\":1,\"tools\":[],\"to\\u0070_k\":1,\"a\\r\\nb\":1,\"\\u00e9\":1"),
         NULL, "max_tokens,tools,top_p,top_k,ab"},
        {WITH("\"top_p\":1,\"tools\":[],\"top_k\":1"), carried, "top_k"},
        {WITH("\"thinking\":{},\"metadata\":{}"), carried, "thinking"},
        {WITH(FIVE "," FIVE_MORE "," FIVE_OTHERS ",\"p\":1,\"q\":1"), NULL,
         "max_tokens,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[GATEWAY_CHAT_IGNORED_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        CU_ASSERT_TRUE(judge(rows[i].body, 1000));
        gateway_messages_ignored(&outline, body, rows[i].carries, &out);
        CU_ASSERT_STRING_EQUAL(text_str(&out), rows[i].names);
    }
}

static const struct unit_test tests[] = {
    {"refusals", test_refusals},
    {"what is read", test_good},
    {"what is given", test_given},
    {"what goes no further", test_ignored},
};

UNIT_MAIN("gateway_messages", tests)
