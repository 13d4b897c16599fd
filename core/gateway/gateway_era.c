/* See gateway_era.h. */
#include "core/gateway/gateway_era.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/model/model_account.h"

#if FEATURE_RELOAD

int gateway_era_model_now(const struct gateway *g, int era, int model)
{
    return model < 0 || era == g->eras.now ? model : g->eras.models[model];
}

int gateway_era_provider_now(const struct gateway *g, int provider)
{
    int number = GATEWAY_ERA_PLACE(provider);
    if (provider < 0 || GATEWAY_ERA_OF(provider) == g->eras.now)
        return number;
    return g->eras.providers[number];
}

/* ---- what is the same ---- */

static int all_models(const struct settings *settings)
{
    return settings->model_count + settings->shorthand_count;
}

static void match_models(struct gateway_eras *eras, const struct settings *old,
                         const struct settings *new)
{
    for (int i = 0; i < SETTINGS_MODELS; i++) {
        eras->models[i] = -1;
        for (int j = 0; i < all_models(old) && j < all_models(new); j++)
            if (settings_same_text(old->models[i].name, new->models[j].name))
                eras->models[i] = (int16_t)j;
    }
}

/* By its name and its model's. */
static void match_providers(struct gateway_eras *eras, const struct settings *old,
                            const struct settings *new)
{
    for (int i = 0; i < SETTINGS_PROVIDERS; i++) {
        const struct settings_provider *provider = &old->providers[i];
        eras->providers[i] = -1;
        for (int j = 0; i < old->provider_count && j < new->provider_count; j++)
            if (settings_same_text(provider->name, new->providers[j].name) &&
                eras->models[provider->model] == new->providers[j].model)
                eras->providers[i] = (int16_t)j;
    }
}

static void match_keys(int16_t to[LIMIT_KEYS], const struct settings *old,
                       const struct settings *new)
{
    for (int i = 0; i < LIMIT_KEYS; i++) {
        to[i] = -1;
        for (int j = 0; i < old->key_count && j < new->key_count; j++)
            if (settings_same_text(old->keys[i].name, new->keys[j].name))
                to[i] = (int16_t)j;
    }
}

/* ---- providers ---- */

/* Whether what was learnt of the one is true of the other. */
static bool is_as_before(const struct settings_provider *a, const struct settings_provider *b)
{
    return settings_same_text(a->type, b->type) && settings_same_url(&a->url, &b->url) &&
           a->tls_12_only == b->tls_12_only && settings_same_text(a->api_key, b->api_key) &&
           a->sign == b->sign && settings_same_text(a->sign_key, b->sign_key) &&
           settings_same_text(a->model_name, b->model_name) &&
           model_account_key(a) == model_account_key(b);
}

/* Nobody of the new era probes a circuit yet. */
static void move_provider(struct gateway *g, int from, int to)
{
    struct gateway_circuit *circuit = &g->circuits[to];
    g->benches[to] = g->benches[from];
    *circuit = g->circuits[from];
    if (circuit->state != GATEWAY_CIRCUIT_HALF_OPEN)
        return;
    circuit->state = GATEWAY_CIRCUIT_OPEN;
    circuit->due_us = g->now_us;
}

/* With another trust, what failed may work now. */
static void move_providers(struct gateway *g, int before, bool trusted)
{
    const struct gateway_eras *eras = &g->eras;
    int old = GATEWAY_ERA_FIRST(before);
    int new = GATEWAY_ERA_FIRST(eras->now);
    for (int i = 0; i < SETTINGS_PROVIDERS; i++) {
        g->benches[new + i] = (struct gateway_bench){0};
        g->circuits[new + i] = (struct gateway_circuit){0};
    }
    for (int i = 0; i < SETTINGS_PROVIDERS; i++) {
        int to = new + eras->providers[i];
        if (trusted && eras->providers[i] >= 0 &&
            is_as_before(gateway_provider(g, old + i), gateway_provider(g, to)))
            move_provider(g, old + i, to);
    }
}

/* ---- clients ---- */

/* Who asked without a key where none was needed has none where one is. */
static int16_t key_now(int16_t key, const int16_t to[LIMIT_KEYS], const struct settings *new)
{
    if (new->key_count == 0)
        return -1;
    return key < 0 || to[key] < 0 ? GATEWAY_KEY_GONE : to[key];
}

/* An answer of our own is being sent. */
static bool is_ours(const struct gateway_client *client)
{
    return client->state == GATEWAY_CLIENT_ANSWER && client->request < 0 && !client->ended;
}

/* A list of what is configured, which cannot go on in the middle with another. */
static bool is_list(const struct gateway_client *client)
{
    return is_ours(client) &&
           (client->route == GATEWAY_ROUTE_MODELS || client->route == GATEWAY_ROUTE_METRICS);
}

bool gateway_era_lists(const struct gateway *g)
{
    int i = 0;
    while (i < LIMIT_CLIENTS && !is_list(&g->clients[i]))
        i++;
    return i < LIMIT_CLIENTS;
}

static void move_clients(struct gateway *g, const int16_t to[LIMIT_KEYS])
{
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        struct gateway_client *client = &g->clients[i];
        if (client->state == GATEWAY_CLIENT_FREE)
            continue;
        client->key = key_now(client->key, to, g->settings);
        if (is_list(client) || (is_ours(client) && client->key == GATEWAY_KEY_GONE)) {
            client->broken = true;
            gateway_client_close(g, i);
        }
    }
}

/* ---- eras ---- */

/* Connections that were made under other rules are not used again. */
static bool trusts_as_before(const struct gateway *g, const struct settings *old)
{
    const struct settings *new = g->settings;
    return g->tls->anchors.changes == g->eras.bundles &&
           settings_same_text(old->upstream.ca_file, new->upstream.ca_file) &&
           old->upstream.allow_plain_http == new->upstream.allow_plain_http;
}

void gateway_era_begin(struct gateway *g, const struct settings *settings)
{
    struct gateway_eras *eras = &g->eras;
    const struct settings *old = g->settings;
    int before = eras->now;
    int16_t keys[LIMIT_KEYS];
    ASSERT(!gateway_era_lasts(g));
    eras->now = (uint8_t)(1 - before);
    eras->before = old;
    eras->look_us = g->now_us;
    g->settings = settings;
    match_models(eras, old, settings);
    match_providers(eras, old, settings);
    match_keys(keys, old, settings);
    bool trusted = trusts_as_before(g, old);
    eras->bundles = g->tls->anchors.changes;
    move_providers(g, before, trusted);
    if (!trusted)
        gateway_upstream_distrust(g);
    gateway_upstream_move(g, before);
    gateway_keys_move(g, keys);
    move_clients(g, keys);
    if (FEATURE_JOURNAL && g->records != NULL)
        g->records->journal.log_level = settings->log_level;
    if (FEATURE_CLICKHOUSE && g->export != NULL)
        g->export->provider.url = settings->observability.clickhouse;
    if (FEATURE_METRICS)
        record_metrics_move(&g->metrics, eras->models, eras->providers);
    gateway_catalog_move(g, before);
    gateway_state_touch(g);
    if (FEATURE_BATCH)
        gateway_runner_wake(g); /* its hours may be others now */
}

bool gateway_era_lasts(const struct gateway *g)
{
    return g->eras.before != NULL;
}

uint64_t gateway_era_due_us(const struct gateway *g)
{
    return g->eras.before == NULL ? UINT64_MAX : g->eras.look_us;
}

static bool is_used(const struct gateway *g, int era)
{
    for (int i = 0; i < LIMIT_REQUESTS; i++)
        if (g->requests[i].state != GATEWAY_REQUEST_FREE && g->requests[i].era == era)
            return true;
    for (int i = 0; i < LIMIT_CATALOG_BUILDS; i++) {
        const struct gateway_fetch *fetch = &g->catalogs.fetches[i];
        if (fetch->catalog != MODEL_CATALOG_NONE && GATEWAY_ERA_OF(fetch->provider) == era)
            return true;
    }
    return false;
}

const struct settings *gateway_era_over(struct gateway *g)
{
    struct gateway_eras *eras = &g->eras;
    const struct settings *old = eras->before;
    if (old == NULL || g->now_us < eras->look_us)
        return NULL;
    eras->look_us = g->now_us + GATEWAY_ERA_LOOK_US;
    if (is_used(g, 1 - eras->now))
        return NULL;
    eras->before = NULL;
    return old;
}

#endif
