/* gateway_native: every body that is refused, and with which words; what is read of the others, and
 * what is told to go no further. Whole, byte by byte, and every prefix of one. */
#include "core/gateway/gateway_native.h"

#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct json_tokens tokens;
static struct json_outline outline;
static struct gateway_chat chat;
static struct gateway_error error;
static struct span body; /* in front of a guard page */

/* The body arrives in segments of that many bytes. */
static bool judge(const char *text, size_t segment)
{
    size_t all = strlen(text);
    enum result result = RESULT_MORE;
    memset(&chat, 0x5A, sizeof(chat));
    memset(&error, 0, sizeof(error));
    gateway_chat_outline(&outline);
    for (size_t len = 0; result == RESULT_MORE && len < all;) {
        len = all - len < segment ? all : len + segment;
        body = (struct span){unit_guard(0, text, len), len};
        result = json_outline_take(&outline, body.at, len);
    }
    CU_ASSERT_EQUAL_FATAL(result, RESULT_MORE);
    CU_ASSERT_EQUAL_FATAL(json_outline_end(&outline), RESULT_DONE);
    return gateway_native_judge(&chat, &outline, body, &tokens, &error);
}

#define NAME "\"model_name\":\"mini\""
#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define INPUT(inside) "{" NAME ",\"input\":{" inside "}}"
#define WITH(more) "{" NAME ",\"input\":{" HI "}," more "}"
#define MESSAGES(inside) INPUT("\"messages\":[" inside "]")
#define USER(content) MESSAGES("{\"role\":\"user\",\"content\":" content "}")
#define SAMPLING(inside) WITH("\"params\":{\"chat_completion\":{" inside "}}")
#define FIRST "input.messages[0]."
#define NAMES "model_name or function_name: one is to be given"
#define UNKNOWN " is not carried here"
#define WRONG " is of the wrong type"

static const struct {
    const char *body;
    const char *message;
} refusals[] = {
    {"[]", "the body is JSON, but no object"},
    {"{}", "input is missing"},
    {"{\"input\":{" HI "}}", NAMES},
    {"{\"model_name\":null,\"input\":{" HI "}}", NAMES},
    {WITH("\"function_name\":\"f\""), NAMES},
    {WITH("\"function_name\":1"), "function_name" WRONG},
    {"{\"model_name\":1,\"input\":{" HI "}}", "model_name" WRONG},
    {"{\"model_name\":\"\",\"input\":{" HI "}}",
     "model is no name: it is empty, or has a NUL in it"},
    {"{\"model_name\":\"a\\u0000\",\"input\":{" HI "}}",
     "model is no name: it is empty, or has a NUL in it"},
    {WITH(NAME), "model_name is there twice"},
    {WITH("\"model\\u005fname\":\"b\""), "model\\u005fname is there twice"},
    {"{" NAME ",\"input\":\"hi\"}", "input" WRONG},
    {INPUT(""), "input.messages is missing"},
    {INPUT("\"messages\":{}"), "input.messages" WRONG},
    {MESSAGES(""), "input.messages is empty"},
    {INPUT(HI "," HI), "input.messages is there twice"},
    {INPUT(HI ",\"system\":[]"), "input.system" WRONG},
    {INPUT(HI ",\"more\":[1]"), "input.more" UNKNOWN},
    {MESSAGES("1"), FIRST "it" WRONG},
    {MESSAGES("{\"content\":\"x\"}"), FIRST "role is missing"},
    {MESSAGES("{\"role\":\"user\"}"), FIRST "content is missing"},
    {MESSAGES("{\"role\":\"system\",\"content\":\"x\"}"),
     FIRST "role is neither user nor assistant"},
    {MESSAGES("{\"role\":\"user\",\"content\":\"x\"},{\"role\":1,\"content\":\"x\"}"),
     "input.messages[1].role" WRONG},
    {MESSAGES("{\"role\":\"user\",\"content\":\"x\",\"tool_calls\":[1]}"),
     FIRST "tool_calls" UNKNOWN},
    {USER("null"), FIRST "content" WRONG},
    {USER("[1]"), FIRST "content has a block that is no object"},
    {USER("[{}]"), FIRST "type is missing"},
    {USER("[{\"type\":\"text\"}]"), FIRST "text is missing"},
    {USER("[{\"type\":\"\",\"text\":\"a\"}]"),
     FIRST " is a block that is not carried here: text alone"},
    {USER("[{\"type\":\"text\",\"text\":1}]"), FIRST "text" WRONG},
    {USER("[{\"type\":\"text\",\"text\":\"a\",\"text\":\"b\"}]"), FIRST "text is there twice"},
    {USER("[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"file\",\"data\":\"AA\"}]"),
     FIRST "file is a block that is not carried here: text alone"},
    {USER("[{\"type\":\"text\",\"arguments\":{\"a\":1}}]"), FIRST "arguments" UNKNOWN},
    {WITH("\"stream\":1"), "stream" WRONG},
    {WITH("\"episode_id\":7"), "episode_id" WRONG},
    {WITH("\"episode_id\":\"\""), "episode_id is no UUID"},
    {WITH("\"episode_id\":\"0198f3a2-1c4d-7abc-8def-0123456789a\""), "episode_id is no UUID"},
    {WITH("\"params\":[]"), "params" WRONG},
    {WITH("\"params\":{\"x\":{\"a\":1}}"), "params.x" UNKNOWN},
    {WITH("\"params\":{\"chat_completion\":1}"), "params.chat_completion" WRONG},
    {SAMPLING("\"top_p\":\"1\""), "params.chat_completion.top_p" WRONG},
    {SAMPLING("\"seed\":1,\"seed\":1"), "params.chat_completion.seed is there twice"},
    {SAMPLING("\"json_mode\":\"on\""), "params.chat_completion.json_mode" UNKNOWN},
    {SAMPLING("\"stop_sequences\":\"a\""), "params.chat_completion.stop_sequences" WRONG},
    {WITH("\"dryrun\":true"), "dryrun" UNKNOWN},
    {WITH("\"output_schema\":{\"a\":1}"), "output_schema" UNKNOWN},
    {WITH("\"a\\u0000\\n\":1"), "a\\u0000\\n" UNKNOWN},
    {WITH("\"tags\":[1]"), "tags" WRONG},
    {WITH("\"moongate\":{\"thread_id\":1}"), "moongate.thread_id is no string"},
};

static void test_refusals(void)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        for (size_t segment = 1; segment < 200; segment += 99) {
            bool good = judge(refusals[i].body, segment);
            if (good || strcmp(error.message, refusals[i].message) != 0)
                printf("%s\n  %s\n", refusals[i].body, error.message);
            CU_ASSERT_FALSE(good);
            CU_ASSERT_EQUAL(error.status, 400);
            CU_ASSERT_STRING_EQUAL(error.message, refusals[i].message);
        }
    }
}

static void test_good(void)
{
    static const char *const rows[] = {
        WITH("\"stream\":true"),
        WITH("\"stream\":true,\"function_name\":null,\"no\":false,\"x\":{},\"y\":[ ],\"z\":null"),
        WITH("\"stream\":true,\"tags\":{\"a\":\"b\"},\"cache_options\":{\"enabled\":\"on\"}"),
        " " WITH("\"stream\":true,\"params\":null,\"moongate\":null") "\n",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_TRUE(judge(rows[i], 1));
        CU_ASSERT_STRING_EQUAL(chat.model, "mini");
        CU_ASSERT_TRUE(chat.stream);
        CU_ASSERT_FALSE(chat.many || chat.include_usage || chat.given != 0);
        CU_ASSERT_EQUAL(chat.thread_id[0], '\0');
        CU_ASSERT_TRUE(span_equal(json_outline_value(&chat.messages, body.at),
                                  SPAN("[{\"role\":\"user\",\"content\":\"hi\"}]")));
        CU_ASSERT_EQUAL(chat.episode[6] >> 4, 7); /* a new one, of version 7 */
    }
    CU_ASSERT_TRUE(judge(USER("[{\"type\":\"text\",\"text\":\"a\"},{\"text\":\"\",\"t\\u0079pe\":"
                              "\"text\",\"arguments\":null}]"), 7));
    CU_ASSERT_TRUE(judge(USER("[]"), 7));
    CU_ASSERT_FALSE(chat.stream);
}

static void test_names(void)
{
    static const struct {
        const char *asked;
        const char *name;
    } rows[] = {
        {"\"model_name\":\"tensorzero::model_name::m\"", "tensorzero::model_name::m"},
        {"\"function_name\":\"f\\u0041\"", "tensorzero::function_name::fA"},
        {"\"function_name\":\"tensorzero::function_name::f\"", "tensorzero::function_name::f"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text), "{%s,\"input\":{" HI "}}", rows[i].asked);
        CU_ASSERT_TRUE(judge(text, 1000));
        CU_ASSERT_STRING_EQUAL(chat.model, rows[i].name);
    }
    snprintf(text, sizeof(text), "{\"function_name\":\"%0*d\",\"input\":{" HI "}}",
             LIMIT_NAME_BYTES - 1, 0);
    CU_ASSERT_TRUE(judge(text, 1000)); /* it is nobody's, cut or not */
    CU_ASSERT_EQUAL(strlen(chat.model), LIMIT_NAME_BYTES - 1);
    snprintf(text, sizeof(text), "{\"function_name\":\"%0*d\",\"input\":{" HI "}}",
             LIMIT_NAME_BYTES, 0);
    CU_ASSERT_FALSE(judge(text, 1000));
    CU_ASSERT_EQUAL(error.status, 404);
}

static void test_episode(void)
{
    static const uint8_t id[UUID_BYTES] = {0x01, 0x98, 0xf3, 0xa2, 0x1c, 0x4d, 0x7a, 0xbc,
                                           0x8d, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab};
    CU_ASSERT_TRUE(judge(WITH("\"episode_id\":\"0198F3a2-1c4d-7abc-8def-0123456789AB\""), 9));
    CU_ASSERT_EQUAL(memcmp(chat.episode, id, sizeof(id)), 0);
}

static void test_given(void)
{
    CU_ASSERT_TRUE(judge(SAMPLING("\"seed\":1,\"top_p\":null,\"max_tokens\":5"), 9));
    CU_ASSERT_EQUAL(chat.given, 1u << SETTINGS_SEED | 1u << SETTINGS_MAX_TOKENS);
}

/* No prefix of a body is JSON, and none is read beyond its end. */
static void test_prefixes(void)
{
    const char *text = SAMPLING("\"seed\":1");
    for (size_t len = 0; len < strlen(text); len++) {
        const char *part = unit_guard(0, text, len);
        gateway_chat_outline(&outline);
        CU_ASSERT_EQUAL(json_outline_take(&outline, part, len), RESULT_MORE);
        CU_ASSERT_EQUAL(json_outline_end(&outline), RESULT_FAULT);
    }
}

static void test_ignored(void)
{
    static const struct {
        enum settings_protocol protocol;
        const char *names;
    } rows[] = {
        {SETTINGS_OPENAI, "tags"},
        {SETTINGS_ANTHROPIC, "seed,tags"},
        {SETTINGS_RUST_PROXY, "top_p,seed,stop_sequences,tags"},
    };
    const char *text = WITH("\"params\":{\"chat_completion\":{\"top_p\":1,\"seed\":2,"
                            "\"max_tokens\":null,\"stop_sequences\":[\"a\"]}},\"tags\":{\"a\":1}");
    CU_ASSERT_TRUE(judge(text, 1000));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct settings_provider provider = {.protocol = rows[i].protocol};
        const struct provider_call call = {
            .provider = &provider, .asked = {.api = PROVIDER_API_INFERENCE, .body = body}};
        char bytes[GATEWAY_CHAT_IGNORED_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        gateway_native_ignored(&call, &out);
        CU_ASSERT_STRING_EQUAL(text_str(&out), rows[i].names);
    }
}

static const struct unit_test tests[] = {
    {"refusals", test_refusals},
    {"what is read", test_good},
    {"names", test_names},
    {"episode", test_episode},
    {"what is given", test_given},
    {"every prefix", test_prefixes},
    {"what goes no further", test_ignored},
};

UNIT_MAIN("gateway_native", tests)
