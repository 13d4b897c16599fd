/* See gateway_whole.h. */
#include "core/gateway/gateway_whole.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "core/json/json_write.h"

/* relay.part: how far the object has been written. */
enum part {
    PART_NONE,
    PART_OPENED,    /* up to the message's next member */
    PART_REASONING, /* its string is open */
    PART_CONTENT    /* its string is open */
};

#define REASONING SPAN("\"reasoning_content\":\"")
#define CONTENT SPAN("\"content\":\"")
#define CONTENT_NEXT SPAN("\",\"content\":\"") /* behind reasoning */

static struct span opening(struct gateway *g, const struct gateway_request *request)
{
    struct text text = text_over(g->scratch.bytes, GATEWAY_FLOW_FRAME_BYTES);
    text_add_str(&text, "{\"id\":\"chatcmpl-");
    text_add_str(&text, request->relay.id);
    text_add_str(&text, "\",\"object\":\"chat.completion\",\"created\":");
    text_add_u64(&text, request->relay.created_s);
    text_add_str(&text, ",\"model\":");
    json_write_str(&text, request->chat.model);
    text_add_str(&text, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",");
    ASSERT(!text.cut);
    return text_span(&text);
}

/* Adds a piece of what is in hand to what is held. False: that is as much as may be. */
static bool hold_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    bool reasoning = relay->news.kind == PROVIDER_REASONING;
    struct rope *rope = reasoning ? &relay->reasoning : &relay->text;
    struct span rest = relay->news.text;
    char *bytes = g->scratch.bytes;
    size_t len = gateway_flow_piece(&rest, relay->news.raw, bytes, LIMIT_PAGE_BYTES);
    if (relay->text.len + relay->reasoning.len + len > LIMIT_HOLD_BYTES ||
        index_free(&g->pages.index) <= LIMIT_PAGES_RESERVE ||
        !rope_add(&g->pages, rope, (struct span){bytes, len}))
        return false;
    relay->news.text = rest;
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
static bool step_to(struct gateway *g, int request, enum part part, struct span bytes)
{
    if (!gateway_flow_put(g, request, bytes))
        return false;
    g->requests[request].relay.part = (uint8_t)part;
    return true;
}

/* Brings the object to where reasoning can be written: all that was held is out. */
static bool open_reasoning(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (!begin_to_flow(g, request))
        return false;
    if (relay->part == PART_NONE &&
        !step_to(g, request, PART_OPENED, opening(g, &g->requests[request])))
        return false;
    if (relay->part == PART_OPENED && !step_to(g, request, PART_REASONING, REASONING))
        return false;
    return gateway_flow_drain(g, request, &relay->reasoning);
}

/* The same for content; reasoning cannot follow. */
static bool open_content(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (!begin_to_flow(g, request))
        return false;
    if (relay->part == PART_NONE &&
        !step_to(g, request, PART_OPENED, opening(g, &g->requests[request])))
        return false;
    if (relay->reasoning.len > 0 && !open_reasoning(g, request))
        return false;
    if (relay->part == PART_OPENED && !step_to(g, request, PART_CONTENT, CONTENT))
        return false;
    if (relay->part == PART_REASONING && !step_to(g, request, PART_CONTENT, CONTENT_NEXT))
        return false;
    return gateway_flow_drain(g, request, &relay->text);
}

/* Writes a piece of what is in hand straight to the client. */
static bool flow_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span rest = relay->news.text;
    size_t cap = gateway_flow_cap(g, request, 0, rest.len);
    if (cap == 0)
        return false;
    size_t len = gateway_flow_piece(&rest, relay->news.raw, g->scratch.bytes, cap);
    if (!gateway_flow_put(g, request, (struct span){g->scratch.bytes, len}))
        return false;
    relay->news.text = rest;
    return true;
}

/* Text is held as long as it may be, even when the answer flows: reasoning may still follow. */
static bool pass_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    bool reasoning = relay->news.kind == PROVIDER_REASONING;
    bool open = relay->part == (reasoning ? PART_REASONING : PART_CONTENT);
    if (!open && hold_some(g, request))
        return true;
    bool ready = reasoning ? open_reasoning(g, request) : open_content(g, request);
    return ready && flow_some(g, request);
}

enum result gateway_whole_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    while (relay->news.text.len > 0) {
        if (relay->news.kind == PROVIDER_REASONING && relay->part == PART_CONTENT)
            return RESULT_FAULT;
        if (!pass_some(g, request))
            return RESULT_MORE;
    }
    return RESULT_DONE;
}

void gateway_whole_end(struct gateway *g, int request)
{
    struct rope *tail = &g->requests[request].relay.tail;
    gateway_flow_hang(g, tail, SPAN("\",\"refusal\":null},\"logprobs\":null,"
                                    "\"finish_reason\":\"stop\"}]"));
    gateway_extras_join(g, request, tail);
    gateway_flow_hang(g, tail, SPAN("}"));
}

/* Puts the whole object together in relay.tail: what was held is joined, not copied. */
static void assemble(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct rope whole = rope_empty();
    gateway_flow_hang(g, &whole, opening(g, &g->requests[request]));
    if (relay->reasoning.len > 0) {
        gateway_flow_hang(g, &whole, REASONING);
        rope_join(&g->pages, &whole, &relay->reasoning);
        gateway_flow_hang(g, &whole, CONTENT_NEXT);
    } else {
        gateway_flow_hang(g, &whole, CONTENT);
    }
    rope_join(&g->pages, &whole, &relay->text);
    rope_join(&g->pages, &whole, &relay->tail);
    relay->tail = whole;
}

enum result gateway_whole_finish(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (relay->state == GATEWAY_RELAY_FLOWING) {
        bool out = open_content(g, request) && gateway_flow_drain(g, request, &relay->tail);
        return out ? RESULT_DONE : RESULT_MORE;
    }
    if (relay->text.len > 0)
        assemble(g, request);
    const struct gateway_answer answer = {
        .content_type = "application/json", .has_length = true, .length = relay->tail.len};
    if (!gateway_flow_begin(g, request, &answer))
        return RESULT_MORE;
    gateway_answer_join(g, g->requests[request].client, &relay->tail);
    gateway_flow_commit(g, request);
    return RESULT_DONE;
}
