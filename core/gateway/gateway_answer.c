/* Heads and framing of answers, written into the client's rope, and the rope into its socket. */
#include "core/gateway/gateway_answer.h"

#include "core/base/assert.h"
#include "core/base/uuid.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_flow.h"
#include "core/http/http_date.h"
#include "core/http/http_write.h"

#include <string.h>

#define OWN_BYTES 768          /* all that is our own in a head: no line of it is long */
#define IN_PLACE (LIMIT_PAGE_BYTES >= OWN_BYTES + GATEWAY_FLOW_FIELDS_BYTES) /* fits a page */
#define HEAD_BYTES (IN_PLACE ? OWN_BYTES + GATEWAY_FLOW_FIELDS_BYTES : OWN_BYTES)
#define ERROR_OBJECT_BYTES 2304 /* a message of escapes alone, and its frame */
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

/* The head's lines are each begun with the end of the one before. */

static void write_framing(struct text *head, const struct gateway_client *client,
                          const struct gateway_answer *answer)
{
    if (client->framing == GATEWAY_FRAMING_CHUNKED) {
        text_add(head, SPAN("\r\ntransfer-encoding: chunked"));
    } else if (client->framing == GATEWAY_FRAMING_LENGTH && !is_bodyless(answer->status)) {
        text_add(head, SPAN("\r\ncontent-length: "));
        text_add_u64(head, answer->length);
    }
}

static void write_connection(struct text *head, const struct gateway_client *client)
{
    if (client->close)
        text_add(head, SPAN("\r\nconnection: close"));
    else if (client->http_1_0)
        text_add(head, SPAN("\r\nconnection: keep-alive"));
}

/* The line that begins with name; what may not stand in a field is a space in its value. */
static void write_line(struct text *head, struct span name, const char *value)
{
    text_add(head, name);
    http_write_value(head, span_of(value));
}

/* What every head of a 200 has, up to the id: written once a second. */
static struct span common_lines(struct gateway *g)
{
    uint64_t wall_s = gateway_wall_ms(g) / 1000;
    if (wall_s != g->lines_s || g->lines_len == 0) {
        struct text lines = text_over(g->lines, sizeof(g->lines));
        text_add(&lines, SPAN(GOOD "server: moongate/" MOONGATE_VERSION));
        if (wall_s != 0) {
            text_add(&lines, SPAN("\r\ndate: "));
            http_date_write(&lines, wall_s);
        }
        text_add(&lines, SPAN("\r\nx-request-id: "));
        ASSERT(!lines.cut);
        g->lines_s = wall_s;
        g->lines_len = (uint8_t)lines.len;
    }
    return (struct span){g->lines, g->lines_len};
}

static void write_head(struct gateway *g, struct text *head, const struct gateway_client *client,
                       const struct gateway_answer *answer)
{
    struct span lines = common_lines(g);
    if (answer->status != 200) {
        http_write_status(head, answer->status);
        lines = span_skip(lines, sizeof(GOOD) - 1);
    }
    text_add(head, lines);
    text_add(head, span_of(client->request_id));
    if (FEATURE_ANTHROPIC && client->api == PROVIDER_API_ANTHROPIC)
        write_line(head, SPAN("\r\nrequest-id: "), client->request_id);
    write_connection(head, client);
    if (client->cors) {
        write_line(head, SPAN("\r\naccess-control-allow-origin: "), client->origin);
        text_add(head, SPAN("\r\nvary: origin"));
    }
    if (answer->content_type != NULL)
        write_line(head, SPAN("\r\ncontent-type: "), answer->content_type);
    write_framing(head, client, answer);
    if (answer->retry_after_s > 0) {
        text_add(head, SPAN("\r\nretry-after: "));
        text_add_u64(head, answer->retry_after_s);
    }
    http_write_end(head);
}

/* One that was broken has no name yet. */
static void name_request(struct gateway_client *client)
{
    if (client->request_id[0] == '\0')
        uuid_v4(client->request_id);
}

/* The head's lines. They are written where they stay, if the page has room for all that is our own.
 * False: no pages. */
static bool queue_head(struct gateway *g, struct gateway_client *client,
                       const struct gateway_answer *answer)
{
    char bytes[HEAD_BYTES];
    size_t cap;
    char *place = rope_place(&g->pages, &client->out, &cap);
    bool stays = place != NULL && cap >= HEAD_BYTES;
    struct text head = stays ? text_over(place, cap) : text_over(bytes, sizeof(bytes));
    write_head(g, &head, client, answer);
    ASSERT(head.len + 2 <= OWN_BYTES);
    bool fits = answer->fields.len + 2 <= head.cap - head.len;
    ASSERT(fits || !answer->of_request);
    if (fits) {
        text_add(&head, answer->fields);
        if (answer->of_request)
            gateway_request_fields(g, client->request, &head);
        http_write_end(&head);
    }
    ASSERT(!head.cut);
    if (!has_pages(g, head.len + (fits ? 0 : answer->fields.len + 2)))
        return false;
    if (stays)
        rope_grow(&g->pages, &client->out, head.len);
    else
        must_add(g, client, text_span(&head));
    if (!fits) {
        must_add(g, client, answer->fields);
        must_add(g, client, SPAN("\r\n"));
    }
    return true;
}

/* Where pages are small, and the stack is short, the lines of a request are put together first. */
static bool queue_head_of_request(struct gateway *g, struct gateway_client *client,
                                  const struct gateway_answer *answer)
{
    char bytes[GATEWAY_FLOW_FIELDS_BYTES];
    struct text fields = text_over(bytes, sizeof(bytes));
    struct gateway_answer whole = *answer;
    text_add(&fields, answer->fields);
    gateway_request_fields(g, client->request, &fields);
    ASSERT(!fields.cut);
    whole.of_request = false;
    whole.fields = text_span(&fields);
    return queue_head(g, client, &whole);
}

bool gateway_answer_begin(struct gateway *g, int number, const struct gateway_answer *answer)
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
    } else if (!(IN_PLACE || !answer->of_request ? queue_head(g, client, answer)
                                                 : queue_head_of_request(g, client, answer))) {
        client->framing = GATEWAY_FRAMING_NONE;
        return false;
    }
    queue_add(&g->client_run, number);
    if (client->request < 0)
        set_timer(g, number);
    return true;
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
                       struct span body)
{
    if (!gateway_answer_begin(g, number, answer) ||
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

static void give_error(struct gateway *g, int client, const struct gateway_error *error,
                       struct span fields, bool of_request)
{
    name_request(&g->clients[client]);
    char object_bytes[ERROR_OBJECT_BYTES];
    struct text object = text_over(object_bytes, sizeof(object_bytes));
    gateway_answer_error_object(g, client, error, &object);
    ASSERT(!object.cut);
    if (gateway_client_is_inner(&g->clients[client]))
        gateway_inner_patience(g, client, error->retry_after_s);
    struct gateway_answer answer = {.status = error->status,
                                    .content_type = "application/json",
                                    .has_length = true,
                                    .length = object.len,
                                    .retry_after_s = error->retry_after_s,
                                    .fields = fields,
                                    .of_request = of_request};
    give_whole(g, client, &answer, text_span(&object));
}

void gateway_answer_error(struct gateway *g, int client, const struct gateway_error *error,
                          struct span fields)
{
    give_error(g, client, error, fields, false);
}

void gateway_answer_failed(struct gateway *g, int client, const struct gateway_error *error)
{
    give_error(g, client, error, SPAN(""), true);
}

void gateway_answer_json(struct gateway *g, int client, uint16_t status, struct span json)
{
    struct gateway_answer answer = {.status = status,
                                    .content_type = "application/json",
                                    .has_length = true,
                                    .length = json.len};
    give_whole(g, client, &answer, json);
}

/* ---- sending --------------------------------------------------------------------------------- */

bool gateway_answer_send(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    for (int i = 0; i < SEND_PAGES && client->writable && client->out.len > 0; i++) {
        struct span front = rope_front(&g->pages, &client->out);
        bool more = front.len < client->out.len && i + 1 < SEND_PAGES;
        int sent = gateway_secure_send(g, number, front, more);
        if (sent > 0)
            rope_take(&g->pages, &client->out, (size_t)sent);
        else if (sent == PORT_AGAIN)
            client->writable = false;
        else
            return false;
    }
    return true;
}
