/* See gateway_relay.h. What a state does with news is in gateway_chunk.c and gateway_whole.c. */
#include "core/gateway/gateway_relay.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_chunk.h"
#include "core/gateway/gateway_event.h"
#include "core/gateway/gateway_extras.h"
#include "core/gateway/gateway_flow.h"
#include "core/gateway/gateway_message.h"
#include "core/gateway/gateway_message_whole.h"
#include "core/gateway/gateway_metrics.h"
#include "core/gateway/gateway_native_answer.h"
#include "core/gateway/gateway_whole.h"
#include "core/tls/tls_hash.h"

#include <stddef.h>
#include <string.h>

/* What clients of Anthropic's API know as a sign of life. */
#define PING SPAN("event: ping\ndata: {\"type\":\"ping\"}\n\n")

#define MAC_BYTES 16 /* of a thread id's seal */
#define EVENT_BYTES (6 * GATEWAY_ERROR_BYTES + 256) /* an error */

/* Pages that the end of an answer takes at the most, with names that fill no page: the fixed texts
 * in front of, between and behind what was kept, and the head. A service with extras of its own has
 * neither tools nor usage. */
#define END_PAGES 9

_Static_assert(LIMIT_PAGES_RESERVE >= END_PAGES, "the end of an answer always finds room");
_Static_assert(LIMIT_PAGE_BYTES >= GATEWAY_EXTRAS_FIXED_BYTES, "a fixed text fills no page");

static struct gateway_relay *relay_of(struct gateway *g, int request)
{
    return &g->requests[request].relay;
}

/* What a try begins with; nothing is held. */
static void begin_try(struct gateway_relay *relay, const struct gateway_chat *chat)
{
    memset(&relay->has_text, 0,
           offsetof(struct gateway_relay, text) - offsetof(struct gateway_relay, has_text));
    relay->status = 200;
    if (relay->state == GATEWAY_RELAY_QUIET) /* else the client was told of a stream */
        relay->stream = chat->stream;
    relay->thread_id[0] = '\0';
    gateway_document_begin(&relay->document);
}

void gateway_relay_begin(struct gateway *g, int request)
{
    const struct gateway_chat *chat = &g->requests[request].chat;
    struct gateway_relay *relay = relay_of(g, request);
    memset(relay, 0, offsetof(struct gateway_relay, has_text));
    begin_try(relay, chat);
    relay->include_usage = chat->include_usage;
    relay->text = relay->reasoning = relay->tools = rope_empty();
    relay->questions = relay->sources = relay->tail = relay->text;
    relay->created_ms = gateway_wall_ms(g);
    relay->silent_us = g->now_us;
    relay->news.kind = 0;
    relay->content_type = NULL;
    relay->id[0] = '\0';
}

const uint8_t *gateway_relay_id(struct gateway_relay *relay)
{
    if (!relay->has_id)
        uuid_v7(relay->id_bytes, relay->created_ms);
    relay->has_id = true;
    return relay->id_bytes;
}

void gateway_relay_drop(struct gateway *g, int request)
{
    struct gateway_relay *relay = relay_of(g, request);
    rope_clear(&g->pages, &relay->text);
    rope_clear(&g->pages, &relay->reasoning);
    rope_clear(&g->pages, &relay->tools);
    rope_clear(&g->pages, &relay->questions);
    rope_clear(&g->pages, &relay->sources);
    rope_clear(&g->pages, &relay->tail);
    relay->news.kind = 0;
}

void gateway_relay_again(struct gateway *g, int request)
{
    struct gateway_relay *relay = relay_of(g, request);
    ASSERT(relay->state < GATEWAY_RELAY_FLOWING && !relay->ending);
    gateway_relay_drop(g, request);
    begin_try(relay, &g->requests[request].chat);
}

uint64_t gateway_relay_estimate(const struct gateway_relay *relay)
{
    return relay->said_bytes / GATEWAY_RELAY_TOKEN_BYTES;
}

/* Answers that pass as they come have their services' ids. */
static void write_id(struct gateway_relay *relay)
{
    if (relay->id[0] == '\0')
        uuid_write(relay->id, gateway_relay_id(relay));
}

/* An event of a service that relays brings a token or so, whatever else is in it. */
static uint64_t said_in(const struct provider_news *news)
{
    if (news->kind == PROVIDER_EVENT)
        return news->marks.content ? GATEWAY_RELAY_TOKEN_BYTES : 0;
    bool counts = news->kind == PROVIDER_TEXT || news->kind == PROVIDER_REASONING ||
                  news->kind == PROVIDER_ARGUMENTS || news->kind == PROVIDER_DOCUMENT;
    return counts ? news->text.len : 0;
}

void gateway_relay_take(struct gateway *g, int request, const struct provider_news *news)
{
    struct gateway_relay *relay = relay_of(g, request);
    ASSERT(relay->news.kind == 0 && !relay->ending);
    relay->news = *news;
    relay->choices |= news->marks.choices;
    relay->finished |= news->marks.finished;
    relay->said_bytes += said_in(news);
    gateway_metrics_event(g, request);
    if (news->marks.finished != 0)
        relay->finished_us = g->now_us;
    bool passes = news->kind == PROVIDER_EVENT || news->kind == PROVIDER_DOCUMENT;
    if (!passes)
        write_id(relay);
    if (news->text.len > 0) {
        relay->raw |= passes;
        relay->has_text |= news->kind == PROVIDER_DOCUMENT || news->marks.content ||
                           news->marks.finished != 0;
        relay->has_text |= news->kind == PROVIDER_TEXT || news->kind == PROVIDER_TOOL;
        relay->has_reasoning |= news->kind == PROVIDER_REASONING;
    }
}

static bool is_messages(const struct gateway *g, int request)
{
    return gateway_request_is_message(&g->requests[request]);
}

/* Whether a whole answer is written block by block. */
static bool in_blocks(const struct gateway *g, int request)
{
    return is_messages(g, request) || gateway_request_is_native(&g->requests[request]);
}

/* What is said, in the words of the client's API. */
static enum result pass_said(struct gateway *g, int request)
{
    bool stream = g->requests[request].relay.stream;
    bool native = gateway_request_is_native(&g->requests[request]);
    if (native && !gateway_native_answer_tells(g, request))
        return RESULT_FAULT;
    if (in_blocks(g, request) && !stream)
        return gateway_message_whole_pass(g, request);
    if (is_messages(g, request))
        return gateway_message_pass(g, request);
    return stream ? gateway_chunk_pass(g, request) : gateway_whole_pass(g, request);
}

enum result gateway_relay_pump(struct gateway *g, int request)
{
    struct gateway_relay *relay = relay_of(g, request);
    enum result result = RESULT_DONE;
    bool said = relay->news.kind >= PROVIDER_TEXT && relay->news.kind <= PROVIDER_ARGUMENTS;
    if (relay->news.kind == PROVIDER_EVENT)
        result = gateway_event_pass(g, request);
    else if (relay->news.kind == PROVIDER_DOCUMENT)
        result = gateway_document_pass(g, request);
    else if (said)
        result = pass_said(g, request);
    else
        gateway_extras_take(g, request, &relay->news);
    if (result == RESULT_DONE)
        relay->news.kind = 0;
    return result;
}

static void end_said(struct gateway *g, int request)
{
    bool stream = g->requests[request].relay.stream;
    write_id(&g->requests[request].relay);
    if (in_blocks(g, request) && !stream)
        gateway_message_whole_end(g, request);
    else if (is_messages(g, request))
        gateway_message_end(g, request);
    else if (stream)
        gateway_chunk_end(g, request);
    else
        gateway_whole_end(g, request);
}

/* Puts the end together, once there are pages for all of it; a document that passes has its own. */
static bool begin_to_end(struct gateway *g, int request)
{
    struct gateway_relay *relay = relay_of(g, request);
    relay->ending = relay->raw && !relay->stream;
    if (relay->ending)
        return true;
    size_t name_len = strlen(g->requests[request].chat.model);
    size_t frame = 6 * name_len + GATEWAY_FLOW_FRAME_BYTES - 6 * LIMIT_NAME_BYTES;
    if (index_free(&g->pages.index) < END_PAGES + 2 * (frame / LIMIT_PAGE_BYTES))
        return false;
    relay->ending = true;
    if (relay->raw)
        gateway_event_end(g, request);
    else
        end_said(g, request);
    return true;
}

/* Queues what is left. */
static enum result finish(struct gateway *g, int request)
{
    struct gateway_relay *relay = relay_of(g, request);
    if (relay->stream && !gateway_chunk_begin(g, request)) /* nothing may have been said */
        return RESULT_MORE;
    if (relay->stream && relay->state != GATEWAY_RELAY_FLOWING)
        gateway_flow_commit(g, request);
    if (relay->stream)
        return gateway_flow_drain(g, request, &relay->tail) ? RESULT_DONE : RESULT_MORE;
    if (!relay->raw && in_blocks(g, request))
        return gateway_message_whole_finish(g, request);
    return relay->raw ? gateway_document_finish(g, request) : gateway_whole_finish(g, request);
}

enum result gateway_relay_finish(struct gateway *g, int request)
{
    struct gateway_relay *relay = relay_of(g, request);
    ASSERT(relay->has_text && relay->news.kind == 0 && relay->state != GATEWAY_RELAY_ENDED);
    if (!relay->ending && !begin_to_end(g, request))
        return RESULT_MORE;
    if (finish(g, request) != RESULT_DONE)
        return RESULT_MORE;
    relay->state = GATEWAY_RELAY_ENDED;
    gateway_answer_end(g, g->requests[request].client, false);
    return RESULT_DONE;
}

/* The last event of a stream; it may go over the queue's bound. */
static void send_error(struct gateway *g, int client, const struct gateway_error *error)
{
    char bytes[EVENT_BYTES];
    struct text event = text_over(bytes, sizeof(bytes));
    bool named = FEATURE_ANTHROPIC && g->clients[client].api == PROVIDER_API_ANTHROPIC;
    text_add_str(&event, named ? "event: error\ndata: " : "data: ");
    gateway_answer_error_object(g, client, error, &event);
    text_add_str(&event, "\n\n");
    ASSERT(!event.cut);
    if (gateway_answer_add(g, client, text_span(&event)))
        gateway_answer_end(g, client, true);
    else
        gateway_answer_cut(g, client);
}

void gateway_relay_fail(struct gateway *g, int request, const struct gateway_error *error)
{
    struct gateway_relay *relay = relay_of(g, request);
    int client = g->requests[request].client;
    uint8_t state = relay->state;
    /* in the middle of an event, be it one that was held back until now */
    bool inside = relay->part != 0 || (state == GATEWAY_RELAY_FLOWING && relay->text.len > 0);
    relay->state = GATEWAY_RELAY_ENDED;
    gateway_relay_drop(g, request);
    if (state == GATEWAY_RELAY_QUIET)
        gateway_answer_failed(g, client, error);
    else if (state != GATEWAY_RELAY_ENDED && relay->stream && !relay->ending && !inside)
        send_error(g, client, error);
    else if (state != GATEWAY_RELAY_ENDED)
        gateway_answer_cut(g, client);
}

void gateway_relay_ping(struct gateway *g, int request)
{
    struct gateway_relay *relay = relay_of(g, request);
    relay->silent_us = g->now_us;
    relay->early = true;
    if (relay->stream && !relay->ending && relay->state != GATEWAY_RELAY_ENDED &&
        gateway_chunk_begin(g, request))
        gateway_flow_put(g, request, is_messages(g, request) ? PING : SPAN(": ping\n\n"));
    relay->early = false;
}

/* The first MAC_BYTES as hexadecimal digits. */
static void add_mac(const struct gateway *g, int key, struct span thread_id, struct text *out)
{
    struct tls_hmac hmac;
    uint8_t mac[TLS_HASH_BYTES];
    struct span seal = {(const char *)g->state.seal, sizeof(g->state.seal)};
    tls_hash_hmac_begin(&hmac, seal);
    tls_hash_hmac_add(&hmac, key < 0 ? SPAN("") : span_of(g->settings->keys[key].name));
    tls_hash_hmac_add(&hmac, (struct span){"", 1}); /* NUL: no name holds one */
    tls_hash_hmac_add(&hmac, thread_id);
    tls_hash_hmac_end(&hmac, mac);
    text_add_hex(out, mac, MAC_BYTES);
}

void gateway_relay_seal(const struct gateway *g, int key, struct span thread_id, struct text *out)
{
    text_add(out, thread_id);
    text_add_char(out, '.');
    add_mac(g, key, thread_id, out);
}

bool gateway_relay_open(const struct gateway *g, int key, struct span sealed,
                        struct span *thread_id)
{
    char bytes[2 * MAC_BYTES];
    struct text mac = text_over(bytes, sizeof(bytes));
    if (sealed.len < 2 + sizeof(bytes))
        return false;
    struct span id = {sealed.at, sealed.len - 1 - sizeof(bytes)};
    if (id.len >= GATEWAY_RELAY_THREAD_BYTES || sealed.at[id.len] != '.')
        return false;
    add_mac(g, key, id, &mac);
    if (!span_equal_secret(span_skip(sealed, id.len + 1), text_span(&mac)))
        return false;
    *thread_id = id;
    return true;
}
