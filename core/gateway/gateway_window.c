/* See gateway_window.h. */
#include "core/gateway/gateway_window.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

static char *window_of(struct gateway *g, int number)
{
    int large = g->exchanges[number].large;
    return large < 0 ? g->windows.small[number] : g->windows.large[large];
}

static uint32_t cap_of(const struct gateway *g, int number)
{
    return g->exchanges[number].large < 0 ? LIMIT_WINDOW_BYTES : LIMIT_EVENT_BYTES;
}

char *gateway_exchange_window(struct gateway *g, int number, size_t *len)
{
    const struct gateway_exchange *exchange = &g->exchanges[number];
    *len = exchange->end - exchange->begin;
    return window_of(g, number) + exchange->begin;
}

void gateway_exchange_use(struct gateway *g, int number, size_t len)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    ASSERT(len <= exchange->end - exchange->begin);
    exchange->begin += (uint32_t)len;
}

/* Whoever waits longest may try again, if there is one to be had. */
static void admit(struct gateway *g)
{
    int first = queue_first(&g->windows.waiting);
    if (first != QUEUE_NONE && index_free(&g->windows.index) > 0)
        queue_add(&g->exchange_run, first);
}

void gateway_window_release(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    queue_remove(&g->windows.waiting, number);
    if (exchange->large >= 0) {
        port_trim(g->windows.large[exchange->large], LIMIT_EVENT_BYTES);
        index_give(&g->windows.index, exchange->large);
        exchange->large = -1;
    }
    admit(g);
}

/* Moves what is left to the window's start, and out of a large window that is not needed any more.
 * */
static void compact(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    uint32_t len = exchange->end - exchange->begin;
    char *from = window_of(g, number) + exchange->begin;
    bool shrink = exchange->large >= 0 && len <= LIMIT_WINDOW_BYTES / 2;
    if (shrink || exchange->begin > 0)
        memmove(shrink ? g->windows.small[number] : window_of(g, number), from, len);
    exchange->begin = 0;
    exchange->end = len;
    if (shrink)
        gateway_window_release(g, number);
}

/* Changes a full small window for a large one. False: none is free. */
static bool grow(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    int large = index_take(&g->windows.index);
    if (large == INDEX_NONE) {
        queue_add(&g->windows.waiting, number);
        return false;
    }
    memcpy(g->windows.large[large], g->windows.small[number], exchange->end);
    exchange->large = (int16_t)large;
    queue_remove(&g->windows.waiting, number);
    admit(g);
    return true;
}

char *gateway_window_room(struct gateway *g, int number, size_t *room)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    ASSERT(exchange->raw_len == 0);
    compact(g, number);
    *room = 1;
    if (exchange->end == LIMIT_WINDOW_BYTES && exchange->large < 0 && !grow(g, number))
        return NULL;
    *room = cap_of(g, number) - exchange->end;
    return *room > 0 ? window_of(g, number) + exchange->end : NULL;
}

void gateway_window_came(struct gateway *g, int number, uint32_t len)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    if (exchange->state == GATEWAY_EXCHANGE_HEAD) {
        exchange->end += len;
        return;
    }
    exchange->raw_at = exchange->end;
    exchange->raw_len = len;
}

/* Moves a run of the body down to the decoded bytes; where there are none, it stays. */
static void append(struct gateway *g, int number, struct span data)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    char *window = window_of(g, number);
    if (data.len == 0)
        return;
    if (exchange->begin == exchange->end)
        exchange->begin = exchange->end = (uint32_t)(data.at - window);
    else
        memmove(window + exchange->end, data.at, data.len);
    exchange->end += (uint32_t)data.len;
}

/* The next run of the body, and what is behind it: DONE, that was the last one. */
static enum result next_run(struct gateway_exchange *exchange, struct span *raw, struct span *data)
{
    bool counted = exchange->framing == HTTP_BODY_LENGTH;
    if (exchange->framing == HTTP_BODY_CHUNKED)
        return http_chunked_next(&exchange->chunked, raw, data);
    *data = *raw;
    if (counted && exchange->left < raw->len)
        data->len = (size_t)exchange->left;
    *raw = span_skip(*raw, data->len);
    exchange->left -= counted ? data->len : 0;
    return counted && exchange->left == 0 ? RESULT_DONE : RESULT_MORE;
}

bool gateway_window_decode(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    struct span raw = {window_of(g, number) + exchange->raw_at, exchange->raw_len};
    enum result result = RESULT_MORE;
    exchange->raw_len = 0;
    while (result == RESULT_MORE && raw.len > 0) {
        struct span data;
        result = next_run(exchange, &raw, &data);
        append(g, number, data);
    }
    if (result == RESULT_DONE) {
        exchange->state = GATEWAY_EXCHANGE_ENDED;
        exchange->keep_alive &= raw.len == 0; /* nobody asked for what is behind */
    }
    return result != RESULT_FAULT;
}
