/* See gateway_message.h. */
#include "core/gateway/gateway_message.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_chunk.h"
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "core/gateway/gateway_native_answer.h"
#include "core/json/json_write.h"

#define CLOSE SPAN("\"}}\n\n") /* behind a delta's text */

#define CALL_BYTES (2 * GATEWAY_MESSAGE_NAME_BYTES + 128) /* a tool call's beginning */

_Static_assert(GATEWAY_FLOW_FRAME_BYTES + CALL_BYTES <= LIMIT_WINDOW_BYTES, "it fits the scratch");

/* ---- what the streamed and the whole answer have in common ---------------------------------- */

enum gateway_message_block gateway_message_block_of(const struct gateway_relay *relay)
{
    switch (relay->news.kind) {
    case PROVIDER_REASONING:
        return GATEWAY_MESSAGE_THINKING;
    case PROVIDER_TOOL:
    case PROVIDER_ARGUMENTS:
        return GATEWAY_MESSAGE_TOOL;
    default:
        return GATEWAY_MESSAGE_TEXT;
    }
}

void gateway_message_write_head(struct text *out, const struct gateway_request *request)
{
    if (gateway_request_is_native(request)) {
        gateway_native_answer_head(out, request);
        return;
    }
    text_add_str(out, "{\"id\":\"msg_");
    text_add_str(out, request->relay.id);
    text_add_str(out, "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
    json_write_str(out, request->chat.model);
    text_add_str(out, ",\"content\":[");
}

static void write_name(struct text *out, const char *member, struct span name, bool raw)
{
    json_write_name(out, member);
    text_add_char(out, '"');
    if (name.len > 0 && out->cap - out->len > GATEWAY_MESSAGE_NAME_BYTES)
        out->len += gateway_flow_piece(&name, raw, out->at + out->len, GATEWAY_MESSAGE_NAME_BYTES);
    text_add_char(out, '"');
}

/* A result names its call, so that one without a name is given one. */
void gateway_message_write_call(struct text *out, const struct gateway_request *request)
{
    const struct provider_news *news = &request->relay.news;
    if (news->id.len > 0) {
        write_name(out, "id", news->id, news->raw);
    } else {
        json_write_name(out, "id");
        text_add_str(out, "\"toolu_");
        text_add_str(out, request->relay.id);
        text_add_char(out, '_');
        text_add_u64(out, request->relay.blocks);
        text_add_char(out, '"');
    }
    write_name(out, "name", news->text, news->raw);
}

void gateway_message_write_stop(struct text *out, const struct gateway_request *request)
{
    const struct gateway_relay *relay = &request->relay;
    static const char *const reasons[] = {
        [PROVIDER_STOP_UNKNOWN] = "end_turn", [PROVIDER_STOP_END] = "end_turn",
        [PROVIDER_STOP_LENGTH] = "max_tokens", [PROVIDER_STOP_TOOLS] = "tool_use",
        [PROVIDER_STOP_WORD] = "stop_sequence", [PROVIDER_STOP_FILTER] = "refusal",
    };
    if (gateway_request_is_native(request)) {
        json_write_member(out, "finish_reason", span_of(gateway_native_answer_reason(relay)));
        return;
    }
    bool calls = relay->open == GATEWAY_MESSAGE_TOOL && relay->stop <= PROVIDER_STOP_END;
    json_write_member(out, "stop_reason",
                      span_of(reasons[calls ? PROVIDER_STOP_TOOLS : relay->stop]));
    json_write_member_null(out, "stop_sequence");
}

/* What came from a cache is no part of input_tokens in a message. */
void gateway_message_write_usage(struct text *out, const struct gateway_request *request)
{
    const struct provider_usage *usage = &request->relay.usage;
    uint64_t cached = usage->cached < usage->input ? usage->cached : usage->input;
    cached = gateway_request_is_native(request) ? 0 : cached;
    json_write_name(out, "usage");
    text_add_char(out, '{');
    json_write_member_u64(out, "input_tokens", usage->input - cached);
    json_write_member_u64(out, "output_tokens", usage->output);
    if (cached > 0)
        json_write_member_u64(out, "cache_read_input_tokens", cached);
    text_add_char(out, '}');
}

/* ---- events --------------------------------------------------------------------------------- */

static struct text event_text(struct gateway *g)
{
    return text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
}

static void write_start(struct text *out, const struct gateway_request *request)
{
    text_add_str(out, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":");
    gateway_message_write_head(out, request);
    text_add_str(out, "],\"stop_reason\":null,\"stop_sequence\":null,");
    gateway_message_write_usage(out, request);
    text_add_str(out, "}}\n\n");
}

/* Ends the block that is open, the last that began. */
static void write_block_stop(struct text *out, const struct gateway_relay *relay)
{
    if (relay->open == GATEWAY_MESSAGE_NONE)
        return;
    text_add_str(out, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\","
                      "\"index\":");
    text_add_u64(out, relay->blocks - 1u);
    text_add_str(out, "}\n\n");
}

static void write_block_start(struct text *out, const struct gateway_request *request,
                              enum gateway_message_block block)
{
    text_add_str(out, "event: content_block_start\ndata: {\"type\":\"content_block_start\","
                      "\"index\":");
    text_add_u64(out, request->relay.blocks);
    text_add_str(out, ",\"content_block\":{\"type\":");
    if (block == GATEWAY_MESSAGE_THINKING) {
        text_add_str(out, "\"thinking\",\"thinking\":\"\",\"signature\":\"\"");
    } else if (block == GATEWAY_MESSAGE_TEXT) {
        text_add_str(out, "\"text\",\"text\":\"\"");
    } else {
        text_add_str(out, "\"tool_use\"");
        gateway_message_write_call(out, request);
        text_add_str(out, ",\"input\":{}");
    }
    text_add_str(out, "}}\n\n");
}

/* Brings the stream to where the block in hand is open. */
static bool open_block(struct gateway *g, int request, enum gateway_message_block block)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct text text = event_text(g);
    if (!relay->role_sent)
        write_start(&text, &g->requests[request]);
    write_block_stop(&text, relay);
    write_block_start(&text, &g->requests[request], block);
    ASSERT(!text.cut);
    if (!gateway_flow_put(g, request, text_span(&text)))
        return false;
    relay->role_sent = true;
    relay->open = (uint8_t)block;
    relay->blocks++;
    if (relay->state != GATEWAY_RELAY_FLOWING)
        gateway_flow_commit(g, request);
    return true;
}

static void write_delta(struct text *out, const struct gateway_relay *relay)
{
    static const char *const deltas[] = {
        [GATEWAY_MESSAGE_THINKING] = "thinking_delta\",\"thinking\":\"",
        [GATEWAY_MESSAGE_TEXT] = "text_delta\",\"text\":\"",
        [GATEWAY_MESSAGE_TOOL] = "input_json_delta\",\"partial_json\":\"",
    };
    text_add_str(out, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
                      "\"index\":");
    text_add_u64(out, relay->blocks - 1u);
    text_add_str(out, ",\"delta\":{\"type\":\"");
    text_add_str(out, deltas[relay->open]);
}

/* Queues one event with as much of the text as has room. False: there is none. */
static bool pass_some(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span rest = relay->news.text;
    struct text event = event_text(g);
    write_delta(&event, relay);
    size_t cap = gateway_flow_cap(g, request, event.len + CLOSE.len, rest.len);
    if (cap == 0)
        return false;
    ASSERT(event.len + cap + CLOSE.len <= event.cap);
    event.len += gateway_flow_piece(&rest, relay->news.raw, event.at + event.len, cap);
    text_add(&event, CLOSE);
    if (!gateway_flow_put(g, request, text_span(&event)))
        return false;
    relay->news.text = rest;
    return true;
}

static enum result pass_call(struct gateway *g, int request)
{
    bool begun = gateway_chunk_begin(g, request) && open_block(g, request, GATEWAY_MESSAGE_TOOL);
    return begun ? RESULT_DONE : RESULT_MORE;
}

enum result gateway_message_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    enum gateway_message_block block = gateway_message_block_of(relay);
    if (relay->news.kind == PROVIDER_TOOL)
        return pass_call(g, request);
    if (relay->news.kind == PROVIDER_ARGUMENTS && relay->open != GATEWAY_MESSAGE_TOOL)
        return RESULT_FAULT; /* their call's block is closed, and no other can take them */
    while (relay->news.text.len > 0) {
        if (!gateway_chunk_begin(g, request))
            return RESULT_MORE;
        bool open = relay->open == block || open_block(g, request, block);
        if (!open || !pass_some(g, request))
            return RESULT_MORE;
    }
    return RESULT_DONE;
}

void gateway_message_end(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct text text = event_text(g);
    if (!relay->role_sent)
        write_start(&text, &g->requests[request]);
    write_block_stop(&text, relay);
    text_add_str(&text, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{");
    gateway_message_write_stop(&text, &g->requests[request]);
    text_add_str(&text, "},");
    gateway_message_write_usage(&text, &g->requests[request]);
    ASSERT(!text.cut);
    gateway_flow_hang(g, &relay->tail, text_span(&text));
    gateway_extras_join(g, request, &relay->tail);
    gateway_flow_hang(g, &relay->tail, SPAN("}\n\n"));
    gateway_flow_hang(g, &relay->tail, SPAN(GATEWAY_MESSAGE_STOP));
}
