/* See gateway_send.h. */
#include "core/gateway/gateway_send.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

_Static_assert(LIMIT_BODY_LARGE_BYTES < UINT32_MAX / 16, "a body has a uint32_t, be it escaped");

/* The next bytes of the request's body, behind what is still to be sent, if its page has room for
 * some. */
static void fill(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    const struct provider_protocol *protocol = provider_protocol(exchange->call.provider->protocol);
    size_t cap;
    char *place = rope_place(&g->pages, &exchange->out, &cap);
    if (place == NULL && exchange->out.len == 0)
        gateway_exchange_wait_page(g, number);
    if (place == NULL || cap < LIMIT_PAGE_BYTES / 4)
        return;
    size_t len = protocol->body_some(&exchange->call, place, cap);
    ASSERT(len > 0 && len <= exchange->body_left);
    rope_grow(&g->pages, &exchange->out, len);
    exchange->body_left -= (uint32_t)len;
}

/* False: there is nothing to send, for all is sent, or no page is free. */
static bool has_some(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    if (exchange->body_left > 0 && exchange->out.len < LIMIT_PAGE_BYTES / 2)
        fill(g, number);
    exchange->sent_whole = exchange->body_left == 0 && exchange->out.len == 0;
    if (exchange->sent_whole && number < LIMIT_REQUESTS)
        gateway_request_sent(g, number);
    return exchange->out.len > 0;
}

/* A long piece of what the client sent goes out from where it lies, once it is next. NULL: there is
 * none. */
static struct span *next_as_it_lies(struct gateway_exchange *exchange)
{
    struct provider_piece *piece =
        exchange->out.len == 0 ? provider_pieces_front(&exchange->call.cursor.pieces) : NULL;
    bool goes = piece != NULL && piece->form == PROVIDER_PIECES_RAW &&
                piece->bytes.len >= LIMIT_PAGE_BYTES;
    return goes ? &piece->bytes : NULL;
}

/* Whether more of the request follows those bytes at once: it is in the rope, or there is a page to
 * write it to. What is sent from the rope leaves its page for that. */
static bool goes_on(const struct gateway *g, const struct gateway_exchange *exchange,
                    struct span front, bool lies)
{
    if (lies)
        return exchange->body_left > front.len && index_free(&g->pages.index) > 0;
    return exchange->body_left > 0 || exchange->out.len > front.len;
}

void gateway_send_request(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    const struct gateway_upstream *upstream = &g->upstreams.all[exchange->upstream];
    while (!exchange->sent_whole && upstream->writable) {
        struct span *lies = next_as_it_lies(exchange);
        if (lies == NULL && !has_some(g, number))
            return;
        struct span front = lies != NULL ? *lies : rope_front(&g->pages, &exchange->out);
        bool more = goes_on(g, exchange, front, lies != NULL);
        int sent = gateway_upstream_send(g, exchange->upstream, front, more);
        if (sent == PORT_FAILED) {
            rope_clear(&g->pages, &exchange->out);
            exchange->keep_alive = false;
            g->upstreams.all[exchange->upstream].writable = false;
            g->upstreams.all[exchange->upstream].readable = true;
        }
        if (sent < 0)
            return;
        if (lies != NULL) {
            *lies = span_skip(*lies, (size_t)sent);
            exchange->body_left -= (uint32_t)sent;
        } else {
            rope_take(&g->pages, &exchange->out, (size_t)sent);
        }
    }
}
