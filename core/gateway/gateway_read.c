/*
 * Heads come in a buffer that a client has only while something is in it; what follows a head
 * there belongs to its body or to the next request. A body with a length is read straight into its
 * slot, a chunked one through the head buffer.
 */
#include "core/gateway/gateway_read.h"

#include "core/base/assert.h"
#include "core/base/uuid.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_batches.h"
#include "core/gateway/gateway_local.h"
#include "core/gateway/gateway_metrics.h"
#include "core/gateway/gateway_transfer.h"
#include "core/gateway/gateway_wait.h"
#include "core/http/http_parse.h"
#include "core/http/http_write.h"

#include <string.h>

#define FIELDS_BYTES 64 /* Allow, WWW-Authenticate */
#define NOTHING ((struct span){NULL, 0})

_Static_assert(LIMIT_HEAD_BYTES <= UINT16_MAX, "places in a head buffer are uint16");

static char *head_bytes(struct gateway *g, const struct gateway_client *client)
{
    ASSERT(client->head >= 0);
    return g->heads[client->head];
}

/* What is in the head buffer. */
static struct span buffered(struct gateway *g, const struct gateway_client *client)
{
    if (client->head < 0)
        return NOTHING;
    return (struct span){head_bytes(g, client) + client->head_at,
                         (size_t)(client->head_len - client->head_at)};
}

struct span gateway_read_buffered(struct gateway *g, int number)
{
    return buffered(g, &g->clients[number]);
}

/* ---- refusals -------------------------------------------------------------------------------- */

void gateway_read_refuse(struct gateway *g, int number, const struct gateway_error *error,
                         struct span fields)
{
    ASSERT(!queue_has(&g->client_idle, number));
    gateway_wait_leave(g, number);
    gateway_wait_drop_body(g, number);
    if (FEATURE_BATCH)
        gateway_transfer_left(g, number);
    gateway_wait_head_whole(g, number);
    g->clients[number].state = GATEWAY_CLIENT_ANSWER;
    gateway_answer_error(g, number, error, fields);
    gateway_metrics_refused(g, number, error); /* by now it has an id, however broken it came */
}

enum result gateway_read_broken(struct gateway *g, int number, const struct http_fault *fault)
{
    struct gateway_client *client = &g->clients[number];
    struct gateway_error error = gateway_error(fault->status, fault->text);
    struct record_log log;
    client->unread = true;
    gateway_read_refuse(g, number, &error, NOTHING);
    record_log_begin(&log, PORT_LOG_DEBUG, "broken HTTP refused");
    record_log_add_u64(&log, "status", fault->status);
    record_log_add_str(&log, "reason", fault->text);
    record_log_add_str(&log, "rfc", fault->rfc);
    record_log_add_str(&log, "request_id", client->request_id);
    record_log_end(&log, g->settings->log_level);
    return RESULT_DONE;
}

static void refuse_route(struct gateway *g, int number, const char *allow,
                         const struct gateway_error *error)
{
    char bytes[FIELDS_BYTES];
    struct text fields = text_over(bytes, sizeof(bytes));
    if (error->status == 405) {
        http_write_field_str(&fields, HTTP_NAME_ALLOW, allow);
    } else if (error->status == 401) {
        text_add_str(&fields, "www-authenticate: Bearer\r\n");
    } else if (error->status == 411) {
        g->clients[number].unread = true; /* who knows what follows */
    }
    ASSERT(!fields.cut);
    gateway_read_refuse(g, number, error, text_span(&fields));
}

static void refuse_json(struct gateway *g, int number)
{
    struct gateway_error error;
    int body = g->clients[number].body;
    gateway_chat_not_json(&g->bodies.bodies[body].outline, &error);
    gateway_read_refuse(g, number, &error, NOTHING);
}

/* ---- the socket ------------------------------------------------------------------------------ */

/* recv gave no bytes. */
static enum result no_bytes(struct gateway *g, int number, int code)
{
    if (code == PORT_AGAIN)
        g->clients[number].readable = false;
    else
        gateway_client_close(g, number);
    return RESULT_MORE;
}

/* Reads into the head buffer, behind what is left in it. */
enum result gateway_read_fill(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    if (!client->readable || !gateway_wait_head(g, number))
        return RESULT_MORE;
    char *bytes = head_bytes(g, client);
    if (client->head_at > 0) {
        client->head_len = (uint16_t)(client->head_len - client->head_at);
        memmove(bytes, bytes + client->head_at, client->head_len);
        client->head_at = 0;
    }
    ASSERT(client->head_len < LIMIT_HEAD_BYTES);
    int got = gateway_secure_recv(g, number, bytes + client->head_len,
                        (size_t)LIMIT_HEAD_BYTES - client->head_len);
    if (got < 0) {
        gateway_wait_spare_head(g, number);
        return no_bytes(g, number, got);
    }
    client->head_len = (uint16_t)(client->head_len + got);
    return RESULT_DONE;
}

/* ---- a head ---------------------------------------------------------------------------------- */

static void note_id(struct gateway_client *client, struct span shown)
{
    struct text id = text_over(client->request_id, sizeof(client->request_id));
    text_add_safe(&id, shown, LIMIT_REQUEST_ID_BYTES);
    if (text_str(&id)[0] == '\0')
        uuid_v4(client->request_id);
}

static void note_request(struct gateway_client *client, const struct http_request *request)
{
    client->http_1_0 = request->minor == 0;
    client->is_head = request->method == HTTP_HEAD;
    client->close = !request->keep_alive;
    client->expects = request->expect_continue;
    client->chunked = request->chunked;
    client->unread = request->chunked || request->content_length > 0;
    client->body_len = request->content_length < UINT32_MAX ? (uint32_t)request->content_length
                                                            : UINT32_MAX;
    note_id(client, request->request_id);
}

/* As much of it as there is room for, and a NUL. */
static void keep(char *to, size_t cap, struct span from)
{
    struct text text = text_over(to, cap);
    text_add(&text, from);
    text_str(&text);
}

/* An origin that is longer than any real one is served, and not named. */
static void note_routing(struct gateway_client *client, const struct gateway_routing *routing,
                         struct span origin)
{
    client->cors = routing->cors && origin.len < sizeof(client->origin);
    if (client->cors)
        keep(client->origin, sizeof(client->origin), origin);
    client->route = (uint8_t)routing->route;
    keep(client->path, sizeof(client->path), routing->path);
    client->key = (int16_t)routing->key;
}

/* Adds a field's lines to a text as one list. */
static void add_lines(struct text *out, const struct http_head *head, enum http_name name)
{
    const struct http_field *field = http_head_find(head, name);
    for (; field != NULL; field = http_head_next(head, name, field)) {
        text_add_str(out, out->len > 0 ? "," : "");
        text_add(out, field->value);
    }
}

/* Which edition of Anthropic's API is spoken. False: *error. */
static bool note_api(struct gateway *g, int number, struct gateway_error *error)
{
    if (!FEATURE_ANTHROPIC || g->clients[number].api != PROVIDER_API_ANTHROPIC)
        return true;
    struct gateway_client_api *api = &g->client_apis[number];
    struct text version = text_over(api->version, sizeof(api->version));
    struct text beta = text_over(api->beta, sizeof(api->beta));
    text_add(&version, http_head_value(&g->scratch.head, HTTP_NAME_ANTHROPIC_VERSION));
    add_lines(&beta, &g->scratch.head, HTTP_NAME_ANTHROPIC_BETA);
    bool cut = version.cut || beta.cut || version.len == version.cap || beta.len == beta.cap;
    text_str(&version);
    text_str(&beta);
    if (!cut)
        return true;
    *error = gateway_error(431, "");
    struct text text = gateway_error_text(error);
    text_add_str(&text, "anthropic-version has more than ");
    text_add_u64(&text, sizeof(api->version) - 1);
    text_add_str(&text, " bytes, or anthropic-beta more than ");
    text_add_u64(&text, sizeof(api->beta) - 1);
    text_str(&text);
    return false;
}

static void take_request(struct gateway *g, int number, const struct http_request *request)
{
    struct gateway_client *client = &g->clients[number];
    struct gateway_routing routing;
    struct gateway_error error;
    note_request(client, request);
    bool good = gateway_route_judge(&routing, g->settings, request, &error) &&
                note_api(g, number, &error);
    note_routing(client, &routing, request->origin);
    if (!good) {
        refuse_route(g, number, routing.allow, &error);
    } else if (gateway_route_has_body(routing.route)) {
        client->unread = true;
        gateway_wait_body(g, number);
    } else if (FEATURE_BATCH && routing.route == GATEWAY_ROUTE_FILES &&
               routing.method == HTTP_POST) {
        gateway_transfer_upload(g, number, request);
    } else {
        client->state = GATEWAY_CLIENT_ANSWER;
        gateway_local_answer(g, number, &routing, request->query);
    }
}

/* From the first line of a head, which may be broken: which API its errors are for. */
static void note_target(struct gateway *g, struct gateway_client *client, struct span raw)
{
    struct span target = span_skip(raw, span_find(raw, ' '));
    target = span_skip(target, target.len > 0 ? 1 : 0);
    target.len = span_find(target, ' ');
    target = span_skip(target, span_find(target, '/'));
    if (span_starts(target, SPAN("//"))) { /* behind the scheme of an absolute one */
        target = span_skip(target, 2);
        target = span_skip(target, span_find(target, '/'));
    }
    client->api = (uint8_t)gateway_route_api(g->settings, target);
}

/* It was taken apart into the scratch head. */
static enum result take_head(struct gateway *g, int number, struct span raw)
{
    struct gateway_client *client = &g->clients[number];
    struct http_request request;
    struct http_fault fault;
    enum result result = http_rules_request(&g->scratch.head, &request, &fault);
    if (result == RESULT_DONE)
        client->api = (uint8_t)gateway_route_api(g->settings, request.path);
    else
        note_target(g, client, raw);
    client->begun_us = g->now_us;
    client->head_at = (uint16_t)(client->head_at + raw.len);
    client->head_scanned = 0;
    gateway_wait_head_whole(g, number);
    if (result == RESULT_DONE)
        take_request(g, number, &request);
    else
        gateway_read_broken(g, number, &fault);
    gateway_wait_spare_head(g, number);
    return RESULT_DONE;
}

static enum result refuse_overflow(struct gateway *g, int number, struct span so_far)
{
    struct http_fault fault;
    note_target(g, &g->clients[number], so_far);
    http_rules_overflow(so_far, &fault);
    gateway_read_broken(g, number, &fault);
    return RESULT_DONE;
}

/* The first bytes of a head, which is not whole, as most are at once: it is to be soon. Line ends
 * that stray clients send behind a body begin none. */
static void begin_head(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    if (span_equal(buffered(g, client), SPAN("\r\n"))) {
        gateway_wait_drop_head(g, number);
        return;
    }
    uint64_t head_us = (uint64_t)g->settings->timeouts.client_head_ms * 1000;
    client->api = PROVIDER_API_OPENAI;
    timers_set(&g->client_timers, number, g->now_us + head_us);
    gateway_wait_head_begun(g, number);
}

static enum result await_head(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    bool quiet = client->head_at == client->head_len;
    enum result result = gateway_read_fill(g, number);
    bool idle = result == RESULT_MORE && quiet && client->state == GATEWAY_CLIENT_HEAD &&
                !client->readable;
    if (idle && !queue_has(&g->client_idle, number)) {
        client->wait_us = g->now_us;
        queue_add(&g->client_idle, number);
    }
    return result;
}

enum result gateway_read_head(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    enum result came = buffered(g, client).len > 0 ? RESULT_DONE : await_head(g, number);
    if (came != RESULT_DONE)
        return came;
    struct span so_far = buffered(g, client);
    bool first = client->head_scanned == 0 && !queue_has(&g->client_begun, number);
    size_t end = http_parse_take_request(so_far, &client->head_scanned, &g->scratch.head);
    if (end > 0)
        return take_head(g, number, (struct span){so_far.at, end});
    if (so_far.len == LIMIT_HEAD_BYTES)
        return refuse_overflow(g, number, so_far);
    if (first)
        begin_head(g, number);
    return await_head(g, number);
}

/* ---- a body ---------------------------------------------------------------------------------- */

static struct gateway_body *body_of(struct gateway *g, const struct gateway_client *client)
{
    ASSERT(client->body >= 0);
    return &g->bodies.bodies[client->body];
}

/* Said unless the client did not wait for it. */
bool gateway_read_continue(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    if (client->expects && buffered(g, client).len == 0) {
        /* Without a page it is not said; clients do not wait for ever. */
        rope_add(&g->pages, &client->out, SPAN("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    client->expects = false;
    if (client->out.len == 0 || gateway_answer_send(g, number))
        return true;
    gateway_client_close(g, number);
    return false;
}

/* The last byte has come. */
static enum result end_body(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    client->unread = false;
    if (json_outline_end(&body_of(g, client)->outline) != RESULT_DONE)
        refuse_json(g, number);
    else if (FEATURE_BATCH && client->route == GATEWAY_ROUTE_BATCH_NEW)
        gateway_batches_new(g, number);
    else
        gateway_wait_request(g, number);
    return RESULT_DONE;
}

/* n more bytes stand in the slot. False: they are refused. */
static bool judge(struct gateway *g, int number, size_t n)
{
    struct gateway_client *client = &g->clients[number];
    struct gateway_body *body = body_of(g, client);
    body->len += (uint32_t)n;
    if (!body->chunked && body->len == body->expected)
        client->unread = false;
    const char *bytes = gateway_body_bytes(&g->bodies, client->body);
    bool good = json_outline_take(&body->outline, bytes, body->len) != RESULT_FAULT;
    if (!good)
        refuse_json(g, number);
    return good;
}

static size_t less(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes of the body that came with its head. */
static size_t take_buffered(struct gateway *g, int number, char *to, size_t cap)
{
    struct gateway_client *client = &g->clients[number];
    struct span from = buffered(g, client);
    size_t n = less(from.len, cap);
    if (n > 0) {
        memcpy(to, from.at, n);
        client->head_at = (uint16_t)(client->head_at + n);
        gateway_wait_spare_head(g, number);
    }
    return n;
}

static enum result read_plain(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    struct gateway_body *body = body_of(g, client);
    char *to = gateway_body_bytes(&g->bodies, client->body) + body->len;
    size_t need = less(body->expected - body->len, LIMIT_READ_BYTES);
    if (need == 0)
        return end_body(g, number);
    size_t n = take_buffered(g, number, to, need);
    if (n == 0) {
        int got = client->readable ? gateway_secure_recv(g, number, to, need) : PORT_AGAIN;
        if (got < 0)
            return no_bytes(g, number, got);
        n = (size_t)got;
    }
    bool good = judge(g, number, n);
    return good && body->len == body->expected ? end_body(g, number) : RESULT_DONE;
}

/* Content that stands at the front of the head buffer goes to the slot, as far as there is room. */
static enum result store(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    struct gateway_body *body = body_of(g, client);
    size_t room = gateway_body_cap(client->body) - body->len;
    size_t n = less(client->decoded, room);
    if (body->len + client->decoded > g->settings->limits.max_body_bytes) {
        struct gateway_error error = gateway_route_too_large(g->settings);
        gateway_read_refuse(g, number, &error, NOTHING);
    } else if (n == 0) {
        gateway_wait_body(g, number);
    } else {
        char *to = gateway_body_bytes(&g->bodies, client->body) + body->len;
        memcpy(to, buffered(g, client).at, n);
        client->head_at = (uint16_t)(client->head_at + n);
        client->decoded = (uint16_t)(client->decoded - n);
        judge(g, number, n);
    }
    return RESULT_DONE;
}

/* Finds the next run of content in the head buffer, and leaves it at its front. */
static enum result decode(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    struct gateway_body *body = body_of(g, client);
    struct span in = buffered(g, client);
    struct span data;
    const char *start = in.at;
    enum result result = http_chunked_next(&body->coding, &in, &data);
    if (result == RESULT_FAULT) {
        return gateway_read_broken(g, number, body->coding.fault);
    }
    ASSERT(data.len == 0 || data.at + data.len == in.at);
    client->head_at = (uint16_t)(client->head_at + (size_t)(in.at - start) - data.len);
    client->decoded = (uint16_t)data.len;
    return result == RESULT_DONE ? end_body(g, number) : RESULT_DONE;
}

static enum result read_chunked(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    enum result result = RESULT_DONE;
    if (buffered(g, client).len == 0)
        result = gateway_read_fill(g, number);
    while (result == RESULT_DONE && client->state == GATEWAY_CLIENT_BODY &&
           client->head_at < client->head_len)
        result = client->decoded > 0 ? store(g, number) : decode(g, number);
    if (result == RESULT_DONE)
        gateway_wait_spare_head(g, number);
    return result;
}

enum result gateway_read_body(struct gateway *g, int number)
{
    if (!gateway_read_continue(g, number))
        return RESULT_MORE;
    return body_of(g, &g->clients[number])->chunked ? read_chunked(g, number)
                                                    : read_plain(g, number);
}
