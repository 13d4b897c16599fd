/* See gateway_whole.h. */
#include "core/gateway/gateway_whole.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "core/gateway/gateway_outcome.h"
#include "core/json/json_write.h"

/* relay.part: how far the object has been written; of one that is put together at its end, that it
 * was. */
enum part {
    PART_NONE,
    PART_OPENED,    /* up to the message's next member */
    PART_REASONING, /* its string is open */
    PART_CONTENT,   /* its string is open */
    PART_CALLS,     /* the array of the calls is open */
    PARTS
};

/* What leads from one part to another. */
static const char *const leads[PARTS][PARTS] = {
    [PART_OPENED] = {[PART_REASONING] = "\"reasoning_content\":\"",
                     [PART_CONTENT] = "\"content\":\"",
                     [PART_CALLS] = "\"content\":null,\"tool_calls\":["},
    [PART_REASONING] = {[PART_CONTENT] = "\",\"content\":\"",
                        [PART_CALLS] = "\",\"content\":null,\"tool_calls\":["},
    [PART_CONTENT] = {[PART_CALLS] = "\",\"tool_calls\":["},
};

/* The part that news belong to, and what is held of a part. */
static enum part part_of(enum provider_news_kind kind)
{
    return kind == PROVIDER_REASONING ? PART_REASONING
           : kind == PROVIDER_TEXT    ? PART_CONTENT
                                      : PART_CALLS;
}

static struct rope *held_of(struct gateway_relay *relay, enum part part)
{
    return part == PART_REASONING ? &relay->reasoning
           : part == PART_CONTENT ? &relay->text
                                  : &relay->tools;
}

/* The last part of the answer. */
static enum part last_of(const struct gateway_relay *relay)
{
    return relay->calls > 0 ? PART_CALLS : PART_CONTENT;
}

static struct span opening(struct gateway *g, const struct gateway_request *request)
{
    struct text text = text_over(g->scratch.bytes, GATEWAY_FLOW_FRAME_BYTES);
    text_add_str(&text, "{\"id\":\"chatcmpl-");
    text_add_str(&text, request->relay.id);
    text_add_str(&text, "\",\"object\":\"chat.completion\",\"created\":");
    text_add_u64(&text, request->relay.created_ms / 1000);
    text_add_str(&text, ",\"model\":");
    json_write_str(&text, request->chat.model);
    text_add_str(&text, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",");
    ASSERT(!text.cut);
    return text_span(&text);
}

/* Writes the next piece of what is in hand to the scratch, at most cap bytes of a text; the
 * beginning of a call is written whole. */
static struct span next_piece(struct gateway *g, int request, struct span *rest, size_t cap)
{
    const struct gateway_relay *relay = &g->requests[request].relay;
    struct text text = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    if (relay->news.kind != PROVIDER_TOOL) {
        text.len = gateway_flow_piece(rest, relay->news.raw, text.at, cap);
        return text_span(&text);
    }
    text_add_str(&text, relay->calls > 0 ? "\"}},{" : "{");
    gateway_flow_call(&relay->news, &text);
    ASSERT(!text.cut);
    rest->len = 0;
    return text_span(&text);
}

static void taken(struct gateway_relay *relay, struct span rest)
{
    relay->news.text = rest;
    if (relay->news.kind == PROVIDER_TOOL && relay->calls < UINT8_MAX)
        relay->calls++;
}

/* Adds a piece of what is in hand to what is held. False: that is as much as may be. */
static bool hold_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct rope *rope = held_of(relay, part_of(relay->news.kind));
    struct span rest = relay->news.text;
    struct span piece = next_piece(g, request, &rest, LIMIT_PAGE_BYTES);
    size_t len = relay->text.len + relay->reasoning.len + relay->tools.len + piece.len;
    if (len > LIMIT_HOLD_BYTES || index_free(&g->pages.index) <= LIMIT_PAGES_RESERVE ||
        !rope_add(&g->pages, rope, piece))
        return false;
    taken(relay, rest);
    return true;
}

static bool begin_to_flow(struct gateway *g, int request)
{
    const struct gateway_answer answer = {.content_type = "application/json"};
    if (g->requests[request].relay.state == GATEWAY_RELAY_FLOWING)
        return true;
    if (!gateway_flow_begin(g, request, &answer))
        return false;
    gateway_flow_commit(g, request);
    return true;
}

/* Writes the bytes that lead to the next part. */
static bool step_to(struct gateway *g, int request, enum part part)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span bytes = part == PART_OPENED ? opening(g, &g->requests[request])
                                            : span_of(leads[relay->part][part]);
    if (!gateway_flow_put(g, request, bytes))
        return false;
    relay->part = (uint8_t)part;
    return true;
}

/* Brings the object to where the part can be written: all that was held up to there is out. */
static bool open_part(struct gateway *g, int request, enum part last)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (!begin_to_flow(g, request) ||
        (relay->part == PART_NONE && !step_to(g, request, PART_OPENED)))
        return false;
    for (enum part part = PART_REASONING; part <= last; part++) {
        struct rope *held = held_of(relay, part);
        bool wanted = relay->part < part && (part == last || held->len > 0);
        if ((wanted && !step_to(g, request, part)) || !gateway_flow_drain(g, request, held))
            return false;
    }
    return true;
}

/* Writes a piece of what is in hand straight to the client. */
static bool flow_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span rest = relay->news.text;
    size_t cap = gateway_flow_cap(g, request, 0, rest.len);
    if (cap == 0 || !gateway_flow_put(g, request, next_piece(g, request, &rest, cap)))
        return false;
    taken(relay, rest);
    return true;
}

/* What comes is held as long as it may be, even when the answer flows: an earlier part may still
 * follow. */
static bool pass_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    enum part part = part_of(relay->news.kind);
    if (relay->part != part && hold_some(g, request))
        return true;
    return open_part(g, request, part) && flow_some(g, request);
}

enum result gateway_whole_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    while (relay->news.text.len > 0) {
        if (relay->part > part_of(relay->news.kind))
            return RESULT_FAULT;
        if (!pass_some(g, request))
            return RESULT_MORE;
    }
    return RESULT_DONE;
}

void gateway_whole_end(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    char bytes[GATEWAY_OUTCOME_USAGE_BYTES];
    struct text text = text_over(bytes, sizeof(bytes));
    gateway_flow_hang(g, &relay->tail, relay->calls > 0 ? SPAN("\"}}]") : SPAN("\""));
    gateway_flow_hang(g, &relay->tail,
                      SPAN(",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\""));
    gateway_flow_hang(g, &relay->tail, span_of(gateway_outcome_reason(relay)));
    gateway_flow_hang(g, &relay->tail, SPAN("\"}]"));
    gateway_extras_join(g, request, &relay->tail);
    if (gateway_outcome_has_usage(relay)) {
        gateway_flow_hang(g, &relay->tail, SPAN(","));
        gateway_outcome_usage(&text, relay);
    }
    text_add_char(&text, '}');
    ASSERT(!text.cut);
    gateway_flow_hang(g, &relay->tail, text_span(&text));
}

/* Puts the whole object together in relay.tail: what was held is joined, not copied. */
static void assemble(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct rope whole = rope_empty();
    enum part last = last_of(relay);
    enum part at = PART_OPENED;
    gateway_flow_hang(g, &whole, opening(g, &g->requests[request]));
    for (enum part part = PART_REASONING; part <= last; part++) {
        struct rope *held = held_of(relay, part);
        if (part < last && held->len == 0)
            continue;
        gateway_flow_hang(g, &whole, span_of(leads[at][part]));
        rope_join(&g->pages, &whole, held);
        at = part;
    }
    rope_join(&g->pages, &whole, &relay->tail);
    relay->tail = whole;
    relay->part = (uint8_t)at;
}

enum result gateway_whole_finish(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (relay->state == GATEWAY_RELAY_FLOWING) {
        bool out = open_part(g, request, last_of(relay)) &&
                   gateway_flow_drain(g, request, &relay->tail);
        return out ? RESULT_DONE : RESULT_MORE;
    }
    if (relay->part == PART_NONE)
        assemble(g, request);
    bool out = gateway_flow_whole(g, request, "application/json", &relay->tail);
    return out ? RESULT_DONE : RESULT_MORE;
}
