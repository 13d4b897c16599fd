/* See gateway_chunk.h. */
#include "core/gateway/gateway_chunk.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "core/gateway/gateway_message.h"
#include "core/gateway/gateway_native_answer.h"
#include "core/gateway/gateway_outcome.h"
#include "core/json/json_write.h"

/* In front of what a delta says. */
#define DELTA ",\"choices\":[{\"index\":0,\"delta\":{"

/* Behind a text, and behind what is said of a call. */
#define CLOSE_CHUNK ",\"logprobs\":null,\"finish_reason\":null}]}\n\n"
#define CLOSE_TEXT SPAN("\"}" CLOSE_CHUNK)
#define CLOSE_NATIVE SPAN("\"}]}\n\n")
#define CLOSE_CALL SPAN("\"}}]}" CLOSE_CHUNK)

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

/* An event up to its choices. */
static void open_chunk(struct text *out, const struct gateway_request *request)
{
    text_add_str(out, "data: {\"id\":\"chatcmpl-");
    text_add(out, (struct span){request->relay.id, UUID_TEXT_BYTES - 1});
    text_add_str(out, "\",\"object\":\"chat.completion.chunk\",\"created\":");
    text_add_u64(out, request->relay.created_ms / 1000);
    text_add_str(out, ",\"model\":");
    json_write_str(out, request->chat.model);
}

/* The same up to what its delta says. */
static void open_delta(struct text *out, const struct gateway_request *request)
{
    open_chunk(out, request);
    text_add_str(out, DELTA);
    if (!request->relay.role_sent)
        text_add_str(out, "\"role\":\"assistant\",");
}

/* The same up to the text, which stands in a string. */
static void open_text(struct text *out, const struct gateway_request *request)
{
    if (gateway_request_is_native(request)) {
        gateway_native_answer_open(out, request);
        return;
    }
    open_delta(out, request);
    if (request->relay.news.kind == PROVIDER_ARGUMENTS) {
        text_add_str(out, "\"tool_calls\":[{\"index\":");
        text_add_u64(out, request->relay.calls > 0 ? request->relay.calls - 1u : 0);
        text_add_str(out, ",\"function\":{\"arguments\":\"");
    } else {
        text_add(out, request->relay.news.kind == PROVIDER_REASONING
                          ? SPAN("\"reasoning_content\":\"")
                          : SPAN("\"content\":\""));
    }
}

/* Queues an event that says what is in hand, or a part of it. False: there is no room. */
static bool put(struct gateway *g, int request, struct span event)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (!gateway_flow_put(g, request, event))
        return false;
    relay->role_sent = true;
    if (relay->state != GATEWAY_RELAY_FLOWING)
        gateway_flow_commit(g, request);
    return true;
}

/* Queues one event with as much of the text as has room. False: there is none. */
static bool pass_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span rest = relay->news.text;
    struct span close = gateway_request_is_native(&g->requests[request]) ? CLOSE_NATIVE
                        : relay->news.kind == PROVIDER_ARGUMENTS         ? CLOSE_CALL
                                                                         : CLOSE_TEXT;
    struct text event = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    open_text(&event, &g->requests[request]);
    size_t cap = gateway_flow_cap(g, request, event.len + close.len, rest.len);
    if (cap == 0)
        return false;
    ASSERT(event.len + cap + close.len <= event.cap);
    event.len += gateway_flow_piece(&rest, relay->news.raw, event.at + event.len, cap);
    text_add(&event, close);
    if (!put(g, request, text_span(&event)))
        return false;
    relay->news.text = rest;
    return true;
}

/* Queues the event that begins a call. */
static bool pass_call(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct text event = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    open_delta(&event, &g->requests[request]);
    text_add_str(&event, "\"tool_calls\":[{\"index\":");
    text_add_u64(&event, relay->calls);
    text_add_char(&event, ',');
    gateway_flow_call(&relay->news, &event);
    text_add(&event, CLOSE_CALL);
    ASSERT(!event.cut);
    if (!put(g, request, text_span(&event)))
        return false;
    relay->news.text.len = 0;
    if (relay->calls < UINT8_MAX)
        relay->calls++;
    return true;
}

enum result gateway_chunk_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    while (relay->news.text.len > 0) {
        if (!gateway_chunk_begin(g, request))
            return RESULT_MORE;
        if (relay->news.kind == PROVIDER_TOOL ? !pass_call(g, request) : !pass_some(g, request))
            return RESULT_MORE;
    }
    return RESULT_DONE;
}

/* The same for TensorZero's own API, whose last event says how the answer ended. */
static void end_native(struct gateway *g, int request, struct text *text)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    text_add_str(text, "data: ");
    gateway_native_answer_head(text, &g->requests[request]);
    text_add_str(text, "],");
    gateway_message_write_usage(text, &g->requests[request]);
    gateway_message_write_stop(text, &g->requests[request]);
    gateway_flow_hang(g, &relay->tail, text_span(text));
    gateway_extras_join(g, request, &relay->tail);
    gateway_flow_hang(g, &relay->tail, SPAN("}\n\ndata: [DONE]\n\n"));
}

static void add_usage(struct text *out, const struct gateway_request *request)
{
    open_chunk(out, request);
    text_add_str(out, ",\"choices\":[]");
    gateway_outcome_usage(out, &request->relay);
    text_add_str(out, "}\n\n");
}

void gateway_chunk_end(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct text text = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    if (gateway_request_is_native(&g->requests[request])) {
        end_native(g, request, &text);
        return;
    }
    open_chunk(&text, &g->requests[request]);
    text_add_str(&text, DELTA);
    text_add_str(&text, relay->role_sent ? "" : "\"role\":\"assistant\",\"content\":\"\"");
    text_add_str(&text, "},\"logprobs\":null,\"finish_reason\":\"");
    text_add_str(&text, gateway_outcome_reason(relay));
    text_add_str(&text, "\"}]");
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
