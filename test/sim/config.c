/* See config.h. */
#include "test/sim/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "test/sim/world.h"

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    world.config_len += (size_t)vsnprintf(world.config + world.config_len,
                                          sizeof(world.config) - world.config_len, format,
                                          arguments);
    va_end(arguments);
    WORLD_CHECK(world.config_len < sizeof(world.config), "the configuration is too long");
}

static void write_number(const char *key, uint32_t value)
{
    if (value > 0)
        line("%s = %u\n", key, value);
}

static void write_gateway(const struct edition *e)
{
    line("[gateway]\nbind_address = '127.0.0.1:%d'\nstate_dir = '/state'\n",
         WORLD_PORT + (e->moves ? 1 : 0));
    line("state_flush_s = %u\nlog_level = 'debug'\n", e->flush_s);
    line("[gateway.timeouts]\nconnect_ms = %u\ntls_ms = %u\nfirst_byte_ms = %u\nidle_ms = %u\n",
         e->connect_ms, e->tls_ms, e->first_byte_ms, e->idle_ms);
    line("total_ms = %u\nping_ms = %u\nclient_head_ms = %u\nclient_body_ms = %u\n", e->total_ms,
         e->ping_ms, e->head_ms, e->body_ms);
    line("client_idle_ms = %u\n[gateway.limits]\nqueue_ms = %u\n", e->client_idle_ms, e->queue_ms);
    write_number("max_clients", e->max_clients);
    write_number("max_active_requests", e->max_requests);
    line("[gateway.upstream]\nidle_connections = %u\n", e->idle_connections);
    if (world.tls)
        line("ca_file = '/%s.pem'\n", e->flaw == EDITION_NO_ANCHORS ? "nothing"
                                      : e->foreign                  ? "foreign"
                                                                    : "ca");
    line("[gateway.observability]\nenabled = %s\ncontent = %s\n", e->records ? "true" : "false",
         e->content ? "true" : "false");
    if (world.exports)
        line("clickhouse_url = 'http://me:%s@%s:%d/records'\n", WORLD_SINK_SECRET, WORLD_SINK_HOST,
             WORLD_SINK_PORT);
}

static void write_keys(const struct edition *e)
{
    char secret[40];
    if (e->key == EDITION_NO_KEY)
        return;
    edition_key(e->key, secret);
    if (!e->key_first)
        line("[keys.other]\nsecret = 'a-key-that-nobody-shows'\n");
    line("[keys.caller-%d]\nsecret = '%s'\n", e->key_name, secret);
    write_number("concurrent", e->concurrent);
    write_number("requests_per_minute", e->per_minute);
    write_number("tokens_per_day", e->tokens_a_day);
    if (e->key_first)
        line("[keys.other]\nsecret = 'a-key-that-nobody-shows'\n");
}

static void write_provider(const struct edition *e, const struct edition_model *model, int number)
{
    const struct edition_route *route = &model->routes[number];
    const struct world_service *s = &world.services[route->service];
    const char *scheme = world.tls ? "https" : "http";
    int port = edition_port(e, route->service);
    char secret[40];
    edition_secret(e, route->service, secret);
    line("[models.%s.providers.p%d]\nmodel_name = 'real-%d'\n", model->name, number, route->real);
    if (s->kind == WORLD_RUST)
        line("type = 'rust-proxy'\napi_endpoint = '%s://%s:%d/api/v1/stream/chat'\n", scheme,
             s->host, port);
    else
        line("type = '%s'\napi_base = '%s://%s:%d%s'\napi_key_location = '%s'\n",
             s->kind == WORLD_ANTHROPIC ? "anthropic" : "openai", scheme, s->host, port,
             s->kind == WORLD_ANTHROPIC ? "" : "/v1", secret);
    if (route->session)
        line("session_id = '%s'\n", secret);
    if (route->least >= 0)
        line("model_filter.min_usage_left = %d\n", route->least);
    if (route->tls_12)
        line("tls_max = '1.2'\n");
    line("models_ttl_s = %u\n", route->ttl_s);
}

static void write_models(const struct edition *e)
{
    bool named = false;
    for (int i = 0; i < e->model_count; i++) {
        const struct edition_model *model = &e->models[i];
        line("[models.%s]\nretries = %d\n", model->name, model->retries);
        for (int route = 0; route < model->route_count; route++)
            write_provider(e, model, route);
    }
    for (int i = 0; i < e->model_count; i++) {
        if (e->models[i].alias[0] != '\0')
            line("%s%s = '%s'\n", named ? "" : "[aliases]\n", e->models[i].alias,
                 e->models[i].name);
        named = named || e->models[i].alias[0] != '\0';
    }
    if (e->flaw == EDITION_ADRIFT)
        line("%snowhere = 'no-such-model'\n", named ? "" : "[aliases]\n");
}

void config_write(const struct edition *e)
{
    world.config_len = 0;
    write_gateway(e);
    write_keys(e);
    write_models(e);
    if (e->flaw == EDITION_BROKEN)
        line("[models.\n");
}
