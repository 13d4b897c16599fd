/* See gateway.h. */
#include "core/gateway/gateway.h"

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/gateway/gateway_wait.h"

/* ---- start ---- */

static void init_clients(struct gateway *g)
{
    gateway_client_init(g);
    gateway_body_init(&g->bodies);
    rope_pool_init(&g->pages);
}

static void init_requests(struct gateway *g)
{
    index_init(&g->request_index, g->request_numbers, LIMIT_REQUESTS);
    queue_init(&g->exchange_run, g->exchange_run_next, g->exchange_run_prev);
    queue_init(&g->list_wait, g->list_wait_next, g->list_wait_prev);
    timers_init(&g->exchange_timers, g->exchange_timer_heap, g->exchange_timer_place,
                g->exchange_timer_due, GATEWAY_EXCHANGES);
    gateway_exchange_init(g);
    gateway_upstream_init(&g->upstreams);
}

void gateway_init(struct gateway *g, const struct settings *settings, struct tls *tls)
{
    g->settings = settings;
    g->tls = tls;
    g->started_us = g->now_us = port_now_us();
    g->lines_len = 0;
    init_clients(g);
    init_requests(g);
    gateway_upstream_addresses(g);
    gateway_catalog_init(g);
}

static void log_listener(const struct gateway *g, const char *host, uint16_t port)
{
    struct record_log log;
    record_log_begin(&log, PORT_LOG_INFO, "listening");
    record_log_add_str(&log, "address", host);
    record_log_add_u64(&log, "port", port);
    record_log_end(&log, g->settings->log_level);
}

bool gateway_listen(struct gateway *g, struct text *why)
{
    if (!gateway_secure_init(g, why))
        return false;
    for (int i = 0; i < g->settings->listener_count; i++) {
        const struct settings_listener *listener = &g->settings->listeners[i];
        int slot = port_listen(listener->host, listener->port);
        if (slot < 0) {
            text_add_str(why, "cannot listen on ");
            text_add_str(why, listener->host);
            text_add_str(why, " port ");
            text_add_u64(why, listener->port);
            text_add_str(why, ": ");
            text_add_str(why, slot == PORT_FULL ? "no socket is free"
                                                : port_why_text(port_why(-1)));
            return false;
        }
        g->slots[slot] = (struct gateway_slot){GATEWAY_SLOT_LISTENER, (uint16_t)i};
        g->listeners[g->listener_count++] = (int16_t)slot;
        log_listener(g, listener->host, port_listen_number(slot));
    }
    return true;
}

/* ---- the loop ---- */

static void take_event(struct gateway *g, const struct port_event *event)
{
    const struct gateway_slot *slot = &g->slots[event->slot];
    switch (slot->kind) {
    case GATEWAY_SLOT_LISTENER:
        gateway_client_accept(g, event->slot);
        break;
    case GATEWAY_SLOT_CLIENT:
        gateway_client_event(g, slot->number, event->kinds);
        break;
    case GATEWAY_SLOT_UPSTREAM:
        gateway_upstream_event(g, slot->number, event->kinds);
        break;
    default:
        break;
    }
}

static void run_exchange(struct gateway *g, int number)
{
    if (number < LIMIT_REQUESTS)
        gateway_request_run(g, number);
    else
        gateway_catalog_fetch_run(g, number - LIMIT_REQUESTS);
}

/* The first bytes of an answer go out at once, for somebody waits for them; those that follow in a
 * stream go out when all events are carried, so that who reads several streams is woken once. */
static void carry_upstream(struct gateway *g, int exchange)
{
    int client = exchange < LIMIT_REQUESTS ? g->requests[exchange].client : -1;
    bool first = client >= 0 && g->clients[client].framing == GATEWAY_FRAMING_NONE;
    run_exchange(g, exchange);
    if (first && queue_remove(&g->client_run, client))
        gateway_client_run(g, client);
}

static void carry_client(struct gateway *g, int client)
{
    gateway_client_run(g, client);
    int exchange = g->clients[client].request;
    if (exchange >= 0 && queue_remove(&g->exchange_run, exchange))
        run_exchange(g, exchange);
}

/* Whose event it was goes on as far as it goes, with the exchange that this has begun, and then
 * the next one's: the others are at work on the one meanwhile, and need not be woken for each. */
static void carry(struct gateway *g, const struct gateway_slot *slot)
{
    if (slot->kind == GATEWAY_SLOT_CLIENT) {
        carry_client(g, slot->number);
    } else if (slot->kind == GATEWAY_SLOT_UPSTREAM) {
        int exchange = g->upstreams.all[slot->number].exchange;
        if (exchange >= 0 && exchange < GATEWAY_EXCHANGES)
            carry_upstream(g, exchange);
    }
}

/* Those that are queued now; what they queue meanwhile has its turn in the next round. */
static void run_clients(struct gateway *g)
{
    for (uint16_t left = g->client_run.count; left > 0 && g->client_run.count > 0; left--)
        gateway_client_run(g, queue_take(&g->client_run));
}

static void run_exchanges(struct gateway *g)
{
    for (uint16_t left = g->exchange_run.count; left > 0 && g->exchange_run.count > 0; left--)
        run_exchange(g, queue_take(&g->exchange_run));
}

static void fire_timers(struct gateway *g)
{
    int number;
    while ((number = timers_take_due(&g->client_timers, g->now_us)) != TIMERS_NONE)
        gateway_client_due(g, number);
    while ((number = timers_take_due(&g->exchange_timers, g->now_us)) != TIMERS_NONE) {
        if (number < LIMIT_REQUESTS)
            gateway_request_due(g, number);
        else
            gateway_catalog_fetch_due(g, number - LIMIT_REQUESTS);
    }
    gateway_upstream_due(g, g->now_us);
}

/* When one of the chores has something to do, unless it waits for the store or its connection. */
static uint64_t chores_due_us(const struct gateway *g)
{
    uint64_t due_us = gateway_catalog_due_us(g);
    if (!g->state.busy)
        due_us = lesser_u64(due_us, g->state.flush_us);
    if (FEATURE_JOURNAL)
        due_us = lesser_u64(due_us, gateway_records_due_us(g));
    if (FEATURE_CLICKHOUSE)
        due_us = lesser_u64(due_us, gateway_export_due_us(g));
    if (FEATURE_BATCH)
        due_us = lesser_u64(due_us, lesser_u64(gateway_batch_due_us(g), gateway_runner_due_us(g)));
    return due_us;
}

/* What falls due in a turn runs in the next one, which then begins at once. */
static void run_chores(struct gateway *g)
{
    bool stored = store_poll();
    if (!stored && g->now_us < g->chores_us && !g->stopping)
        return;
    if (stored && FEATURE_BATCH)
        gateway_runner_wake(g); /* it may have been for that */
    gateway_catalog_run(g);
    gateway_state_run(g);
    if (FEATURE_JOURNAL)
        gateway_records_run(g);
    if (FEATURE_CLICKHOUSE)
        gateway_export_run(g);
    if (FEATURE_BATCH) {
        gateway_batch_run(g);
        gateway_runner_run(g);
    }
}

/* Until when nothing is to be done unless something happens. */
static uint64_t idle_until_us(const struct gateway *g)
{
    if (g->client_run.count > 0 || g->exchange_run.count > 0)
        return 0;
    uint64_t due_us = lesser_u64(g->chores_us, g->trim_us);
    due_us = lesser_u64(due_us, timers_next_us(&g->client_timers));
    due_us = lesser_u64(due_us, timers_next_us(&g->exchange_timers));
    due_us = lesser_u64(due_us, timers_next_us(&g->upstreams.timers));
    due_us = lesser_u64(due_us, gateway_wait_press_due_us(g));
    if (g->stopping)
        due_us = lesser_u64(due_us, g->stop_us);
    if (FEATURE_RELOAD)
        due_us = lesser_u64(due_us, gateway_era_due_us(g));
    return due_us;
}

/* After a burst, once all is quiet, memory that was touched goes back to the system. */
static void trim_when_quiet(struct gateway *g)
{
    bool quiet = g->request_index.in_use == 0 && g->pages.index.in_use == 0 &&
                 g->head_index.in_use == 0 && gateway_body_idle(&g->bodies);
    if (!quiet) {
        g->trim_us = g->now_us + GATEWAY_TRIM_US;
        return;
    }
    if (g->now_us < g->trim_us)
        return;
    g->trim_us = UINT64_MAX;
    port_trim(g->heads, sizeof(g->heads));
    gateway_body_trim(&g->bodies);
    port_trim(g->pages.pages, sizeof(g->pages.pages));
    port_trim(g->requests, sizeof(g->requests)); /* FREE is 0, and then nothing else counts */
    port_trim(g->exchanges, LIMIT_REQUESTS * sizeof(g->exchanges[0]));
    port_trim(g->windows.small, LIMIT_REQUESTS * sizeof(g->windows.small[0]));
    port_trim(&g->scratch, sizeof(g->scratch));
    tls_memory_trim();
    if (FEATURE_JOURNAL)
        gateway_records_trim(g);
    if (FEATURE_BATCH)
        gateway_runner_trim(g);
}

void gateway_step(struct gateway *g, uint64_t max_wait_us)
{
    g->chores_us = chores_due_us(g);
    uint64_t until_us = lesser_u64(idle_until_us(g), g->now_us + max_wait_us);
    int count = port_wait(g->events, LIMIT_EVENTS, until_us);
    g->now_us = port_now_us();
    g->wall_ms = 0;
    for (int i = 0; i < count; i++)
        take_event(g, &g->events[i]);
    for (int i = 0; i < count; i++)
        carry(g, &g->slots[g->events[i].slot]);
    run_clients(g);
    run_exchanges(g);
    gateway_wait_press(g);
    fire_timers(g);
    run_clients(g); /* as what was answered meanwhile goes out */
    gateway_exchange_admit(g);
    gateway_client_accept_again(g);
    run_chores(g);
    trim_when_quiet(g);
}

uint64_t gateway_wall_ms(struct gateway *g)
{
    if (g->wall_ms == 0)
        g->wall_ms = port_wall_ms();
    return g->wall_ms;
}

/* ---- the end ---- */

void gateway_stop(struct gateway *g)
{
    ASSERT(!g->stopping);
    g->stopping = true;
    g->stop_us = g->now_us + GATEWAY_DRAIN_US;
    for (int i = 0; i < g->listener_count; i++) {
        g->slots[g->listeners[i]].kind = GATEWAY_SLOT_NONE;
        port_close(g->listeners[i]);
    }
    g->listener_count = 0;
    gateway_client_stop(g);
}

bool gateway_stopped(const struct gateway *g)
{
    return g->stopping && (g->client_index.in_use == 0 || g->now_us >= g->stop_us);
}
