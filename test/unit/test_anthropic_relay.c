/* A client of Anthropic's API and a service of the same: what goes on as it came, and what is read
 * of it. */
#include "core/provider/anthropic.h"

#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

static const struct settings_provider provider = {
    .name = "p", .type = "anthropic", .protocol = SETTINGS_ANTHROPIC, .api_key = "k",
    .url = {.host = "h", .authority = "h", .path = "", .port = 80}};

static struct provider_call call_of(const char *body, const char *model)
{
    size_t len = strlen(body);
    struct provider_call call = {.provider = &provider, .identifier = SPAN("mo\"del")};
    call.asked.body = (struct span){unit_guard(0, body, len), len};
    call.asked.model = (struct span){call.asked.body.at + (strstr(body, model) - body),
                                     strlen(model)};
    call.asked.api = PROVIDER_API_ANTHROPIC;
    call.asked.path = SPAN("/messages");
    return call;
}

/* Every byte but the model's. */
static void bodies(void)
{
    static const char *const rows[][2] = {
        {"{\"model\":\"x\"}", "{\"model\":\"mo\\\"del\"}"},
        {" { \"a\" : 1.50 , \"model\" : \"x\" , \"b\":[\"model\"],\"b\":2 }\r\n",
         " { \"a\" : 1.50 , \"model\" : \"mo\\\"del\" , \"b\":[\"model\"],\"b\":2 }\r\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t cap = 64; cap < 200; cap += 67) {
            char out[256];
            size_t len = 0;
            size_t some;
            struct provider_call call = call_of(rows[i][0], "\"x\"");
            anthropic_protocol.begin(&call);
            while ((some = anthropic_protocol.body_some(&call, out + len, cap)) > 0)
                len += some;
            CU_ASSERT_EQUAL(call.body_len, len);
            CU_ASSERT_TRUE(span_equal((struct span){out, len}, span_of(rows[i][1])));
        }
}

/* What a function's variant says goes behind the model, but for what the body has. */
static void defaults_of_a_variant(void)
{
    static const struct settings_variant variant = {
        .sampling = {[SETTINGS_TEMPERATURE] = "0.50", [SETTINGS_TOP_P] = "0.9",
                     [SETTINGS_MAX_TOKENS] = "77", [SETTINGS_SEED] = "1"}};
    static const struct {
        unsigned given;
        const char *sent;
    } rows[] = {
        {1u << SETTINGS_MAX_TOKENS,
         "{\"model\":\"mo\\\"del\",\"temperature\":0.50,\"top_p\":0.9,\"a\":1}"},
        {1u << SETTINGS_MAX_TOKENS | 1u << SETTINGS_TEMPERATURE,
         "{\"model\":\"mo\\\"del\",\"top_p\":0.9,\"a\":1}"},
        {1u << SETTINGS_MAX_TOKENS | 1u << SETTINGS_TOP_P,
         "{\"model\":\"mo\\\"del\",\"temperature\":0.50,\"a\":1}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[256];
        struct provider_call call = call_of("{\"model\":\"x\",\"a\":1}", "\"x\"");
        call.asked.variant = &variant;
        call.asked.given = (uint8_t)rows[i].given;
        anthropic_protocol.begin(&call);
        size_t len = anthropic_protocol.body_some(&call, out, sizeof(out));
        CU_ASSERT_EQUAL(call.body_len, len);
        CU_ASSERT_TRUE(span_equal((struct span){out, len}, span_of(rows[i].sent)));
    }
}

static void heads(void)
{
    char bytes[512];
    struct text out = text_over(bytes, sizeof(bytes));
    struct provider_call call = call_of("{\"model\":\"x\"}", "\"x\"");
    anthropic_protocol.begin(&call);
    anthropic_protocol.head(&call, &out);
    CU_ASSERT_TRUE(span_starts(text_span(&out), SPAN("POST /v1/messages HTTP/1.1\r\n")));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "anthropic-version: 2023-06-01\r\n"));
    CU_ASSERT_PTR_NULL(strstr(text_str(&out), "anthropic-beta"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "accept: application/json\r\n"));
    call.asked.version = SPAN("2099-01-01");
    call.asked.beta = SPAN("a,b");
    call.asked.stream = true;
    call.asked.path = SPAN("/messages/count_tokens");
    out.len = 0;
    anthropic_protocol.head(&call, &out);
    CU_ASSERT_TRUE(
        span_starts(text_span(&out), SPAN("POST /v1/messages/count_tokens HTTP/1.1\r\n")));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "anthropic-version: 2099-01-01\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "anthropic-beta: a,b\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), "accept: text/event-stream\r\n"));
}

#define DELTA(inside) "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{" inside "}}"
#define START(inside) "{\"type\":\"content_block_start\",\"content_block\":{" inside "}}"

static void events(void)
{
    static const struct {
        const char *data;
        bool content, finished, last;
    } rows[] = {
        {"{\"type\":\"message_start\",\"message\":{\"content\":[]}}", false, false, false},
        {"{\"type\":\"ping\"}", false, false, false},
        {START("\"type\":\"text\",\"text\":\"\""), false, false, false},
        {START("\"type\":\"text\",\"text\":\"a\""), true, false, false},
        {START("\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\""), false, false, false},
        {START("\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}"), true, false,
         false},
        {DELTA("\"type\":\"text_delta\",\"text\":\"\""), false, false, false},
        {DELTA("\"text\":\"a\",\"type\":\"text_delta\""), true, false, false},
        {DELTA("\"type\":\"thinking_delta\",\"thinking\":\"a\""), true, false, false},
        {DELTA("\"type\":\"input_json_delta\",\"partial_json\":\"\""), false, false, false},
        {DELTA("\"type\":\"input_json_delta\",\"partial_json\":\"{\""), true, false, false},
        {"{\"type\":\"content_block_stop\",\"index\":0}", false, false, false},
        {"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null}}", false, false, false},
        {"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"x\"}}", false, true, false},
        {"{\"type\":\"message_stop\"}", false, true, true},
        {"{\"type\":\"new\"}", false, false, false},
        {"{}", false, false, false},
    };
    struct provider_call call = call_of("{\"model\":\"x\"}", "\"x\"");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct provider_news news;
        struct span data = span_of(rows[i].data);
        data.at = unit_guard(1, data.at, data.len);
        anthropic_protocol.event(&call, SPAN("n"), data, &news);
        bool same = news.kind == PROVIDER_EVENT && span_equal(news.text, data) &&
                    span_equal(news.name, SPAN("n")) && !news.more &&
                    news.marks.content == rows[i].content && news.marks.last == rows[i].last &&
                    (news.marks.finished == 1) == rows[i].finished;
        if (!same)
            CU_FAIL(rows[i].data);
    }
}

static void other_events(void)
{
    struct provider_news news;
    struct provider_call call = call_of("{\"model\":\"x\"}", "\"x\"");
    anthropic_protocol.event(&call, SPAN("error"),
                             SPAN("{\"type\":\"error\",\"error\":{\"message\":\"busy\"}}"), &news);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_ERROR);
    CU_ASSERT_TRUE(span_equal(news.text, SPAN("busy")));
    anthropic_protocol.event(&call, SPAN("x"), SPAN("{"), &news);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_MALFORMED);
    anthropic_protocol.event(&call, SPAN("x"), SPAN(""), &news);
    CU_ASSERT_EQUAL(news.kind, PROVIDER_NOTHING);
    anthropic_protocol.event(
        &call, SPAN("x"),
        SPAN("{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7}}}"), &news);
    CU_ASSERT_TRUE(news.usage.has_input && news.usage.input == 7 && !news.usage.has_output);
    anthropic_protocol.event(
        &call, SPAN("x"), SPAN("{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":8}}"),
        &news);
    CU_ASSERT_TRUE(news.usage.has_output && news.usage.output == 8 && !news.usage.has_input);
}

static const struct unit_test tests[] = {
    {"bodies", bodies},
    {"defaults of a variant", defaults_of_a_variant},
    {"heads", heads},
    {"events that go on", events},
    {"errors, usage, nonsense", other_events},
};

UNIT_MAIN("anthropic_relay", tests)
