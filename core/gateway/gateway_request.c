/* See gateway_request.h. Which provider is tried is decided in gateway_try.c. */
#include "core/gateway/gateway_request.h"

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_end.h"
#include "core/gateway/gateway_event.h"
#include "core/gateway/gateway_messages.h"
#include "core/gateway/gateway_metrics.h"
#include "core/gateway/gateway_native.h"
#include "core/gateway/gateway_news.h"
#include "core/gateway/gateway_resolve.h"
#include "core/gateway/gateway_wait.h"
#include "core/http/http_write.h"

#include <stddef.h>
#include <string.h>

/* ---- the end ---- */

const char *gateway_request_route(int kind)
{
    static const char *const words[] = {
        [GATEWAY_REQUEST_CHAT] = "chat",
        [GATEWAY_REQUEST_MESSAGES] = "messages",
        [GATEWAY_REQUEST_INFERENCE] = "inference",
        [GATEWAY_REQUEST_COMPLETIONS] = "completions",
        [GATEWAY_REQUEST_RESPONSES] = "responses",
        [GATEWAY_REQUEST_OTHER] = "other",
        [GATEWAY_REQUEST_BATCH] = "batch",
    };
    ASSERT(kind >= 0 && kind < (int)(sizeof(words) / sizeof(words[0])));
    return words[kind];
}

static void give_body(struct gateway *g, struct gateway_client *client)
{
    if (client->body < 0)
        return;
    gateway_body_give(&g->bodies, client->body);
    client->body = GATEWAY_BODY_NONE;
    gateway_wait_admit(g);
}

/* What it used: as the service counted, else about as many as it took to say what was said. */
static uint64_t tokens_of(const struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    const struct provider_usage *usage = &request->relay.usage;
    uint64_t asked = request->first_content_us != 0 ? g->clients[request->client].body_len : 0;
    uint64_t input = usage->has_input ? usage->input : asked / GATEWAY_RELAY_TOKEN_BYTES;
    return input + (usage->has_output ? usage->output : gateway_relay_estimate(&request->relay));
}

/* Lets the client go: it writes out what is queued, and may send its next request. */
static void detach(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    give_body(g, &g->clients[request->client]);
    if (request->counted)
        gateway_keys_end(g, g->clients[request->client].key, tokens_of(g, number));
    g->clients[request->client].request = -1;
    request->client = -1;
}

/* Gives back all that the request has. */
static void release(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    if (request->client >= 0)
        detach(g, number);
    gateway_circuit_left(g, number);
    gateway_exchange_drop(g, number);
    gateway_relay_drop(g, number);
    timers_clear(&g->exchange_timers, number);
    queue_remove(&g->exchange_run, number);
    queue_remove(&g->list_wait, number);
    queue_remove(&g->page_wait, number);
    request->state = GATEWAY_REQUEST_FREE;
    index_give(&g->request_index, number);
    gateway_wait_admit(g);
}

void gateway_request_fail(struct gateway *g, int number, const struct gateway_error *error)
{
    bool cut = g->requests[number].first_content_us != 0;
    gateway_relay_fail(g, number, error);
    gateway_end_note(g, number, cut ? RECORD_OUTCOME_CUT : RECORD_OUTCOME_FAILED, error);
    release(g, number);
}

static void count_use(struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    if (request->first_content_us != 0)
        gateway_catalog_spend(g, request->provider, request->identifier);
}

void gateway_request_drained(struct gateway *g, int number)
{
    ASSERT(g->requests[number].state == GATEWAY_REQUEST_DRAIN);
    release(g, number);
}

void gateway_request_left(struct gateway *g, int number)
{
    gateway_end_note(g, number, RECORD_OUTCOME_CLIENT_GONE, NULL);
    count_use(g, number);
    release(g, number);
}

enum result gateway_request_wait(struct gateway *g, int number)
{
    if (g->clients[g->requests[number].client].out.len == 0)
        gateway_exchange_wait_page(g, number);
    return RESULT_MORE;
}

enum result gateway_request_complete(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    const struct gateway_exchange *exchange = &g->exchanges[number];
    request->state = GATEWAY_REQUEST_FINISH;
    if (gateway_relay_finish(g, number) != RESULT_DONE)
        return gateway_request_wait(g, number);
    (void)gateway_answer_send(g, request->client); /* its client need not wait for our records */
    gateway_end_note(g, number, RECORD_OUTCOME_COMPLETE, NULL);
    count_use(g, number);
    gateway_circuit_good(g, number);
    if (exchange->state != GATEWAY_EXCHANGE_BODY || !exchange->sent_whole) {
        release(g, number);
        return RESULT_FAULT;
    }
    detach(g, number);
    request->state = GATEWAY_REQUEST_DRAIN;
    request->wake_us = g->now_us + GATEWAY_REQUEST_DRAIN_US;
    return RESULT_DONE;
}

/* ---- the beginning ---- */

static bool resolve(struct gateway *g, int number, struct gateway_error *error)
{
    struct gateway_request *request = &g->requests[number];
    uint32_t draw = 0;
    if (g->settings->variant_count > 0)
        port_random(&draw, sizeof(draw));
    struct gateway_resolved resolved =
        gateway_resolve(g->settings, span_of(request->chat.model), draw);
    if (FEATURE_INFERENCE && resolved.variant >= 0)
        resolved = gateway_resolve_variant(
            g->settings, gateway_episode_keep(g, &request->chat, resolved.variant));
    request->model = (int16_t)resolved.model;
    request->variant = (int16_t)resolved.variant;
    request->name = resolved.name;
    if (resolved.model >= 0)
        return true;
    *error = gateway_resolve_unknown(span_of(request->chat.model));
    return false;
}

static bool may_use(const struct gateway *g, int number, struct gateway_error *error)
{
    const struct gateway_request *request = &g->requests[number];
    int key = g->clients[request->client].key;
    if (key < 0 || g->settings->keys[key].all_models)
        return true;
    if (settings_list_has(&g->settings->keys[key].models, request->name))
        return true;
    *error = gateway_error_with(403, "This key may not use this model", "model", NULL);
    return false;
}

static bool open_thread(struct gateway *g, int number, struct gateway_error *error)
{
    struct gateway_request *request = &g->requests[number];
    struct span thread_id = {0};
    struct span sealed = span_of(request->chat.thread_id);
    int key = g->clients[request->client].key;
    if (sealed.len > 0 && !gateway_relay_open(g, key, sealed, &thread_id)) {
        *error = gateway_error_with(400, "moongate.thread_id is not one of your conversations",
                                    "moongate", NULL);
        return false;
    }
    struct text text = text_over(request->thread_id, sizeof(request->thread_id));
    text_add(&text, thread_id);
    text_str(&text);
    return true;
}

static void set_deadlines(struct gateway_request *request)
{
    const struct settings_model *model = &request->settings->models[request->model];
    uint32_t own_ms =
        request->chat.stream ? model->streaming_total_ms : model->non_streaming_total_ms;
    uint32_t total_ms = own_ms != 0 ? own_ms : request->settings->timeouts.total_ms;
    request->total_us = request->begun_us + (uint64_t)total_ms * 1000;
}

static enum gateway_request_kind kind_of(const struct gateway_client *client)
{
    if (client->route == GATEWAY_ROUTE_CHAT)
        return GATEWAY_REQUEST_CHAT;
    if (FEATURE_ANTHROPIC && client->route == GATEWAY_ROUTE_MESSAGES)
        return GATEWAY_REQUEST_MESSAGES;
    if (FEATURE_INFERENCE && client->route == GATEWAY_ROUTE_NATIVE)
        return GATEWAY_REQUEST_INFERENCE;
    struct span path = span_of(client->path);
    path.len = span_find(path, '?');
    if (span_equal(path, SPAN("/completions")))
        return GATEWAY_REQUEST_COMPLETIONS;
    return span_equal(path, SPAN("/responses")) ? GATEWAY_REQUEST_RESPONSES
                                                : GATEWAY_REQUEST_OTHER;
}

static bool judge(struct gateway *g, int number, struct gateway_error *error)
{
    struct gateway_request *request = &g->requests[number];
    int body = g->clients[request->client].body;
    const struct json_outline *outline = &g->bodies.bodies[body].outline;
    char *bytes = gateway_body_bytes(&g->bodies, body);
    struct span whole = {bytes, g->bodies.bodies[body].len};
    if (request->kind >= GATEWAY_REQUEST_COMPLETIONS)
        return gateway_chat_judge_relayed(&request->chat, outline, bytes, error) &&
               resolve(g, number, error) && may_use(g, number, error);
    struct json_tokens *tokens = &g->scratch.tokens;
    bool good = gateway_request_is_message(request)
                    ? gateway_messages_judge(&request->chat, outline, bytes, tokens, error)
                : gateway_request_is_native(request)
                    ? gateway_native_judge(&request->chat, outline, whole, tokens, error)
                    : gateway_chat_judge(&request->chat, outline, bytes, tokens, error);
    if (good && request->kind == GATEWAY_REQUEST_CHAT)
        gateway_chat_blank(outline, bytes);
    return good && resolve(g, number, error) && may_use(g, number, error) &&
           open_thread(g, number, error);
}

static void clear(struct gateway_request *request)
{
    memset(request, 0, offsetof(struct gateway_request, chat.model));
    memset(&request->told, 0, offsetof(struct gateway_told, notes));
    request->model = request->variant = request->provider = -1;
    request->passed.status = 0;
    request->chat.model[0] = request->chat.thread_id[0] = '\0';
    request->thread_id[0] = request->ignored[0] = '\0';
}

void gateway_request_open(struct gateway *g, int client)
{
    int number = g->clients[client].request;
    struct gateway_request *request = &g->requests[number];
    struct gateway_error error;
    ASSERT(request->state == GATEWAY_REQUEST_FREE);
    clear(request);
    request->era = (uint8_t)gateway_now(g);
    request->settings = g->settings;
    request->client = (int16_t)client;
    g->clients[client].body_len = g->bodies.bodies[g->clients[client].body].len;
    request->begun_us = g->clients[client].begun_us;
    request->ready_us = g->now_us;
    request->state = GATEWAY_REQUEST_TRY;
    request->kind = (uint8_t)kind_of(&g->clients[client]);
    request->counted = gateway_keys_begin(g, g->clients[client].key, &error);
    bool good = request->counted && judge(g, number, &error);
    gateway_relay_begin(g, number);
    if (FEATURE_JOURNAL)
        gateway_records_begin(g, number);
    if (!good) {
        gateway_request_fail(g, number, &error);
        return;
    }
    set_deadlines(request);
    gateway_try_next(g, number);
    gateway_request_set_timer(g, number);
}

/* ---- the end of a try ---- */

void gateway_request_failed(struct gateway *g, int number, const struct gateway_failure *failure)
{
    struct gateway_request *request = &g->requests[number];
    if (request->state == GATEWAY_REQUEST_DRAIN) {
        release(g, number);
        return;
    }
    if (gateway_event_finished(&request->relay) && request->relay.news.kind == 0 &&
        !gateway_news_is_broken(g, number)) {
        gateway_request_complete(g, number); /* all was said that the client waits for */
        return;
    }
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "try failed");
    record_log_add_str(&log, "model", request->chat.model);
    record_log_add_str(&log, "provider", gateway_provider(g, request->provider)->name);
    gateway_failure_log(&log, failure);
    record_log_add_str(&log, "request_id", g->clients[request->client].request_id);
    record_log_end(&log, g->settings->log_level);
    gateway_metrics_failed(g, number, failure);
    if (gateway_client_is_inner(&g->clients[request->client]))
        gateway_inner_failed(g, request->client, failure);
    bool useful = gateway_try_note(g, number, failure);
    if (request->relay.state == GATEWAY_RELAY_FLOWING || !useful)
        gateway_request_fail(g, number, &failure->error);
    else
        gateway_try_next(g, number);
}

/* ---- its body ---- */

bool gateway_request_has_body(const struct gateway *g, int number)
{
    int client = g->requests[number].client;
    return client >= 0 && g->clients[client].body >= 0;
}

static int class_of(const struct gateway *g, int number)
{
    int body = g->clients[g->requests[number].client].body;
    return (int)gateway_body_class(gateway_body_cap(body));
}

/* Whether it holds a body of that class which it needs only for another try. */
static bool can_spare(const struct gateway *g, int number, int class)
{
    return g->requests[number].state == GATEWAY_REQUEST_TRY && g->exchanges[number].sent_whole &&
           gateway_request_has_body(g, number) && class_of(g, number) == class;
}

void gateway_request_spare_body(struct gateway *g, int class)
{
    int oldest = -1;
    for (int i = 0; i < LIMIT_REQUESTS; i++)
        if (can_spare(g, i, class) &&
            (oldest < 0 || g->requests[i].begun_us < g->requests[oldest].begun_us))
            oldest = i;
    if (oldest < 0)
        return;
    struct gateway_client *client = &g->clients[g->requests[oldest].client];
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "bodies are short: a request cannot be tried again");
    record_log_add_str(&log, "request_id", client->request_id);
    record_log_end(&log, g->settings->log_level);
    give_body(g, client);
}

void gateway_request_sent(struct gateway *g, int number)
{
    int class = gateway_request_has_body(g, number) ? class_of(g, number) : -1;
    if (class >= 0 && g->client_wait_body[class].count > 0)
        gateway_request_spare_body(g, class);
}

/* ---- from the relay ---- */

void gateway_request_commit(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    if (request->first_content_us == 0)
        request->first_content_us = g->now_us;
    gateway_circuit_content(g, number);
    bool body_done = g->exchanges[number].sent_whole || request->state == GATEWAY_REQUEST_FINISH;
    if (body_done)
        give_body(g, &g->clients[request->client]);
}

void gateway_request_fields(const struct gateway *g, int number, struct text *out)
{
    const struct gateway_request *request = &g->requests[number];
    bool known = request->provider >= 0 && !request->relay.early;
    bool passed = request->provider < 0 && request->passed.status != 0;
    if (known)
        http_write_field_str(out, HTTP_NAME_X_MOONGATE_PROVIDER,
                             gateway_provider(g, request->provider)->name);
    if (known || passed)
        http_write_field_u64(out, HTTP_NAME_X_MOONGATE_ATTEMPTS, request->attempts);
    gateway_keys_fields(g, g->clients[request->client].key, out);
    if (request->variant >= 0)
        http_write_field_str(out, HTTP_NAME_X_MOONGATE_VARIANT,
                             request->settings->variants[request->variant].name);
    if (known && request->ignored[0] != '\0')
        http_write_field_str(out, HTTP_NAME_X_MOONGATE_IGNORED, request->ignored);
}

void gateway_request_room(struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    bool waits = request->relay.news.kind != 0 || request->state == GATEWAY_REQUEST_FINISH;
    if (waits) /* others wait for the service, or for the clock */
        queue_add(&g->exchange_run, number);
}

/* ---- the loop and the clock ---- */

/* The box's own answer, a piece at a time; paced for a client that streams. */
static void answer_locally(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    struct provider_call *call = &g->exchanges[number].call;
    const struct provider_protocol *protocol = provider_protocol(call->provider->protocol);
    uint64_t pause_us = request->chat.stream ? call->provider->stream_delay_ms * 1000u : 0;
    for (int i = 0; i < GATEWAY_REQUEST_LOCAL_PIECES; i++) {
        if (gateway_news_pump(g, number) != RESULT_DONE || g->now_us < request->wake_us)
            return;
        struct text scratch = text_over(request->local, sizeof(request->local));
        struct provider_news news;
        protocol->answer(call, &scratch, &news);
        request->wake_us = g->now_us + pause_us;
        if (gateway_news_take(g, number, &news) != RESULT_DONE)
            return;
    }
    queue_add(&g->exchange_run, number);
}

void gateway_request_run(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    if (request->state == GATEWAY_REQUEST_TRY || request->state == GATEWAY_REQUEST_DRAIN)
        gateway_exchange_run(g, number);
    else if (request->state == GATEWAY_REQUEST_LOCAL)
        answer_locally(g, number);
    else if (request->state == GATEWAY_REQUEST_FINISH &&
             gateway_request_complete(g, number) == RESULT_DONE)
        gateway_exchange_run(g, number);
    gateway_request_set_timer(g, number);
}

/* When a silent stream is to be given a sign of life. */
static uint64_t ping_due_us(const struct gateway_request *request)
{
    uint32_t ping_ms = request->settings->timeouts.ping_ms;
    bool wanted = request->relay.stream && ping_ms > 0 &&
                  request->relay.news.kind == 0 && request->state < GATEWAY_REQUEST_FINISH;
    return wanted ? request->relay.silent_us + (uint64_t)ping_ms * 1000 : UINT64_MAX;
}

/* The end of a phase; the clock stands while it is the client that is waited for. */
static uint64_t phase_due_us(const struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    const struct gateway_relay *relay = &request->relay;
    if (request->state != GATEWAY_REQUEST_TRY || relay->news.kind != 0)
        return UINT64_MAX;
    uint64_t tail_us = gateway_event_finished(relay) ? relay->finished_us + GATEWAY_REQUEST_TAIL_US
                                                     : UINT64_MAX;
    return lesser_u64(g->exchanges[number].phase_us, tail_us);
}

/* A local answer whose pause is over is queued to run, and needs no timer. */
static uint64_t wake_due_us(const struct gateway *g, const struct gateway_request *request)
{
    bool paused = request->state == GATEWAY_REQUEST_LOCAL && request->relay.news.kind == 0 &&
                  request->wake_us > g->now_us;
    bool sleeps = paused || request->state == GATEWAY_REQUEST_BACKOFF ||
                  request->state == GATEWAY_REQUEST_DRAIN;
    return sleeps ? request->wake_us : UINT64_MAX;
}

void gateway_request_set_timer(struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    bool runs = queue_has(&g->exchange_run, number); /* first, and comes here again */
    if (request->state == GATEWAY_REQUEST_FREE || runs)
        return;
    uint64_t due_us = lesser_u64(lesser_u64(phase_due_us(g, number), ping_due_us(request)),
                                 wake_due_us(g, request));
    if (request->state != GATEWAY_REQUEST_DRAIN)
        due_us = lesser_u64(due_us, request->total_us);
    timers_set(&g->exchange_timers, number, due_us);
}

static void total_is_over(struct gateway *g, int number)
{
    struct gateway_failure failure;
    gateway_failure_timeout(&failure, "this gateway", GATEWAY_PHASE_TOTAL);
    if (g->requests[number].state == GATEWAY_REQUEST_TRY)
        gateway_exchange_timeout(g, number, GATEWAY_PHASE_TOTAL);
    else
        gateway_request_fail(g, number, &failure.error);
}

void gateway_request_due(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    if (request->state == GATEWAY_REQUEST_DRAIN)
        release(g, number);
    else if (g->now_us >= request->total_us)
        total_is_over(g, number);
    else if (g->now_us >= phase_due_us(g, number))
        gateway_exchange_timeout(g, number, g->exchanges[number].phase);
    else if (g->now_us >= ping_due_us(request))
        gateway_relay_ping(g, number);
    else if (request->state == GATEWAY_REQUEST_BACKOFF)
        gateway_try_next(g, number);
    else
        gateway_request_run(g, number);
    gateway_request_set_timer(g, number);
}
