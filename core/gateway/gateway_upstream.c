/* See gateway_upstream.h. */
#include "core/gateway/gateway_upstream.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_export.h"
#include "core/gateway/gateway_metrics.h"

void gateway_upstream_init(struct gateway_upstreams *u)
{
    index_init(&u->index, u->numbers, LIMIT_UPSTREAMS);
    timers_init(&u->timers, u->timer_heap, u->timer_place, u->timer_due, LIMIT_UPSTREAMS);
    queue_init(&u->tls_waiting, u->wait_next, u->wait_prev);
    for (int i = 0; i < GATEWAY_ADDRESSES; i++)
        queue_init(&u->idle[i], u->idle_next, u->idle_prev);
}

/* ---- addresses ---- */

static bool same_address(const struct settings_provider *a, const struct settings_provider *b)
{
    return a->url.host != NULL && b->url.host != NULL && a->url.port == b->url.port &&
           a->url.tls == b->url.tls && a->tls_12_only == b->tls_12_only &&
           span_equal_nocase(span_of(a->url.host), span_of(b->url.host));
}

/* The first provider of now with its address; or none's number. */
static int find_address(const struct gateway *g, const struct settings_provider *provider, int none)
{
    int first = GATEWAY_ERA_FIRST(gateway_now(g));
    for (int i = first; i < first + g->settings->provider_count; i++)
        if (same_address(gateway_provider(g, i), provider))
            return i;
    return none;
}

void gateway_upstream_addresses(struct gateway *g)
{
    int first = GATEWAY_ERA_FIRST(gateway_now(g));
    for (int i = first; i < first + g->settings->provider_count; i++)
        g->address_of[i] = (int16_t)find_address(g, gateway_provider(g, i), i);
}

static const struct settings_provider *provider_at(const struct gateway *g, int address)
{
    return address == GATEWAY_UPSTREAM_DATABASE ? &g->export->provider
                                                : gateway_provider(g, address);
}

static const struct settings_provider *provider_of(const struct gateway *g,
                                                   const struct gateway_upstream *upstream)
{
    return provider_at(g, upstream->address);
}

static bool is_export(const struct gateway_upstream *upstream)
{
    return FEATURE_CLICKHOUSE && upstream->exchange == GATEWAY_UPSTREAM_EXPORT;
}

/* Tells whoever has the connection to run. */
static void wake(struct gateway *g, const struct gateway_upstream *upstream)
{
    if (is_export(upstream))
        g->export->call.more = true;
    else
        queue_add(&g->exchange_run, upstream->exchange);
}

static void leave_idle(struct gateway *g, int number)
{
    struct gateway_upstreams *u = &g->upstreams;
    queue_remove(&u->idle[u->all[number].address], number);
    timers_clear(&u->timers, number);
    u->idle_count--;
}

/* The exchanges whose handshakes may begin now are told to run. */
static void admit_handshake(struct gateway *g)
{
    int number = queue_first(&g->upstreams.tls_waiting);
    if (number != QUEUE_NONE)
        wake(g, &g->upstreams.all[number]);
}

void gateway_upstream_close(struct gateway *g, int number)
{
    struct gateway_upstreams *u = &g->upstreams;
    struct gateway_upstream *upstream = &u->all[number];
    uint8_t state = upstream->state;
    ASSERT(state != GATEWAY_UPSTREAM_FREE);
    if (state == GATEWAY_UPSTREAM_IDLE)
        leave_idle(g, number);
    queue_remove(&u->tls_waiting, number);
    bool secured = upstream->tls && state >= GATEWAY_UPSTREAM_TLS;
    if (secured)
        tls_close(&upstream->connection);
    if (state == GATEWAY_UPSTREAM_TLS)
        u->handshakes--;
    g->slots[upstream->slot].kind = GATEWAY_SLOT_NONE;
    port_close(upstream->slot);
    upstream->state = GATEWAY_UPSTREAM_FREE;
    index_give(&u->index, number);
    admit_handshake(g);
}

/* The kept connection that has waited longest makes room. */
static bool close_oldest_idle(struct gateway *g)
{
    int oldest = timers_take_due(&g->upstreams.timers, UINT64_MAX);
    if (oldest == TIMERS_NONE)
        return false;
    gateway_upstream_close(g, oldest);
    return true;
}

static int begin_connect(struct gateway *g, const struct settings_provider *provider)
{
    bool anywhere = provider->url.tls || g->settings->upstream.allow_plain_http;
    return port_connect(provider->url.host, provider->url.port, anywhere ? 0 : PORT_PRIVATE_ONLY);
}

static int connect_new(struct gateway *g, int address, int exchange)
{
    struct gateway_upstreams *u = &g->upstreams;
    const struct settings_provider *provider = provider_at(g, address);
    int number = index_take(&u->index);
    if (number == INDEX_NONE && close_oldest_idle(g))
        number = index_take(&u->index);
    if (number == INDEX_NONE)
        return GATEWAY_UPSTREAM_NONE;
    int slot = begin_connect(g, provider);
    if (slot < 0 && close_oldest_idle(g))
        slot = begin_connect(g, provider);
    if (slot < 0) {
        index_give(&u->index, number);
        return GATEWAY_UPSTREAM_NONE;
    }
    struct gateway_upstream *upstream = &u->all[number];
    upstream->state = GATEWAY_UPSTREAM_CONNECT;
    upstream->tls = provider->url.tls;
    upstream->readable = upstream->writable = upstream->reused = upstream->last = false;
    upstream->left = false;
    upstream->slot = (int16_t)slot;
    upstream->address = (int16_t)address;
    upstream->exchange = (int16_t)exchange;
    upstream->phase_us = g->now_us;
    upstream->fault = (struct gateway_upstream_fault){0};
    g->slots[slot] = (struct gateway_slot){GATEWAY_SLOT_UPSTREAM, (uint16_t)number};
    return number;
}

int gateway_upstream_take(struct gateway *g, int provider, int exchange, bool fresh)
{
    struct gateway_upstreams *u = &g->upstreams;
    int address = provider == GATEWAY_UPSTREAM_DATABASE ? provider : g->address_of[provider];
    int number = fresh ? QUEUE_NONE : queue_last(&u->idle[address]);
    if (number == QUEUE_NONE)
        return connect_new(g, address, exchange);
    leave_idle(g, number);
    u->all[number].state = GATEWAY_UPSTREAM_OPEN;
    u->all[number].exchange = (int16_t)exchange;
    u->all[number].reused = true;
    return number;
}

static enum result fail(struct gateway_upstream *upstream, uint16_t status, const char *text)
{
    upstream->fault = (struct gateway_upstream_fault){status, text};
    return RESULT_FAULT;
}

static void note_time(struct gateway *g, const struct gateway_upstream *upstream,
                      enum record_time time)
{
    gateway_metrics_time(g, upstream->exchange, time, g->now_us - upstream->phase_us);
}

/* What the client's error only names, the log says in full. */
static void log_tls_fault(const struct gateway *g, const struct gateway_upstream *upstream)
{
    const struct tls_connection *connection = &upstream->connection;
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "TLS handshake failed");
    record_log_add_str(&log, "host", provider_of(g, upstream)->url.host);
    record_log_add_str(&log, "reason", tls_fault_text(connection->fault));
    if (connection->detail < 0)
        record_log_add_u64(&log, "mbedtls_error", (uint64_t)-(int64_t)connection->detail);
    else
        record_log_add_u64(&log, "alert", (uint64_t)connection->detail);
    record_log_add_u64(&log, "verify_flags", connection->verify_flags);
    record_log_end(&log, g->settings->log_level);
}

static enum result begin_tls(struct gateway *g, int number)
{
    struct gateway_upstreams *u = &g->upstreams;
    struct gateway_upstream *upstream = &u->all[number];
    const struct settings_provider *provider = provider_of(g, upstream);
    if (u->handshakes == LIMIT_TLS_HANDSHAKES)
        return RESULT_MORE;
    queue_remove(&u->tls_waiting, number);
    struct tls_peer peer = {.host = provider->url.host,
                            .session_key = (uint32_t)upstream->address + 1,
                            .tls_12_only = provider->tls_12_only};
    if (!tls_open(g->tls, &upstream->connection, upstream->slot, &peer)) {
        admit_handshake(g);
        return fail(upstream, 503, "no memory is left for a TLS connection");
    }
    upstream->state = GATEWAY_UPSTREAM_TLS;
    upstream->phase_us = g->now_us;
    u->handshakes++;
    admit_handshake(g);
    return RESULT_DONE;
}

static enum result shake_hands(struct gateway *g, int number)
{
    struct gateway_upstream *upstream = &g->upstreams.all[number];
    enum result result = tls_handshake(&upstream->connection);
    if (result == RESULT_FAULT) {
        log_tls_fault(g, upstream);
        enum tls_fault fault = upstream->connection.fault;
        bool ours = fault == TLS_FAULT_MEMORY || fault == TLS_FAULT_CLOCK;
        return fail(upstream, ours ? 503 : 502, tls_fault_text(upstream->connection.fault));
    }
    if (result == RESULT_DONE) {
        upstream->state = GATEWAY_UPSTREAM_OPEN;
        upstream->readable = upstream->writable = true;
        note_time(g, upstream, RECORD_TIME_TLS);
        g->upstreams.handshakes--;
        admit_handshake(g);
    }
    return result;
}

enum result gateway_upstream_open(struct gateway *g, int number)
{
    struct gateway_upstream *upstream = &g->upstreams.all[number];
    if (upstream->fault.text != NULL)
        return RESULT_FAULT;
    enum result result = RESULT_DONE;
    if (upstream->state == GATEWAY_UPSTREAM_TLS_WAIT)
        result = begin_tls(g, number);
    if (upstream->state == GATEWAY_UPSTREAM_TLS)
        result = shake_hands(g, number);
    return upstream->state == GATEWAY_UPSTREAM_CONNECT ? RESULT_MORE : result;
}

int gateway_upstream_recv(struct gateway *g, int number, void *out, size_t cap)
{
    struct gateway_upstream *upstream = &g->upstreams.all[number];
    int count = upstream->tls ? tls_recv(&upstream->connection, out, cap)
                              : port_recv(upstream->slot, out, cap);
    bool drained = upstream->tls ? count > 0 && tls_drained(&upstream->connection)
                                 : count > 0 && (size_t)count < cap;
    if (count == PORT_AGAIN || (drained && !upstream->left))
        upstream->readable = false;
    return count;
}

int gateway_upstream_send(struct gateway *g, int number, struct span bytes, bool more)
{
    struct gateway_upstream *upstream = &g->upstreams.all[number];
    int count = upstream->tls ? tls_send(&upstream->connection, bytes.at, bytes.len, more)
                              : port_send(upstream->slot, bytes.at, bytes.len, more);
    if (count == PORT_AGAIN)
        upstream->writable = false;
    return count;
}

/* A kept connection that is readable is closing, or has a ticket for us. */
static void look_at_idle(struct gateway *g, int number)
{
    char byte;
    if (gateway_upstream_recv(g, number, &byte, 1) != PORT_AGAIN)
        gateway_upstream_close(g, number);
}

void gateway_upstream_keep(struct gateway *g, int number)
{
    struct gateway_upstreams *u = &g->upstreams;
    struct gateway_upstream *upstream = &u->all[number];
    ASSERT(upstream->state == GATEWAY_UPSTREAM_OPEN);
    upstream->exchange = -1;
    bool database = upstream->address == GATEWAY_UPSTREAM_DATABASE;
    if (FEATURE_RELOAD && !database)
        upstream->address = g->address_of[upstream->address];
    bool gone = upstream->last ||
                (!database && GATEWAY_ERA_OF(upstream->address) != gateway_now(g));
    bool room = u->idle_count < g->settings->upstream.idle_connections || close_oldest_idle(g);
    if (!room || gone || g->stopping) {
        gateway_upstream_close(g, number);
        return;
    }
    upstream->state = GATEWAY_UPSTREAM_IDLE;
    queue_add(&u->idle[upstream->address], number);
    timers_set(&u->timers, number, g->now_us + GATEWAY_UPSTREAM_IDLE_MS * 1000u);
    u->idle_count++;
    if (upstream->readable)
        look_at_idle(g, number);
}

/* Those that were kept for an address, as they came. */
static void move_idle(struct gateway *g, int from)
{
    struct gateway_upstreams *u = &g->upstreams;
    int to = g->address_of[from];
    while (u->idle[from].count > 0) {
        int number = queue_first(&u->idle[from]);
        if (GATEWAY_ERA_OF(to) != gateway_now(g)) {
            gateway_upstream_close(g, number);
            continue;
        }
        queue_remove(&u->idle[from], number);
        u->all[number].address = (int16_t)to;
        queue_add(&u->idle[to], number);
    }
}

void gateway_upstream_move(struct gateway *g, int before)
{
    int first = GATEWAY_ERA_FIRST(before);
    int end = first + gateway_settings(g, before)->provider_count;
    gateway_upstream_addresses(g);
    for (int i = first; i < end; i++)
        g->address_of[i] =
            (int16_t)find_address(g, gateway_provider(g, i), g->address_of[i]);
    for (int i = first; i < end; i++)
        move_idle(g, i);
}

void gateway_upstream_distrust(struct gateway *g)
{
    for (int i = 0; i < LIMIT_UPSTREAMS; i++) {
        struct gateway_upstream *upstream = &g->upstreams.all[i];
        if (upstream->state == GATEWAY_UPSTREAM_IDLE)
            gateway_upstream_close(g, i);
        else if (upstream->state != GATEWAY_UPSTREAM_FREE)
            upstream->last = true;
    }
}

static uint16_t status_of(enum port_why why)
{
    bool no_network = why == PORT_WHY_UNREACHABLE || why == PORT_WHY_NAME_SERVER;
    return no_network ? 503 : 502;
}

static void connected(struct gateway *g, int number)
{
    struct gateway_upstream *upstream = &g->upstreams.all[number];
    upstream->readable = upstream->writable = true;
    upstream->state = upstream->tls ? GATEWAY_UPSTREAM_TLS_WAIT : GATEWAY_UPSTREAM_OPEN;
    note_time(g, upstream, RECORD_TIME_CONNECT);
    if (upstream->tls)
        queue_add(&g->upstreams.tls_waiting, number);
}

void gateway_upstream_event(struct gateway *g, int number, unsigned kinds)
{
    struct gateway_upstream *upstream = &g->upstreams.all[number];
    if ((kinds & PORT_EVENT_FAILED) != 0) {
        enum port_why why = port_why(upstream->slot);
        fail(upstream, status_of(why), port_why_text(why));
    } else if ((kinds & PORT_EVENT_OPEN) != 0) {
        connected(g, number);
    }
    upstream->left |= (kinds & PORT_EVENT_LEFT) != 0;
    /* TLS may have to write before it can go on reading, and the other way round. */
    unsigned both = upstream->tls ? PORT_EVENT_READ | PORT_EVENT_WRITE : 0;
    upstream->readable |= (kinds & (PORT_EVENT_READ | PORT_EVENT_LEFT | both)) != 0;
    upstream->writable |= (kinds & (PORT_EVENT_WRITE | both)) != 0;
    if (upstream->state == GATEWAY_UPSTREAM_IDLE)
        look_at_idle(g, number);
    else if (is_export(upstream))
        g->export->call.more = true;
}

void gateway_upstream_due(struct gateway *g, uint64_t now_us)
{
    int number;
    while ((number = timers_take_due(&g->upstreams.timers, now_us)) != TIMERS_NONE)
        gateway_upstream_close(g, number);
}
