/* See gateway_exchange.h. The request goes out in gateway_send.c, the window is read in
 * gateway_window.c, failures are worded in gateway_failure.c. */
#include "core/gateway/gateway_exchange.h"

#include <stddef.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_catalog.h"
#include "core/gateway/gateway_failure.h"
#include "core/gateway/gateway_metrics.h"
#include "core/gateway/gateway_news.h"
#include "core/gateway/gateway_send.h"
#include "core/gateway/gateway_window.h"
#include "core/http/http_parse.h"

void gateway_exchange_init(struct gateway *g)
{
    struct gateway_windows *w = &g->windows;
    index_init(&w->index, w->numbers, LIMIT_EVENTS_LARGE);
    queue_init(&w->waiting, w->wait_next, w->wait_prev);
    queue_init(&g->page_wait, g->page_wait_next, g->page_wait_prev);
    g->page_wait_free = UINT16_MAX;
}

/* ---- the owner ---- */

static bool is_fetch(int number)
{
    return number >= LIMIT_REQUESTS;
}

static enum result tell_head(struct gateway *g, int number)
{
    return is_fetch(number) ? gateway_catalog_head(g, number - LIMIT_REQUESTS)
                            : gateway_news_head(g, number);
}

static enum result tell_body(struct gateway *g, int number)
{
    return is_fetch(number) ? gateway_catalog_body(g, number - LIMIT_REQUESTS)
                            : gateway_news_body(g, number);
}

static void word_status(struct gateway *g, int number, struct gateway_failure *failure)
{
    const struct gateway_exchange *exchange = &g->exchanges[number];
    size_t len;
    char *body = gateway_exchange_window(g, number, &len);
    gateway_failure_status(failure, exchange->status, (struct span){body, len});
    gateway_failure_hide(failure, &exchange->call);
    failure->error.retry_after_s = exchange->retry_after_s;
}

/* Ends the exchange and tells the owner why, who may begin it again at once. A service that said
 * what is wrong may break off in its words: what it said counts. */
static enum result fail(struct gateway *g, int number, struct gateway_failure *failure)
{
    if (g->exchanges[number].is_error)
        word_status(g, number, failure);
    failure->begun = g->exchanges[number].state != GATEWAY_EXCHANGE_OPEN;
    failure->sent_whole = g->exchanges[number].sent_whole;
    gateway_exchange_drop(g, number);
    if (is_fetch(number))
        gateway_catalog_failed(g, number - LIMIT_REQUESTS, failure);
    else
        gateway_request_failed(g, number, failure);
    return RESULT_FAULT;
}

static const char *host_of(const struct gateway_exchange *exchange)
{
    return exchange->call.provider->url.host;
}

static enum result cut(struct gateway *g, int number, const char *why)
{
    struct gateway_failure failure;
    gateway_failure_cut(&failure, host_of(&g->exchanges[number]), why);
    return fail(g, number, &failure);
}

static enum result unusable(struct gateway *g, int number, const char *why)
{
    struct gateway_failure failure;
    gateway_failure_unusable(&failure, host_of(&g->exchanges[number]), why);
    return fail(g, number, &failure);
}

void gateway_exchange_unusable(struct gateway *g, int number, const char *why)
{
    unusable(g, number, why);
}

void gateway_exchange_timeout(struct gateway *g, int number, enum gateway_phase phase)
{
    struct gateway_failure failure;
    gateway_failure_timeout(&failure, host_of(&g->exchanges[number]), phase);
    fail(g, number, &failure);
}

/* ---- pages ---- */

void gateway_exchange_wait_page(struct gateway *g, int number)
{
    uint16_t left = index_free(&g->pages.index);
    queue_add(&g->page_wait, number);
    if (left < g->page_wait_free)
        g->page_wait_free = left;
}

void gateway_exchange_admit(struct gateway *g)
{
    if (g->page_wait.count == 0 || index_free(&g->pages.index) <= g->page_wait_free)
        return;
    g->page_wait_free = UINT16_MAX;
    while (g->page_wait.count > 0)
        queue_add(&g->exchange_run, queue_take(&g->page_wait));
}

/* ---- begin and end ---- */

const struct settings_timeouts *gateway_exchange_timeouts(const struct gateway *g, int number)
{
    return is_fetch(number) ? &g->settings->timeouts
                            : &g->requests[number].settings->timeouts;
}

static void set_phase(struct gateway *g, int number, enum gateway_phase phase, uint32_t ms)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    exchange->phase = (uint8_t)phase;
    exchange->phase_us = ms == 0 ? UINT64_MAX : g->now_us + (uint64_t)ms * 1000;
}

static bool connect_upstream(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    int provider = is_fetch(number) ? g->catalogs.fetches[number - LIMIT_REQUESTS].provider
                                    : g->requests[number].provider;
    if (!is_fetch(number))
        provider_protocol(exchange->call.provider->protocol)->begin(&exchange->call);
    int upstream = gateway_upstream_take(g, provider, number, exchange->fresh);
    if (upstream == GATEWAY_UPSTREAM_NONE && !is_fetch(number) && gateway_catalog_yield(g))
        upstream = gateway_upstream_take(g, provider, number, exchange->fresh);
    exchange->upstream = (int16_t)upstream;
    exchange->state = GATEWAY_EXCHANGE_OPEN;
    exchange->phase = GATEWAY_PHASE_TOTAL;
    exchange->phase_us = UINT64_MAX;
    queue_add(&g->exchange_run, number);
    return exchange->upstream != GATEWAY_UPSTREAM_NONE;
}

bool gateway_exchange_begin(struct gateway *g, int number, uint32_t first_byte_ms,
                            struct gateway_failure *failure)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    ASSERT(exchange->state == GATEWAY_EXCHANGE_FREE);
    memset(exchange, 0, offsetof(struct gateway_exchange, chunked));
    exchange->large = -1;
    exchange->out = rope_empty();
    exchange->first_byte_ms = first_byte_ms;
    if (connect_upstream(g, number))
        return true;
    exchange->state = GATEWAY_EXCHANGE_FREE;
    gateway_failure_own(failure, host_of(exchange), "no connection to a service is free");
    return false;
}

void gateway_exchange_drop(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    if (exchange->state == GATEWAY_EXCHANGE_FREE)
        return;
    bool keep = exchange->state == GATEWAY_EXCHANGE_ENDED && exchange->keep_alive &&
                exchange->sent_whole;
    exchange->state = GATEWAY_EXCHANGE_FREE;
    rope_clear(&g->pages, &exchange->out);
    gateway_window_release(g, number);
    if (keep)
        gateway_upstream_keep(g, exchange->upstream);
    else
        gateway_upstream_close(g, exchange->upstream);
}

/* A kept connection that died as it was lent, with nothing seen of it: another takes its place. */
static bool died_in_the_pool(const struct gateway *g, int number)
{
    const struct gateway_exchange *exchange = &g->exchanges[number];
    bool repeatable = is_fetch(number) || gateway_request_has_body(g, number);
    return repeatable && g->upstreams.all[exchange->upstream].reused && !exchange->got_byte &&
           g->now_us - exchange->sent_us < GATEWAY_EXCHANGE_DEAD_US;
}

static enum result replace_upstream(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    gateway_upstream_close(g, exchange->upstream);
    rope_clear(&g->pages, &exchange->out);
    exchange->fresh = true;
    exchange->sent_whole = false;
    if (connect_upstream(g, number))
        return RESULT_MORE;
    struct gateway_failure failure;
    gateway_failure_own(&failure, host_of(exchange), "no connection to a service is free");
    exchange->state = GATEWAY_EXCHANGE_FREE;
    gateway_window_release(g, number);
    if (is_fetch(number))
        gateway_catalog_failed(g, number - LIMIT_REQUESTS, &failure);
    else
        gateway_request_failed(g, number, &failure);
    return RESULT_FAULT;
}

/* ---- the connection ---- */

static enum result write_head(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    const struct provider_protocol *protocol = provider_protocol(exchange->call.provider->protocol);
    size_t cap;
    char *place = rope_place(&g->pages, &exchange->out, &cap);
    if (place == NULL) {
        gateway_exchange_wait_page(g, number);
        return RESULT_MORE;
    }
    struct text head = text_over(place, cap);
    if (is_fetch(number))
        protocol->models_head(&exchange->call, &head);
    else
        protocol->head(&exchange->call, &head);
    if (head.cut)
        return unusable(g, number, "the configured values do not fit into a request's head");
    rope_grow(&g->pages, &exchange->out, head.len);
    exchange->body_left = is_fetch(number) ? 0 : (uint32_t)exchange->call.body_len;
    return RESULT_DONE;
}

/* The handshake failed with a kept session, which TLS has dropped: another one goes without. */
static bool session_was_refused(const struct gateway_upstream *upstream)
{
    return upstream->state == GATEWAY_UPSTREAM_TLS && upstream->connection.offered;
}

/* Connecting and the handshake, then the request's head. */
static enum result step_open(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    const struct gateway_upstream *upstream = &g->upstreams.all[exchange->upstream];
    const struct settings_timeouts *timeouts = gateway_exchange_timeouts(g, number);
    enum result opened = gateway_upstream_open(g, exchange->upstream);
    if (opened == RESULT_FAULT && session_was_refused(upstream) && !exchange->fresh)
        return replace_upstream(g, number);
    if (opened == RESULT_FAULT) {
        struct gateway_failure failure;
        if (upstream->fault.status == 503 && upstream->state != GATEWAY_UPSTREAM_CONNECT)
            gateway_failure_own(&failure, host_of(exchange), upstream->fault.text);
        else
            gateway_failure_connect(&failure, host_of(exchange), upstream->fault.status,
                                    upstream->fault.text);
        return fail(g, number, &failure);
    }
    if (opened == RESULT_MORE) {
        if (upstream->state == GATEWAY_UPSTREAM_CONNECT && exchange->phase != GATEWAY_PHASE_CONNECT)
            set_phase(g, number, GATEWAY_PHASE_CONNECT, timeouts->connect_ms);
        if (upstream->state != GATEWAY_UPSTREAM_CONNECT && exchange->phase != GATEWAY_PHASE_TLS)
            set_phase(g, number, GATEWAY_PHASE_TLS, timeouts->tls_ms);
        return RESULT_MORE;
    }
    enum result written = write_head(g, number);
    if (written == RESULT_DONE) {
        exchange->state = GATEWAY_EXCHANGE_HEAD;
        exchange->sent_us = g->now_us;
        if (!is_fetch(number))
            gateway_metrics_sent(g, number);
        set_phase(g, number, GATEWAY_PHASE_FIRST_BYTE, exchange->first_byte_ms);
    }
    return written;
}

/* ---- the answer ---- */

static void begin_events(struct gateway_exchange *exchange)
{
    http_sse_init(&exchange->sse);
    memset(&exchange->repeat, 0, offsetof(struct provider_repeat, _bytes));
}

/* It was taken apart into the scratch head. */
static enum result take_head(struct gateway *g, int number, size_t head_len)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    char *window = g->windows.small[number];
    struct http_response response;
    struct http_fault fault;
    if (http_rules_response(&g->scratch.head, false, &response, &fault) == RESULT_FAULT)
        return unusable(g, number, fault.text);
    exchange->scanned = 0;
    if (response.status < 200) { /* informational: the answer is still to come */
        memmove(window, window + head_len, exchange->end - head_len);
        exchange->end -= (uint32_t)head_len;
        return RESULT_DONE;
    }
    exchange->state = GATEWAY_EXCHANGE_BODY;
    exchange->status = response.status;
    exchange->framing = (uint8_t)response.framing;
    exchange->left = response.content_length;
    exchange->keep_alive = response.keep_alive;
    exchange->retry_after_s = response.has_retry_after ? response.retry_after_s : 0;
    exchange->is_error = response.status >= 300;
    exchange->raw_at = (uint32_t)head_len;
    exchange->raw_len = exchange->end - (uint32_t)head_len;
    exchange->begin = exchange->end = 0;
    if (response.framing == HTTP_BODY_CHUNKED)
        http_chunked_init(&exchange->chunked);
    if (response.framing == HTTP_BODY_NONE ||
        (response.framing == HTTP_BODY_LENGTH && response.content_length == 0)) {
        exchange->state = GATEWAY_EXCHANGE_ENDED;
        exchange->keep_alive &= exchange->raw_len == 0; /* nobody asked for what is behind */
    }
    if (exchange->is_error)
        return RESULT_DONE;
    if (response.is_encoded)
        return unusable(g, number, "a content encoding that nobody asked for (such as gzip)");
    exchange->is_event_stream = response.is_event_stream;
    exchange->is_json = response.is_json;
    if (exchange->is_event_stream)
        begin_events(exchange);
    return tell_head(g, number);
}

/* Reads more of the answer. */
static enum result receive(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    size_t room;
    char *at = gateway_window_room(g, number, &room);
    if (at == NULL)
        return room == 0 ? unusable(g, number, "an event longer than this box can hold")
                         : RESULT_MORE;
    if (!g->upstreams.all[exchange->upstream].readable)
        return RESULT_MORE;
    int count = gateway_upstream_recv(g, exchange->upstream, at, room);
    if (count == PORT_AGAIN)
        return RESULT_MORE;
    if (count > 0) {
        exchange->got_byte = true;
        gateway_window_came(g, number, (uint32_t)count);
        set_phase(g, number, GATEWAY_PHASE_IDLE,
                  gateway_exchange_timeouts(g, number)->idle_ms);
        return RESULT_DONE;
    }
    if (count == PORT_CLOSED && exchange->state == GATEWAY_EXCHANGE_BODY &&
        exchange->framing == HTTP_BODY_UNTIL_CLOSE) {
        exchange->state = GATEWAY_EXCHANGE_ENDED;
        exchange->keep_alive = false;
        return RESULT_DONE;
    }
    if (died_in_the_pool(g, number))
        return replace_upstream(g, number);
    bool before = exchange->state == GATEWAY_EXCHANGE_HEAD;
    return cut(g, number, count == PORT_CLOSED
                              ? before ? "the service closed the connection before it answered"
                                       : "the service closed the connection before the answer's end"
                          : before ? "the connection was reset or closed before an answer came"
                                   : "the connection was reset or closed in the answer");
}

static enum result step_head(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    struct span so_far = {g->windows.small[number], exchange->end};
    if (so_far.len == 0)
        return g->upstreams.all[exchange->upstream].readable ? receive(g, number) : RESULT_MORE;
    size_t head_len =
        http_parse_take_response(so_far, &exchange->scanned, &g->scratch.head);
    if (head_len > 0)
        return take_head(g, number, head_len);
    if (exchange->end == LIMIT_WINDOW_BYTES)
        return unusable(g, number, "the head of its answer is too long");
    return receive(g, number);
}

static enum result step_body(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    bool came = exchange->state == GATEWAY_EXCHANGE_BODY && exchange->raw_len > 0;
    if (came && !gateway_window_decode(g, number))
        return unusable(g, number, exchange->chunked.fault->text);
    bool ended = exchange->state == GATEWAY_EXCHANGE_ENDED;
    size_t len;
    gateway_exchange_window(g, number, &len);
    if (exchange->is_error && (ended || len >= GATEWAY_FAILURE_BODY_BYTES)) {
        struct gateway_failure failure;
        return fail(g, number, &failure);
    }
    if (!exchange->is_error) {
        enum result used = tell_body(g, number);
        if (used != RESULT_DONE)
            return used;
        ASSERT(!ended); /* the owner ends what has ended */
    }
    return receive(g, number);
}

static enum result step(struct gateway *g, int number)
{
    switch (g->exchanges[number].state) {
    case GATEWAY_EXCHANGE_OPEN:
        return step_open(g, number);
    case GATEWAY_EXCHANGE_HEAD:
        return step_head(g, number);
    case GATEWAY_EXCHANGE_BODY:
    case GATEWAY_EXCHANGE_ENDED:
        return step_body(g, number);
    default:
        return RESULT_FAULT;
    }
}

void gateway_exchange_run(struct gateway *g, int number)
{
    const struct gateway_exchange *exchange = &g->exchanges[number];
    enum result result = RESULT_DONE;
    for (int i = 0; i < GATEWAY_EXCHANGE_STEPS && result == RESULT_DONE; i++) {
        if (exchange->state == GATEWAY_EXCHANGE_HEAD || exchange->state == GATEWAY_EXCHANGE_BODY)
            gateway_send_request(g, number);
        result = step(g, number);
    }
    if (result == RESULT_DONE)
        queue_add(&g->exchange_run, number);
}
