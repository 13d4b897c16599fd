/* See ask.h. */
#include "board/linux/ask.h"

#include <string.h>

#include "core/base/lesser.h"
#include "core/base/text.h"
#include "core/http/http_parse.h"
#include "core/http/http_rules.h"
#include "core/settings/settings_url.h"
#include "port/port.h"

#define PROTOCOL "HTTP/1."

const char ask_stopped[] = "stopped";

enum part { PART_HEAD, PART_BEFORE, PART_FILE, PART_AFTER, PART_NONE };

/* A question under way. */
struct asking {
    struct ask *ask;
    int slot;
    enum part part;      /* of the request: what pending is of */
    struct span pending; /* still to be sent */
    uint64_t file_left;
    bool head_done;      /* of the answer */
    bool measured;       /* its body has a length, */
    uint64_t left;       /* of which that much is still to come */
    size_t scanned;
    size_t in_len;
    const char *why;
    struct http_head head;
    char out[ASK_BUFFER_BYTES];
    char in[ASK_BUFFER_BYTES];
};

const char *ask_gateway(struct ask_gateway *gateway, const char *url, const char *key)
{
    struct settings_url_parts parts;
    const char *why = settings_url_read(&parts, span_of(url), false);
    if (why != NULL)
        return why;
    if (parts.tls)
        return "not http://, which is all that is spoken here";
    struct text host = text_over(gateway->host, sizeof(gateway->host));
    struct text base = text_over(gateway->base, sizeof(gateway->base));
    struct text shown = text_over(gateway->key, sizeof(gateway->key));
    text_add(&host, parts.host);
    text_add(&base, parts.path);
    text_add_printable(&shown, span_of(key), sizeof(gateway->key));
    text_str(&host);
    text_str(&base);
    gateway->port = parts.port;
    bool is_key = key == NULL || strcmp(text_str(&shown), key) == 0;
    return is_key ? NULL : "the key has characters that no key has, or too many";
}

/* ---- the request ----------------------------------------------------------------------------- */

/* The name is of no matter to the gateway, and no gateway refuses this one. */
static struct span write_head(struct asking *asking, const struct ask_gateway *gateway)
{
    const struct ask *ask = asking->ask;
    struct text head = text_over(asking->out, sizeof(asking->out));
    const char *const words[] = {ask->method, " ", gateway->base, ask->path,
                                 " HTTP/1.0\r\nHost: localhost\r\n"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        text_add_str(&head, words[i]);
    if (gateway->key[0] != '\0') {
        text_add_str(&head, "Authorization: Bearer ");
        text_add_str(&head, gateway->key);
        text_add_str(&head, "\r\n");
    }
    if (ask->content_type != NULL) {
        text_add_str(&head, "Content-Type: ");
        text_add_str(&head, ask->content_type);
        text_add_str(&head, "\r\nContent-Length: ");
        text_add_u64(&head, ask->before.len + ask->file_len + ask->after.len);
        text_add_str(&head, "\r\n");
    }
    text_add_str(&head, "\r\n");
    return text_span(&head);
}

/* The next run of bytes; empty: a file that has become shorter meanwhile. */
static struct span next_of_file(struct asking *asking)
{
    size_t want = (size_t)lesser_u64(asking->file_left, sizeof(asking->out));
    size_t got = fread(asking->out, 1, want, asking->ask->file);
    asking->file_left -= got;
    return (struct span){asking->out, got};
}

/* False: there is no more to send, or the file fails. */
static bool refill(struct asking *asking)
{
    if (asking->part == PART_FILE && asking->file_left > 0) {
        asking->pending = next_of_file(asking);
        asking->why = asking->pending.len > 0 ? NULL : "the file cannot be read to its end";
        return asking->why == NULL;
    }
    asking->part = asking->part == PART_NONE ? PART_NONE : asking->part + 1;
    if (asking->part == PART_BEFORE)
        asking->pending = asking->ask->before;
    else if (asking->part == PART_AFTER)
        asking->pending = asking->ask->after;
    return asking->part != PART_NONE;
}

static enum result send_some(struct asking *asking)
{
    for (;;) {
        while (asking->pending.len == 0)
            if (!refill(asking))
                return asking->why == NULL ? RESULT_DONE : RESULT_FAULT;
        int n = port_send(asking->slot, asking->pending.at, asking->pending.len, false);
        if (n < 0)
            return n == PORT_AGAIN ? RESULT_MORE : RESULT_FAULT;
        asking->pending = span_skip(asking->pending, (size_t)n);
    }
}

/* ---- the answer ------------------------------------------------------------------------------ */

static enum result take_body(struct asking *asking, struct span bytes)
{
    struct ask *ask = asking->ask;
    if (asking->measured) {
        bytes.len = (size_t)lesser_u64(bytes.len, asking->left);
        asking->left -= bytes.len;
    }
    if (ask->into != NULL && ask->status == 200) {
        if (fwrite(bytes.at, 1, bytes.len, ask->into) != bytes.len) {
            asking->why = "the answer cannot be written: the disk is full, perhaps";
            return RESULT_FAULT;
        }
    } else {
        size_t len = lesser(bytes.len, ask->cap - ask->len);
        memcpy(ask->bytes + ask->len, bytes.at, len);
        ask->len += len;
    }
    return asking->measured && asking->left == 0 ? RESULT_DONE : RESULT_MORE;
}

/* What is in the buffer is a head, and perhaps some of the body. */
static enum result take_head(struct asking *asking)
{
    struct span so_far = {asking->in, asking->in_len};
    size_t len = http_parse_take_response(so_far, &asking->scanned, &asking->head);
    size_t looked = lesser(asking->in_len, sizeof(PROTOCOL) - 1);
    if (memcmp(asking->in, PROTOCOL, looked) != 0 || asking->in_len == sizeof(asking->in)) {
        asking->why = "the answer is not HTTP";
        return RESULT_FAULT;
    }
    if (len == 0)
        return RESULT_MORE;
    struct http_response response;
    struct http_fault fault;
    bool good = http_rules_response(&asking->head, false, &response, &fault) == RESULT_DONE;
    if (!good || response.framing == HTTP_BODY_CHUNKED) {
        asking->why = "the answer is not HTTP/1.0";
        return RESULT_FAULT;
    }
    asking->head_done = true;
    asking->ask->status = response.status;
    asking->measured = response.framing != HTTP_BODY_UNTIL_CLOSE;
    asking->left = response.framing == HTTP_BODY_LENGTH ? response.content_length : 0;
    if (asking->ask->head_only)
        return RESULT_DONE;
    return take_body(asking, (struct span){asking->in + len, asking->in_len - len});
}

static enum result take(struct asking *asking, size_t got)
{
    if (asking->head_done)
        return take_body(asking, (struct span){asking->in, got});
    asking->in_len += got;
    return take_head(asking);
}

static enum result receive_some(struct asking *asking)
{
    for (;;) {
        size_t at = asking->head_done ? 0 : asking->in_len;
        int n = port_recv(asking->slot, asking->in + at, sizeof(asking->in) - at);
        if (n == PORT_AGAIN)
            return RESULT_MORE;
        bool whole = n == PORT_CLOSED && asking->head_done && !asking->measured;
        if (n < 0)
            return whole ? RESULT_DONE : RESULT_FAULT;
        enum result result = take(asking, (size_t)n);
        if (result != RESULT_MORE)
            return result;
    }
}

/* ---- both ------------------------------------------------------------------------------------ */

/* Goes as far as the connection lets it. An answer may come before the question was sent whole:
 * then it is a refusal, and the rest of no interest. */
static enum result advance(struct asking *asking, unsigned kinds)
{
    if ((kinds & PORT_EVENT_FAILED) != 0) {
        asking->why = port_why_text(port_why(asking->slot));
        return RESULT_FAULT;
    }
    enum result sent = send_some(asking);
    if (asking->why != NULL)
        return RESULT_FAULT;
    enum result received = receive_some(asking);
    if (received == RESULT_FAULT || (sent == RESULT_FAULT && received == RESULT_MORE)) {
        if (asking->why == NULL)
            asking->why = "the connection was closed before an answer";
        return RESULT_FAULT;
    }
    return received;
}

static const char *wait_for_answer(struct asking *asking)
{
    const uint64_t total_us = port_now_us() + asking->ask->total_us;
    uint64_t idle_us = port_now_us() + asking->ask->idle_us;
    enum result result = RESULT_MORE;
    while (result == RESULT_MORE) {
        struct port_event event;
        uint64_t end_us = lesser_u64(idle_us, total_us);
        if (port_now_us() >= end_us)
            return "no answer came in time";
        int count = port_wait(&event, 1, end_us);
        if ((port_signals() & PORT_SIGNAL_STOP) != 0)
            return ask_stopped;
        if (count != 1 || event.slot != asking->slot)
            continue;
        result = advance(asking, event.kinds);
        idle_us = port_now_us() + asking->ask->idle_us;
    }
    return result == RESULT_DONE ? NULL : asking->why;
}

const char *ask(const struct ask_gateway *gateway, struct ask *ask)
{
    struct asking asking = {.ask = ask, .file_left = ask->file_len};
    asking.pending = write_head(&asking, gateway);
    ask->status = 0;
    ask->len = 0;
    asking.slot = port_connect(gateway->host, gateway->port, PORT_PRIVATE_ONLY);
    if (asking.slot < 0)
        return "no socket is free";
    const char *why = wait_for_answer(&asking);
    port_close(asking.slot);
    return why;
}
