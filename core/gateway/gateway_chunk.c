/* See gateway_chunk.h. */
#include "core/gateway/gateway_chunk.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "core/json/json_write.h"

/* Behind a text. */
#define CLOSE SPAN("\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n")

bool gateway_chunk_begin(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    const struct gateway_answer answer = {
        .content_type = "text/event-stream",
        .fields = SPAN("cache-control: no-cache\r\n"),
    };
    if (relay->state != GATEWAY_RELAY_QUIET)
        return true;
    if (!gateway_flow_begin(g, request, &answer))
        return false;
    relay->state = GATEWAY_RELAY_HEADERS;
    return true;
}

/* An event up to the first of its choices. */
static void open_chunk(struct text *out, const struct gateway_request *request)
{
    text_add_str(out, "data: {\"id\":\"chatcmpl-");
    text_add_str(out, request->relay.id);
    text_add_str(out, "\",\"object\":\"chat.completion.chunk\",\"created\":");
    text_add_u64(out, request->relay.created_s);
    text_add_str(out, ",\"model\":");
    json_write_str(out, request->chat.model);
    text_add_str(out, ",\"choices\":[");
}

/* The same up to the text. */
static void open_text(struct text *out, const struct gateway_request *request)
{
    bool reasoning = request->relay.news.kind == PROVIDER_REASONING;
    open_chunk(out, request);
    text_add_str(out, "{\"index\":0,\"delta\":{");
    if (!request->relay.role_sent)
        text_add_str(out, "\"role\":\"assistant\",");
    text_add_str(out, reasoning ? "\"reasoning_content\":\"" : "\"content\":\"");
}

/* Queues one event with as much of the text as has room. False: there is none. */
static bool pass_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span rest = relay->news.text;
    struct text event = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    open_text(&event, &g->requests[request]);
    size_t cap = gateway_flow_cap(g, request, event.len + CLOSE.len, rest.len);
    if (cap == 0)
        return false;
    ASSERT(event.len + cap + CLOSE.len <= event.cap);
    event.len += gateway_flow_piece(&rest, relay->news.raw, event.at + event.len, cap);
    text_add(&event, CLOSE);
    if (!gateway_flow_put(g, request, text_span(&event)))
        return false;
    relay->news.text = rest;
    relay->role_sent = true;
    if (relay->state != GATEWAY_RELAY_FLOWING)
        gateway_flow_commit(g, request);
    return true;
}

enum result gateway_chunk_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    while (relay->news.text.len > 0)
        if (!gateway_chunk_begin(g, request) || !pass_some(g, request))
            return RESULT_MORE;
    return RESULT_DONE;
}

/* The service tells no counts, and none are made up. */
static void add_usage(struct text *out, const struct gateway_request *request)
{
    open_chunk(out, request);
    text_add_str(out, "],\"usage\":{");
    json_write_member_null(out, "prompt_tokens");
    json_write_member_null(out, "completion_tokens");
    json_write_member_null(out, "total_tokens");
    text_add_str(out, "}}\n\n");
}

void gateway_chunk_end(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct text text = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    open_chunk(&text, &g->requests[request]);
    text_add_str(&text, "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]");
    gateway_flow_hang(g, &relay->tail, text_span(&text));
    gateway_extras_join(g, request, &relay->tail);
    text.len = 0;
    text_add_str(&text, "}\n\n");
    if (relay->include_usage)
        add_usage(&text, &g->requests[request]);
    text_add_str(&text, "data: [DONE]\n\n");
    ASSERT(!text.cut);
    gateway_flow_hang(g, &relay->tail, text_span(&text));
}
