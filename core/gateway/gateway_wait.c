/* A queue for each kind of slot; a client waits in one of them at a time. */
#include "core/gateway/gateway_wait.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_messages.h"

static uint64_t from_ms(uint32_t ms)
{
    return (uint64_t)ms * 1000;
}

/* How long a body it needs a slot for; one that grows has filled its own. */
static uint32_t wanted_len(const struct gateway_client *client)
{
    return client->body >= 0 ? gateway_body_cap(client->body) + 1 : client->body_len;
}

/* The queue that a client in its state waits in, if it waits. */
static struct queue *queue_of(struct gateway *g, int number)
{
    const struct gateway_client *client = &g->clients[number];
    if (client->state == GATEWAY_CLIENT_REQUEST_WAIT)
        return &g->client_wait;
    if (client->state != GATEWAY_CLIENT_BODY_WAIT)
        return &g->client_wait_head;
    return &g->client_wait_body[gateway_body_class(wanted_len(client))];
}

static void begin_to_wait(struct gateway *g, int number)
{
    ASSERT(!gateway_wait_is_on(g, number));
    g->clients[number].wait_us = g->now_us;
    queue_add(queue_of(g, number), number);
    timers_set(&g->client_timers, number, g->now_us + from_ms(g->settings->limits.queue_ms));
}

bool gateway_wait_is_on(const struct gateway *g, int number)
{
    return queue_has(&g->client_wait, number); /* they share their links */
}

/* The time that was spent waiting is not the body's. */
static void resume_body(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    client->body_us += g->now_us - client->wait_us;
    timers_set(&g->client_timers, number, client->body_us);
}

/* ---- head buffers ---------------------------------------------------------------------------- */

static bool take_head(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    int head = index_take(&g->head_index);
    if (head == INDEX_NONE)
        return false;
    client->head = (int16_t)head;
    client->head_at = 0;
    client->head_len = 0;
    if (client->state == GATEWAY_CLIENT_BODY && gateway_wait_is_on(g, number))
        resume_body(g, number);
    return true;
}

bool gateway_wait_head(struct gateway *g, int number)
{
    if (g->clients[number].head >= 0 || take_head(g, number))
        return true;
    if (!gateway_wait_is_on(g, number))
        begin_to_wait(g, number);
    return false;
}

void gateway_wait_drop_head(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    gateway_wait_head_whole(g, number);
    if (client->head < 0)
        return;
    index_give(&g->head_index, client->head);
    client->head = -1;
    client->head_at = 0;
    client->head_len = 0;
    client->head_scanned = 0;
    client->decoded = 0;
    gateway_wait_admit(g);
}

void gateway_wait_spare_head(struct gateway *g, int number)
{
    if (g->clients[number].head_at == g->clients[number].head_len)
        gateway_wait_drop_head(g, number);
}

void gateway_wait_head_begun(struct gateway *g, int number)
{
    ASSERT(g->clients[number].head >= 0 && !gateway_wait_is_on(g, number));
    g->clients[number].wait_us = g->now_us;
    queue_add(&g->client_begun, number);
}

void gateway_wait_head_whole(struct gateway *g, int number)
{
    queue_remove(&g->client_begun, number);
}

uint64_t gateway_wait_press_due_us(const struct gateway *g)
{
    int oldest = queue_first(&g->client_begun);
    if (g->client_wait_head.count == 0 || oldest == QUEUE_NONE)
        return UINT64_MAX;
    return g->clients[oldest].wait_us + GATEWAY_WAIT_GRACE_US;
}

/* Else who sends a byte a second would have all buffers, and whoever comes behind would wait. */
void gateway_wait_press(struct gateway *g)
{
    for (int left = g->client_wait_head.count; left > 0; left--) {
        if (gateway_wait_press_due_us(g) > g->now_us)
            return;
        timers_set(&g->client_timers, queue_take(&g->client_begun), g->now_us);
    }
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static void begin_body(struct gateway *g, struct gateway_client *client)
{
    struct gateway_body *body = &g->bodies.bodies[client->body];
    body->chunked = client->chunked;
    if (FEATURE_ANTHROPIC && client->route == GATEWAY_ROUTE_MESSAGES)
        gateway_messages_outline(&body->outline);
    if (client->chunked)
        http_chunked_init(&body->coding);
    client->body_us = g->now_us + from_ms(g->settings->timeouts.client_body_ms);
    client->wait_us = g->now_us;
}

static bool take_body(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    bool grows = client->body >= 0;
    int body = grows ? gateway_body_grow(&g->bodies, client->body)
                     : gateway_body_take(&g->bodies, client->body_len);
    if (body == GATEWAY_BODY_NONE)
        return false;
    client->body = (int16_t)body;
    if (!grows)
        begin_body(g, client);
    if (!grows || gateway_wait_is_on(g, number))
        resume_body(g, number);
    client->state = GATEWAY_CLIENT_BODY;
    return true;
}

void gateway_wait_body(struct gateway *g, int number)
{
    bool grows = g->clients[number].body >= 0;
    if (!take_body(g, number)) {
        g->clients[number].state = GATEWAY_CLIENT_BODY_WAIT;
        begin_to_wait(g, number);
        gateway_request_spare_body(g, (int)gateway_body_class(wanted_len(&g->clients[number])));
    } else if (grows) {
        gateway_wait_admit(g); /* the slot it grew out of is free */
    }
}

void gateway_wait_drop_body(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    if (client->body >= 0) {
        gateway_body_give(&g->bodies, client->body);
        client->body = GATEWAY_BODY_NONE;
        gateway_wait_admit(g);
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool take_request(struct gateway *g, int number)
{
    if (g->request_index.in_use >= g->settings->limits.max_active_requests)
        return false;
    int request = index_take(&g->request_index);
    if (request == INDEX_NONE)
        return false;
    g->clients[number].request = (int16_t)request;
    timers_clear(&g->client_timers, number);
    return true;
}

void gateway_wait_request(struct gateway *g, int number)
{
    ASSERT(g->clients[number].request < 0 && g->clients[number].body >= 0);
    g->clients[number].state = GATEWAY_CLIENT_REQUEST_WAIT;
    if (!take_request(g, number))
        begin_to_wait(g, number);
}

void gateway_wait_leave(struct gateway *g, int number)
{
    struct gateway_client *client = &g->clients[number];
    queue_remove(queue_of(g, number), number);
    if (client->state == GATEWAY_CLIENT_REQUEST_WAIT && client->request >= 0) {
        index_give(&g->request_index, client->request);
        client->request = -1;
        gateway_wait_admit(g);
    }
}

/* ---- turns ----------------------------------------------------------------------------------- */

static void serve(struct gateway *g, struct queue *queue, bool (*take)(struct gateway *, int))
{
    if (queue->count == 0)
        return;
    for (int first = queue_first(queue); first != QUEUE_NONE; first = queue_first(queue)) {
        uint64_t waited_us = g->now_us - g->clients[first].wait_us;
        if (!take(g, first))
            return;
        g->clients[first].queue_us += (uint32_t)waited_us;
        queue_remove(queue, first);
        queue_add(&g->client_run, first);
    }
}

/* Large bodies first: they have the least choice, and one that grows leaves a smaller slot. */
void gateway_wait_admit(struct gateway *g)
{
    unsigned waiting = g->client_wait.count + g->client_wait_head.count;
    for (int class = 0; class < GATEWAY_BODY_CLASSES; class++)
        waiting += g->client_wait_body[class].count;
    if (waiting == 0)
        return;
    serve(g, &g->client_wait, take_request);
    for (int class = GATEWAY_BODY_CLASSES - 1; class >= 0; class--)
        serve(g, &g->client_wait_body[class], take_body);
    serve(g, &g->client_wait_head, take_head);
}
