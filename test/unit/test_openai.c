/* openai: its heads to the byte, and what each of its events means. */
#include "core/provider/openai.h"

#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define HEAD_BYTES 4096
#define AGENT "\r\nuser-agent: moongate/" MOONGATE_VERSION "\r\n"
#define BODY "{\"model\":\"m\"}"

static const struct settings_provider service = {
    .protocol = SETTINGS_OPENAI,
    .url = {.host = "api.openai.com", .authority = "api.openai.com",
            .path = "/v1", .port = 443, .tls = true},
    .api_key = "sk-secret",
};

static struct provider_call call_of(const struct settings_provider *provider, bool stream)
{
    const char *body = BODY;
    return (struct provider_call){
        .provider = provider,
        .identifier = SPAN("gpt"),
        .asked = {.path = SPAN("/chat/completions"), .body = {body, strlen(body)},
                  .model = {body + 9, 3}, .stream = stream},
    };
}

/* ---- heads ---------------------------------------------------------------------------------- */

static void check_head(const struct provider_call *call, bool models, const char *expected)
{
    char bytes[HEAD_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    if (models)
        openai_protocol.models_head(call, &out);
    else
        openai_protocol.head(call, &out);
    CU_ASSERT_FALSE(out.cut);
    CU_ASSERT_STRING_EQUAL(text_str(&out), expected);
}

static void every_head(void)
{
    struct settings_provider keyless = service;
    struct provider_call call = call_of(&service, false);
    keyless.api_key = NULL;
    keyless.url.path = "";
    openai_protocol.begin(&call);
    check_head(&call, false,
               "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com" AGENT
               "authorization: Bearer sk-secret\r\ncontent-type: application/json\r\n"
               "content-length: 15\r\naccept: application/json\r\n\r\n");
    call.asked.any_type = true;
    call.asked.path = SPAN("/audio/speech");
    check_head(&call, false,
               "POST /v1/audio/speech HTTP/1.1\r\nhost: api.openai.com" AGENT
               "authorization: Bearer sk-secret\r\ncontent-type: application/json\r\n"
               "content-length: 15\r\naccept: */*\r\n\r\n");
    check_head(&call, true,
               "GET /v1/models HTTP/1.1\r\nhost: api.openai.com" AGENT
               "authorization: Bearer sk-secret\r\naccept: application/json\r\n\r\n");
    call = call_of(&keyless, true);
    openai_protocol.begin(&call);
    check_head(&call, false,
               "POST /chat/completions HTTP/1.1\r\nhost: api.openai.com" AGENT
               "content-type: application/json\r\ncontent-length: 15\r\n"
               "accept: text/event-stream\r\n\r\n");
    check_head(&call, true,
               "GET /models HTTP/1.1\r\nhost: api.openai.com" AGENT
               "accept: application/json\r\n\r\n");
}

/* A key can be anything: it may not begin a line, and a longer one than has room is no head. */
static void odd_keys(void)
{
    static char key[2 * HEAD_BYTES];
    char bytes[HEAD_BYTES];
    struct settings_provider provider = service;
    struct provider_call call = call_of(&provider, false);
    struct text out = text_over(bytes, sizeof(bytes));
    provider.api_key = "k\r\nx-evil: 1";
    openai_protocol.models_head(&call, &out);
    CU_ASSERT_PTR_NULL(strstr(text_str(&out), "\nx-evil"));
    memset(key, 'k', sizeof(key) - 1);
    provider.api_key = key;
    out = text_over(bytes, sizeof(bytes));
    openai_protocol.models_head(&call, &out);
    CU_ASSERT_TRUE(out.cut);
}

/* ---- events --------------------------------------------------------------------------------- */

#define CHOICE(rest) "{\"choices\":[{\"index\":0," rest "}]}"
#define DELTA(inside) CHOICE("\"delta\":{" inside "},\"finish_reason\":null")
#define USAGE "\"usage\":{\"total_tokens\":1}"

struct row {
    const char *name;
    const char *data;
    enum provider_news_kind kind;
    struct provider_marks marks;
};

#define MARKS(said, only_usage, begun, ended)                                                      \
    {.content = said, .usage = only_usage, .choices = begun, .finished = ended}
#define TYPED(said, ended) {.content = said, .typed = true, .choices = ended, .finished = ended}
#define FOREIGN(said, ended)                                                                       \
    {.content = said, .typed = true, .foreign = true, .choices = ended, .finished = ended}
#define EMPTY MARKS(false, false, 1, 0)
#define SAID MARKS(true, false, 1, 0)
#define NO_MARKS MARKS(false, false, 0, 0)

static struct provider_call relayed = {.asked.api = PROVIDER_API_OPENAI};

static const struct row rows[] = {
    {"", DELTA("\"role\":\"assistant\",\"content\":\"\""), PROVIDER_EVENT, EMPTY},
    {"", DELTA("\"role\":\"assistant\",\"content\":null"), PROVIDER_EVENT, EMPTY},
    {"", DELTA(""), PROVIDER_EVENT, EMPTY},
    {"", DELTA("\"content\":\"a\""), PROVIDER_EVENT, SAID},
    {"message", DELTA("\"content\":\"a\""), PROVIDER_EVENT, SAID},
    {"chunk", DELTA("\"content\":\"a\""), PROVIDER_EVENT, SAID},
    {"", DELTA("\"cont\\u0065nt\":\"a\""), PROVIDER_EVENT, SAID},
    {"", DELTA("\"content\":[{\"type\":\"thinking\"}]"), PROVIDER_EVENT, SAID},
    {"", DELTA("\"content\":[]"), PROVIDER_EVENT, EMPTY},
    {"", DELTA("\"reasoning_content\":\"a\",\"content\":null"), PROVIDER_EVENT, SAID},
    {"", DELTA("\"reasoning\":\"a\""), PROVIDER_EVENT, SAID},
    {"", DELTA("\"reasoning_details\":[{}]"), PROVIDER_EVENT, SAID},
    {"", DELTA("\"refusal\":\"no\""), PROVIDER_EVENT, SAID},
    {"", DELTA("\"refusal\":null"), PROVIDER_EVENT, EMPTY},
    {"", DELTA("\"tool_calls\":[{\"index\":0}]"), PROVIDER_EVENT, SAID},
    {"", DELTA("\"tool_calls\":[]"), PROVIDER_EVENT, EMPTY},
    {"", DELTA("\"function_call\":{\"name\":\"f\"}"), PROVIDER_EVENT, SAID},
    {"", DELTA("\"audio\":{\"id\":\"a\"}"), PROVIDER_EVENT, SAID},
    {"", DELTA("\"vendor\":\"x\""), PROVIDER_EVENT, EMPTY},
    {"", CHOICE("\"text\":\"a\""), PROVIDER_EVENT, SAID},
    {"", CHOICE("\"text\":\"\""), PROVIDER_EVENT, EMPTY},
    {"", CHOICE("\"delta\":{},\"finish_reason\":\"stop\""),
     PROVIDER_EVENT, MARKS(false, false, 1, 1)},
    {"", CHOICE("\"delta\":{},\"finish_reason\":\"\""), PROVIDER_EVENT, EMPTY},
    {"", CHOICE("\"finish_reason\":\"length\",\"delta\":{\"content\":\"a\"}"), PROVIDER_EVENT,
     MARKS(true, false, 1, 1)},
    {"", "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", PROVIDER_EVENT, SAID},
    {"", "{\"choices\":[{\"index\":3,\"delta\":{\"content\":\"a\"}}]}", PROVIDER_EVENT,
     MARKS(true, false, 8, 0)},
    {"", "{\"choices\":[{\"index\":0},{\"finish_reason\":\"stop\",\"index\":2}]}", PROVIDER_EVENT,
     MARKS(false, false, 5, 4)},
    {"", "{\"choices\":[{\"index\":64}]}",
     PROVIDER_EVENT, MARKS(false, false, (uint64_t)1 << 63, 0)},
    {"", "{\"choices\":[{\"index\":-1}]}",
     PROVIDER_EVENT, MARKS(false, false, (uint64_t)1 << 63, 0)},
    {"", "{\"choices\":[7,null,\"x\"]}", PROVIDER_EVENT, EMPTY},
    {"", "{\"choices\":[]," USAGE "}", PROVIDER_EVENT, MARKS(false, true, 0, 0)},
    {"", "{\"choices\":[],\"usage\":null}", PROVIDER_EVENT, NO_MARKS},
    {"", "{\"choices\":[]}", PROVIDER_EVENT, NO_MARKS},
    {"", "{\"choices\":null," USAGE "}", PROVIDER_EVENT, NO_MARKS},
    {"", "{" USAGE ",\"choices\":[{\"index\":0,\"delta\":{}}]}", PROVIDER_EVENT, EMPTY},
    {"", "{\"something\":\"else\"}", PROVIDER_EVENT, TYPED(false, 0)},
    {"", "{\"error\":null,\"choices\":[]}", PROVIDER_EVENT, NO_MARKS},
    {"", " {\n \"choices\" : [ { \"index\" : 0 , \"delta\" : { \"content\" : \"a\" } } ] } ",
     PROVIDER_EVENT, SAID},
    {"ping", "{}", PROVIDER_EVENT, FOREIGN(false, 0)},
    {"ping", "{\"type\":\"ping\"}", PROVIDER_EVENT, FOREIGN(false, 0)},
    {"response.created", "{\"type\":\"response.created\",\"response\":{\"error\":null}}",
     PROVIDER_EVENT, FOREIGN(false, 0)},
    {"response.output_text.delta",
     "{\"type\":\"response.output_text.delta\",\"delta\":\"a\"}", PROVIDER_EVENT, FOREIGN(true, 0)},
    {"response.completed", "{\"response\":{},\"type\":\"response.completed\"}", PROVIDER_EVENT,
     FOREIGN(true, 1)},
    {"", "{\"type\":\"response.incomplete\"}", PROVIDER_EVENT, TYPED(true, 1)},
    {"message", "{\"type\":\"response.failed\"}", PROVIDER_EVENT, TYPED(true, 1)},
    {"", "{\"type\":17}", PROVIDER_EVENT, TYPED(false, 0)},
    {"", "", PROVIDER_NOTHING, NO_MARKS},
    {"", " ", PROVIDER_NOTHING, NO_MARKS},
    {"", "[DONE]", PROVIDER_FINISH, NO_MARKS},
    {"", " [DONE] ", PROVIDER_FINISH, NO_MARKS},
    {"", "[DONE", PROVIDER_MALFORMED, NO_MARKS},
    {"", "[done]", PROVIDER_MALFORMED, NO_MARKS},
    {"", "[]", PROVIDER_MALFORMED, NO_MARKS},
    {"", "17", PROVIDER_MALFORMED, NO_MARKS},
    {"", "null", PROVIDER_MALFORMED, NO_MARKS},
    {"", "{\"choices\":[", PROVIDER_MALFORMED, NO_MARKS},
    {"", "{\"choices\":[]}}", PROVIDER_MALFORMED, NO_MARKS},
    {"", "{\"choices\":[{\"delta\":{\"content\":\"\xC3\x28\"}}]}", PROVIDER_MALFORMED, NO_MARKS},
    {"", "<html>", PROVIDER_MALFORMED, NO_MARKS},
};

static bool same_marks(const struct provider_marks *a, const struct provider_marks *b)
{
    return a->content == b->content && a->usage == b->usage && a->choices == b->choices &&
           a->finished == b->finished && a->foreign == b->foreign && a->typed == b->typed;
}

static void check_event(const struct row *row)
{
    struct span name = {unit_guard(0, row->name, strlen(row->name)), strlen(row->name)};
    struct span data = {unit_guard(1, row->data, strlen(row->data)), strlen(row->data)};
    struct provider_news news;
    memset(&news, 0x5A, sizeof(news));
    openai_protocol.event(&relayed, name, data, &news);
    bool event = row->kind == PROVIDER_EVENT;
    bool same = news.kind == row->kind && same_marks(&news.marks, &row->marks) &&
                span_equal(news.text, event ? data : SPAN("")) &&
                span_equal(news.name, event ? name : SPAN(""));
    CU_ASSERT_TRUE(same);
    if (!same)
        printf("  %s: %s gave %d %d %d %llx %llx\n", row->name, row->data, (int)news.kind,
               news.marks.content, news.marks.usage, (unsigned long long)news.marks.choices,
               (unsigned long long)news.marks.finished);
}

static void every_event(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_event(&rows[i]);
}

static void every_prefix(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t len = 0; len < strlen(rows[i].data); len++) {
            struct span data = {unit_guard(1, rows[i].data, len), len};
            struct provider_news news;
            openai_protocol.event(&relayed, span_of(rows[i].name), data, &news);
            bool whole = news.kind == PROVIDER_EVENT && data.at[len - 1] != '}';
            CU_ASSERT_FALSE(whole);
            CU_ASSERT_TRUE(news.marks.finished == 0 || news.kind == PROVIDER_EVENT);
        }
}

static void every_error(void)
{
    static const struct {
        const char *name;
        const char *data;
        const char *text;
        bool raw;
    } errors[] = {
        {"", "{\"error\":{\"message\":\"it \\\"broke\\\"\",\"code\":5}}", "it \\\"broke\\\"", true},
        {"error", "{\"error\":{\"message\":\"it broke\"}}", "it broke", true},
        {"", "{\"error\":\"it broke\"}", "it broke", true},
        {"", "{\"choices\":[],\"error\":{\"code\":5}}", "{\"code\":5}", false},
        {"", "{\"error\":{\"message\":null}}", "{\"message\":null}", false},
        {"", "{\"error\":true}", "true", false},
        {"error", "{\"type\":\"error\",\"code\":\"x\",\"message\":\"it broke\"}", "it broke", true},
        {"", "{\"type\":\"error\"}", "error", true},
    };
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct provider_news news;
        openai_protocol.event(&relayed, span_of(errors[i].name), span_of(errors[i].data), &news);
        CU_ASSERT_EQUAL(news.kind, PROVIDER_ERROR);
        CU_ASSERT_EQUAL(news.raw, errors[i].raw);
        CU_ASSERT_TRUE(span_equal(news.text, span_of(errors[i].text)));
    }
}

/* What the answer cost, where an event tells it. */
static void every_usage(void)
{
    static const struct {
        const char *data;
        uint64_t input, output, cached;
    } told[] = {
        {"{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,"
         "\"prompt_tokens_details\":{\"cached_tokens\":2}}}", 7, 5, 2},
        {"{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5},\"choices\":[{\"index\":0}]}",
         7, 5, 0},
        {"{\"choices\":[],\"usage\":null}", 0, 0, 0},
        {"{\"type\":\"response.completed\",\"response\":{\"output\":[{\"usage\":1}],\"usage\":"
         "{\"input_tokens\":70,\"input_tokens_details\":{\"cached_tokens\":64},"
         "\"output_tokens\":9}}}", 70, 9, 64},
        {"{\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}},"
         "\"type\":\"response.incomplete\"}", 1, 2, 0},
        {"{\"type\":\"response.failed\",\"response\":null}", 0, 0, 0},
        {"{\"type\":\"response.created\",\"response\":{\"usage\":{\"input_tokens\":1}}}",
         0, 0, 0},
        {DELTA("\"usage\":{\"prompt_tokens\":7}"), 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        size_t len = strlen(told[i].data);
        struct span data = {unit_guard(1, told[i].data, len), len};
        struct provider_news news;
        openai_protocol.event(&relayed, SPAN(""), data, &news);
        CU_ASSERT_EQUAL(news.usage.has_input, told[i].input > 0);
        CU_ASSERT_EQUAL(news.usage.has_output, told[i].output > 0);
        CU_ASSERT_EQUAL(news.usage.input, told[i].input);
        CU_ASSERT_EQUAL(news.usage.output, told[i].output);
        CU_ASSERT_EQUAL(news.usage.cached, told[i].cached);
    }
}

/* ---- what is mended ------------------------------------------------------------------------- */

#define CALLS(calls) "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[" calls "]}}]}"
#define NAME PROVIDER_PATCH_NAME
#define NEW PROVIDER_PATCH_NEW_CALL
#define SAME PROVIDER_PATCH_SAME_CALL

/* The patches of an event: kind, bytes left out, and what stands at their places. */
static void every_patch(void)
{
    static const struct {
        const char *data;
        int count;
        struct {
            enum provider_patch_kind kind;
            uint16_t cut;
            const char *place;
        } patches[PROVIDER_PATCHES];
    } cases[] = {
        {CALLS("{\"index\":0,\"function\":{\"name\":\"f\"}}"), 0, {{NAME, 0, NULL}}},
        {CALLS("{\"index\":0,\"function\":{\"arguments\":null}}"), 0, {{NAME, 0, NULL}}},
        {CALLS("{},7,null"), 0, {{NAME, 0, NULL}}},
        {CALLS("{\"id\":\"c\"}"), 1, {{NEW, 0, "\"id\""}}},
        {CALLS("{\"id\":\"\"}"), 1, {{SAME, 0, "\"id\""}}},
        {CALLS("{ \"function\":{}}"), 1, {{SAME, 0, " \"function"}}},
        {CALLS("{\"index\":null,\"id\":\"c\"}"), 1, {{NEW, 4, "null,\"id\""}}},
        {CALLS("{\"index\":0,\"function\":{\"name\": null}}"), 1, {{NAME, 4, "null}"}}},
        {CALLS("{\"function\":{\"name\":null},\"index\":null}"), 2,
         {{NAME, 4, "null},"}, {SAME, 4, "null}]"}}},
        {CALLS("{\"id\":\"a\"},{\"id\":\"b\",\"function\":{\"name\":null}}"), 3,
         {{NEW, 0, "\"id\":\"a"}, {NEW, 0, "\"id\":\"b"}, {NAME, 4, "null}"}}},
        {CALLS("{\"a\":1},{\"b\":1},{\"c\":1},{\"d\":1},{\"e\":1}"), 4,
         {{SAME, 0, "\"a"}, {SAME, 0, "\"b"}, {SAME, 0, "\"c"}, {SAME, 0, "\"d"}}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span data = {unit_guard(1, cases[i].data, strlen(cases[i].data)),
                            strlen(cases[i].data)};
        struct provider_news news;
        openai_protocol.event(&relayed, SPAN(""), data, &news);
        CU_ASSERT_EQUAL_FATAL(news.patch_count, cases[i].count);
        for (int j = 0; j < cases[i].count; j++) {
            CU_ASSERT_EQUAL(news.patches[j].kind, cases[i].patches[j].kind);
            CU_ASSERT_EQUAL(news.patches[j].cut, cases[i].patches[j].cut);
            CU_ASSERT_TRUE(span_starts(span_skip(data, news.patches[j].at),
                                       span_of(cases[i].patches[j].place)));
        }
    }
}

static const struct unit_test tests[] = {
    {"every patch", every_patch},   {"every usage", every_usage},
    {"every head", every_head},     {"odd keys", odd_keys},       {"every event", every_event},
    {"every prefix", every_prefix}, {"every error", every_error},
};

UNIT_MAIN("openai", tests)
