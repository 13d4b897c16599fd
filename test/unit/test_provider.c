/* provider: which protocols there are, and how every head begins. */
#include "core/provider/provider.h"

#include "config/features.h"
#include "core/json/json_walk.h"
#include "core/provider/anthropic.h"
#include "core/provider/loopback.h"
#include "core/provider/openai.h"
#include "core/provider/rust_proxy.h"
#include "test/unit/unit.h"

#include <string.h>

static void every_protocol(void)
{
    static const struct {
        enum settings_protocol protocol;
        const struct provider_protocol *is;
        bool local, lists_models, close_ends;
    } rows[] = {
        {SETTINGS_RUST_PROXY, &rust_proxy_protocol, false, true, true},
        {SETTINGS_LOOPBACK, &loopback_protocol, true, false, false},
        {SETTINGS_OPENAI, &openai_protocol, false, true, false},
        {SETTINGS_ANTHROPIC, FEATURE_ANTHROPIC ? &anthropic_protocol : NULL, false, true, false},
        {(enum settings_protocol)0, NULL, false, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct provider_protocol *p = provider_protocol(rows[i].protocol);
        CU_ASSERT_PTR_EQUAL(p, rows[i].is);
        if (p == NULL)
            continue;
        CU_ASSERT_EQUAL(p->local, rows[i].local);
        CU_ASSERT_EQUAL(p->lists_models, rows[i].lists_models);
        CU_ASSERT_EQUAL(p->close_ends, rows[i].close_ends);
        CU_ASSERT_PTR_NOT_NULL(p->begin);
        CU_ASSERT_EQUAL(p->answer != NULL, rows[i].local);
        CU_ASSERT_EQUAL(p->head != NULL, !rows[i].local);
        CU_ASSERT_EQUAL(p->body_some != NULL, !rows[i].local);
        CU_ASSERT_EQUAL(p->event != NULL, !rows[i].local);
        CU_ASSERT_EQUAL(p->models_head != NULL, rows[i].lists_models);
    }
}

#define AGENT "user-agent: moongate/" MOONGATE_VERSION "\r\n"

static const struct {
    const char *method;
    struct settings_url url;
    const char *path;
    const char *head;
} rows[] = {
    {"POST ", {.authority = "api.devv.ai"}, "/a/b",
     "POST /a/b HTTP/1.1\r\nhost: api.devv.ai\r\n" AGENT},
    {"GET ", {.authority = "box"}, "", "GET / HTTP/1.1\r\nhost: box\r\n" AGENT},
    {"GET ", {.authority = "[::1]:8443"}, "/x", "GET /x HTTP/1.1\r\nhost: [::1]:8443\r\n" AGENT},
};

static void every_head(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[256];
        struct text out = text_over(bytes, sizeof(bytes));
        struct span base = span_of(rows[i].path);
        base.len -= i % 2 == 0 && base.len > 1 ? 2 : 0; /* in one piece, or in two */
        struct span route = {base.at + base.len, strlen(rows[i].path) - base.len};
        provider_head_begin(&out, span_of(rows[i].method), &rows[i].url, base, route);
        CU_ASSERT_STRING_EQUAL(text_str(&out), rows[i].head);
        CU_ASSERT_FALSE(out.cut);
    }
}

static void the_longest_host(void)
{
    char host[LIMIT_NAME_BYTES + 6];
    char bytes[512];
    memset(host, 'h', sizeof(host) - 1);
    memcpy(host + LIMIT_NAME_BYTES - 1, ":12345", 7);
    struct settings_url url = {.authority = host};
    struct text out = text_over(bytes, sizeof(bytes));
    provider_head_begin(&out, SPAN("GET "), &url, SPAN("/"), SPAN(""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "hh:12345\r\n"));
}

static void a_head_that_has_no_room_is_cut(void)
{
    char bytes[256];
    struct text whole = text_over(bytes, sizeof(bytes));
    provider_head_begin(&whole, span_of(rows[0].method), &rows[0].url, span_of(rows[0].path),
                        SPAN("/c"));
    for (size_t cap = 1; cap <= whole.len; cap++) {
        struct text out = text_over(unit_guard_room(0, cap), cap);
        provider_head_begin(&out, span_of(rows[0].method), &rows[0].url, span_of(rows[0].path),
                            SPAN("/c"));
        CU_ASSERT_EQUAL(out.cut, cap < whole.len);
        CU_ASSERT_EQUAL(memcmp(out.at, bytes, out.len), 0);
    }
}

#define NATIVE                                                                                     \
    " {\"model_name\":\"x\",\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}," \
    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}," \
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"text\"," \
    "\"text\":\"c\"}]}],\"system\":\"be\\nkind\"},\"params\":{\"chat_completion\":{" \
    "\"top_p\":0.50,\"seed\":7,\"stop_sequences\":[\"z\"],\"max_tokens\":null}}} "

/* TensorZero's own API, which no service speaks, told to each. */
static void another_api(void)
{
    static const struct {
        enum settings_protocol protocol;
        const char *told;
    } all[] = {
        {SETTINGS_OPENAI,
         "{\"model\":\"i\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
         "\"messages\":[{\"role\":\"system\",\"content\":\"be\\nkind\"},"
         "{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"a\"},"
         "{\"role\":\"user\",\"content\":\"b\\n\\nc\"}],\"top_p\":0.50,\"seed\":7,"
         "\"stop\":[\"z\"]}"},
        {SETTINGS_ANTHROPIC,
         "{\"model\":\"i\",\"stream\":true,\"system\":\"be\\nkind\",\"messages\":["
         "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},"
         "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]},"
         "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"b\"},"
         "{\"type\":\"text\",\"text\":\"c\"}]}],\"top_p\":0.50,\"stop_sequences\":[\"z\"],"
         "\"max_tokens\":9}"},
        {SETTINGS_RUST_PROXY,
         "{\"content\":\"System: be\\nkind\\nUser: hi\\nAssistant: a\\nUser: b c\","
         "\"extra\":{\"searchMode\":\"web\",\"model\":\"i\",\"isExpert\":false,"
         "\"language\":\"en\"}}"},
    };
    struct span document = {unit_guard(0, NATIVE, sizeof(NATIVE) - 1), sizeof(NATIVE) - 1};
    struct span root = json_walk_root(document);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && FEATURE_INFERENCE; i++) {
        const struct provider_protocol *p = provider_protocol(all[i].protocol);
        const struct settings_provider provider = {.protocol = all[i].protocol,
                                                   .max_tokens_default = 9,
                                                   .search_mode = "web",
                                                   .accept_language = "en"};
        struct provider_call call = {
            .provider = &provider,
            .identifier = SPAN("i"),
            .messages = json_walk_find(json_walk_find(root, SPAN("input")), SPAN("messages")),
            .asked = {.api = PROVIDER_API_INFERENCE, .body = document}};
        for (size_t cap = 64; cap < 2000; cap = cap * 2 + 1) {
            char out[2048];
            size_t len = 0;
            size_t some;
            p->begin(&call);
            while ((some = p->body_some(&call, out + len, cap)) > 0)
                len += some;
            CU_ASSERT_EQUAL(len, call.body_len);
            CU_ASSERT_TRUE(span_equal((struct span){out, len}, span_of(all[i].told)));
        }
        CU_ASSERT_TRUE(provider_in_blocks(&call) && !provider_relays(&call));
    }
}

static const struct unit_test tests[] = {
    {"every protocol", every_protocol},
    {"another API", another_api},
    {"every head", every_head},
    {"the longest host", the_longest_host},
    {"a head that has no room is cut", a_head_that_has_no_room_is_cut},
};

UNIT_MAIN("provider", tests)
