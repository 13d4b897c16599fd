/* The protocols there are, and what their heads have in common. */
#include "core/provider/provider.h"

#include "config/features.h"
#include "core/base/assert.h"
#include "core/http/http_token.h"
#include "core/json/json_walk.h"
#include "core/provider/anthropic.h"
#include "core/provider/loopback.h"
#include "core/provider/openai.h"
#include "core/provider/rust_proxy.h"

static const struct provider_protocol *const protocols[] = {
    [SETTINGS_RUST_PROXY] = &rust_proxy_protocol,
    [SETTINGS_OPENAI] = &openai_protocol,
    [SETTINGS_ANTHROPIC] = FEATURE_ANTHROPIC ? &anthropic_protocol : NULL,
    [SETTINGS_LOOPBACK] = &loopback_protocol,
};

const struct provider_protocol *provider_protocol(enum settings_protocol protocol)
{
    return (size_t)protocol < sizeof(protocols) / sizeof(protocols[0]) ? protocols[protocol] : NULL;
}

const char *provider_default(const struct provider_asked *asked, enum settings_sampling sampling)
{
    bool given = (asked->given >> sampling & 1) != 0;
    return given || asked->variant == NULL ? NULL : asked->variant->sampling[sampling];
}

void provider_push_default(struct provider_call *call, enum settings_sampling sampling)
{
    struct provider_pieces *pieces = &call->cursor.pieces;
    const char *value = provider_default(&call->asked, sampling);
    if (value == NULL)
        return;
    provider_pieces_push(pieces, SPAN(",\""), PROVIDER_PIECES_RAW);
    provider_pieces_push(pieces, settings_sampling_name(sampling), PROVIDER_PIECES_RAW);
    provider_pieces_push(pieces, SPAN("\":"), PROVIDER_PIECES_RAW);
    provider_pieces_push(pieces, span_of(value), PROVIDER_PIECES_RAW);
}

bool provider_relays(const struct provider_call *call)
{
    const struct provider_protocol *protocol = provider_protocol(call->provider->protocol);
    return protocol->api != PROVIDER_API_OWN && protocol->api == call->asked.api;
}

struct span provider_system(const struct provider_call *call)
{
    struct span chat = json_walk_root(call->asked.body);
    if (provider_is_inference(call))
        chat = json_walk_find(chat, SPAN("input"));
    return json_walk_find(chat, SPAN("system"));
}

struct span provider_members(const struct provider_call *call)
{
    struct span chat = json_walk_root(call->asked.body);
    if (provider_is_inference(call))
        chat = json_walk_find(json_walk_find(chat, SPAN("params")), SPAN("chat_completion"));
    return json_walk_inside(chat);
}

void provider_said_begin(struct provider_call *call)
{
    if (!provider_in_blocks(call)) {
        provider_messages_begin(&call->cursor.messages, call->messages);
        return;
    }
    provider_blocks_begin(&call->cursor.blocks, provider_system(call), call->messages);
}

void provider_said_next(struct provider_call *call, struct provider_messages_thing *thing)
{
    if (provider_in_blocks(call))
        provider_blocks_next(&call->cursor.blocks, thing);
    else
        provider_messages_next(&call->cursor.messages, thing);
}

void provider_head_begin(struct text *out, struct span method, const struct settings_url *url,
                         struct span base, struct span route)
{
    struct span authority = span_of(url->authority);
    ASSERT(authority.len > 0 && http_token_visible(authority));
    text_add(out, method);
    size_t target = out->len;
    text_add(out, base);
    text_add(out, base.len + route.len > 0 ? route : SPAN("/"));
    ASSERT(http_token_visible(span_skip(text_span(out), target)));
    text_add(out, SPAN(" HTTP/1.1\r\nhost: "));
    text_add(out, authority);
    text_add(out, SPAN("\r\nuser-agent: moongate/" MOONGATE_VERSION "\r\n"));
}

void provider_head_end(struct text *out, uint64_t body_len, struct span accept)
{
    text_add(out, SPAN("content-type: application/json\r\ncontent-length: "));
    text_add_u64(out, body_len);
    text_add(out, accept);
}
