/* rust_proxy: its heads to the byte, and what each of its events means. */
#include "core/provider/rust_proxy.h"

#include "core/json/json_rules.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define HEAD_BYTES 2048
#define MESSAGES "[{\"role\":\"user\",\"content\":\"hi\"}]"

static const struct settings_provider service = {
    .protocol = SETTINGS_RUST_PROXY,
    .url = {.host = "api.devv.ai", .authority = "api.devv.ai",
            .path = "/api/v1/stream/chat", .port = 443, .tls = true},
    .os_type = "3",
    .accept_language = "en",
    .search_mode = "web",
    .sign_key = "k",
};

static struct provider_call call_of(const struct settings_provider *provider)
{
    return (struct provider_call){
        .provider = provider,
        .identifier = SPAN("gpt-4.1-mini"),
        .device_id = SPAN("dev-1"),
        .session_id = SPAN("ses-1"),
        .messages = SPAN(MESSAGES),
        .wall_s = 1700000000,
    };
}

/* ---- heads ---------------------------------------------------------------------------------- */

#define BEGIN                                                                                      \
    "POST /api/v1/stream/chat HTTP/1.1\r\nhost: api.devv.ai\r\nuser-agent: moongate/"              \
    MOONGATE_VERSION "\r\n"                                                                        \
    "accept-language: en\r\ndevice-id: dev-1\r\nos-type: 3\r\nsid: ses-1\r\nnonce: "

static void check_head(struct provider_call *call)
{
    char bytes[HEAD_BYTES];
    char expected[HEAD_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    struct text want = text_over(expected, sizeof(expected));
    rust_proxy_protocol.begin(call);
    rust_proxy_protocol.head(call, &out);
    text_add_str(&want, BEGIN);
    text_add_str(&want, call->nonce);
    text_add_str(&want, "\r\ntimestamp: 1700000000\r\n");
    if (call->sign[0] != '\0') {
        text_add_str(&want, "sign: ");
        text_add_str(&want, call->sign);
        text_add_str(&want, "\r\n");
    }
    text_add_str(&want, "content-type: application/json\r\ncontent-length: ");
    text_add_u64(&want, call->body_len);
    text_add_str(&want, "\r\naccept: text/event-stream\r\n\r\n");
    CU_ASSERT_STRING_EQUAL(text_str(&out), text_str(&want));
}

static void the_chat_head(void)
{
    struct settings_provider provider = service;
    struct provider_call call = call_of(&provider);
    check_head(&call);
    CU_ASSERT_STRING_EQUAL(call.sign, "");
    provider.sign = SETTINGS_SIGN_HMAC_SHA256;
    check_head(&call);
    CU_ASSERT_EQUAL(strlen(call.sign), 64);
    provider.sign = SETTINGS_SIGN_NONE;
    check_head(&call);
    CU_ASSERT_STRING_EQUAL(call.sign, "");
}

static void a_nonce_is_new(void)
{
    struct provider_call call = call_of(&service);
    char before[UUID_TEXT_BYTES];
    rust_proxy_protocol.begin(&call);
    memcpy(before, call.nonce, sizeof(before));
    CU_ASSERT_EQUAL(strlen(before), 36);
    CU_ASSERT_EQUAL(before[14], '4');
    rust_proxy_protocol.begin(&call);
    CU_ASSERT_STRING_NOT_EQUAL(call.nonce, before);
}

/* The configuration's strings can be anything: none of them may begin a line. */
static void nothing_breaks_out_of_a_field(void)
{
    struct settings_provider provider = service;
    char bytes[HEAD_BYTES];
    provider.os_type = "3\r\nx-evil: 1";
    provider.accept_language = "en\nx-evil: 1";
    struct provider_call call = call_of(&provider);
    call.device_id = SPAN("d\r\nx-evil: 1");
    call.session_id = SPAN("s\r\n\r\nx-evil: 1");
    struct text out = text_over(bytes, sizeof(bytes));
    rust_proxy_protocol.begin(&call);
    rust_proxy_protocol.head(&call, &out);
    CU_ASSERT_PTR_NULL(strstr(text_str(&out), "\nx-evil"));
    CU_ASSERT_PTR_NOT_NULL(strstr(bytes, "device-id: d  x-evil: 1\r\n"));
    out = text_over(bytes, sizeof(bytes));
    rust_proxy_protocol.models_head(&call, &out);
    CU_ASSERT_PTR_NULL(strstr(text_str(&out), "\nx-evil"));
}

static void the_models_head(void)
{
    static const struct {
        const char *path;
        const char *target;
    } rows[] = {
        {"/api/v1/stream/chat", "/api/v1/models"},
        {"/in/front/api/v1/stream/chat", "/in/front/api/v1/models"},
        {"/other", "/other/api/v1/models"},
        {"", "/api/v1/models"},
        {"/api/v1/stream/chatter", "/api/v1/stream/chatter/api/v1/models"},
        {"/api/v1/stream/chat/api/v1/stream/chat", "/api/v1/stream/chat/api/v1/models"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_provider provider = service;
        char bytes[HEAD_BYTES];
        char expected[HEAD_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        provider.url.path = rows[i].path;
        struct provider_call call = {
            .provider = &provider, .device_id = SPAN("dev-1"), .session_id = SPAN("ses-1")};
        rust_proxy_protocol.models_head(&call, &out);
        (void)snprintf(expected, sizeof(expected),
                       "GET %s HTTP/1.1\r\nhost: api.devv.ai\r\nuser-agent: moongate/%s\r\n"
                       "accept: application/json\r\naccept-language: en\r\ndevice-id: dev-1\r\n"
                       "os-type: 3\r\nsid: ses-1\r\n\r\n",
                       rows[i].target, MOONGATE_VERSION);
        CU_ASSERT_STRING_EQUAL(text_str(&out), expected);
    }
}

static void the_longest_path(void)
{
    struct settings_provider provider = service;
    char path[LIMIT_URL_BYTES];
    char bytes[HEAD_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    memset(path, 'p', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    provider.url.path = path;
    struct provider_call call = call_of(&provider);
    rust_proxy_protocol.models_head(&call, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "pp/api/v1/models HTTP/1.1\r\n"));
}

/* ---- events --------------------------------------------------------------------------------- */

#define TEXT(text) PROVIDER_TEXT, text, false
#define RAW_TEXT(text) PROVIDER_TEXT, text, true
#define NOTHING PROVIDER_NOTHING, "", false

struct row {
    const char *name;
    const char *data;
    enum provider_news_kind kind;
    const char *text;
    bool raw;
};

static struct provider_call asked = {.asked.api = PROVIDER_API_OPENAI};

static const struct row rows[] = {
    {"", "hello", TEXT("hello")},
    {"message", "hello", TEXT("hello")},
    {"content", " hello ", TEXT(" hello ")},
    {"c", "", TEXT("")},
    {"c", "a\nb\n\n c", TEXT("a\nb\n\n c")},
    {"", "{\"text\":\"hello\"}", RAW_TEXT("hello")},
    {"message", "{\"text\":\"a\\n\\\"b\\\"\\u00e9\"}", RAW_TEXT("a\\n\\\"b\\\"\\u00e9")},
    {"content", "{\"id\":7,\"x\":{\"text\":\"no\"},\"text\":\"yes\"}", RAW_TEXT("yes")},
    {"c", "{\"text\":\"\"}", RAW_TEXT("")},
    {"c", " \n{ \"te\\u0078t\" :\n\"a\" } \n", RAW_TEXT("a")},
    {"c", "{\"text\":\"first\",\"text\":\"second\"}", RAW_TEXT("first")},
    {"c", "{\"text\":\"\\ud800\"}", RAW_TEXT("\\ud800")},
    {"c", "{\"delta\":\"w0\"}", TEXT("{\"delta\":\"w0\"}")},
    {"c", "{\"text\":5}", TEXT("{\"text\":5}")},
    {"c", "{\"text\":null}", TEXT("{\"text\":null}")},
    {"c", "{\"text\":{\"text\":\"x\"}}", TEXT("{\"text\":{\"text\":\"x\"}}")},
    {"c", "{\"text\":\"a\"", TEXT("{\"text\":\"a\"")},
    {"c", "{\"text\":\"a\"}}", TEXT("{\"text\":\"a\"}}")},
    {"c", "{\"text\":\"a\"} b", TEXT("{\"text\":\"a\"} b")},
    {"c", "{\"text\":\"a\",}", TEXT("{\"text\":\"a\",}")},
    {"c", "{\"text\":\"a\nb\"}", TEXT("{\"text\":\"a\nb\"}")},
    {"c", "{'text':'a'}", TEXT("{'text':'a'}")},
    {"c", "{", TEXT("{")},
    {"c", "{}", TEXT("{}")},
    {"c", "\"text\"", TEXT("\"text\"")},
    {"c", "[{\"text\":\"a\"}]", TEXT("[{\"text\":\"a\"}]")},
    {"c", "17", TEXT("17")},
    {"c", "null", TEXT("null")},
    {"c", "{\"text\":\"\xC3\x28\"}", TEXT("{\"text\":\"\xC3\x28\"}")},
    {"c", "\xFF\xFE", TEXT("\xFF\xFE")},
    {"r", "thought", PROVIDER_REASONING, "thought", false},
    {"r", "{\"text\":\"thou\\tght\"}", PROVIDER_REASONING, "thou\\tght", true},
    {"r", "{\"other\":1}", PROVIDER_REASONING, "{\"other\":1}", false},
    {"rlq", "Why?", PROVIDER_QUESTION, "Why?", false},
    {"q", "Who \"built\" it?", PROVIDER_QUESTION, "Who \"built\" it?", false},
    {"q", "", NOTHING},
    {"rlq", "", NOTHING},
    {"sources", "[{\"title\":\"t\",\"url\":\"u\"}]", PROVIDER_SOURCES,
     "[{\"title\":\"t\",\"url\":\"u\"}]", true},
    {"repoSources", " [{\"repo\":\"r\"} ]\n", PROVIDER_SOURCES, "[{\"repo\":\"r\"} ]", true},
    {"sources", "{\"title\":\"t\"}", PROVIDER_SOURCES, "{\"title\":\"t\"}", true},
    {"sources", "[]", NOTHING},
    {"sources", " [ ] ", NOTHING},
    {"sources", "{}", NOTHING},
    {"sources", "null", NOTHING},
    {"sources", "\"text\"", NOTHING},
    {"sources", "", NOTHING},
    {"sources", "[{\"title\":\"t\"}", NOTHING},
    {"repoSources", "[1,]", NOTHING},
    {"repoSources", "[1] 2", NOTHING},
    {"sources", "[\"\xC3\x28\"]", NOTHING},
    {"threadId", "thread-1", PROVIDER_THREAD, "thread-1", false},
    {"threadId", "", NOTHING},
    {"error", "it broke", PROVIDER_ERROR, "it broke", false},
    {"error", "", PROVIDER_ERROR, "", false},
    {"error", "{\"text\":\"it \\\"broke\\\"\"}", PROVIDER_ERROR, "it \\\"broke\\\"", true},
    {"error", "{\"message\":\"it broke\",\"code\":5}", PROVIDER_ERROR, "it broke", true},
    {"error", "{\"message\":\"m\",\"text\":\"t\"}", PROVIDER_ERROR, "t", true},
    {"error", "{\"text\":1,\"message\":\"m\"}", PROVIDER_ERROR, "m", true},
    {"error", "{\"code\":5}", PROVIDER_ERROR, "{\"code\":5}", false},
    {"finish", "", PROVIDER_FINISH, "", false},
    {"finish", "ok", PROVIDER_FINISH, "", false},
    {"finish", "{\"text\":\"x\"}", PROVIDER_FINISH, "", false},
    {"action", "{\"action\":\"search\"}", NOTHING},
    {"threadTitle", "A title", NOTHING},
    {"queryMessageId", "q-1", NOTHING},
    {"answerMessageId", "a-1", NOTHING},
    {"unknown", "x", NOTHING},
    {"Message", "x", NOTHING},
    {"messag", "x", NOTHING},
    {"messages", "x", NOTHING},
    {"cc", "x", NOTHING},
    {"thread", "x", NOTHING},
};

static void check_event(const struct row *row)
{
    struct span name = {unit_guard(0, row->name, strlen(row->name)), strlen(row->name)};
    struct span data = {unit_guard(1, row->data, strlen(row->data)), strlen(row->data)};
    struct provider_news news;
    memset(&news, 0x5A, sizeof(news));
    rust_proxy_protocol.event(&asked, name, data, &news);
    bool same = news.kind == row->kind && news.raw == row->raw &&
                span_equal(news.text, span_of(row->text));
    CU_ASSERT_TRUE(same);
    if (!same)
        printf("  %s: %s gave %d %d %.*s\n", row->name, row->data, (int)news.kind, news.raw,
               (int)news.text.len, news.text.at);
}

static void every_event(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_event(&rows[i]);
}

/* Whatever is cut off, no byte behind the data is looked at, and raw text stays good JSON. */
static void every_prefix(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t len = 0; len < strlen(rows[i].data); len++) {
            struct span data = {unit_guard(1, rows[i].data, len), len};
            struct provider_news news;
            rust_proxy_protocol.event(&asked, span_of(rows[i].name), data, &news);
            bool inside = news.text.len == 0 || (news.text.at >= data.at &&
                                                 news.text.at + news.text.len <= data.at + len);
            CU_ASSERT_TRUE(inside);
            CU_ASSERT_TRUE(news.kind >= PROVIDER_NOTHING && news.kind <= PROVIDER_ERROR);
        }
}

static void a_name_that_is_no_string(void)
{
    struct provider_news news;
    rust_proxy_protocol.event(&asked, (struct span){NULL, 0}, (struct span){NULL, 0}, &news);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_TEXT);
    CU_ASSERT_EQUAL(news.text.len, 0);
    CU_ASSERT_FALSE(news.raw);
}

/* Deeper than LIMIT_JSON_DEPTH is no JSON to us: text stays text, sources are dropped. */
static void too_deep(void)
{
    char deep[2 * LIMIT_JSON_DEPTH + 2];
    struct provider_news news;
    size_t depth = LIMIT_JSON_DEPTH + 1;
    memset(deep, '[', depth);
    memset(deep + depth, ']', depth);
    rust_proxy_protocol.event(&asked, SPAN("sources"), (struct span){deep, 2 * depth}, &news);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_NOTHING);
    rust_proxy_protocol.event(&asked, SPAN("sources"), (struct span){deep + 1, 2 * depth - 2},
                              &news);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_SOURCES);
}

static const struct unit_test tests[] = {
    {"the chat head", the_chat_head},
    {"a nonce is new", a_nonce_is_new},
    {"nothing breaks out of a field", nothing_breaks_out_of_a_field},
    {"the models head", the_models_head},
    {"the longest path", the_longest_path},
    {"every event", every_event},
    {"every prefix", every_prefix},
    {"a name that is no string", a_name_that_is_no_string},
    {"too deep", too_deep},
};

UNIT_MAIN("rust_proxy", tests)
