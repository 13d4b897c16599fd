/* See gateway_metrics.h. */
#include "core/gateway/gateway_metrics.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

_Static_assert(GATEWAY_FAILURE_UNUSABLE <= RECORD_FAILURES, "each kind of failure is counted");

/* What is counted outlives the settings that a request began with: it has the numbers of now. */
static int model_of(const struct gateway *g, const struct gateway_request *request)
{
    return FEATURE_RELOAD ? gateway_era_model_now(g, request->era, request->model)
                          : request->model;
}

static int provider_of(const struct gateway *g, const struct gateway_request *request)
{
    return FEATURE_RELOAD ? gateway_era_provider_now(g, request->provider) : request->provider;
}

static void count_tokens(struct gateway *g, const struct gateway_request *request, int model)
{
    const struct provider_usage *usage = &request->relay.usage;
    if (usage->has_input)
        record_metrics_tokens(&g->metrics, RECORD_TOKENS_INPUT, model, usage->input);
    if (usage->has_output)
        record_metrics_tokens(&g->metrics, RECORD_TOKENS_OUTPUT, model, usage->output);
    else
        record_metrics_tokens(&g->metrics, RECORD_TOKENS_ESTIMATED_OUTPUT, model,
                              gateway_relay_estimate(&request->relay));
}

void gateway_metrics_end(struct gateway *g, int number, enum record_outcome outcome,
                         uint16_t status)
{
    const struct gateway_request *request = &g->requests[number];
    if (!FEATURE_METRICS)
        return;
    const struct record_series series = {
        .route = gateway_client_is_inner(&g->clients[request->client]) ? GATEWAY_REQUEST_BATCH
                                                                       : request->kind,
        .outcome = (uint8_t)outcome,
        .status = status,
        .model = (int16_t)model_of(g, request),
        .provider = (int16_t)provider_of(g, request),
    };
    record_metrics_request(&g->metrics, &series);
    record_metrics_time(&g->metrics, RECORD_TIME_REQUEST, series.model,
                        g->now_us - request->begun_us);
    record_metrics_time(&g->metrics, RECORD_TIME_QUEUE, series.model,
                        g->clients[request->client].queue_us);
    if (request->first_content_us != 0)
        record_metrics_time(&g->metrics, RECORD_TIME_FIRST_CONTENT, series.model,
                            request->first_content_us - request->begun_us);
    count_tokens(g, request, series.model);
}

void gateway_metrics_failed(struct gateway *g, int number, const struct gateway_failure *failure)
{
    if (FEATURE_METRICS && failure->kind != GATEWAY_FAILURE_NONE)
        record_metrics_failure(&g->metrics, provider_of(g, &g->requests[number]),
                               failure->kind - 1);
}

void gateway_metrics_refused(struct gateway *g, int client, const struct gateway_error *error)
{
    struct record_log log;
    if (!FEATURE_METRICS || !record_metrics_refusal(&g->metrics, error->status, g->now_us))
        return;
    record_log_begin(&log, PORT_LOG_INFO, "refused");
    record_log_add_u64(&log, "status", error->status);
    record_log_add_str(&log, "reason", error->message);
    record_log_add_str(&log, "request_id", g->clients[client].request_id);
    record_log_end(&log, g->settings->log_level);
}

void gateway_metrics_time(struct gateway *g, int exchange, enum record_time time, uint64_t us)
{
    if (FEATURE_METRICS && exchange >= 0 && exchange < LIMIT_REQUESTS)
        record_metrics_time(&g->metrics, time, model_of(g, &g->requests[exchange]), us);
}

void gateway_metrics_sent(struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    const struct gateway_upstream *upstream = &g->upstreams.all[g->exchanges[number].upstream];
    if (FEATURE_METRICS && request->attempts == 1 && upstream->reused)
        gateway_metrics_time(g, number, RECORD_TIME_OVERHEAD,
                             port_now_us() - request->ready_us);
}

void gateway_metrics_event(struct gateway *g, int number)
{
    struct gateway_relay *relay = &g->requests[number].relay;
    if (!FEATURE_METRICS)
        return;
    if (relay->event_us != 0)
        gateway_metrics_time(g, number, RECORD_TIME_EVENT_GAP, g->now_us - relay->event_us);
    relay->event_us = g->now_us;
}
