/* Chats in the words of each API, told to each kind of service: whatever passes the judge is told
 * as JSON, as long as was said, in pieces of every size. */
#include "core/gateway/gateway_messages.h"
#include "core/gateway/gateway_native.h"
#include "core/json/json_walk.h"
#include "core/provider/provider.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

static struct json_tokens tokens;
static struct json_outline outline;
static struct gateway_chat chat;
static char out[400000];

static const struct settings_provider services[] = {
    {.protocol = SETTINGS_RUST_PROXY, .url = {.host = "h", .authority = "h",
                                              .path = "/p", .port = 443, .tls = true},
     .os_type = "3", .accept_language = "en", .search_mode = "web"},
    {.protocol = SETTINGS_OPENAI, .url = {.host = "h", .authority = "h",
                                          .path = "/v1", .port = 443, .tls = true},
     .api_key = "k"},
    {.protocol = SETTINGS_ANTHROPIC, .url = {.host = "h", .authority = "h",
                                             .path = "", .port = 443, .tls = true},
     .api_key = "k", .max_tokens_default = 4096},
};

static bool judge(struct span body, enum provider_api api)
{
    struct gateway_error error = {0};
    memset(&chat, 0, sizeof(chat));
    if (api == PROVIDER_API_ANTHROPIC)
        gateway_messages_outline(&outline);
    else
        gateway_chat_outline(&outline);
    if (json_outline_take(&outline, body.at, body.len) == RESULT_FAULT ||
        json_outline_end(&outline) != RESULT_DONE)
        return false;
    bool good = api == PROVIDER_API_OPENAI
                    ? gateway_chat_judge(&chat, &outline, body.at, &tokens, &error)
                : api == PROVIDER_API_ANTHROPIC
                    ? gateway_messages_judge(&chat, &outline, body.at, &tokens, &error)
                    : gateway_native_judge(&chat, &outline, body, &tokens, &error);
    FUZZ_CHECK(good || (error.status >= 400 && error.status < 500));
    return good;
}

static struct provider_call call_of(const struct settings_provider *service, struct span body,
                                    enum provider_api api)
{
    return (struct provider_call){
        .provider = service,
        .identifier = SPAN("m\"o"),
        .device_id = SPAN("dev-1"),
        .session_id = SPAN("ses-1"),
        .messages = json_outline_value(&chat.messages, body.at),
        .asked = {.api = (uint8_t)api,
                  .path = api == PROVIDER_API_ANTHROPIC ? SPAN("/messages")
                                                        : SPAN("/chat/completions"),
                  .body = body,
                  .model = json_outline_value(&chat.model_value, body.at),
                  .options = json_outline_value(&chat.stream_options, body.at),
                  .stream = chat.stream,
                  .usage = chat.stream && api == PROVIDER_API_OPENAI,
                  .given = chat.given},
        .wall_s = 1800000000,
    };
}

static uint64_t emit(const struct provider_protocol *protocol, struct provider_call *call,
                     size_t cap)
{
    size_t len = 0;
    size_t some;
    protocol->begin(call);
    do {
        FUZZ_CHECK(sizeof(out) - len >= cap);
        some = protocol->body_some(call, out + len, cap);
        FUZZ_CHECK(some <= cap);
        len += some;
    } while (some > 0);
    FUZZ_CHECK(len == call->body_len);
    FUZZ_CHECK(fuzz_is_json((struct span){out, len}, LIMIT_JSON_DEPTH + 8));
    uint64_t hash = len;
    for (size_t i = 0; i < len; i++)
        hash = hash * 1099511628211u + (uint8_t)out[i];
    return hash;
}

static void tell(const struct settings_provider *service, struct span body,
                 enum provider_api api, size_t cap)
{
    const struct provider_protocol *protocol = provider_protocol(service->protocol);
    struct provider_call call = call_of(service, body, api);
    struct provider_refusal refusal = {0};
    char bytes[4096];
    struct text head = text_over(bytes, sizeof(bytes));
    bool judged = api == PROVIDER_API_OPENAI && protocol->check != NULL;
    if (judged && !protocol->check(&call, &refusal)) {
        FUZZ_CHECK(refusal.why != NULL && refusal.why[0] == ' ');
        return;
    }
    uint64_t whole = emit(protocol, &call, 65536);
    if (protocol->api == PROVIDER_API_OWN)
        return; /* its nonce is new each time */
    FUZZ_CHECK(emit(protocol, &call, cap) == whole);
    protocol->head(&call, &head);
    FUZZ_CHECK(!head.cut);
}

void fuzz_one(struct span input)
{
    uint8_t how = fuzz_byte(&input);
    if (input.len > 16384)
        return;
    struct span body = {fuzz_copy(input), input.len};
    for (int api = PROVIDER_API_OPENAI; api <= PROVIDER_API_INFERENCE; api++) {
        if (!judge(body, (enum provider_api)api))
            continue;
        for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
            tell(&services[i], body, (enum provider_api)api, 64u + how);
    }
}
