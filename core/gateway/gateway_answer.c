/* Heads and framing of answers, written into the client's rope, and the rope into its socket. */
#include "core/gateway/gateway_answer.h"

#include "core/base/assert.h"
#include "core/base/uuid.h"
#include "core/gateway/gateway.h"
#include "core/http/http_date.h"
#include "core/http/http_write.h"

#include <string.h>

#define HEAD_BYTES 768         /* all that is our own in a head: no line of it is long */
#define ERROR_OBJECT_BYTES 2304 /* a message of escapes alone, and its frame */
#define RETRY_AFTER_BYTES 32
#define GOOD "HTTP/1.1 200 OK\r\n"
#define SEND_PAGES 16          /* of a rope in one go */

_Static_assert(LIMIT_REQUEST_ID_BYTES >= UUID_TEXT_BYTES - 1, "a request id holds a UUID");
_Static_assert(ERROR_OBJECT_BYTES >= 6 * GATEWAY_ERROR_BYTES + 256, "an error object fits");

/* ---- heads ----------------------------------------------------------------------------------- */

/* Whether that many bytes find room whatever is left in the last page. */
static bool has_pages(const struct gateway *g, size_t len)
{
    return index_free(&g->pages.index) > len / LIMIT_PAGE_BYTES;
}

/* Behind has_pages: cannot fail. */
static void must_add(struct gateway *g, struct gateway_client *client, struct span bytes)
{
    bool added = rope_add(&g->pages, &client->out, bytes);
    ASSERT(added);
}

/* From here on the client itself is to make progress. */
static void set_timer(struct gateway *g, int number)
{
    uint64_t idle_us = (uint64_t)g->settings->timeouts.client_idle_ms * 1000;
    timers_set(&g->client_timers, number, g->now_us + idle_us);
}

/* A 204 has no body and says no length (RFC 9110 section 8.6). */
static bool is_bodyless(uint16_t status)
{
    return status == 204 || status == 304;
}

static enum gateway_framing framing_of(const struct gateway_client *client,
                                       const struct gateway_answer *answer)
{
    if (gateway_client_is_inner(client)) /* the close alone tells whether it is whole */
        return GATEWAY_FRAMING_CLOSE;
    if (answer->has_length || is_bodyless(answer->status))
        return GATEWAY_FRAMING_LENGTH;
    return client->http_1_0 ? GATEWAY_FRAMING_CLOSE : GATEWAY_FRAMING_CHUNKED;
}

static void write_framing(struct text *head, const struct gateway_client *client,
                          const struct gateway_answer *answer)
{
    if (client->framing == GATEWAY_FRAMING_CHUNKED)
        http_write_chunked(head);
    else if (client->framing == GATEWAY_FRAMING_LENGTH && !is_bodyless(answer->status))
        http_write_length(head, answer->length);
}

static void write_connection(struct text *head, const struct gateway_client *client)
{
    if (client->close)
        text_add(head, SPAN("connection: close\r\n"));
    else if (client->http_1_0)
        text_add(head, SPAN("connection: keep-alive\r\n"));
}

static void write_date(struct gateway *g, struct text *head)
{
    uint64_t wall_s = port_wall_ms() / 1000;
    if (wall_s == 0)
        return;
    if (wall_s != g->date_s) {
        struct text date = text_over(g->date, sizeof(g->date));
        text_add(&date, SPAN("date: "));
        http_date_write(&date, wall_s);
        http_write_end(&date);
        g->date_s = wall_s;
    }
    text_add(head, (struct span){g->date, sizeof(g->date)});
}

/* Of a value that was judged, or made, without a byte that may not stand in a field. */
static void write_line(struct text *head, struct span name, const char *value)
{
    text_add(head, name);
    text_add(head, span_of(value));
    http_write_end(head);
}

/* Nearly every status is 200. */
static void write_first(struct text *head, uint16_t status)
{
    struct span lines = SPAN(GOOD "server: moongate/" MOONGATE_VERSION "\r\n");
    if (status != 200) {
        http_write_status(head, status);
        lines = span_skip(lines, sizeof(GOOD) - 1);
    }
    text_add(head, lines);
}

static void write_head(struct gateway *g, struct text *head, const struct gateway_client *client,
                       const struct gateway_answer *answer)
{
    write_first(head, answer->status);
    write_date(g, head);
    write_line(head, SPAN("x-request-id: "), client->request_id);
    if (FEATURE_ANTHROPIC && client->api == PROVIDER_API_ANTHROPIC)
        write_line(head, SPAN("request-id: "), client->request_id);
    write_connection(head, client);
    if (client->cors) {
        http_write_field_str(head, HTTP_NAME_ACCESS_CONTROL_ALLOW_ORIGIN, client->origin);
        text_add(head, SPAN("vary: origin\r\n"));
    }
    if (answer->content_type != NULL)
        write_line(head, SPAN("content-type: "), answer->content_type);
    write_framing(head, client, answer);
}

/* One that was broken has no name yet. */
static void name_request(struct gateway_client *client)
{
    if (client->request_id[0] == '\0')
        uuid_v4(client->request_id);
}

/* The head's lines; own are further ones, in front of the answer's. False: no pages. */
static bool queue_head(struct gateway *g, struct gateway_client *client,
                       const struct gateway_answer *answer, struct span own)
{
    char bytes[HEAD_BYTES];
    struct text head = text_over(bytes, sizeof(bytes));
    write_head(g, &head, client, answer);
    text_add(&head, own);
    ASSERT(!head.cut && head.len + 2 <= sizeof(bytes));
    if (!has_pages(g, head.len + answer->fields.len + 2))
        return false;
    if (answer->fields.len > sizeof(bytes) - head.len - 2) {
        must_add(g, client, text_span(&head));
        must_add(g, client, answer->fields);
        head.len = 0;
    } else {
        text_add(&head, answer->fields);
    }
    http_write_end(&head);
    must_add(g, client, text_span(&head));
    return true;
}

static bool begin(struct gateway *g, int number, const struct gateway_answer *answer,
                  struct span own)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(client->framing == GATEWAY_FRAMING_NONE && !client->ended);
    enum gateway_framing framing = framing_of(client, answer);
    client->framing = (uint8_t)framing;
    client->close = client->close || client->unread || g->stopping ||
                    framing == GATEWAY_FRAMING_CLOSE;
    name_request(client);
    if (gateway_client_is_inner(client)) {
        gateway_inner_begin(g, number, answer->status);
    } else if (!queue_head(g, client, answer, own)) {
        client->framing = GATEWAY_FRAMING_NONE;
        return false;
    }
    queue_add(&g->client_run, number);
    if (client->request < 0)
        set_timer(g, number);
    return true;
}

bool gateway_answer_begin(struct gateway *g, int client, const struct gateway_answer *answer)
{
    return begin(g, client, answer, (struct span){NULL, 0});
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static bool add_chunk(struct gateway *g, struct gateway_client *client, struct span bytes)
{
    char size[HTTP_CHUNKED_HEAD_BYTES];
    struct span head = {size, http_chunked_head(size, bytes.len)};
    struct span tail = SPAN(HTTP_CHUNKED_TAIL);
    if (!has_pages(g, head.len + bytes.len + tail.len))
        return false;
    char *at = rope_extend(&g->pages, &client->out, head.len + bytes.len + tail.len);
    if (at != NULL) { /* mostly */
        memcpy(at, head.at, head.len);
        memcpy(at + head.len, bytes.at, bytes.len);
        memcpy(at + head.len + bytes.len, HTTP_CHUNKED_TAIL, sizeof(HTTP_CHUNKED_TAIL) - 1);
        return true;
    }
    must_add(g, client, head);
    must_add(g, client, bytes);
    must_add(g, client, tail);
    return true;
}

bool gateway_answer_add(struct gateway *g, int number, struct span bytes)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(bytes.len > 0 && client->framing != GATEWAY_FRAMING_NONE && !client->ended);
    if (client->is_head)
        return true;
    bool added = client->framing == GATEWAY_FRAMING_CHUNKED
                     ? add_chunk(g, client, bytes)
                     : rope_add(&g->pages, &client->out, bytes);
    if (added) {
        client->body_out += bytes.len;
        queue_add(&g->client_run, number);
    }
    return added;
}

void gateway_answer_join(struct gateway *g, int number, struct rope *rope)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(client->framing == (gateway_client_is_inner(client) ? GATEWAY_FRAMING_CLOSE
                                                        : GATEWAY_FRAMING_LENGTH));
    ASSERT(!client->ended);
    if (client->is_head)
        rope_clear(&g->pages, rope);
    client->body_out += rope->len;
    rope_join(&g->pages, &client->out, rope);
    queue_add(&g->client_run, number);
}

size_t gateway_answer_room(const struct gateway *g, int number)
{
    const struct gateway_client *client = &g->clients[number];
    size_t used = client->out.len;
    if (client->framing == GATEWAY_FRAMING_CHUNKED)
        used += HTTP_CHUNKED_HEAD_BYTES + sizeof(HTTP_CHUNKED_TAIL) - 1;
    return used < LIMIT_OUT_BYTES ? LIMIT_OUT_BYTES - used : 0;
}

static void finish(struct gateway *g, int number, bool close)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(!client->ended);
    client->ended = true;
    client->close = client->close || close;
    queue_add(&g->client_run, number);
    set_timer(g, number);
}

void gateway_answer_end(struct gateway *g, int number, bool close)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(client->framing != GATEWAY_FRAMING_NONE);
    bool chunked = client->framing == GATEWAY_FRAMING_CHUNKED && !client->is_head;
    /* Without a page for the last chunk the body stays unfinished, and its end is the close. */
    bool whole = !chunked || rope_add(&g->pages, &client->out, SPAN(HTTP_CHUNKED_LAST));
    finish(g, number, close || !whole);
}

void gateway_answer_cut(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    client->broken = client->framing == GATEWAY_FRAMING_CLOSE;
    finish(g, number, true);
}

/* ---- whole answers --------------------------------------------------------------------------- */

static void give_whole(struct gateway *g, int number, const struct gateway_answer *answer,
                       struct span own, struct span body)
{
    if (!begin(g, number, answer, own) ||
        (body.len > 0 && !gateway_answer_add(g, number, body))) {
        gateway_answer_cut(g, number);
        return;
    }
    gateway_answer_end(g, number, false);
}

bool gateway_answer_start(struct gateway *g, int number, const struct gateway_answer *answer)
{
    if (g->clients[number].framing != GATEWAY_FRAMING_NONE ||
        gateway_answer_begin(g, number, answer))
        return true;
    gateway_answer_cut(g, number);
    return false;
}

/* Without a page, and with nothing on its way whose end would wake us, it is cut. */
bool gateway_answer_put(struct gateway *g, int number, struct span bytes)
{
    if (gateway_answer_room(g, number) < bytes.len)
        return false;
    if (gateway_answer_add(g, number, bytes))
        return true;
    if (g->clients[number].out.len == 0)
        gateway_answer_cut(g, number);
    return false;
}

void gateway_answer_error_object(const struct gateway *g, int client,
                                 const struct gateway_error *error, struct text *out)
{
    uint8_t api = g->clients[client].api;
    if (FEATURE_ANTHROPIC && api == PROVIDER_API_ANTHROPIC)
        gateway_error_object_anthropic(out, error, span_of(g->clients[client].request_id));
    else if (FEATURE_INFERENCE && api == PROVIDER_API_INFERENCE)
        gateway_error_object_native(out, error);
    else
        gateway_error_object(out, error);
}

void gateway_answer_error(struct gateway *g, int client, const struct gateway_error *error,
                          struct span fields)
{
    name_request(&g->clients[client]);
    char object_bytes[ERROR_OBJECT_BYTES];
    char own_bytes[RETRY_AFTER_BYTES];
    struct text object = text_over(object_bytes, sizeof(object_bytes));
    struct text own = text_over(own_bytes, sizeof(own_bytes));
    gateway_answer_error_object(g, client, error, &object);
    if (error->retry_after_s > 0)
        http_write_field_u64(&own, HTTP_NAME_RETRY_AFTER, error->retry_after_s);
    ASSERT(!object.cut && !own.cut);
    if (gateway_client_is_inner(&g->clients[client]))
        gateway_inner_patience(g, client, error->retry_after_s);
    struct gateway_answer answer = {.status = error->status,
                                    .content_type = "application/json",
                                    .has_length = true,
                                    .length = object.len,
                                    .fields = fields};
    give_whole(g, client, &answer, text_span(&own), text_span(&object));
}

void gateway_answer_json(struct gateway *g, int client, uint16_t status, struct span json)
{
    struct gateway_answer answer = {.status = status,
                                    .content_type = "application/json",
                                    .has_length = true,
                                    .length = json.len};
    give_whole(g, client, &answer, (struct span){NULL, 0}, json);
}

/* ---- sending --------------------------------------------------------------------------------- */

bool gateway_answer_send(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    for (int i = 0; i < SEND_PAGES && client->writable && client->out.len > 0; i++) {
        struct span front = rope_front(&g->pages, &client->out);
        int sent = gateway_secure_send(g, number, front.at, front.len);
        if (sent > 0)
            rope_take(&g->pages, &client->out, (size_t)sent);
        else if (sent == PORT_AGAIN)
            client->writable = false;
        else
            return false;
    }
    return true;
}
