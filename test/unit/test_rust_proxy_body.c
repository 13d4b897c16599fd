/* rust_proxy: the body that each conversation becomes, in pieces of every size, and signed. */
#include "core/provider/rust_proxy.h"

#include "core/json/json_rules.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY_BYTES 4096
#define LARGE_BYTES 4194304
#define MIN_CAP 64

static const struct settings_provider service = {
    .protocol = SETTINGS_RUST_PROXY,
    .os_type = "3",
    .accept_language = "en",
    .search_mode = "web",
    .sign_key = "k",
};

static struct provider_call call_of(struct span messages)
{
    return (struct provider_call){
        .provider = &service,
        .identifier = SPAN("gpt-4.1-mini"),
        .device_id = SPAN("dev-1"),
        .messages = messages,
        .wall_s = 1700000000,
    };
}

/* The whole body in pieces of at most cap, each in front of a guard page. */
static size_t emit(struct provider_call *call, size_t cap, char *out, size_t out_cap)
{
    size_t len = 0;
    size_t some;
    do {
        char *room = unit_guard_room(1, cap);
        some = rust_proxy_protocol.body_some(call, room, cap);
        CU_ASSERT_TRUE_FATAL(some <= cap && len + some <= out_cap);
        memcpy(out + len, room, some);
        len += some;
    } while (some > 0);
    return len;
}

static bool is_json(struct span bytes)
{
    struct json_rules rules;
    json_rules_init(&rules);
    return json_rules_take(&rules, bytes) == RESULT_MORE && json_rules_end(&rules) == RESULT_DONE;
}

/* ---- the conversion of messages ------------------------------------------------------------- */

#define TAIL                                                                                       \
    "\",\"extra\":{\"searchMode\":\"web\",\"model\":\"gpt-4.1-mini\",\"isExpert\":false,"          \
    "\"language\":\"en\"}}"

#define USER(content) "[{\"role\":\"user\",\"content\":" content "}]"
#define MESSAGE(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define PART(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define IMAGE "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\"}}"
#define CALL(name, arguments)                                                                      \
    "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"" name                          \
    "\",\"arguments\":" arguments "}}"

/* The content is as it stands between its quotes. */
static const struct {
    const char *messages;
    const char *content;
} rows[] = {
    {USER("\"hi\""), "User: hi"},
    {"[" MESSAGE("system", "S") "," MESSAGE("developer", "D") "," MESSAGE("user", "U") ","
     MESSAGE("assistant", "A") "," MESSAGE("tool", "T") "]",
     "System: S\\nSystem: D\\nUser: U\\nAssistant: A\\nTool: T"},
    {"[" MESSAGE("us\\u0065r", "U") "," MESSAGE("function", "F") "," MESSAGE("User", "V") ","
     MESSAGE("", "E") "," MESSAGE("a\\\"\\n", "Q") "]",
     "User: U\\nfunction: F\\nUser: V\\n: E\\na\\\"\\n: Q"},
    {"[" MESSAGE("user", "") "," MESSAGE("user", "x") "]", "User: \\nUser: x"},
    {USER("null"), "User: "},
    {USER("[]"), "User: "},
    {"[{\"role\":\"user\"}]", "User: "},
    {USER("[" PART("one") "," PART("two") "]"), "User: one two"},
    {USER("[" PART("") "," PART("two") "," PART("") "]"), "User:  two "},
    {USER("[" PART("see") "," IMAGE "," PART("this") "]"), "User: see [Non-text content] this"},
    {USER("[" IMAGE "]"), "User: [Non-text content]"},
    {USER("[" IMAGE "," IMAGE "]"), "User: [Non-text content] [Non-text content]"},
    {USER("[{\"type\":\"refusal\",\"refusal\":\"no\"}]"), "User: [Non-text content]"},
    {"[" MESSAGE("user", "U") ",{\"role\":\"assistant\",\"content\":\"A\",\"tool_calls\":["
     CALL("f", "\"{\\\"a\\\":\\\"b\\\"}\"") "]}]",
     "User: U\\nAssistant: A [tool call f {\\\"a\\\":\\\"b\\\"}]"},
    {"[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL("f", "\"{}\"") ","
     CALL("g", "\"{\\\"x\\\":1}\"") "]}]",
     "Assistant: [tool call f {}] [tool call g {\\\"x\\\":1}]"},
    {"[{\"tool_calls\":[" CALL("f", "\"\"") "],\"content\":\"\",\"role\":\"assistant\"},"
     MESSAGE("tool", "T") "]",
     "Assistant: [tool call f]\\nTool: T"},
    {"[{\"role\":\"assistant\",\"content\":[" PART("x") "," IMAGE "],\"tool_calls\":["
     CALL("f", "\"{}\"") "]}]",
     "Assistant: x [Non-text content] [tool call f {}]"},
    {"[{\"role\":\"assistant\",\"tool_calls\":[" CALL("f", "{\"a\":\"b\\n\"}") "]}]",
     "Assistant: [tool call f {\\\"a\\\":\\\"b\\\\n\\\"}]"},
    {"[{\"role\":\"assistant\",\"content\":null,\"refusal\":\"I \\\"won't\\\"\",\"audio\":null,"
     "\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}}]",
     "Assistant: I \\\"won't\\\" [tool call f {}]"},
    {USER("\"q\\\"b\\\\s/\\b\\f\\n\\r\\t\\u0001\x7F \xC3\xA9 \\u2728 \\ud834\\udd1e\""),
     "User: q\\\"b\\\\s/\\b\\f\\n\\r\\t\\u0001\x7F \xC3\xA9 \\u2728 \\ud834\\udd1e"},
    {USER("\"a\\ud800b\""), "User: a\\ud800b"},
    {"[\n  { \"content\" : \"hi\" ,\r\n\t\"role\":\"user\", \"name\":\"n\" }\n]", "User: hi"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void check_body(struct provider_call *call, struct span expected)
{
    char out[BODY_BYTES];
    for (size_t cap = MIN_CAP; cap <= expected.len + 2; cap++) {
        rust_proxy_protocol.begin(call);
        size_t len = emit(call, cap, out, sizeof(out));
        bool same = span_equal((struct span){out, len}, expected);
        CU_ASSERT_TRUE(same);
        CU_ASSERT_EQUAL(call->body_len, len);
        if (!same)
            printf("  got %.*s\n  not %.*s\n", (int)len, out, (int)expected.len, expected.at);
    }
    CU_ASSERT_TRUE(is_json(expected));
    CU_ASSERT_EQUAL(rust_proxy_protocol.body_some(call, out, sizeof(out)), 0);
}

static void every_row(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        char bytes[BODY_BYTES];
        size_t len = strlen(rows[i].messages);
        struct text expected = text_over(bytes, sizeof(bytes));
        struct span messages = {unit_guard(0, rows[i].messages, len), len};
        struct provider_call call = call_of(messages);
        text_add_str(&expected, "{\"content\":\"");
        text_add_str(&expected, rows[i].content);
        text_add_str(&expected, TAIL);
        check_body(&call, text_span(&expected));
    }
}

/* ---- what stands around the content --------------------------------------------------------- */

static void the_other_members(void)
{
    static const struct {
        const char *search_mode, *language, *identifier, *thread;
        bool is_expert;
        const char *body;
    } cases[] = {
        {"web", "en", "m", "", false,
         "{\"content\":\"User: hi\",\"extra\":{\"searchMode\":\"web\",\"model\":\"m\","
         "\"isExpert\":false,\"language\":\"en\"}}"},
        {"none", "de", "us.anthropic.x-v1:0", "thread-7", true,
         "{\"content\":\"User: hi\",\"threadId\":\"thread-7\",\"extra\":{\"searchMode\":\"none\","
         "\"model\":\"us.anthropic.x-v1:0\",\"isExpert\":true,\"language\":\"de\"}}"},
        {"", "", "", "", false,
         "{\"content\":\"User: hi\",\"extra\":{\"searchMode\":\"\",\"model\":\"\","
         "\"isExpert\":false,\"language\":\"\"}}"},
        {"a\"b", "\\", "\xC3\xA9\n", "\"},\"x\":{\"", true,
         "{\"content\":\"User: hi\",\"threadId\":\"\\\"},\\\"x\\\":{\\\"\",\"extra\":{"
         "\"searchMode\":\"a\\\"b\",\"model\":\"\xC3\xA9\\n\",\"isExpert\":true,"
         "\"language\":\"\\\\\"}}"},
        {"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", "\xFF", "m", "", false,
         "{\"content\":\"User: hi\",\"extra\":{\"searchMode\":\"\\u0001\\u0001\\u0001\\u0001"
         "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\","
         "\"model\":\"m\",\"isExpert\":false,\"language\":\"\xEF\xBF\xBD\"}}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct settings_provider provider = service;
        struct provider_call call = call_of(SPAN(USER("\"hi\"")));
        provider.search_mode = cases[i].search_mode;
        provider.accept_language = cases[i].language;
        provider.is_expert = cases[i].is_expert;
        call.provider = &provider;
        call.identifier = span_of(cases[i].identifier);
        call.thread_id = span_of(cases[i].thread);
        check_body(&call, span_of(cases[i].body));
    }
}

/* A further try begins in the middle of the first one's body. */
static void begun_again(void)
{
    char out[2][BODY_BYTES];
    struct provider_call call = call_of(SPAN(USER("[" PART("one") "," PART("two") "]")));
    rust_proxy_protocol.begin(&call);
    size_t len = emit(&call, 64, out[0], BODY_BYTES);
    rust_proxy_protocol.begin(&call);
    rust_proxy_protocol.body_some(&call, out[1], 64);
    rust_proxy_protocol.begin(&call);
    CU_ASSERT_EQUAL(call.body_len, len);
    CU_ASSERT_EQUAL(emit(&call, BODY_BYTES, out[1], BODY_BYTES), len);
    CU_ASSERT_EQUAL(memcmp(out[0], out[1], len), 0);
}

/* ---- the signature -------------------------------------------------------------------------- */

static char signed_bytes[BODY_BYTES];
static size_t signed_len;

static void spy_begin(struct tls_hmac *state, const struct settings_provider *provider)
{
    (void)state;
    CU_ASSERT_PTR_NOT_NULL(provider);
    signed_len = 0;
}

static void spy_add(struct tls_hmac *state, struct span bytes)
{
    (void)state;
    CU_ASSERT_TRUE_FATAL(signed_len + bytes.len <= sizeof(signed_bytes));
    if (bytes.len > 0)
        memcpy(signed_bytes + signed_len, bytes.at, bytes.len);
    signed_len += bytes.len;
}

static void spy_end(struct tls_hmac *state, char out[PROVIDER_SIGN_BYTES])
{
    (void)state;
    memcpy(out, "of-the-board", sizeof("of-the-board"));
}

static const struct provider_signer spy = {.begin = spy_begin, .add = spy_add, .end = spy_end};

/* nonce, timestamp, device id and the content as a reader of the body decodes it. */
static void expect_signed(struct text *out, const struct provider_call *call, struct span body)
{
    char content[BODY_BYTES];
    struct span raw = json_walk_string(json_walk_find(body, SPAN("content")));
    size_t len = json_string_decode(raw, content, sizeof(content));
    text_add_str(out, call->nonce);
    text_add_str(out, "\n1700000000\ndev-1\n");
    text_add(out, (struct span){content, len});
}

static void check_sign(struct provider_call *call)
{
    char body[BODY_BYTES];
    char bytes[BODY_BYTES];
    struct text expected = text_over(bytes, sizeof(bytes));
    rust_proxy_protocol.begin(call);
    size_t len = emit(call, 256, body, sizeof(body));
    expect_signed(&expected, call, (struct span){body, len});
    if (call->board_signer != NULL) {
        CU_ASSERT_STRING_EQUAL(call->sign, "of-the-board");
        CU_ASSERT_TRUE(span_equal((struct span){signed_bytes, signed_len}, text_span(&expected)));
        return;
    }
    struct tls_hmac state;
    uint8_t mac[TLS_HASH_BYTES];
    char hex[2 * TLS_HASH_BYTES + 1];
    tls_hash_hmac_begin(&state, SPAN("k"));
    tls_hash_hmac_add(&state, text_span(&expected));
    tls_hash_hmac_end(&state, mac);
    struct text text = text_over(hex, sizeof(hex));
    text_add_hex(&text, mac, sizeof(mac));
    CU_ASSERT_STRING_EQUAL(call->sign, text_str(&text));
}

static void every_row_signed(void)
{
    struct settings_provider provider = service;
    for (size_t i = 0; i < ROWS; i++) {
        struct provider_call call = call_of(span_of(rows[i].messages));
        call.provider = &provider;
        call.thread_id = SPAN("thread-7"); /* is no part of it */
        provider.sign = SETTINGS_SIGN_NONE;
        rust_proxy_protocol.begin(&call);
        CU_ASSERT_STRING_EQUAL(call.sign, "");
        provider.sign = SETTINGS_SIGN_HMAC_SHA256;
        check_sign(&call);
        call.board_signer = &spy;
        check_sign(&call);
        provider.sign = SETTINGS_SIGN_NONE;
        check_sign(&call);
    }
}

/* ---- large bodies --------------------------------------------------------------------------- */

/* head, one as often as there are, tail. */
static struct span fill(char *bytes, const char *head, const char *one, int count, const char *tail)
{
    size_t one_len = strlen(one);
    size_t len = strlen(head);
    memcpy(bytes, head, len);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_TRUE_FATAL(len + one_len + 16 < LARGE_BYTES);
        bytes[len] = ',';
        len += i > 0;
        memcpy(bytes + len, one, one_len);
        len += one_len;
    }
    memcpy(bytes + len, tail, strlen(tail));
    return (struct span){bytes, len + strlen(tail)};
}

static void check_large(struct span messages, size_t cap)
{
    struct settings_provider provider = service;
    struct provider_call call = call_of(messages);
    struct json_rules rules;
    size_t len = 0;
    size_t some;
    char *out = malloc(cap);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    provider.sign = SETTINGS_SIGN_HMAC_SHA256;
    call.provider = &provider;
    clock_t start = clock();
    rust_proxy_protocol.begin(&call);
    json_rules_init(&rules);
    while ((some = rust_proxy_protocol.body_some(&call, out, cap)) > 0) {
        CU_ASSERT_EQUAL(json_rules_take(&rules, (struct span){out, some}), RESULT_MORE);
        len += some;
    }
    CU_ASSERT_TRUE(clock() - start < 2 * CLOCKS_PER_SEC);
    CU_ASSERT_EQUAL(json_rules_end(&rules), RESULT_DONE);
    CU_ASSERT_EQUAL(call.body_len, len);
    CU_ASSERT_TRUE(len > messages.len / 8);
    free(out);
}

/* Were a message gone through again for each of its parts, or each piece of it, these would take
 * minutes. */
static void large_bodies(void)
{
    static char bytes[LARGE_BYTES];
    static char one[8400];
    memset(one, 'x', sizeof(one));
    memcpy(one, "{\"type\":\"text\",\"text\":\"", 23);
    memcpy(one + sizeof(one) - 3, "\"}", 3);
    struct span parts = fill(bytes, "[{\"role\":\"user\",\"content\":[", one, 495, "]}]");
    check_large(parts, 64);
    check_large(parts, 4096);
    check_large(fill(bytes, "[", MESSAGE("user", "a short message"), 20000, "]"), 64);
    check_large(fill(bytes, "[{\"role\":\"user\",\"content\":[", IMAGE, 20000, "]}]"), 1024);
    check_large(fill(bytes, "[{\"role\":\"assistant\",\"tool_calls\":[", CALL("f", "\"{}\""), 20000,
                     "]}]"), 1024);
    memset(bytes, 'x', LARGE_BYTES);
    memcpy(bytes, "[{\"role\":\"user\",\"content\":\"", 27);
    memcpy(bytes + LARGE_BYTES - 4, "\"}]", 3);
    check_large((struct span){bytes, LARGE_BYTES - 1}, 64);
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"the other members", the_other_members},
    {"begun again", begun_again},
    {"every row signed", every_row_signed},
    {"large bodies", large_bodies},
};

UNIT_MAIN("rust_proxy_body", tests)
