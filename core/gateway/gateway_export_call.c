/* See gateway_export_call.h. */
#include "core/gateway/gateway_export_call.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/http/http_parse.h"
#include "core/http/http_write.h"
#include "core/provider/provider.h"

#define STEPS 4 /* buffers that are sent in one turn: chats have their turn too */

/* ---- begin and end ---- */

static bool fail(struct gateway_export_call *call, const char *fault)
{
    call->fault = fault;
    return false;
}

static bool write_head(struct gateway *g, struct span target)
{
    struct gateway_export_call *call = &g->export->call;
    const struct settings_observability *to = &g->settings->observability;
    struct text head = text_over(call->out, sizeof(call->out));
    provider_head_begin(&head, SPAN("POST "), &g->export->provider.url, target, SPAN(""));
    if (to->clickhouse_user != NULL)
        http_write_field_str(&head, HTTP_NAME_X_CLICKHOUSE_USER, to->clickhouse_user);
    if (to->clickhouse_password != NULL)
        http_write_field_str(&head, HTTP_NAME_X_CLICKHOUSE_KEY, to->clickhouse_password);
    http_write_chunked(&head);
    http_write_end(&head);
    call->out_end = (uint32_t)head.len;
    return !head.cut || fail(call, "user, password and database are too long together");
}

bool gateway_export_call_begin(struct gateway *g, struct span target, bool fresh)
{
    struct gateway_export_call *call = &g->export->call;
    ASSERT(call->state == GATEWAY_EXPORT_CALL_FREE);
    call->got_byte = call->sent_whole = call->keep_alive = call->stale = call->slow =
        false;
    call->out_at = call->in_len = call->said_len = 0;
    call->scanned = 0;
    call->status = 0;
    call->fault = NULL;
    call->phase = GATEWAY_UPSTREAM_FREE;
    call->due_us = g->now_us + GATEWAY_EXPORT_CONNECT_MS * 1000u;
    if (!write_head(g, target))
        return false;
    int upstream =
        gateway_upstream_take(g, GATEWAY_UPSTREAM_DATABASE, GATEWAY_UPSTREAM_EXPORT, fresh);
    if (upstream == GATEWAY_UPSTREAM_NONE)
        return fail(call, "no connection to a service is free");
    call->upstream = (int16_t)upstream;
    call->state = GATEWAY_EXPORT_CALL_OPEN;
    call->more = true;
    return true;
}

void gateway_export_call_drop(struct gateway *g)
{
    struct gateway_export_call *call = &g->export->call;
    uint8_t state = call->state;
    call->state = GATEWAY_EXPORT_CALL_FREE;
    if (state == GATEWAY_EXPORT_CALL_FREE)
        return;
    if (state == GATEWAY_EXPORT_CALL_ENDED && call->keep_alive && call->sent_whole)
        gateway_upstream_keep(g, call->upstream);
    else
        gateway_upstream_close(g, call->upstream);
}

/* ---- out ---- */

static enum result open_some(struct gateway *g)
{
    struct gateway_export_call *call = &g->export->call;
    const struct gateway_upstream *upstream = &g->upstreams.all[call->upstream];
    enum result result = gateway_upstream_open(g, call->upstream);
    if (result == RESULT_FAULT) {
        call->stale = upstream->state == GATEWAY_UPSTREAM_TLS && upstream->connection.offered;
        fail(call, upstream->fault.text);
    } else if (result == RESULT_MORE && call->phase != upstream->state) {
        call->phase = upstream->state;
        call->due_us = g->now_us + GATEWAY_EXPORT_CONNECT_MS * 1000u;
    } else if (result == RESULT_DONE) {
        call->state = GATEWAY_EXPORT_CALL_HEAD;
        call->due_us = g->now_us + GATEWAY_EXPORT_ANSWER_MS * 1000u;
    }
    return result;
}

/* The next chunk. False: there is none yet. */
static bool fill(struct gateway *g)
{
    struct gateway_export_call *call = &g->export->call;
    char size[HTTP_CHUNKED_HEAD_BYTES];
    char *room = call->out + HTTP_CHUNKED_HEAD_BYTES;
    size_t cap = sizeof(call->out) - HTTP_CHUNKED_HEAD_BYTES - 16;
    size_t len = 0;
    call->sent_whole = gateway_export_body(g, room, cap, &len) == RESULT_DONE;
    struct text tail = text_over(room + len, 16);
    call->out_at = HTTP_CHUNKED_HEAD_BYTES;
    if (len > 0) {
        size_t size_len = http_chunked_head(size, len);
        call->out_at -= (uint32_t)size_len;
        memcpy(call->out + call->out_at, size, size_len);
        text_add_str(&tail, HTTP_CHUNKED_TAIL);
    }
    if (call->sent_whole)
        text_add_str(&tail, HTTP_CHUNKED_LAST);
    call->out_end = (uint32_t)(HTTP_CHUNKED_HEAD_BYTES + len + tail.len);
    return call->out_end > call->out_at;
}

static void send_some(struct gateway *g)
{
    struct gateway_export_call *call = &g->export->call;
    struct gateway_upstream *upstream = &g->upstreams.all[call->upstream];
    for (int i = 0; i < STEPS && upstream->writable; i++) {
        if (call->out_at == call->out_end && (call->sent_whole || !fill(g)))
            return;
        struct span rest = {call->out + call->out_at, call->out_end - call->out_at};
        int sent = gateway_upstream_send(g, call->upstream, rest, false);
        if (sent == PORT_FAILED) { /* there may be an answer that says why */
            upstream->writable = false;
            upstream->readable = true;
            call->sent_whole = false;
        }
        if (sent < 0)
            return;
        call->out_at += (uint32_t)sent;
    }
    call->more = upstream->writable;
}

/* ---- in ---- */

static void end(struct gateway_export_call *call, bool clean)
{
    call->state = GATEWAY_EXPORT_CALL_ENDED;
    call->keep_alive = call->keep_alive && clean && call->out_at == call->out_end;
}

static void keep_said(struct gateway_export_call *call, struct span data)
{
    size_t room = sizeof(call->said) - call->said_len;
    size_t len = data.len < room ? data.len : room;
    memcpy(call->said + call->said_len, data.at, len);
    call->said_len += (uint32_t)len;
}

static bool take_chunks(struct gateway_export_call *call, struct span raw)
{
    struct span data;
    enum result result;
    while ((result = http_chunked_next(&call->chunked, &raw, &data)) == RESULT_MORE) {
        if (data.len == 0)
            return true;
        keep_said(call, data);
    }
    if (result == RESULT_DONE)
        end(call, raw.len == 0);
    return result == RESULT_DONE || fail(call, call->chunked.fault->text);
}

static bool take_body(struct gateway_export_call *call, struct span raw)
{
    if (call->framing == HTTP_BODY_CHUNKED)
        return take_chunks(call, raw);
    bool to_close = call->framing == HTTP_BODY_UNTIL_CLOSE;
    size_t len = to_close || raw.len < call->left ? raw.len : (size_t)call->left;
    if (len > 0)
        keep_said(call, (struct span){raw.at, len});
    call->left -= to_close ? 0 : len;
    if (!to_close && call->left == 0)
        end(call, raw.len == len);
    return true;
}

/* It was taken apart into the scratch head. */
static bool take_head(struct gateway *g, size_t len)
{
    struct gateway_export_call *call = &g->export->call;
    struct http_response response;
    struct http_fault fault;
    if (http_rules_response(&g->scratch.head, false, &response, &fault) == RESULT_FAULT)
        return fail(call, "what answers there is no ClickHouse");
    struct span rest = {call->in + len, call->in_len - len};
    call->scanned = 0;
    if (response.status < 200) { /* informational: the answer is still to come */
        memmove(call->in, rest.at, rest.len);
        call->in_len = (uint32_t)rest.len;
        return true;
    }
    call->state = GATEWAY_EXPORT_CALL_BODY;
    call->status = response.status;
    call->framing = (uint8_t)response.framing;
    call->keep_alive = response.keep_alive;
    call->left = response.framing == HTTP_BODY_LENGTH ? response.content_length : 0;
    http_chunked_init(&call->chunked);
    return take_body(call, rest);
}

/* Uses what has come. */
static bool take(struct gateway *g, uint32_t count)
{
    struct gateway_export_call *call = &g->export->call;
    size_t len;
    call->got_byte = true;
    if (call->state == GATEWAY_EXPORT_CALL_BODY)
        return take_body(call, (struct span){call->in, count});
    call->in_len += count;
    while (call->state == GATEWAY_EXPORT_CALL_HEAD &&
           (len = http_parse_take_response((struct span){call->in, call->in_len}, &call->scanned,
                                           &g->scratch.head)) > 0)
        if (!take_head(g, len))
            return false;
    return call->state != GATEWAY_EXPORT_CALL_HEAD || call->in_len < sizeof(call->in) ||
           fail(call, "its answer's head is too long");
}

/* The connection has ended: an answer may end with it, and a kept one may have been dead. */
static bool ended_early(struct gateway *g, int code)
{
    struct gateway_export_call *call = &g->export->call;
    if (code == PORT_CLOSED && call->state == GATEWAY_EXPORT_CALL_BODY &&
        call->framing == HTTP_BODY_UNTIL_CLOSE) {
        end(call, false);
        return true;
    }
    call->stale = g->upstreams.all[call->upstream].reused && !call->got_byte;
    return fail(call, "the connection was closed before the answer's end");
}

static enum result receive(struct gateway *g)
{
    struct gateway_export_call *call = &g->export->call;
    while (call->state < GATEWAY_EXPORT_CALL_ENDED &&
           g->upstreams.all[call->upstream].readable) {
        uint32_t at = call->state == GATEWAY_EXPORT_CALL_BODY ? 0 : call->in_len;
        int count =
            gateway_upstream_recv(g, call->upstream, call->in + at, sizeof(call->in) - at);
        if (count == PORT_AGAIN)
            return RESULT_MORE;
        if (count > 0 ? !take(g, (uint32_t)count) : !ended_early(g, count))
            return RESULT_FAULT;
    }
    return call->state == GATEWAY_EXPORT_CALL_ENDED ? RESULT_DONE : RESULT_MORE;
}

enum result gateway_export_call_run(struct gateway *g)
{
    struct gateway_export_call *call = &g->export->call;
    enum result result = RESULT_DONE;
    ASSERT(call->state != GATEWAY_EXPORT_CALL_FREE);
    call->more = false;
    if (call->state == GATEWAY_EXPORT_CALL_OPEN)
        result = open_some(g);
    if (result == RESULT_DONE) {
        send_some(g);
        result = receive(g);
    }
    if (result != RESULT_MORE || g->now_us < call->due_us)
        return result;
    call->slow = call->state != GATEWAY_EXPORT_CALL_OPEN;
    fail(call, call->slow ? "it takes too long to answer" : "it takes too long to connect");
    return RESULT_FAULT;
}
