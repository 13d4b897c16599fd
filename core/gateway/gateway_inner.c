/* See gateway_inner.h. */
#include "core/gateway/gateway_inner.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/uuid.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_wait.h"

_Static_assert(LIMIT_BATCH_RUNS < UINT8_MAX, "a client keeps its run's number in a byte");

static struct gateway_inner_run *run_of(struct gateway *g, int client)
{
    ASSERT(g->inner != NULL && g->clients[client].run > 0);
    return &g->inner->runs[g->clients[client].run - 1];
}

char *gateway_inner_answer(struct gateway *g, int run)
{
    return g->inner->bytes[run] + GATEWAY_INNER_HEAD_BYTES;
}

/* ---- asking ---- */

/* Where its members lie is noted as with a body that comes from a socket. */
static void outline(struct gateway *g, const struct gateway_inner_ask *ask)
{
    struct gateway_body *body = &g->bodies.bodies[ask->body];
    const char *bytes = gateway_body_bytes(&g->bodies, ask->body);
    body->len = body->expected = ask->len;
    body->chunked = false;
    gateway_chat_outline(&body->outline);
    json_outline_take(&body->outline, bytes, ask->len);
    enum result result = json_outline_end(&body->outline);
    ASSERT(result == RESULT_DONE);
}

static void begin(struct gateway *g, int number, int run, const struct gateway_inner_ask *ask)
{
    struct gateway_client *client = &g->clients[number];
    *client = (struct gateway_client){.route = (uint8_t)ask->route,
                                      .run = (uint8_t)(run + 1),
                                      .api = PROVIDER_API_OPENAI,
                                      .slot = -1,
                                      .tls = -1,
                                      .head = -1,
                                      .body = (int16_t)ask->body,
                                      .request = -1,
                                      .key = (int16_t)ask->key,
                                      .body_len = ask->len,
                                      .out = rope_empty(),
                                      .writable = true,
                                      .begun_us = g->now_us};
    struct text path = text_over(client->path, sizeof(client->path));
    text_add_str(&path, ask->path);
    text_str(&path);
    uuid_v4(client->request_id);
    memcpy(g->inner->runs[run].request_id, client->request_id, sizeof(client->request_id));
}

bool gateway_inner_open(struct gateway *g, int run, const struct gateway_inner_ask *ask)
{
    ASSERT(g->inner->runs[run].state == GATEWAY_INNER_FREE);
    int number = index_take(&g->client_index);
    if (number == INDEX_NONE)
        return false;
    outline(g, ask);
    g->inner->runs[run] = (struct gateway_inner_run){.state = GATEWAY_INNER_ASKED};
    begin(g, number, run, ask);
    gateway_wait_request(g, number);
    queue_add(&g->client_run, number);
    return true;
}

/* ---- being answered ---- */

void gateway_inner_begin(struct gateway *g, int client, uint16_t status)
{
    run_of(g, client)->status = status;
}

void gateway_inner_patience(struct gateway *g, int client, uint32_t retry_after_s)
{
    run_of(g, client)->retry_after_s = retry_after_s;
}

int gateway_inner_send(struct gateway *g, int client, const void *bytes, size_t len)
{
    struct gateway_inner_run *run = run_of(g, client);
    if (len > LIMIT_BATCH_ANSWER_BYTES - run->len) {
        run->too_long = true;
        return PORT_FAILED;
    }
    memcpy(gateway_inner_answer(g, g->clients[client].run - 1) + run->len, bytes, len);
    run->len += (uint32_t)len;
    return (int)len;
}

/* A service that breaks off what it is sent is there: it may do so each time. */
void gateway_inner_failed(struct gateway *g, int client, const struct gateway_failure *failure)
{
    bool too_late = failure->kind == GATEWAY_FAILURE_TIMEOUT && !failure->begun;
    run_of(g, client)->unreached = failure->kind == GATEWAY_FAILURE_OWN ||
                                   failure->kind == GATEWAY_FAILURE_CONNECT || too_late;
}

void gateway_inner_closed(struct gateway *g, int number)
{
    const struct gateway_client *client = &g->clients[number];
    struct gateway_inner_run *run = run_of(g, number);
    ASSERT(run->state == GATEWAY_INNER_ASKED);
    bool whole = client->ended && !client->broken && !run->too_long && run->status != 0;
    run->state = whole ? GATEWAY_INNER_ANSWERED : GATEWAY_INNER_CUT;
    gateway_runner_wake(g);
}
