/* See gateway_try.h. */
#include "core/gateway/gateway_try.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_messages.h"
#include "core/gateway/gateway_native.h"

_Static_assert(SETTINGS_PROVIDERS <= 256, "a provider's number is its key in what was told");

enum attempt {
    ATTEMPT_BEGUN = 1,
    ATTEMPT_WAITS,      /* for a model list */
    ATTEMPT_PASSED_OVER,
    ATTEMPT_FAILED
};

/* Why a provider was passed over; of several the request fails with the last of these, and with the
 * first provider of that. */
enum passed {
    PASSED_UNABLE = 1,  /* its protocol has no such route, or no form for what was asked */
    PASSED_UNAVAILABLE, /* the model: not in the list, filtered out, used up */
    PASSED_BENCHED
};

static const char *name_of(const struct gateway *g, int provider)
{
    return gateway_provider(g, provider)->name;
}

/* The provider at a place of the request's routing. */
static int provider_at(const struct gateway_request *request, int place)
{
    return GATEWAY_ERA_FIRST(request->era) +
           settings_route(request->settings, request->model, place);
}

static void pass_over(const struct gateway *g, struct gateway_request *request, int provider,
                      enum passed why, const struct gateway_error *error)
{
    if (why > PASSED_UNABLE)
        gateway_told_passed(&request->told, (uint8_t)provider, name_of(g, provider), error);
    if (why <= request->passed_why)
        return;
    request->passed_why = (uint8_t)why;
    request->passed = *error;
}

/* Benched: its error again, with the time that remains. */
static bool is_benched(const struct gateway *g, struct gateway_request *request, int provider)
{
    struct gateway_error error;
    if (!gateway_bench_is_on(g, provider, &error))
        return false;
    pass_over(g, request, provider, PASSED_BENCHED, &error);
    return true;
}

/* Its circuit is open: it may still be tried when nobody else can be. */
static bool is_blocked(const struct gateway *g, struct gateway_request *request, int provider)
{
    if (request->forced || gateway_circuit_passes(g, provider))
        return false;
    struct gateway_error error = gateway_error(503, "failed again and again, and has a rest");
    gateway_told_passed(&request->told, (uint8_t)provider, name_of(g, provider), &error);
    request->blocked = true;
    return true;
}

static void explain(const struct gateway *g, struct gateway_request *request, int provider,
                    struct model_verdict verdict)
{
    struct gateway_error error = gateway_error_with(
        (uint16_t)model_check_http_status(verdict), "",
        verdict.status == MODEL_USAGE_USED_UP ? NULL : "model", model_check_code(verdict));
    struct model_check_subject subject = {
        .asked = span_of(request->chat.model),
        .identifier = request->identifier,
        .list = gateway_catalog_list(g, provider),
        .filter = &gateway_provider(g, provider)->filter,
    };
    struct text text = gateway_error_text(&error);
    model_check_explain(&text, verdict, &subject);
    text_str(&text);
    pass_over(g, request, provider, PASSED_UNAVAILABLE, &error);
}

static void say_unlisted(const struct gateway *g, struct gateway_request *request, int provider)
{
    struct record_log log;
    if (request->unlisted)
        return;
    request->unlisted = true;
    record_log_begin(&log, PORT_LOG_WARN, "no model list: the request goes through unchecked");
    record_log_add_str(&log, "provider", name_of(g, provider));
    record_log_add(&log, "identifier", request->identifier);
    record_log_end(&log, g->settings->log_level);
}

/* The wildcard's providers are told apart by their lists: the first ones are awaited together, and
 * who does not list the name is looked at only when nobody does. */
static enum attempt validate_listed(struct gateway *g, const struct gateway_request *request,
                                    int provider)
{
    const struct settings_model *model = &request->settings->models[request->model];
    bool found = false;
    for (int i = 0; i < model->route_count; i++) {
        int other = provider_at(request, i);
        if (gateway_catalog_pending(g, other))
            return ATTEMPT_WAITS;
        found = found || gateway_catalog_lists(g, other, request->name);
    }
    bool lists = gateway_catalog_lists(g, provider, request->name);
    return found && !lists ? ATTEMPT_PASSED_OVER : ATTEMPT_BEGUN;
}

static enum attempt wait_for_list(struct gateway *g, int number)
{
    g->requests[number].state = GATEWAY_REQUEST_LIST_WAIT;
    queue_add(&g->list_wait, number);
    return ATTEMPT_WAITS;
}

/* Validation before inference. */
static enum attempt validate(struct gateway *g, int number, int provider)
{
    struct gateway_request *request = &g->requests[number];
    bool wildcard = request->model == request->settings->wildcard;
    enum attempt allowed = wildcard ? validate_listed(g, request, provider) : ATTEMPT_BEGUN;
    if (allowed == ATTEMPT_WAITS)
        return wait_for_list(g, number);
    if (allowed != ATTEMPT_BEGUN || g->catalogs.of_provider[provider] == MODEL_CATALOG_NONE)
        return allowed;
    struct model_verdict verdict = gateway_catalog_check(g, provider, request->identifier);
    bool unlisted = verdict.status == MODEL_NO_LIST;
    if (unlisted && gateway_catalog_pending(g, provider))
        return wait_for_list(g, number);
    if (unlisted)
        say_unlisted(g, request, provider);
    if (model_check_passes(verdict))
        return ATTEMPT_BEGUN;
    explain(g, request, provider, verdict);
    return ATTEMPT_PASSED_OVER;
}

static enum provider_api api_of(const struct gateway *g, const struct gateway_request *request)
{
    return FEATURE_ANTHROPIC ? (enum provider_api)g->clients[request->client].api
                             : PROVIDER_API_OPENAI;
}

/* What is not set here was cleared. */
static void fill_asked(struct gateway *g, const struct gateway_request *request,
                       struct provider_asked *asked)
{
    const struct gateway_chat *chat = &request->chat;
    int body = g->clients[request->client].body;
    const char *bytes = gateway_body_bytes(&g->bodies, body);
    bool anthropic = api_of(g, request) == PROVIDER_API_ANTHROPIC;
    bool sampled = request->kind <= GATEWAY_REQUEST_COMPLETIONS;
    asked->api = (uint8_t)api_of(g, request);
    asked->path = span_of(g->clients[request->client].path);
    asked->body = (struct span){bytes, g->bodies.bodies[body].len};
    asked->model = json_outline_value(&chat->model_value, bytes);
    asked->options = json_outline_value(&chat->stream_options, bytes);
    asked->stream = chat->stream;
    asked->usage = chat->stream && request->kind == GATEWAY_REQUEST_CHAT;
    asked->any_type = request->kind >= GATEWAY_REQUEST_COMPLETIONS;
    asked->given = chat->given;
    if (sampled && request->variant >= 0)
        asked->variant = &request->settings->variants[request->variant];
    if (anthropic) {
        const struct gateway_client_api *api = &g->client_apis[request->client];
        asked->version = span_of(api->version);
        asked->beta = span_of(api->beta);
    }
}

static void fill_call(struct gateway *g, int number, int provider,
                      const struct provider_protocol *protocol)
{
    struct gateway_request *request = &g->requests[number];
    int body = g->clients[request->client].body;
    const char *bytes = gateway_body_bytes(&g->bodies, body);
    struct provider_call *call = &g->exchanges[number].call;
    memset(&call->asked, 0,
           offsetof(struct provider_call, cursor) - offsetof(struct provider_call, asked));
    call->provider = gateway_provider(g, provider);
    call->board_signer = g->board_signer;
    call->identifier = request->identifier;
    call->messages = json_outline_value(&request->chat.messages, bytes);
    fill_asked(g, request, &call->asked);
    if (protocol->api != PROVIDER_API_OWN)
        return; /* the others tell neither who asks nor when */
    call->thread_id = span_of(request->thread_id);
    call->wall_s = port_wall_ms() / 1000;
    gateway_state_identify(g, call);
}

/* What the protocol cannot carry of a chat; one that goes as it came is carried whole. */
static void note_ignored(struct gateway *g, int number,
                         const struct provider_protocol *protocol)
{
    struct gateway_request *request = &g->requests[number];
    const struct provider_call *call = &g->exchanges[number].call;
    int body = g->clients[request->client].body;
    const struct json_outline *outline = &g->bodies.bodies[body].outline;
    const char *bytes = gateway_body_bytes(&g->bodies, body);
    struct text ignored = text_over(request->ignored, sizeof(request->ignored));
    if (gateway_request_is_message(request) && !provider_relays(call))
        gateway_messages_ignored(outline, bytes, protocol->carries, &ignored);
    else if (gateway_request_is_native(request))
        gateway_native_ignored(call, &ignored);
    else if (request->kind == GATEWAY_REQUEST_CHAT && !provider_relays(call))
        gateway_chat_ignored(outline, bytes, protocol->carries, &ignored);
    text_str(&ignored);
}

static enum attempt begin(struct gateway *g, int number, int provider,
                          const struct provider_protocol *protocol)
{
    struct gateway_request *request = &g->requests[number];
    const struct settings_model *model = &request->settings->models[request->model];
    request->provider = (int16_t)provider;
    request->attempts++;
    request->tried = true;
    if (request->attempts > 1)
        gateway_relay_again(g, number);
    note_ignored(g, number, protocol);
    gateway_circuit_begin(g, number);
    if (protocol->local) {
        protocol->begin(&g->exchanges[number].call);
        request->state = GATEWAY_REQUEST_LOCAL;
        request->wake_us = g->now_us;
        queue_add(&g->exchange_run, number);
        return ATTEMPT_BEGUN;
    }
    uint32_t first_byte_ms = model->streaming_ttft_ms != 0
                                 ? model->streaming_ttft_ms
                                 : request->settings->timeouts.first_byte_ms;
    struct gateway_failure failure;
    request->state = GATEWAY_REQUEST_TRY;
    if (gateway_exchange_begin(g, number, request->chat.stream ? first_byte_ms : 0, &failure))
        return ATTEMPT_BEGUN;
    gateway_try_note(g, number, &failure);
    return ATTEMPT_FAILED;
}

/* Only a service of the client's own API knows other routes than the chat. */
static bool is_unable(const struct gateway *g, struct gateway_request *request, int provider,
                      const struct provider_protocol *protocol)
{
    if (request->kind < GATEWAY_REQUEST_COMPLETIONS || protocol->api == api_of(g, request))
        return false;
    struct gateway_error error = gateway_error_with(400, "", "model", "unsupported_route");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, "The model ");
    text_add_printable(&text, span_of(request->chat.model), LIMIT_NAME_BYTES);
    text_add_str(&text, " cannot do /v1");
    text_add_str(&text, g->clients[request->client].path);
    text_add_str(&text, api_of(g, request) == PROVIDER_API_OPENAI
                            ? ": no provider of it speaks OpenAI's protocol"
                            : ": no provider of it speaks Anthropic's protocol");
    text_str(&text);
    pass_over(g, request, provider, PASSED_UNABLE, &error);
    return true;
}

static bool is_unspoken(const struct gateway *g, struct gateway_request *request, int provider,
                        const struct provider_protocol *protocol)
{
    if (protocol != NULL)
        return false;
    struct gateway_error error =
        gateway_error(502, "Request failed: this build does not speak its provider's protocol");
    pass_over(g, request, provider, PASSED_UNABLE, &error);
    return true;
}

/* Whether the protocol has a form for all that matters in the chat. */
static bool can_tell(struct gateway *g, int number, int provider,
                     const struct provider_protocol *protocol)
{
    const struct provider_call *call = &g->exchanges[number].call;
    struct provider_refusal refusal;
    if (g->requests[number].kind != GATEWAY_REQUEST_CHAT || provider_relays(call) ||
        protocol->check == NULL || protocol->check(call, &refusal))
        return true;
    struct gateway_error error = gateway_error_with(400, "", refusal.param, NULL);
    struct text text = gateway_error_text(&error);
    text_add_str(&text, refusal.param);
    if (refusal.message >= 0) {
        text_add_char(&text, '[');
        text_add_i64(&text, refusal.message);
        text_add_char(&text, ']');
    }
    text_add_str(&text, refusal.why);
    text_str(&text);
    pass_over(g, &g->requests[number], provider, PASSED_UNABLE, &error);
    return false;
}

/* Several answers to one request are a service's own, or nobody's. */
static bool is_single(const struct gateway *g, struct gateway_request *request, int provider,
                      const struct provider_protocol *protocol)
{
    if (!request->chat.many || protocol->api == PROVIDER_API_OPENAI)
        return false;
    struct gateway_error error = gateway_error_with(400, "", "n", NULL);
    struct text text = gateway_error_text(&error);
    text_add_str(&text, "n: a provider of the type ");
    text_add_str(&text, gateway_provider(g, provider)->type);
    text_add_str(&text, " gives one answer: ask again for another");
    text_str(&text);
    pass_over(g, request, provider, PASSED_UNABLE, &error);
    return true;
}

static enum attempt attempt(struct gateway *g, int number, int provider)
{
    struct gateway_request *request = &g->requests[number];
    const struct provider_protocol *protocol =
        provider_protocol(gateway_provider(g, provider)->protocol);
    if (gateway_order_has(request->given_up, GATEWAY_ERA_PLACE(provider)) ||
        is_benched(g, request, provider) || is_unspoken(g, request, provider, protocol) ||
        is_unable(g, request, provider, protocol) || is_single(g, request, provider, protocol) ||
        is_blocked(g, request, provider))
        return ATTEMPT_PASSED_OVER;
    request->identifier = gateway_catalog_identifier(g, provider, request->name);
    enum attempt allowed = validate(g, number, provider);
    if (allowed != ATTEMPT_BEGUN)
        return allowed;
    fill_call(g, number, provider, protocol);
    return can_tell(g, number, provider, protocol) ? begin(g, number, provider, protocol)
                                                   : ATTEMPT_PASSED_OVER;
}

/* ---- rounds ---- */

static void begin_round(struct gateway_request *request)
{
    memset(request->done, 0, sizeof(request->done));
    request->tried = false;
    request->blocked = false;
    request->forced = false;
    request->again = false;
    request->wait_ms = 0;
}

/* Waits for a further round. False: the request's time is over before it would begin. */
static bool back_off(struct gateway *g, struct gateway_request *request)
{
    uint32_t ms = GATEWAY_TRY_BACKOFF_MS;
    for (int i = 0; i < request->round && ms < GATEWAY_TRY_BACKOFF_MAX_MS; i++)
        ms *= 2;
    uint16_t draw;
    port_random(&draw, sizeof(draw));
    ms = ms / 2 + draw % (ms / 2);
    ms = request->wait_ms > ms ? request->wait_ms : ms;
    request->wake_us = g->now_us + (uint64_t)ms * 1000;
    if (request->wake_us >= request->total_us)
        return false;
    request->round++;
    request->state = GATEWAY_REQUEST_BACKOFF;
    begin_round(request);
    return true;
}

static void give_up(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    struct gateway_failure late; /* no try was begun: its body took all the time there was */
    gateway_failure_timeout(&late, "this gateway", GATEWAY_PHASE_TOTAL);
    if (request->told.status != 0)
        gateway_told_error(&request->told, &late.error);
    else if (request->passed.status != 0)
        late.error = request->passed;
    gateway_request_fail(g, number, &late.error);
}

/* By the order of the routing, or drawn; most models have but one. */
static int place_in_order(const struct gateway_request *request)
{
    const struct settings *settings = request->settings;
    if (settings->models[request->model].route_count == 1)
        return gateway_order_has(request->done, 0) ? GATEWAY_ORDER_NONE : 0;
    uint32_t weight = gateway_order_weight(settings, request->model, request->done);
    uint32_t draw = 0;
    if (weight > 0) {
        port_random(&draw, sizeof(draw));
        draw = (uint32_t)((uint64_t)draw * weight >> 32);
    }
    return gateway_order_next(settings, request->model, request->done, draw);
}

/* The circuit that is due first. */
static int place_due_first(const struct gateway *g, const struct gateway_request *request)
{
    int first = GATEWAY_ORDER_NONE;
    uint64_t first_us = UINT64_MAX;
    for (int i = 0; i < request->settings->models[request->model].route_count; i++) {
        uint64_t due_us = g->circuits[provider_at(request, i)].due_us;
        if (!gateway_order_has(request->done, i) && due_us < first_us) {
            first = i;
            first_us = due_us;
        }
    }
    return first;
}

/* The place whose turn it is in this round, or GATEWAY_ORDER_NONE. When nobody could be tried but
 * for open circuits, one of those is. */
static int next_place(const struct gateway *g, struct gateway_request *request)
{
    int place = request->forced ? GATEWAY_ORDER_NONE : place_in_order(request);
    if (place != GATEWAY_ORDER_NONE || request->tried || !request->blocked)
        return place;
    if (!request->forced)
        memset(request->done, 0, sizeof(request->done));
    request->forced = true;
    return place_due_first(g, request);
}

void gateway_try_next(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    bool possible = gateway_request_has_body(g, number);
    int place = 0;
    while (possible && g->now_us < request->total_us &&
           (place = next_place(g, request)) != GATEWAY_ORDER_NONE) {
        int provider = provider_at(request, place);
        enum attempt result = attempt(g, number, provider);
        if (result == ATTEMPT_WAITS)
            return;
        gateway_order_mark(request->done, place);
        if (result == ATTEMPT_BEGUN)
            return;
    }
    bool waits = possible && request->again &&
                 request->round < request->settings->models[request->model].retries &&
                 back_off(g, request);
    if (!waits)
        give_up(g, number);
}

/* ---- failures ---- */

/* What it means for the provider's circuit: nothing, where the fault is this box's or the key's. */
static void judge_circuit(struct gateway *g, int number, const struct gateway_failure *failure)
{
    if (gateway_failure_is_clients(failure))
        gateway_circuit_good(g, number);
    else if (failure->kind == GATEWAY_FAILURE_OWN || gateway_failure_is_configuration(failure))
        gateway_circuit_left(g, number);
    else
        gateway_circuit_bad(g, number, failure->error.message);
}

bool gateway_try_note(struct gateway *g, int number, const struct gateway_failure *failure)
{
    struct gateway_request *request = &g->requests[number];
    int provider = request->provider;
    uint32_t patience_s = failure->error.retry_after_s;
    ASSERT(provider >= 0);
    judge_circuit(g, number, failure);
    gateway_told_failed(&request->told, (uint8_t)provider, name_of(g, provider), &failure->error);
    if (gateway_failure_is_clients(failure))
        return false;
    bool may_be_at_work = failure->kind == GATEWAY_FAILURE_TIMEOUT && failure->sent_whole;
    if (may_be_at_work) {
        gateway_order_mark(request->given_up, provider - GATEWAY_ERA_FIRST(request->era));
    } else if (gateway_failure_is_configuration(failure)) {
        gateway_bench_set(g, provider, GATEWAY_BENCH_FAULT_S, &failure->error);
    } else if (patience_s > GATEWAY_TRY_PATIENCE_S) {
        gateway_bench_set(g, provider, patience_s, &failure->error);
    } else {
        request->again = true;
        request->wait_ms = patience_s * 1000 > request->wait_ms ? patience_s * 1000
                                                                : request->wait_ms;
    }
    return true;
}

void gateway_try_list_came(struct gateway *g)
{
    for (uint16_t left = g->list_wait.count; left > 0 && g->list_wait.count > 0; left--) {
        int number = queue_take(&g->list_wait);
        gateway_try_next(g, number);
        gateway_request_set_timer(g, number);
    }
}
