/* See gateway_end.h. */
#include "core/gateway/gateway_end.h"

#include "core/gateway/gateway.h"
#include "core/gateway/gateway_metrics.h"

#define GONE_STATUS 499 /* said of a client that left */

static void log_end(const struct gateway *g, int number, enum record_outcome outcome,
                    uint16_t status)
{
    const struct gateway_request *request = &g->requests[number];
    struct record_log log;
    if (g->settings->log_level < PORT_LOG_INFO)
        return;
    record_log_begin(&log, PORT_LOG_INFO,
                     request->kind < GATEWAY_REQUEST_COMPLETIONS ? "chat" : "relayed");
    record_log_add_str(&log, "outcome", record_outcome_text(outcome));
    record_log_add_u64(&log, "status", status);
    record_log_add_str(&log, "model", request->chat.model);
    if (request->provider >= 0)
        record_log_add_str(&log, "provider", gateway_provider(g, request->provider)->name);
    record_log_add_u64(&log, "attempts", request->attempts);
    if (request->first_content_us != 0)
        record_log_add_u64(&log, "first_content_ms",
                           (request->first_content_us - request->begun_us) / 1000);
    if (request->relay.malformed > 0)
        record_log_add_u64(&log, "malformed_events", request->relay.malformed);
    if (request->relay.usage.has_input)
        record_log_add_u64(&log, "input_tokens", request->relay.usage.input);
    if (request->relay.usage.has_output)
        record_log_add_u64(&log, "output_tokens", request->relay.usage.output);
    if (gateway_client_is_inner(&g->clients[request->client]) && g->runner != NULL)
        record_log_add_str(&log, "batch", g->runner->name);
    record_log_add_u64(&log, "total_ms", (g->now_us - request->begun_us) / 1000);
    record_log_add_str(&log, "request_id", g->clients[request->client].request_id);
    record_log_end(&log, g->settings->log_level);
}

void gateway_end_note(struct gateway *g, int number, enum record_outcome outcome,
                      const struct gateway_error *error)
{
    uint16_t status = g->requests[number].relay.status;
    if (error != NULL)
        status = error->status;
    else if (outcome == RECORD_OUTCOME_CLIENT_GONE)
        status = GONE_STATUS;
    log_end(g, number, outcome, status);
    gateway_metrics_end(g, number, outcome, status);
    if (FEATURE_JOURNAL)
        gateway_records_end(g, number, outcome, status, error != NULL ? error->message : NULL);
}
