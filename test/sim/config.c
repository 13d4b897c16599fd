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

/* A phase of low..high ms; in a calm world it is long enough for everything. */
static uint32_t phase(uint32_t low, uint32_t high)
{
    uint32_t ms = low + sim_chance_size(&world.chance, high - low);
    return world.calm ? 600000 : world.roomy ? high : ms;
}

static void draw_phases(void)
{
    world.roomy = world.crowd || world_one_in(2);
    world.connect_ms = phase(100, 5000);
    world.tls_ms = phase(200, 10000);
    world.first_byte_ms = phase(100, 20000);
    world.idle_ms = phase(100, 20000);
    world.total_ms = phase(200, 60000);
    world.ping_ms = world_one_in(3) ? 0 : 100 + world_below(5000);
    world.head_ms = phase(100, 10000);
    world.body_ms = phase(100, 20000);
    world.client_idle_ms = phase(100, 20000);
    world.queue_ms = world.calm ? 600000 : sim_chance_size(&world.chance, 10000) - 1;
}

static void write_gateway(void)
{
    line("[gateway]\nbind_address = '127.0.0.1:%d'\nstate_dir = '/state'\n", WORLD_PORT);
    line("state_flush_s = %u\nlog_level = 'debug'\n", world_below(4));
    line("[gateway.timeouts]\nconnect_ms = %u\ntls_ms = %u\nfirst_byte_ms = %u\nidle_ms = %u\n",
         world.connect_ms, world.tls_ms, world.first_byte_ms, world.idle_ms);
    line("total_ms = %u\nping_ms = %u\nclient_head_ms = %u\nclient_body_ms = %u\n", world.total_ms,
         world.ping_ms, world.head_ms, world.body_ms);
    line("client_idle_ms = %u\n[gateway.limits]\nqueue_ms = %u\n", world.client_idle_ms,
         world.queue_ms);
    if (world_bad(4))
        line("max_clients = %u\nmax_active_requests = %u\n", 1 + world_below(LIMIT_CLIENTS),
             1 + world_below(LIMIT_REQUESTS));
    line("[gateway.upstream]\nidle_connections = %u\n", world_below(LIMIT_UPSTREAMS + 1));
    if (world.tls)
        line("ca_file = '/ca.pem'\n");
    if (world.has_key)
        line("[keys.caller]\nsecret = 'a-key-of-the-client'\n");
    if (world.has_key && world_bad(3))
        line("concurrent = %u\n", 1 + world_below(3));
    if (world.has_key && world_bad(4))
        line("requests_per_minute = %u\n", 1 + world_below(100));
    if (world.has_key && world_bad(4))
        line("tokens_per_day = %u\n", sim_chance_size(&world.chance, 5000));
}

static void draw_services(void)
{
    world.service_count = world.crowd ? 1 : 1 + (int)world_below(WORLD_SERVICES);
    for (int i = 0; i < world.service_count; i++) {
        struct world_service *service = &world.services[i];
        service->kind = (enum world_kind)world_below(WORLD_KINDS);
        snprintf(service->host, sizeof(service->host), "s%d.example.lan", i);
        snprintf(service->secret, sizeof(service->secret), "secret-of-service-%d", i);
        service->port = (uint16_t)(8000 + i);
    }
}

static void write_provider(const char *model, int number, int service)
{
    const struct world_service *s = &world.services[service];
    const char *scheme = world.tls ? "https" : "http";
    line("[models.%s.providers.p%d]\nmodel_name = 'real-%d'\n", model, number,
         (int)world_below(6));
    if (s->kind == WORLD_RUST) {
        line("type = 'rust-proxy'\napi_endpoint = '%s://%s:%d/api/v1/stream/chat'\n", scheme,
             s->host, s->port);
        if (world_one_in(2))
            line("session_id = '%s'\n", s->secret);
        if (world_one_in(4))
            line("model_filter.min_usage_left = %u\n", world_below(4));
    } else if (s->kind == WORLD_ANTHROPIC) {
        line("type = 'anthropic'\napi_base = '%s://%s:%d'\napi_key_location = '%s'\n", scheme,
             s->host, s->port, s->secret);
    } else {
        line("type = 'openai'\napi_base = '%s://%s:%d/v1'\napi_key_location = '%s'\n", scheme,
             s->host, s->port, s->secret);
    }
    if (world.tls && world_one_in(3))
        line("tls_max = '1.2'\n");
    line("models_ttl_s = %u\n", world_one_in(2) ? 604800 : 1 + world_below(60));
}

static void draw_models(void)
{
    int providers = 0;
    world.model_count = 1 + (int)world_below(WORLD_MODELS);
    for (int i = 0; i < world.model_count; i++) {
        struct world_model *model = &world.models[i];
        snprintf(model->name, sizeof(model->name), "model-%d", i);
        model->routes = 1 + (int)world_below(LIMIT_PROVIDERS / WORLD_MODELS);
        model->retries = (int)world_below(4);
        line("[models.%s]\nretries = %d\n", model->name, model->retries);
        model->relays = true;
        for (int route = 0; route < model->routes; route++) {
            int service = (int)world_below((uint32_t)world.service_count);
            model->relays = model->relays && world.services[service].kind == WORLD_OPENAI;
            write_provider(model->name, providers++, service);
        }
    }
}

void config_draw(void)
{
    world.config_len = 0;
    world.has_key = world_one_in(4);
    draw_phases();
    write_gateway();
    draw_services();
    draw_models();
}
