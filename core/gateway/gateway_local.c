/* One function a route. */
#include "core/gateway/gateway_local.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_batches.h"
#include "core/gateway/gateway_exposition.h"
#include "core/gateway/gateway_files.h"
#include "core/gateway/gateway_page.h"
#include "core/http/http_token.h"
#include "core/http/http_write.h"
#include "core/json/json_write.h"

#define STATUS_BYTES 192
#define PREFLIGHT_BYTES 384

static void health(struct gateway *g, int client)
{
    if (!FEATURE_CLICKHOUSE || gateway_export_good(g))
        gateway_answer_json(g, client, 200, SPAN("{\"gateway\":\"ok\",\"clickhouse\":\"ok\"}"));
    else
        gateway_answer_json(g, client, 503,
                            SPAN("{\"gateway\":\"ok\",\"clickhouse\":\"down\"}"));
}

static void status(struct gateway *g, int client)
{
    char bytes[STATUS_BYTES];
    struct text json = text_over(bytes, sizeof(bytes));
    text_add_char(&json, '{');
    json_write_member(&json, "status", SPAN("ok"));
    json_write_member(&json, "version", SPAN(MOONGATE_VERSION));
    json_write_member(&json, "config_hash", span_of(g->settings->hash));
    json_write_member_u64(&json, "uptime_s", (g->now_us - g->started_us) / 1000000);
    text_add_char(&json, '}');
    ASSERT(!json.cut);
    gateway_answer_json(g, client, 200, text_span(&json));
}

/* The star takes in what SDKs send along; Authorization must be named beside it (Fetch, section
 * "CORS-preflight fetch"). A browser need not ask again for an hour. */
static void preflight(struct gateway *g, int client, const char *allow)
{
    char bytes[PREFLIGHT_BYTES];
    struct text fields = text_over(bytes, sizeof(bytes));
    http_write_field_str(&fields, HTTP_NAME_ALLOW, allow);
    if (g->clients[client].cors) {
        http_write_field_str(&fields, HTTP_NAME_ACCESS_CONTROL_ALLOW_METHODS, allow);
        text_add_str(&fields, "access-control-allow-headers: authorization, content-type, "
                              "x-api-key, x-request-id, *\r\n"
                              "access-control-max-age: 3600\r\n");
    }
    ASSERT(!fields.cut);
    struct gateway_answer answer = {.status = 204, .fields = text_span(&fields)};
    if (gateway_answer_begin(g, client, &answer))
        gateway_answer_end(g, client, false);
    else
        gateway_answer_cut(g, client);
}

static void models(struct gateway *g, int client, struct span query)
{
    char bytes[8];
    struct text value = text_over(bytes, sizeof(bytes));
    g->clients[client].available_only = http_token_parameter(query, SPAN("available"), &value) &&
                                        span_equal(text_span(&value), SPAN("true"));
    gateway_local_more(g, client);
}

static void inferences(struct gateway *g, int client, struct span query)
{
    if (FEATURE_JOURNAL && gateway_records_on(g)) {
        gateway_inferences_begin(g, client, query);
        return;
    }
    struct gateway_error error = gateway_error(404, "This gateway keeps no records: see "
                                                    "[gateway.observability] enabled");
    gateway_answer_error(g, client, &error, SPAN(""));
}

void gateway_local_answer(struct gateway *g, int client, const struct gateway_routing *routing,
                          struct span query)
{
    ASSERT(g->clients[client].state == GATEWAY_CLIENT_ANSWER);
    switch (routing->route) {
    case GATEWAY_ROUTE_HEALTH:
        health(g, client);
        break;
    case GATEWAY_ROUTE_STATUS:
        status(g, client);
        break;
    case GATEWAY_ROUTE_PREFLIGHT:
        preflight(g, client, routing->allow);
        break;
    case GATEWAY_ROUTE_METRICS:
        gateway_local_more(g, client);
        break;
    case GATEWAY_ROUTE_INFERENCES:
        inferences(g, client, query);
        break;
    case GATEWAY_ROUTE_FILES:
    case GATEWAY_ROUTE_FILE:
        if (FEATURE_BATCH)
            gateway_files_answer(g, client, routing, query);
        break;
    case GATEWAY_ROUTE_BATCHES:
        if (FEATURE_BATCH)
            gateway_batches_list(g, client, query);
        break;
    case GATEWAY_ROUTE_BATCH:
        if (FEATURE_BATCH)
            gateway_batches_one(g, client, routing->id);
        break;
    case GATEWAY_ROUTE_BATCH_CANCEL:
        if (FEATURE_BATCH)
            gateway_batches_cancel(g, client, routing->id);
        break;
    case GATEWAY_ROUTE_PAGE:
        if (FEATURE_PAGE)
            gateway_page_begin(g, client);
        break;
    case GATEWAY_ROUTE_MODELS:
        models(g, client, query);
        break;
    default:
        ASSERT(routing->route == GATEWAY_ROUTE_MODEL);
        gateway_models_one(g, client, routing->id);
        break;
    }
}

void gateway_local_more(struct gateway *g, int client)
{
    int route = g->clients[client].route;
    if (route == GATEWAY_ROUTE_MODELS)
        gateway_models_some(g, client);
    else if (FEATURE_METRICS && route == GATEWAY_ROUTE_METRICS)
        gateway_exposition_some(g, client);
    else if (FEATURE_JOURNAL && route == GATEWAY_ROUTE_INFERENCES)
        gateway_inferences_some(g, client);
    else if (FEATURE_BATCH && route == GATEWAY_ROUTE_FILE)
        gateway_transfer_some(g, client);
    else if (FEATURE_PAGE && route == GATEWAY_ROUTE_PAGE)
        gateway_page_some(g, client);
}
