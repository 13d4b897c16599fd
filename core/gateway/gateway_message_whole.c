/* See gateway_message_whole.h. */
#include "core/gateway/gateway_message_whole.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "core/gateway/gateway_message.h"
#include "core/json/json_string.h"

/* relay.part: how far the object has been written. */
enum part {
    PART_NONE,
    PART_OPENED /* up to the blocks */
};

static struct text scratch_text(struct gateway *g)
{
    return text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
}

/* ---- where the blocks go -------------------------------------------------------------------- */

/* Adds to what is held. False: that is as much as may be. */
static bool hold(struct gateway *g, int request, struct span bytes)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    return relay->state != GATEWAY_RELAY_FLOWING &&
           relay->text.len + bytes.len <= LIMIT_HOLD_BYTES &&
           index_free(&g->pages.index) > LIMIT_PAGES_RESERVE + bytes.len / LIMIT_PAGE_BYTES &&
           rope_add(&g->pages, &relay->text, bytes);
}

/* Brings the object to where more of it can be written: all that was held is out. */
static bool flow(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    const struct gateway_answer answer = {.content_type = "application/json"};
    char bytes[GATEWAY_FLOW_FRAME_BYTES];
    struct text head = text_over(bytes, sizeof(bytes));
    if (relay->state != GATEWAY_RELAY_FLOWING) {
        if (!gateway_flow_begin(g, request, &answer))
            return false;
        gateway_flow_commit(g, request);
    }
    if (relay->part == PART_NONE) {
        gateway_message_write_head(&head, &g->requests[request]);
        ASSERT(!head.cut);
        if (!gateway_flow_put(g, request, text_span(&head)))
            return false;
        relay->part = PART_OPENED;
    }
    return gateway_flow_drain(g, request, &relay->text);
}

/* Holds back or writes bytes, all or nothing. */
static bool put(struct gateway *g, int request, struct span bytes)
{
    if (bytes.len == 0 || hold(g, request, bytes))
        return true;
    return flow(g, request) && gateway_flow_put(g, request, bytes);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static void write_close(struct text *out, const struct gateway_request *request)
{
    const struct gateway_relay *relay = &request->relay;
    bool thought = relay->open == GATEWAY_MESSAGE_THINKING && gateway_request_is_native(request);
    if (relay->open == GATEWAY_MESSAGE_TEXT || thought)
        text_add_str(out, "\"}");
    else if (relay->open == GATEWAY_MESSAGE_THINKING)
        text_add_str(out, "\",\"signature\":\"\"}");
    else if (relay->open == GATEWAY_MESSAGE_TOOL)
        text_add_str(out, relay->arguments ? "}" : "{}}");
}

static void write_open(struct text *out, const struct gateway_request *request,
                       enum gateway_message_block block)
{
    text_add_str(out, request->relay.blocks > 0 ? "," : "");
    if (block == GATEWAY_MESSAGE_THINKING && gateway_request_is_native(request)) {
        text_add_str(out, "{\"type\":\"thought\",\"text\":\"");
    } else if (block == GATEWAY_MESSAGE_THINKING) {
        text_add_str(out, "{\"type\":\"thinking\",\"thinking\":\"");
    } else if (block == GATEWAY_MESSAGE_TEXT) {
        text_add_str(out, "{\"type\":\"text\",\"text\":\"");
    } else {
        text_add_str(out, "{\"type\":\"tool_use\"");
        gateway_message_write_call(out, request);
        text_add_str(out, ",\"input\":");
    }
}

static bool open_block(struct gateway *g, int request, enum gateway_message_block block)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct text text = scratch_text(g);
    write_close(&text, &g->requests[request]);
    write_open(&text, &g->requests[request], block);
    ASSERT(!text.cut);
    if (!put(g, request, text_span(&text)))
        return false;
    relay->open = (uint8_t)block;
    relay->arguments = false;
    relay->blocks++;
    json_rules_init(&relay->document.rules);
    return true;
}

bool gateway_message_whole_good(const struct gateway_relay *relay)
{
    struct json_rules rules = relay->document.rules;
    return relay->open != GATEWAY_MESSAGE_TOOL || !relay->arguments ||
           json_rules_end(&rules) == RESULT_DONE;
}

/* How much of a text is taken at once: what its piece may become has room in any case. */
static size_t piece_cap(struct gateway *g, int request)
{
    const struct gateway_relay *relay = &g->requests[request].relay;
    if (relay->state != GATEWAY_RELAY_FLOWING)
        return LIMIT_PAGE_BYTES;
    return gateway_flow_cap(g, request, 0, relay->news.text.len);
}

static bool pass_text(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct span rest = relay->news.text;
    size_t cap = piece_cap(g, request);
    if (cap == 0)
        return false;
    size_t len = gateway_flow_piece(&rest, relay->news.raw, g->scratch.text, cap);
    if (!put(g, request, (struct span){g->scratch.text, len}))
        return false;
    relay->news.text = rest;
    return true;
}

/* ---- arguments ------------------------------------------------------------------------------ */

/* A piece of them, without a string's escapes. */
static struct span decode_piece(struct gateway *g, const struct gateway_relay *relay,
                                struct span *rest, size_t cap)
{
    struct span piece = {rest->at, rest->len < cap ? rest->len : cap};
    if (relay->news.raw)
        return (struct span){g->scratch.text,
                             json_string_decode_some(rest, g->scratch.text, cap)};
    *rest = span_skip(*rest, piece.len);
    return piece;
}

static struct span without_blanks(struct span s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t' || s.at[0] == '\n' || s.at[0] == '\r'))
        s = span_skip(s, 1);
    return s;
}

static enum result pass_arguments(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct json_rules rules = relay->document.rules;
    struct span rest = relay->news.text;
    size_t cap = piece_cap(g, request);
    if (cap == 0)
        return RESULT_MORE;
    struct span piece = decode_piece(g, relay, &rest, cap);
    if (!relay->arguments)
        piece = without_blanks(piece);
    bool good = relay->arguments || piece.len == 0 || piece.at[0] == '{';
    if (!good || json_rules_take(&rules, piece) == RESULT_FAULT)
        return RESULT_FAULT;
    if (!put(g, request, piece))
        return RESULT_MORE;
    relay->document.rules = rules;
    relay->arguments = relay->arguments || piece.len > 0;
    relay->news.text = rest;
    return RESULT_DONE;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static enum result pass_some(struct gateway *g, int request, enum gateway_message_block block)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (relay->news.kind == PROVIDER_ARGUMENTS)
        return pass_arguments(g, request);
    if (relay->open != block && !gateway_message_whole_good(relay))
        return RESULT_FAULT;
    bool open = relay->open == block || open_block(g, request, block);
    return open && pass_text(g, request) ? RESULT_DONE : RESULT_MORE;
}

enum result gateway_message_whole_pass(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    enum gateway_message_block block = gateway_message_block_of(relay);
    enum result result = RESULT_DONE;
    if (relay->news.kind == PROVIDER_TOOL) {
        if (!gateway_message_whole_good(relay))
            return RESULT_FAULT;
        return open_block(g, request, block) ? RESULT_DONE : RESULT_MORE;
    }
    if (relay->news.kind == PROVIDER_ARGUMENTS && relay->open != GATEWAY_MESSAGE_TOOL)
        return RESULT_FAULT; /* their call's block is closed, and no other can take them */
    while (result == RESULT_DONE && relay->news.text.len > 0)
        result = pass_some(g, request, block);
    return result;
}

void gateway_message_whole_end(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct text text = scratch_text(g);
    write_close(&text, &g->requests[request]);
    text_add_str(&text, "],");
    gateway_message_write_stop(&text, &g->requests[request]);
    text_add_char(&text, ',');
    gateway_message_write_usage(&text, &g->requests[request]);
    ASSERT(!text.cut);
    gateway_flow_hang(g, &relay->tail, text_span(&text));
    gateway_extras_join(g, request, &relay->tail);
    gateway_flow_hang(g, &relay->tail, SPAN("}"));
}

/* Puts the whole object together in relay.tail: what was held is joined, not copied. */
static void assemble(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    struct rope whole = rope_empty();
    struct text head = scratch_text(g);
    gateway_message_write_head(&head, &g->requests[request]);
    gateway_flow_hang(g, &whole, text_span(&head));
    rope_join(&g->pages, &whole, &relay->text);
    rope_join(&g->pages, &whole, &relay->tail);
    relay->tail = whole;
    relay->part = PART_OPENED;
}

enum result gateway_message_whole_finish(struct gateway *g, int request)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (relay->state == GATEWAY_RELAY_FLOWING) {
        bool out = flow(g, request) && gateway_flow_drain(g, request, &relay->tail);
        return out ? RESULT_DONE : RESULT_MORE;
    }
    if (relay->part == PART_NONE)
        assemble(g, request);
    bool out = gateway_flow_whole(g, request, "application/json", &relay->tail);
    return out ? RESULT_DONE : RESULT_MORE;
}
