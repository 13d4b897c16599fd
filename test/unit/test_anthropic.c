/* anthropic: its heads to the byte. */
#include "core/provider/anthropic.h"

#include "test/unit/unit.h"

#include <string.h>

#define HEAD_BYTES 4096
#define FIRST(line, host)                                                                          \
    line " HTTP/1.1\r\nhost: " host "\r\nuser-agent: moongate/" MOONGATE_VERSION                   \
         "\r\nanthropic-version: 2023-06-01\r\n"

static const struct settings_provider service = {
    .protocol = SETTINGS_ANTHROPIC,
    .url = {.host = "api.anthropic.com", .authority = "api.anthropic.com",
            .path = "", .port = 443, .tls = true},
    .api_key = "sk-ant",
    .max_tokens_default = 4096,
};

static void check_head(const struct provider_call *call, bool models, const char *expected)
{
    char bytes[HEAD_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    if (models)
        anthropic_protocol.models_head(call, &out);
    else
        anthropic_protocol.head(call, &out);
    CU_ASSERT_FALSE(out.cut);
    CU_ASSERT_STRING_EQUAL(text_str(&out), expected);
}

static void every_head(void)
{
    struct settings_provider other = service;
    struct provider_call call = {.provider = &service, .body_len = 17};
    other.url = (struct settings_url){.host = "10.0.0.1", .path = "/claude", .port = 8080,
                                      .authority = "10.0.0.1:8080"};
    other.api_key = NULL;
    call.asked = (struct provider_asked){.api = PROVIDER_API_OPENAI,
                                         .path = SPAN("/chat/completions")};
    check_head(&call, false,
               FIRST("POST /v1/messages", "api.anthropic.com")
               "x-api-key: sk-ant\r\ncontent-type: application/json\r\n"
               "content-length: 17\r\naccept: text/event-stream\r\n\r\n");
    check_head(&call, true,
               FIRST("GET /v1/models?limit=1000", "api.anthropic.com")
               "x-api-key: sk-ant\r\naccept: application/json\r\n\r\n");
    call.provider = &other;
    check_head(&call, false,
               FIRST("POST /claude/v1/messages", "10.0.0.1:8080")
               "content-type: application/json\r\ncontent-length: 17\r\n"
               "accept: text/event-stream\r\n\r\n");
    call.asked.api = PROVIDER_API_ANTHROPIC;
    call.asked.path = SPAN("/messages");
    check_head(&call, false,
               FIRST("POST /claude/v1/messages", "10.0.0.1:8080")
               "content-type: application/json\r\ncontent-length: 17\r\n"
               "accept: application/json\r\n\r\n");
    check_head(&call, true,
               FIRST("GET /claude/v1/models?limit=1000", "10.0.0.1:8080")
               "accept: application/json\r\n\r\n");
}

/* A key can be anything: it may not begin a line, and a longer one than has room is no head. */
static void odd_keys(void)
{
    static char key[2 * HEAD_BYTES];
    char bytes[HEAD_BYTES];
    struct settings_provider provider = service;
    struct provider_call call = {.provider = &provider};
    struct text out = text_over(bytes, sizeof(bytes));
    provider.api_key = "k\r\nx-evil: 1";
    anthropic_protocol.models_head(&call, &out);
    CU_ASSERT_PTR_NULL(strstr(text_str(&out), "\nx-evil"));
    memset(key, 'k', sizeof(key) - 1);
    provider.api_key = key;
    out = text_over(bytes, sizeof(bytes));
    anthropic_protocol.models_head(&call, &out);
    CU_ASSERT_TRUE(out.cut);
}

static const struct unit_test tests[] = {
    {"every head", every_head},
    {"odd keys", odd_keys},
};

UNIT_MAIN("anthropic", tests)
