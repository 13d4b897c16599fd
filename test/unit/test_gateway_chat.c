/* gateway_chat: every body that is refused, and with which words; what is read of the others. */
#include "core/gateway/gateway_chat.h"

#include "core/provider/anthropic.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LARGE_BYTES 4194304

static struct json_tokens tokens;

/* What a body came to. */
struct verdict {
    struct json_outline outline;
    struct gateway_chat chat;
    struct gateway_error error;
    const char *body; /* in front of a guard page */
    bool good;
};

/* The body arrives in segments of that many bytes, and moves with each. */
static void judge(struct verdict *v, struct span body, size_t segment)
{
    enum result result = RESULT_MORE;
    memset(v, 0x5A, sizeof(*v));
    gateway_chat_outline(&v->outline);
    v->body = unit_guard(0, body.at, body.len);
    for (size_t len = 0; result == RESULT_MORE && len < body.len;) {
        len = body.len - len < segment ? body.len : len + segment;
        v->body = unit_guard(0, body.at, len);
        result = json_outline_take(&v->outline, v->body, len);
    }
    if (result == RESULT_MORE)
        result = json_outline_end(&v->outline);
    v->good = result == RESULT_DONE;
    if (v->good)
        v->good = gateway_chat_judge(&v->chat, &v->outline, v->body, &tokens, &v->error);
    else
        gateway_chat_not_json(&v->outline, &v->error);
}

static bool same_str(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* ---- refusals ------------------------------------------------------------------------------- */

#define GOOD_MESSAGES "[{\"role\":\"user\",\"content\":\"hi\"}]"
#define MEMBERS "\"model\":\"mini\",\"messages\":" GOOD_MESSAGES
#define GOOD "{" MEMBERS "}"
#define WITH(more) "{" MEMBERS "," more "}"
#define MESSAGES(inside) "{\"model\":\"mini\",\"messages\":[" inside "]}"
#define ROW(body) {body, sizeof(body) - 1}

struct refusal {
    struct span body;
    const char *param;
    const char *message; /* what it begins with */
};

#define NOT_JSON NULL, "the body is not JSON: "
#define LONG_20 "12345678901234567890"
#define LONG_100 LONG_20 LONG_20 LONG_20 LONG_20 LONG_20

static const struct refusal refusals[] = {
    {ROW(""), NOT_JSON},
    {ROW("  \r\n"), NOT_JSON},
    {ROW("{\"model\":\"mini\""), NOT_JSON},
    {ROW("{\"model\":\"mini\",\"messages\":[],}"), NOT_JSON},
    {ROW("{'model':'mini'}"), NOT_JSON},
    {ROW("{\"model\":nul}"), NOT_JSON},
    {ROW("{\"model\":\"mini\",\"n\":01,\"messages\":[]}"), NOT_JSON},
    {ROW("{\"model\":\"mi\\ni\",\"messages\":[{\"role\":\"user\",\"content\":\"\\x\"}]}"),
     NOT_JSON},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":\"a\x01" "b\"}")), NOT_JSON},
    {ROW(GOOD GOOD), NOT_JSON},
    {ROW(GOOD " x"), NOT_JSON},
    {ROW("\xEF\xBB\xBF" GOOD), NOT_JSON},
    {ROW("{\"model\":\"\xC3\x28\",\"messages\":[]}"), NOT_JSON},
    {ROW("{\"model\":\"\xC0\xAF\",\"messages\":[]}"), NOT_JSON},
    {ROW("{\"model\":\"\xED\xA0\x80\",\"messages\":[]}"), NOT_JSON},
    {ROW("5"), NULL, "the body is JSON, but no object"},
    {ROW("[]"), NULL, "the body is JSON, but no object"},
    {ROW("null"), NULL, "the body is JSON, but no object"},
    {ROW("\"" GOOD_MESSAGES), NOT_JSON},
    /* model */
    {ROW("{\"messages\":" GOOD_MESSAGES "}"), "model", "model is missing"},
    {ROW("{}"), "model", "model is missing"},
    {ROW("{\"Model\":\"mini\",\"messages\":" GOOD_MESSAGES "}"), "model", "model is missing"},
    {ROW("{\"model\":5,\"messages\":" GOOD_MESSAGES "}"), "model", "model is no string"},
    {ROW("{\"model\":null,\"messages\":" GOOD_MESSAGES "}"), "model", "model is no string"},
    {ROW("{\"model\":[\"mini\"],\"messages\":" GOOD_MESSAGES "}"), "model", "model is no string"},
    {ROW("{\"model\":\"\",\"messages\":" GOOD_MESSAGES "}"), "model", "model is no name"},
    {ROW("{\"model\":\"a\\u0000b\",\"messages\":" GOOD_MESSAGES "}"), "model", "model is no name"},
    {ROW("{\"model\":\"\\u0000\",\"messages\":" GOOD_MESSAGES "}"), "model", "model is no name"},
    {ROW("{\"model\":\"mini\"," MEMBERS "}"), "model", "model is there twice"},
    {ROW("{\"mod\\u0065l\":\"mini\"," MEMBERS "}"), "model", "model is there twice"},
    /* messages */
    {ROW("{\"model\":\"mini\"}"), "messages", "messages is missing"},
    {ROW("{\"model\":\"mini\",\"messages\":[]}"), "messages", "messages is empty"},
    {ROW("{\"model\":\"mini\",\"messages\":[ \n ]}"), "messages", "messages is empty"},
    {ROW("{\"model\":\"mini\",\"messages\":\"hi\"}"), "messages", "messages is no array"},
    {ROW("{\"model\":\"mini\",\"messages\":null}"), "messages", "messages is no array"},
    {ROW("{\"model\":\"mini\",\"messages\":{\"role\":\"user\"}}"), "messages",
     "messages is no array"},
    {ROW(WITH("\"messages\":[]")), "messages", "messages is there twice"},
    {ROW(MESSAGES("\"hi\"")), "messages", "messages[0] is no object"},
    {ROW(MESSAGES("{\"role\":\"user\"},null")), "messages", "messages[1] is no object"},
    {ROW(MESSAGES("[]")), "messages", "messages[0] is no object"},
    {ROW(MESSAGES("{}")), "messages", "messages[0] has no role"},
    {ROW(MESSAGES("{\"content\":\"hi\"}")), "messages", "messages[0] has no role"},
    {ROW(MESSAGES("{\"x\":{\"role\":\"user\"}}")), "messages", "messages[0] has no role"},
    {ROW(MESSAGES("{\"role\":1,\"content\":\"hi\"}")), "messages",
     "messages[0] has a role that is no string"},
    {ROW(MESSAGES("{\"role\":null}")), "messages", "messages[0] has a role that is no string"},
    {ROW(MESSAGES("{\"role\":\"user\",\"role\":\"system\",\"content\":\"hi\"}")), "messages",
     "messages[0] has role twice"},
    {ROW(MESSAGES("{\"role\":\"user\",\"r\\u006fle\":\"system\"}")), "messages",
     "messages[0] has role twice"},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":\"a\",\"content\":\"b\"}")), "messages",
     "messages[0] has content twice"},
    {ROW(MESSAGES("{\"role\":\"a\",\"tool_calls\":[],\"tool_calls\":[]}")), "messages",
     "messages[0] has tool_calls twice"},
    {ROW(MESSAGES("{\"role\":\"a\",\"refusal\":null,\"refusal\":\"\"}")), "messages",
     "messages[0] has refusal twice"},
    {ROW(MESSAGES("{\"function_call\":{},\"role\":\"a\",\"function_call\":{}}")), "messages",
     "messages[0] has function_call twice"},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":1}")), "messages",
     "messages[0] has a content that is neither"},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":true}")), "messages",
     "messages[0] has a content that is neither"},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":{\"type\":\"text\"}}")), "messages",
     "messages[0] has a content that is neither"},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":[\"hi\"]}")), "messages",
     "messages[0] has a content part that is no object"},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":[{\"a\":[{}]},{},5]}")), "messages",
     "messages[0] has a content part that is no object"},
    {ROW(MESSAGES("{\"role\":\"user\",\"content\":[[{}]]}")), "messages",
     "messages[0] has a content part that is no object"},
    {ROW(MESSAGES("{\"role\":\"a\",\"tool_calls\":{}}")), "messages",
     "messages[0] has tool_calls that are no array"},
    {ROW(MESSAGES("{\"role\":\"a\",\"tool_calls\":\"f\"}")), "messages",
     "messages[0] has tool_calls that are no array"},
    {ROW(MESSAGES("{\"role\":\"a\",\"tool_calls\":[{},null]}")), "messages",
     "messages[0] has a tool call that is no object"},
    /* stream, stream_options */
    {ROW(WITH("\"stream\":\"yes\"")), "stream", "stream is neither true nor false"},
    {ROW(WITH("\"stream\":1")), "stream", "stream is neither true nor false"},
    {ROW(WITH("\"stream\":{}")), "stream", "stream is neither true nor false"},
    {ROW(WITH("\"stream\":true,\"stream\":true")), "stream", "stream is there twice"},
    {ROW(WITH("\"stream\":true,\"stream_options\":\"x\"")), "stream_options",
     "stream_options is no object"},
    {ROW(WITH("\"stream_options\":[]")), "stream_options", "stream_options is no object"},
    {ROW(WITH("\"stream_options\":{},\"stream_options\":{}")), "stream_options",
     "stream_options is there twice"},
    {ROW(WITH("\"stream_options\":{\"include_usage\":1}")), "stream_options.include_usage",
     "stream_options.include_usage is neither true nor false"},
    {ROW(WITH("\"stream_options\":{\"include_usage\":true,\"include_us\\u0061ge\":true}")),
     "stream_options.include_usage", "stream_options.include_usage is there twice"},
    /* moongate */
    {ROW(WITH("\"moongate\":\"x\"")), "moongate", "moongate is no object"},
    {ROW(WITH("\"moongate\":{},\"moongate\":{}")), "moongate", "moongate is there twice"},
    {ROW(WITH("\"moongate\":{\"thread_id\":5}")), "moongate.thread_id",
     "moongate.thread_id is no string"},
    {ROW(WITH("\"moongate\":{\"thread_id\":\"a\",\"thread_id\":\"a\"}")), "moongate.thread_id",
     "moongate.thread_id is there twice"},
    {ROW(WITH("\"moongate\":{\"thread_id\":\"\"}")), "moongate.thread_id",
     "moongate.thread_id is none that was given out"},
    {ROW(WITH("\"moongate\":{\"thread_id\":\"a\\u0000b\"}")), "moongate.thread_id",
     "moongate.thread_id is none that was given out"},
    {ROW(WITH("\"moongate\":{\"thread_id\":\"" LONG_100 LONG_100 LONG_100 "\"}")),
     "moongate.thread_id", "moongate.thread_id is none that was given out"},
};

static void check_refusal(const struct refusal *row, size_t segment)
{
    struct verdict v;
    judge(&v, row->body, segment);
    bool begins = strncmp(v.error.message, row->message, strlen(row->message)) == 0;
    bool same = !v.good && v.error.status == 400 && same_str(v.error.param, row->param) && begins;
    CU_ASSERT_TRUE(same);
    CU_ASSERT_PTR_NULL(v.error.code);
    CU_ASSERT_EQUAL(v.error.retry_after_s, 0);
    if (!same)
        printf("  %.*s: %s\n", (int)row->body.len, row->body.at,
               v.good ? "good" : v.error.message);
}

static void every_refusal(void)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        check_refusal(&refusals[i], 1);
        check_refusal(&refusals[i], 7);
        check_refusal(&refusals[i], LARGE_BYTES);
    }
}

static void too_deep(void)
{
    char body[512];
    struct verdict v;
    for (size_t depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH; depth++) {
        struct text text = text_over(body, sizeof(body));
        text_add_str(&text, "{" MEMBERS ",\"x\":");
        for (size_t i = 0; i < depth; i++)
            text_add_char(&text, '[');
        for (size_t i = 0; i < depth; i++)
            text_add_char(&text, ']');
        text_add_char(&text, '}');
        judge(&v, text_span(&text), 64);
        CU_ASSERT_EQUAL(v.good, depth < LIMIT_JSON_DEPTH);
    }
    CU_ASSERT_EQUAL(v.error.status, 400);
    CU_ASSERT_PTR_NOT_NULL(strstr(v.error.message, " (at byte "));
}

/* Names that are too long to be any model's, and the longest that may be. */
static void long_model_names(void)
{
    char body[LIMIT_NAME_BYTES + 128];
    struct verdict v;
    for (size_t len = LIMIT_NAME_BYTES - 4; len < LIMIT_NAME_BYTES + 4; len++) {
        struct text text = text_over(body, sizeof(body));
        text_add_str(&text, "{\"model\":\"");
        for (size_t i = 0; i < len; i++)
            text_add_char(&text, 'm');
        text_add_str(&text, "\",\"messages\":" GOOD_MESSAGES "}");
        judge(&v, text_span(&text), sizeof(body));
        CU_ASSERT_EQUAL(v.good, len < LIMIT_NAME_BYTES);
        if (v.good) {
            CU_ASSERT_EQUAL(strlen(v.chat.model), len);
            continue;
        }
        CU_ASSERT_EQUAL(v.error.status, 404);
        CU_ASSERT_STRING_EQUAL(v.error.param, "model");
        CU_ASSERT_STRING_EQUAL(v.error.code, "model_not_found");
        CU_ASSERT_EQUAL(strncmp(v.error.message, "Model not available: ", 21), 0);
    }
}

/* ---- what is read --------------------------------------------------------------------------- */

struct reading {
    const char *body;
    const char *model;
    const char *messages;
    const char *thread_id;
    bool stream, include_usage;
};

static const struct reading readings[] = {
    {GOOD, "mini", GOOD_MESSAGES, "", false, false},
    {" \n{ \"messages\" :\t" GOOD_MESSAGES " ,\r\n\"model\" : \"mini\" } ", "mini",
     GOOD_MESSAGES, "", false, false},
    {"{\"m\\u006fdel\":\"m\\u0069n\\\"\\u00e9\",\"messages\":" GOOD_MESSAGES "}",
     "min\"\xC3\xA9", GOOD_MESSAGES, "", false, false},
    {WITH("\"stream\":true"), "mini", GOOD_MESSAGES, "", true, false},
    {WITH("\"stream\":false"), "mini", GOOD_MESSAGES, "", false, false},
    {WITH("\"stream\":null,\"stream_options\":null,\"moongate\":null"), "mini", GOOD_MESSAGES, "",
     false, false},
    {WITH("\"stream\":true,\"stream_options\":{\"x\":1,\"include_usage\":true}"), "mini",
     GOOD_MESSAGES, "", true, true},
    {WITH("\"stream_options\":{\"include_usage\":false}"), "mini", GOOD_MESSAGES, "", false, false},
    {WITH("\"stream_options\":{\"include_usage\":null}"), "mini", GOOD_MESSAGES, "", false, false},
    {WITH("\"stream_options\":{}"), "mini", GOOD_MESSAGES, "", false, false},
    {WITH("\"stream_options\":{\"a\":{\"include_usage\":1}}"), "mini", GOOD_MESSAGES, "", false,
     false},
    {WITH("\"moongate\":{\"thread_id\":\"t-1.ab\\u0063\"}"), "mini", GOOD_MESSAGES, "t-1.abc",
     false, false},
    {WITH("\"moongate\":{\"thread_id\":null}"), "mini", GOOD_MESSAGES, "", false, false},
    {WITH("\"moongate\":{}"), "mini", GOOD_MESSAGES, "", false, false},
    {WITH("\"moongate\":{\"thread_id\":\"" LONG_100 LONG_100 "\"}"), "mini", GOOD_MESSAGES,
     LONG_100 LONG_100, false, false},
    {MESSAGES("{\"role\":\"a\",\"include_usage\":true,\"thread_id\":\"t\"}"), "mini",
     "[{\"role\":\"a\",\"include_usage\":true,\"thread_id\":\"t\"}]", "", false, false},
    {WITH("\"x\":{\"a\":1,\"a\":2},\"y\":\"\\ud800\",\"x\":1"), "mini", GOOD_MESSAGES, "", false,
     false},
};

static void every_reading(void)
{
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        const struct reading *r = &readings[i];
        struct verdict v;
        judge(&v, span_of(r->body), i % 2 == 0 ? 1 : 13);
        if (!v.good)
            printf("  %s: %s\n", r->body, v.error.message);
        CU_ASSERT_TRUE_FATAL(v.good);
        CU_ASSERT_STRING_EQUAL(v.chat.model, r->model);
        CU_ASSERT_STRING_EQUAL(v.chat.thread_id, r->thread_id);
        CU_ASSERT_EQUAL(v.chat.stream, r->stream);
        CU_ASSERT_EQUAL(v.chat.include_usage, r->include_usage);
        struct span messages = json_outline_value(&v.chat.messages, v.body);
        CU_ASSERT_TRUE(span_equal(messages, span_of(r->messages)));
    }
}

static const char *const good_messages[] = {
    "{\"role\":\"user\"}",
    "{\"role\":\"\",\"content\":\"\"}",
    "{\"role\":\"user\",\"content\":null}",
    "{\"role\":\"user\",\"content\":[]}",
    "{\"role\":\"user\",\"content\":[{},{\"type\":\"text\",\"text\":\"x\",\"text\":\"y\"}]}",
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}",
    "{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":null}",
    "{\"role\":\"assistant\",\"tool_calls\":[]}",
    "{\"role\":\"tool\",\"content\":\"x\",\"tool_call_id\":5,\"name\":1,\"name\":2}",
    "{\"role\":\"assistant\",\"refusal\":null,\"function_call\":null,\"tool_calls\":null}",
    "{\"role\":\"user\",\"x\":{\"role\":1,\"role\":2,\"content\":3}}",
    "{\"role\":\"user\",\"content\":\"\\ud800\"} , {\"role\":\"user\",\"content\":\"]\"}",
};

static void messages_that_are_good(void)
{
    for (size_t i = 0; i < sizeof(good_messages) / sizeof(good_messages[0]); i++) {
        char body[512];
        struct verdict v;
        struct text text = text_over(body, sizeof(body));
        text_add_str(&text, "{\"model\":\"mini\",\"messages\":[");
        text_add_str(&text, good_messages[i]);
        text_add_str(&text, "]}");
        judge(&v, text_span(&text), sizeof(body));
        CU_ASSERT_TRUE(v.good);
        if (!v.good)
            printf("  %s: %s\n", good_messages[i], v.error.message);
    }
}

/* ---- ignored names -------------------------------------------------------------------------- */

static const struct {
    const char *body;
    const char *ignored;
} ignored[] = {
    {GOOD, ""},
    {WITH("\"stream\":true,\"stream_options\":{\"x\":1},\"moongate\":{}"), ""},
    {WITH("\"temperature\":1"), "temperature"},
    {WITH("\"temperature\":1,\"top_p\":0.5,\"n\":1"), "temperature,top_p,n"},
    {"{\"x-y.z_9\":[],\"stop\":\"a\"," MEMBERS ",\"temperature\":null}",
     "temperature,stop,x-y.z_9"},
    {WITH("\"t\\u0065mp\":1,\"a\\r\\nb: c\":1,\"\\u00e9\":1,\"\":1,\"d,e\":1"), "temp,abc,de"},
    {WITH("\"\\u00e9\":1"), ""},
    {WITH("\"" LONG_100 LONG_100 "\":1,\"b\":1"), LONG_20 "123456789012345678,b"},
    {WITH("\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,"
          "\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"r\":1"),
     "n,a,b,c,d,e,f,g,h,i,j,k,l,m,o,p"},
};

static void every_ignored(void)
{
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        struct verdict v;
        struct text out =
            text_over(unit_guard_room(1, GATEWAY_CHAT_IGNORED_BYTES), GATEWAY_CHAT_IGNORED_BYTES);
        judge(&v, span_of(ignored[i].body), LARGE_BYTES);
        CU_ASSERT_TRUE_FATAL(v.good);
        gateway_chat_ignored(&v.outline, v.body, NULL, &out);
        CU_ASSERT_STRING_EQUAL(text_str(&out), ignored[i].ignored);
        CU_ASSERT_FALSE(out.cut);
    }
}

static void what_is_carried_is_not_ignored(void)
{
    char bytes[GATEWAY_CHAT_IGNORED_BYTES];
    struct verdict v;
    struct text out = text_over(bytes, sizeof(bytes));
    judge(&v, SPAN(WITH("\"stop\":1,\"seed\":1,\"st\\u006fp\":1,\"stops\":1")), LARGE_BYTES);
    gateway_chat_ignored(&v.outline, v.body, anthropic_protocol.carries, &out);
    CU_ASSERT_STRING_EQUAL(text_str(&out), "seed,stops");
}

static void the_most_that_is_ignored(void)
{
    char body[16 * 64 + 256];
    char bytes[GATEWAY_CHAT_IGNORED_BYTES];
    struct verdict v;
    struct text text = text_over(body, sizeof(body));
    struct text out = text_over(bytes, sizeof(bytes));
    text_add_str(&text, "{" MEMBERS);
    for (int i = 0; i < GATEWAY_CHAT_IGNORED_MAX; i++)
        text_add_str(&text, ",\"" LONG_20 LONG_20 "\":1");
    text_add_char(&text, '}');
    judge(&v, text_span(&text), sizeof(body));
    CU_ASSERT_TRUE_FATAL(v.good);
    gateway_chat_ignored(&v.outline, v.body, NULL, &out);
    CU_ASSERT_FALSE(out.cut);
    CU_ASSERT_EQUAL(out.len, GATEWAY_CHAT_IGNORED_MAX * 39 - 1);
    text_str(&out); /* has its NUL too */
    CU_ASSERT_EQUAL(strlen(bytes), GATEWAY_CHAT_IGNORED_MAX * 39 - 1);
}

/* ---- size ----------------------------------------------------------------------------------- */

static char large[LARGE_BYTES];

static struct span many(const char *head, const char *one, size_t count, const char *tail)
{
    struct text text = text_over(large, sizeof(large));
    text_add_str(&text, head);
    for (size_t i = 0; i < count; i++) {
        text_add_str(&text, i > 0 ? "," : "");
        text_add_str(&text, one);
    }
    text_add_str(&text, tail);
    CU_ASSERT_FALSE_FATAL(text.cut);
    return text_span(&text);
}

/* A message is one object, its names, and what they hold: role, "user", content, the array. */
static void too_many_tokens(void)
{
    struct verdict v;
    char message[GATEWAY_ERROR_BYTES];
    for (size_t parts = LIMIT_JSON_TOKENS - 6; parts <= LIMIT_JSON_TOKENS - 4; parts++) {
        judge(&v, many("{\"model\":\"mini\",\"messages\":[{\"role\":\"a\"},"
                       "{\"role\":\"user\",\"content\":[", "{}", parts, "]}]}"), LARGE_BYTES);
        CU_ASSERT_EQUAL(v.good, parts + 5 <= LIMIT_JSON_TOKENS);
    }
    CU_ASSERT_EQUAL(v.error.status, 400);
    CU_ASSERT_STRING_EQUAL(v.error.param, "messages");
    (void)snprintf(message, sizeof(message), "messages[1] has more than %d names and values in it",
                   LIMIT_JSON_TOKENS);
    CU_ASSERT_STRING_EQUAL(v.error.message, message);
    judge(&v, many("{" MEMBERS ",\"stream_options\":{\"x\":[", "1", LIMIT_JSON_TOKENS, "]}}"),
          LARGE_BYTES);
    CU_ASSERT_FALSE(v.good);
    CU_ASSERT_STRING_EQUAL(v.error.param, "stream_options");
    judge(&v, many("{" MEMBERS ",\"x\":[", "1", 2 * LIMIT_JSON_TOKENS, "]}"), LARGE_BYTES);
    CU_ASSERT_TRUE(v.good);
}

static void it_is_linear(void)
{
    static char part[8192];
    struct verdict v;
    clock_t start = clock();
    judge(&v, many("{\"model\":\"mini\",\"messages\":[",
                   "{\"role\":\"user\",\"content\":\"a short message\"}", 80000, "]}"),
          LARGE_BYTES);
    CU_ASSERT_TRUE(v.good);
    memset(part, 'x', sizeof(part) - 1);
    memcpy(part, "{\"type\":\"text\",\"text\":\"", 23);
    memcpy(part + sizeof(part) - 3, "\"}", 2);
    judge(&v, many("{\"model\":\"mini\",\"messages\":[{\"role\":\"user\",\"content\":[", part, 500,
                   "]}]}"), LARGE_BYTES);
    CU_ASSERT_TRUE(v.good);
    CU_ASSERT_TRUE(clock() - start < 3 * CLOCKS_PER_SEC);
}

/* What is no chat needs a model, and no more is read of it. */
static void every_relayed(void)
{
    static const struct {
        const char *body;
        bool good, stream;
        const char *param;
    } others[] = {
        {"{\"model\":\"m\"}", true, false, NULL},
        {"{\"stream\":true,\"model\":\"m\",\"messages\":7}", true, true, NULL},
        {"{\"model\":\"m\",\"stream\":null,\"a\":1,\"a\":2}", true, false, NULL},
        {"{\"model\":\"m\",\"stream_options\":[],\"moongate\":1}", true, false, NULL},
        {"{\"model\":\"m\",\"stream\":\"yes\"}", false, false, "stream"},
        {"{\"input\":\"hi\"}", false, false, "model"},
        {"{\"model\":null}", false, false, "model"},
        {"{\"model\":\"m\",\"model\":\"m\"}", false, false, "model"},
        {"[]", false, false, NULL},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct verdict v;
        judge(&v, span_of(others[i].body), 3);
        v.good = gateway_chat_judge_relayed(&v.chat, &v.outline, v.body, &v.error);
        CU_ASSERT_EQUAL(v.good, others[i].good);
        if (v.good)
            CU_ASSERT_EQUAL(v.chat.stream, others[i].stream);
        if (!v.good)
            CU_ASSERT_TRUE(v.error.status == 400 && same_str(v.error.param, others[i].param));
    }
}

static const struct unit_test tests[] = {
    {"every relayed", every_relayed},
    {"every refusal", every_refusal},
    {"too deep", too_deep},
    {"long model names", long_model_names},
    {"every reading", every_reading},
    {"messages that are good", messages_that_are_good},
    {"every ignored", every_ignored},
    {"what is carried is not ignored", what_is_carried_is_not_ignored},
    {"the most that is ignored", the_most_that_is_ignored},
    {"too many tokens", too_many_tokens},
    {"it is linear", it_is_linear},
};

UNIT_MAIN("gateway_chat", tests)
