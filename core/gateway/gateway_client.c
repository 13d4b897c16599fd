/* The life of a client's connection. What is read of it is in gateway_read.c. */
#include "core/gateway/gateway_client.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_crowd.h"
#include "core/gateway/gateway_local.h"
#include "core/gateway/gateway_read.h"
#include "core/gateway/gateway_wait.h"

#include <stddef.h>
#include <string.h>

#define STEPS 8 /* of a client in one run; each reads LIMIT_READ_BYTES at the most */
#define YOUNG_US 1000000u /* a new client has that long to send something before it gives way */

static uint64_t after_ms(const struct gateway *g, uint32_t ms)
{
    return g->now_us + (uint64_t)ms * 1000;
}

void gateway_client_init(struct gateway *g)
{
    index_init(&g->client_index, g->client_numbers, LIMIT_CLIENTS);
    index_init(&g->head_index, g->head_numbers, LIMIT_HEADS);
    queue_init(&g->client_run, g->client_run_next, g->client_run_prev);
    queue_init(&g->client_wait, g->client_wait_next, g->client_wait_prev);
    queue_init(&g->client_wait_head, g->client_wait_next, g->client_wait_prev);
    queue_init(&g->client_begun, g->client_begun_next, g->client_begun_prev);
    for (int i = 0; i < GATEWAY_BODY_CLASSES; i++)
        queue_init(&g->client_wait_body[i], g->client_wait_next, g->client_wait_prev);
    queue_init(&g->client_linger, g->client_quiet_next, g->client_quiet_prev);
    queue_init(&g->client_idle, g->client_quiet_next, g->client_quiet_prev);
    timers_init(&g->client_timers, g->client_timer_heap, g->client_timer_place,
                g->client_timer_due, LIMIT_CLIENTS);
}

/* ---- coming ---------------------------------------------------------------------------------- */

static bool has_slot(const struct gateway *g)
{
    return g->client_index.in_use < g->client_index.cap &&
           g->client_index.in_use < g->settings->limits.max_clients && gateway_secure_has_room(g);
}

/* Who would give way to a new client: the oldest that lingers, else the oldest that is idle; -1:
 * nobody. */
static int least_busy(const struct gateway *g)
{
    int number = queue_first(&g->client_linger);
    if (number != QUEUE_NONE)
        return number;
    number = queue_first(&g->client_idle);
    bool young = number != QUEUE_NONE && g->clients[number].begun_us == 0 &&
                 g->now_us - g->clients[number].wait_us < YOUNG_US;
    return young ? QUEUE_NONE : number;
}

static void begin(struct gateway *g, int slot, const struct port_address *peer)
{
    int number = index_take(&g->client_index);
    ASSERT(number != INDEX_NONE);
    g->clients[number] = (struct gateway_client){.state = GATEWAY_CLIENT_TLS,
                                                 .slot = (int16_t)slot,
                                                 .head = -1,
                                                 .body = GATEWAY_BODY_NONE,
                                                 .request = -1,
                                                 .key = -1,
                                                 .out = rope_empty(),
                                                 .readable = true,
                                                 .writable = true,
                                                 .peer = *peer};
    g->slots[slot] = (struct gateway_slot){GATEWAY_SLOT_CLIENT, (uint16_t)number};
    timers_set(&g->client_timers, number, after_ms(g, g->settings->timeouts.client_head_ms));
    queue_add(&g->client_run, number);
    if (!gateway_secure_open(g, number))
        gateway_client_close(g, number);
}

/* A slot of the port for the next connection; PORT_FULL while nobody could give way for it. Where
 * the port has none, somebody must go before it is known for whom. */
static int next_connection(struct gateway *g, int listener, struct port_address *peer)
{
    int quiet = least_busy(g);
    if (!has_slot(g) && quiet == QUEUE_NONE)
        return PORT_FULL;
    int slot = port_accept(listener, peer);
    if (slot != PORT_FULL || quiet == QUEUE_NONE)
        return slot;
    gateway_client_close(g, quiet);
    return port_accept(listener, peer);
}

/* Whether it may become a client: by its own address first, so that who has too many takes nobody
 * else's place. Then somebody makes room, if need be. */
static bool admits(struct gateway *g, const struct port_address *peer)
{
    if (!gateway_crowd_admits(g, peer))
        return false;
    int quiet = has_slot(g) ? QUEUE_NONE : least_busy(g);
    if (quiet != QUEUE_NONE)
        gateway_client_close(g, quiet);
    return true;
}

void gateway_client_accept(struct gateway *g, int listener)
{
    struct port_address peer;
    int slot = next_connection(g, listener, &peer);
    while (slot >= 0) {
        if (admits(g, &peer))
            begin(g, slot, &peer);
        else
            port_close(slot);
        slot = next_connection(g, listener, &peer);
    }
    g->accept_again = g->accept_again || slot != PORT_AGAIN;
}

void gateway_client_accept_again(struct gateway *g)
{
    if (!g->accept_again || g->stopping)
        return;
    g->accept_again = false;
    for (int i = 0; i < g->listener_count; i++)
        gateway_client_accept(g, g->listeners[i]);
}

/* ---- going ----------------------------------------------------------------------------------- */

static void close_socket(struct gateway *g, int number)
{
    const struct gateway_client *client = &g->clients[number];
    g->slots[client->slot].kind = GATEWAY_SLOT_NONE;
    gateway_secure_close(g, number);
    if (client->broken)
        port_reset(client->slot);
    else
        port_close(client->slot);
}

void gateway_client_close(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(client->state != GATEWAY_CLIENT_FREE);
    gateway_wait_leave(g, number);
    if (client->request >= 0) {
        gateway_request_left(g, client->request);
        client->request = -1;
    }
    if (FEATURE_JOURNAL && client->route == GATEWAY_ROUTE_INFERENCES)
        gateway_inferences_left(g, number);
    if (FEATURE_BATCH)
        gateway_transfer_left(g, number);
    gateway_wait_drop_body(g, number);
    gateway_wait_drop_head(g, number);
    rope_clear(&g->pages, &client->out);
    timers_clear(&g->client_timers, number);
    queue_remove(&g->client_run, number);
    queue_remove(client->state == GATEWAY_CLIENT_LINGER ? &g->client_linger : &g->client_idle,
                 number);
    if (gateway_client_is_inner(client))
        gateway_inner_closed(g, number);
    else
        close_socket(g, number);
    client->state = GATEWAY_CLIENT_FREE;
    index_give(&g->client_index, number);
}

static enum result close_now(struct gateway *g, int number)
{
    gateway_client_close(g, number);
    return RESULT_MORE;
}

static int drop_some(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    int got = client->readable
                  ? gateway_secure_recv(g, number, g->scratch.bytes, sizeof(g->scratch.bytes))
                  : PORT_AGAIN;
    client->readable = client->readable && got != PORT_AGAIN;
    client->dropped += got > 0 ? (uint32_t)got : 0;
    return got;
}

static enum result linger(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    int got = drop_some(g, number);
    bool enough = client->dropped > GATEWAY_LINGER_BYTES;
    if (got == PORT_AGAIN)
        return RESULT_MORE;
    return got < 0 || enough ? close_now(g, number) : RESULT_DONE;
}

/* The last answer has been sent. Closing while bytes come in would reset the connection, and the
 * client might lose the answer (RFC 9112 section 9.6): where some may come, our side alone is
 * ended. */
static enum result part(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    bool sends = client->unread || client->head >= 0;
    gateway_wait_drop_head(g, number);
    client->dropped = 0;
    if (client->broken || gateway_client_is_inner(client) || (!sends && drop_some(g, number) < 0))
        return close_now(g, number);
    gateway_secure_shut(g, number);
    client->state = GATEWAY_CLIENT_LINGER;
    queue_add(&g->client_linger, number);
    timers_set(&g->client_timers, number, after_ms(g, GATEWAY_LINGER_MS));
    return RESULT_DONE;
}

/* A head that comes would begin a request anew, whatever was noted before. */
void gateway_client_retire(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(client->state != GATEWAY_CLIENT_FREE);
    client->close = true;
    if (client->state == GATEWAY_CLIENT_HEAD || client->state == GATEWAY_CLIENT_TLS)
        gateway_client_close(g, number);
}

void gateway_client_stop(struct gateway *g)
{
    for (int number = 0; number < LIMIT_CLIENTS; number++)
        if (g->clients[number].state != GATEWAY_CLIENT_FREE)
            gateway_client_retire(g, number);
}

/* ---- between requests ------------------------------------------------------------------------ */

static void forget_request(struct gateway_client *client)
{
    memset(&client->body_out, 0, offsetof(struct gateway_client, request_id) + 1 -
                                     offsetof(struct gateway_client, body_out));
    client->state = GATEWAY_CLIENT_HEAD;
    client->key = -1;
}

/* The answer is queued whole and has been sent. */
static enum result next_request(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    if (client->request >= 0) {
        gateway_request_left(g, client->request);
        client->request = -1;
    }
    gateway_wait_drop_body(g, number);
    if (client->close || g->stopping)
        return part(g, number);
    const struct settings_timeouts *timeouts = &g->settings->timeouts;
    uint32_t ms = client->head >= 0 ? timeouts->client_head_ms : timeouts->client_idle_ms;
    forget_request(client);
    timers_set(&g->client_timers, number, after_ms(g, ms));
    if (client->head >= 0)
        gateway_wait_head_begun(g, number);
    return RESULT_DONE;
}

/* ---- states ---------------------------------------------------------------------------------- */

static enum result shake_hands(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    enum result result = gateway_secure_shake(g, number);
    if (result == RESULT_FAULT)
        return close_now(g, number);
    if (result == RESULT_DONE)
        client->state = GATEWAY_CLIENT_HEAD;
    return result;
}

/* Nothing to do until a slot is assigned; a client that has left does not wait for one. */
static enum result wait_for_body(struct gateway *g, int number)
{
    return g->clients[number].left ? close_now(g, number) : RESULT_MORE;
}

static enum result wait_for_request(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    if (client->request < 0)
        return client->left ? close_now(g, number) : RESULT_MORE;
    client->state = GATEWAY_CLIENT_ANSWER;
    gateway_request_open(g, number);
    return client->left ? RESULT_DONE : RESULT_MORE; /* an answer wakes it */
}

/* The client has taken some of its answer: who makes the rest may go on. */
static void note_progress(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    bool room = client->out.len < LIMIT_OUT_BYTES;
    if (client->request < 0) {
        timers_set(&g->client_timers, number,
                   after_ms(g, g->settings->timeouts.client_idle_ms));
    } else if (room) {
        gateway_request_room(g, client->request);
    }
    if (room && !client->ended)
        gateway_local_more(g, number);
}

static enum result answer(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    uint32_t before = client->out.len;
    if (client->left && client->request >= 0)
        return close_now(g, number);
    if (before > 0 && !gateway_answer_send(g, number))
        return close_now(g, number);
    if (client->out.len < before)
        note_progress(g, number);
    if (client->out.len == 0)
        return client->ended ? next_request(g, number) : RESULT_MORE;
    return client->writable ? RESULT_DONE : RESULT_MORE;
}

static enum result (*const handlers[])(struct gateway *g, int number) = {
    [GATEWAY_CLIENT_TLS] = shake_hands,
    [GATEWAY_CLIENT_HEAD] = gateway_read_head,
    [GATEWAY_CLIENT_BODY_WAIT] = wait_for_body,
    [GATEWAY_CLIENT_BODY] = gateway_read_body,
    [GATEWAY_CLIENT_REQUEST_WAIT] = wait_for_request,
    [GATEWAY_CLIENT_ANSWER] = answer,
    [GATEWAY_CLIENT_LINGER] = linger,
#if FEATURE_BATCH
    [GATEWAY_CLIENT_UPLOAD] = gateway_transfer_read,
#endif
};

void gateway_client_event(struct gateway *g, int number, unsigned kinds)
{
    struct gateway_client *client = &g->clients[number];
    ASSERT(client->state != GATEWAY_CLIENT_FREE);
    /* TLS may have had to write before it could go on reading. */
    unsigned reads = client->tls >= 0 ? PORT_EVENT_READ | PORT_EVENT_LEFT | PORT_EVENT_WRITE
                                      : PORT_EVENT_READ | PORT_EVENT_LEFT;
    client->left = client->left || (kinds & PORT_EVENT_LEFT) != 0;
    if ((kinds & reads) != 0) {
        client->readable = true;
        if (client->state == GATEWAY_CLIENT_HEAD)
            queue_remove(&g->client_idle, number);
    }
    client->writable = client->writable || (kinds & PORT_EVENT_WRITE) != 0;
}

void gateway_client_run(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    enum result result = RESULT_DONE;
    for (int i = 0; i < STEPS && result == RESULT_DONE; i++) {
        ASSERT(client->state != GATEWAY_CLIENT_FREE);
        result = handlers[client->state](g, number);
    }
    if (result == RESULT_DONE)
        queue_add(&g->client_run, number);
}

/* ---- deadlines ------------------------------------------------------------------------------- */

static void refuse_late(struct gateway *g, int number)
{
    struct gateway_error error = gateway_error(408, "The request did not come in time");
    g->clients[number].unread = true;
    gateway_read_refuse(g, number, &error, (struct span){NULL, 0});
    gateway_wait_drop_head(g, number);
}

static void refuse_busy(struct gateway *g, int number)
{
    struct gateway_error error = gateway_error_busy("The gateway is busy: no slot is free");
    if (g->clients[number].state == GATEWAY_CLIENT_HEAD)
        g->clients[number].unread = true;
    gateway_read_refuse(g, number, &error, (struct span){NULL, 0});
}

/* Nobody has sent anything, so there is nothing to answer: it is idle, and was only to be read. */
static void rest(struct gateway *g, int number)
{
    gateway_wait_leave(g, number);
    g->clients[number].wait_us = g->now_us;
    queue_add(&g->client_idle, number);
    timers_set(&g->client_timers, number, after_ms(g, g->settings->timeouts.client_idle_ms));
}

/* No slot became free in time. What it has sent is not looked at any more; where that is nothing at
 * all, an answer would be taken for that of its next request. */
static void end_waiting(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    bool unread = client->state == GATEWAY_CLIENT_HEAD && client->head < 0;
    int got = unread ? drop_some(g, number) : 0;
    if (got == PORT_AGAIN)
        rest(g, number);
    else if (got < 0)
        gateway_client_close(g, number);
    else
        refuse_busy(g, number);
}

void gateway_client_due(struct gateway *g, int number)
{
    const struct gateway_client *client = &g->clients[number];
    ASSERT(client->state != GATEWAY_CLIENT_FREE);
    bool reads = client->state == GATEWAY_CLIENT_BODY ||
                 (FEATURE_BATCH && client->state == GATEWAY_CLIENT_UPLOAD) ||
                 (client->state == GATEWAY_CLIENT_HEAD && client->head >= 0);
    if (gateway_wait_is_on(g, number))
        end_waiting(g, number);
    else if (reads)
        refuse_late(g, number);
    else
        gateway_client_close(g, number);
}
