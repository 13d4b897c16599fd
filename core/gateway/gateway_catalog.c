/* See gateway_catalog.h. */
#include "core/gateway/gateway_catalog.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/model/model_account.h"
#include "core/model/model_names.h"
#include "core/model/model_quota.h"

/* For each provider of now that has none. */
static void open_catalogs(struct gateway *g)
{
    struct gateway_catalogs *c = &g->catalogs;
    int first = GATEWAY_ERA_FIRST(gateway_now(g));
    for (int i = 0; i < g->settings->provider_count; i++) {
        const struct settings_provider *provider = &g->settings->providers[i];
        const struct provider_protocol *protocol = provider_protocol(provider->protocol);
        bool shorthand = provider->model >= g->settings->model_count;
        bool has_one = c->of_provider[first + i] != MODEL_CATALOG_NONE;
        if (protocol == NULL || !protocol->lists_models || shorthand || has_one)
            continue; /* what only some name may lead to is not asked for its list */
        int catalog = model_catalog_open(&c->models, model_account_key(provider),
                                         provider->models_ttl_s);
        c->of_provider[first + i] = (int16_t)catalog;
        if (catalog != MODEL_CATALOG_NONE)
            c->asker[catalog] = (int16_t)(first + i);
    }
}

void gateway_catalog_init(struct gateway *g)
{
    struct gateway_catalogs *c = &g->catalogs;
    model_catalog_init(&c->models);
    for (int i = 0; i < LIMIT_CATALOG_BUILDS; i++)
        c->fetches[i].catalog = MODEL_CATALOG_NONE;
    for (int i = 0; i < GATEWAY_PROVIDERS; i++)
        c->of_provider[i] = MODEL_CATALOG_NONE;
    open_catalogs(g);
}

static bool in_use(const struct gateway *g, int catalog)
{
    return g->catalogs.models.catalogs[catalog].users > 0;
}

const struct model_list *gateway_catalog_list(const struct gateway *g, int provider)
{
    int catalog = g->catalogs.of_provider[provider];
    return catalog == MODEL_CATALOG_NONE ? NULL : model_catalog_list(&g->catalogs.models, catalog);
}

struct span gateway_catalog_identifier(const struct gateway *g, int provider, struct span name)
{
    const struct settings *settings = gateway_settings(g, GATEWAY_ERA_OF(provider));
    bool mapped = gateway_provider(g, provider)->protocol == SETTINGS_RUST_PROXY;
    name = settings_provider_name(settings, GATEWAY_ERA_PLACE(provider), name);
    return mapped ? model_names_map(settings, name) : name;
}

/* What the list and the filter say of an identifier. */
static struct model_verdict judge(const struct gateway *g, int provider, struct span identifier)
{
    const struct settings_provider *settings = gateway_provider(g, provider);
    const struct provider_protocol *protocol = provider_protocol(settings->protocol);
    const struct model_list *list = gateway_catalog_list(g, provider);
    struct model_verdict verdict = model_check(list, &settings->filter, identifier);
    if (verdict.status != MODEL_NOT_FOUND || !protocol->dated)
        return verdict;
    int entry = model_list_dated(list, identifier);
    return entry != MODEL_NONE ? model_check_entry(list, &settings->filter, entry) : verdict;
}

struct model_verdict gateway_catalog_judge(const struct gateway *g, int provider,
                                           struct span name)
{
    return judge(g, provider, gateway_catalog_identifier(g, provider, name));
}

bool gateway_catalog_lists(const struct gateway *g, int provider, struct span name)
{
    struct model_verdict verdict = gateway_catalog_judge(g, provider, name);
    return verdict.entry != MODEL_NONE && verdict.status != MODEL_FILTERED;
}

bool gateway_catalog_pending(const struct gateway *g, int provider)
{
    const struct model_catalogs *models = &g->catalogs.models;
    int catalog = g->catalogs.of_provider[provider];
    if (catalog == MODEL_CATALOG_NONE || model_catalog_list(models, catalog) != NULL)
        return false;
    return models->catalogs[catalog].fetching ||
           model_catalog_due_us(models, catalog) <= g->now_us;
}

struct model_verdict gateway_catalog_check(struct gateway *g, int provider, struct span identifier)
{
    struct model_catalogs *models = &g->catalogs.models;
    int catalog = g->catalogs.of_provider[provider];
    struct model_verdict verdict = judge(g, provider, identifier);
    if (verdict.status == MODEL_NOT_FOUND)
        model_catalog_force(models, catalog, g->now_us);
    return verdict;
}

/* ---- uses left ---- */

static void warn_when_low(struct gateway *g, int catalog, int entry)
{
    struct model_list *list = model_catalog_list_mut(&g->catalogs.models, catalog);
    if (entry == MODEL_NONE || !model_quota_warn(list, entry, GATEWAY_CATALOG_WARN_USAGE))
        return;
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "few uses of a model are left");
    record_log_add(&log, "identifier", model_list_get(list, entry).identifier);
    record_log_add_u64(&log, "usage_left", (uint64_t)model_quota_left(list, entry));
    record_log_end(&log, g->settings->log_level);
}

static void mark_dirty(struct gateway *g, int catalog)
{
    g->catalogs.dirty[catalog] = true;
    gateway_state_touch(g);
}

void gateway_catalog_spend(struct gateway *g, int provider, struct span identifier)
{
    int catalog = g->catalogs.of_provider[provider];
    if (catalog == MODEL_CATALOG_NONE)
        return;
    struct model_list *list = model_catalog_list_mut(&g->catalogs.models, catalog);
    int entry = model_quota_spend(list, identifier);
    if (entry == MODEL_NONE)
        return;
    warn_when_low(g, catalog, entry);
    mark_dirty(g, catalog);
}

/* Models in use are those that the configuration names. */
static void warn_of_all(struct gateway *g, int catalog)
{
    const struct model_list *list = model_catalog_list(&g->catalogs.models, catalog);
    int first = GATEWAY_ERA_FIRST(gateway_now(g));
    for (int i = 0; i < g->settings->provider_count; i++) {
        struct span name = span_of(g->settings->providers[i].model_name);
        if (name.len > 0 && g->catalogs.of_provider[first + i] == catalog)
            warn_when_low(g, catalog,
                          model_list_find(list, model_names_map(g->settings, name)));
    }
}

/* ---- fetching ---- */

/* The catalog whose list is to be fetched first, and when: MODEL_CATALOG_NONE, UINT64_MAX: none. */
static int next_due(const struct gateway *g, uint64_t *due_us)
{
    int first = MODEL_CATALOG_NONE;
    *due_us = UINT64_MAX;
    for (int i = 0; i < LIMIT_CATALOGS; i++) {
        if (!in_use(g, i))
            continue;
        uint64_t own_us = model_catalog_due_us(&g->catalogs.models, i);
        if (own_us < *due_us) {
            first = i;
            *due_us = own_us;
        }
    }
    return first;
}

uint64_t gateway_catalog_due_us(const struct gateway *g)
{
    uint64_t due_us;
    bool free_fetch = false;
    for (int i = 0; i < LIMIT_CATALOG_BUILDS; i++)
        free_fetch |= g->catalogs.fetches[i].catalog == MODEL_CATALOG_NONE;
    next_due(g, &due_us);
    return free_fetch && !g->stopping ? due_us : UINT64_MAX;
}

static void begin_fetch(struct gateway *g, int number, int catalog)
{
    struct gateway_fetch *fetch = &g->catalogs.fetches[number];
    int exchange = LIMIT_REQUESTS + number;
    if (model_catalog_begin(&g->catalogs.models, catalog) != RESULT_DONE)
        return;
    int16_t asker = g->catalogs.asker[catalog];
    fetch->catalog = (int16_t)catalog;
    fetch->provider = asker;
    fetch->end_us = g->now_us + GATEWAY_CATALOG_FETCH_MS * 1000u;
    model_feed_init(&fetch->feed, model_catalog_building(&g->catalogs.models, catalog),
                    &g->scratch.tokens, LIMIT_WINDOW_BYTES);
    struct provider_call *call = &g->exchanges[exchange].call;
    *call = (struct provider_call){.provider = gateway_provider(g, asker)};
    gateway_state_identify(g, call);
    struct gateway_failure failure;
    if (!gateway_exchange_begin(g, exchange, 0, &failure))
        gateway_catalog_failed(g, number, &failure);
}

void gateway_catalog_run(struct gateway *g)
{
    for (int i = 0; i < LIMIT_CATALOG_BUILDS && !g->stopping; i++) {
        if (g->catalogs.fetches[i].catalog != MODEL_CATALOG_NONE)
            continue;
        uint64_t due_us;
        int catalog = next_due(g, &due_us);
        if (g->now_us < due_us)
            return;
        begin_fetch(g, i, catalog);
    }
}

/* The fetch is over. */
static void release(struct gateway *g, int number)
{
    int exchange = LIMIT_REQUESTS + number;
    gateway_exchange_drop(g, exchange);
    timers_clear(&g->exchange_timers, exchange);
    queue_remove(&g->exchange_run, exchange);
    queue_remove(&g->page_wait, exchange);
    g->catalogs.fetches[number].catalog = MODEL_CATALOG_NONE;
}

static void log_model(const struct gateway *g, const struct model_item *model)
{
    struct record_log log;
    record_log_begin(&log, PORT_LOG_INFO, "model");
    record_log_add(&log, "identifier", model->identifier);
    record_log_add(&log, "name", model->name);
    if (model->type_text.len > 0)
        record_log_add(&log, "type", model->type_text);
    if (model->usage_left != MODEL_USAGE_UNTOLD)
        record_log_add_u64(&log, "usage_left", (uint64_t)model->usage_left);
    if (model->is_new)
        record_log_add_str(&log, "new", "true");
    record_log_end(&log, g->settings->log_level);
}

/* A first list is told model by model, later ones in one line. */
static void log_list(struct gateway *g, int catalog)
{
    const struct model_list *list = model_catalog_list(&g->catalogs.models, catalog);
    bool first = !g->catalogs.told[catalog];
    struct record_log log;
    record_log_begin(&log, first ? PORT_LOG_INFO : PORT_LOG_DEBUG, "models discovered");
    record_log_add_u64(&log, "count", list->count);
    record_log_add_u64(&log, "left_out", list->left_out);
    record_log_add_u64(&log, "skipped", list->skipped);
    record_log_add_str(&log, "host",
                       gateway_provider(g, g->catalogs.asker[catalog])->url.host);
    record_log_end(&log, g->settings->log_level);
    for (uint32_t i = 0; first && i < list->count && i < GATEWAY_CATALOG_LOG_MODELS; i++) {
        struct model_item item = model_list_get(list, (int)i);
        log_model(g, &item);
    }
    g->catalogs.told[catalog] = true;
}

static void commit(struct gateway *g, int number)
{
    int catalog = g->catalogs.fetches[number].catalog;
    model_catalog_commit(&g->catalogs.models, catalog, g->now_us, port_wall_ms());
    release(g, number);
    log_list(g, catalog);
    warn_of_all(g, catalog);
    mark_dirty(g, catalog);
    gateway_try_list_came(g);
}

/* ---- from the exchange ---- */

enum result gateway_catalog_head(struct gateway *g, int number)
{
    (void)g;
    (void)number;
    return RESULT_DONE; /* the feed judges what comes, whatever its content type */
}

enum result gateway_catalog_body(struct gateway *g, int number)
{
    struct gateway_fetch *fetch = &g->catalogs.fetches[number];
    int exchange = LIMIT_REQUESTS + number;
    bool ended = g->exchanges[exchange].state == GATEWAY_EXCHANGE_ENDED;
    size_t len;
    size_t used;
    char *window = gateway_exchange_window(g, exchange, &len);
    enum result result = model_feed_take(&fetch->feed, (struct span){window, len}, &used);
    gateway_exchange_use(g, exchange, used);
    if (result != RESULT_FAULT && ended)
        result = model_feed_end(&fetch->feed);
    if (result == RESULT_FAULT) {
        gateway_exchange_unusable(g, exchange, model_feed_fault_text(fetch->feed.fault));
        return RESULT_FAULT;
    }
    if (!ended)
        return RESULT_DONE;
    commit(g, number);
    return RESULT_FAULT;
}

void gateway_catalog_failed(struct gateway *g, int number, const struct gateway_failure *failure)
{
    int catalog = g->catalogs.fetches[number].catalog;
    ASSERT(catalog != MODEL_CATALOG_NONE);
    model_catalog_abort(&g->catalogs.models, catalog, g->now_us);
    release(g, number);
    bool stale = model_catalog_list(&g->catalogs.models, catalog) != NULL;
    struct record_log log;
    record_log_begin(&log, PORT_LOG_WARN, "the model list cannot be had");
    record_log_add_str(&log, "instead",
                       stale ? "the last good list, stale" : "requests go through unchecked");
    gateway_failure_log(&log, failure);
    record_log_end(&log, g->settings->log_level);
    gateway_try_list_came(g);
}

bool gateway_catalog_yield(struct gateway *g)
{
    for (int i = 0; i < LIMIT_CATALOG_BUILDS; i++) {
        const struct gateway_exchange *exchange = &g->exchanges[LIMIT_REQUESTS + i];
        if (g->catalogs.fetches[i].catalog == MODEL_CATALOG_NONE ||
            exchange->upstream == GATEWAY_UPSTREAM_NONE)
            continue;
        struct gateway_failure failure;
        gateway_failure_own(&failure, exchange->call.provider->url.host,
                            "a chat needed the connection");
        gateway_catalog_failed(g, i, &failure);
        return true;
    }
    return false;
}

void gateway_catalog_fetch_run(struct gateway *g, int number)
{
    const struct gateway_fetch *fetch = &g->catalogs.fetches[number];
    int exchange = LIMIT_REQUESTS + number;
    gateway_exchange_run(g, exchange);
    if (fetch->catalog == MODEL_CATALOG_NONE)
        return;
    uint64_t phase_us = g->exchanges[exchange].phase_us;
    timers_set(&g->exchange_timers, exchange, phase_us < fetch->end_us ? phase_us : fetch->end_us);
}

void gateway_catalog_fetch_due(struct gateway *g, int number)
{
    int exchange = LIMIT_REQUESTS + number;
    bool total = g->now_us >= g->catalogs.fetches[number].end_us;
    gateway_exchange_timeout(g, exchange,
                             total ? GATEWAY_PHASE_TOTAL : g->exchanges[exchange].phase);
}

/* ---- a new era ---- */

/* The last user of it has left: what is being fetched for it is of no use. */
static void end_catalog(struct gateway *g, int catalog)
{
    for (int i = 0; i < LIMIT_CATALOG_BUILDS; i++)
        if (g->catalogs.fetches[i].catalog == catalog)
            release(g, i);
    model_catalog_close(&g->catalogs.models, catalog);
    g->catalogs.dirty[catalog] = true; /* its file is to go */
    g->catalogs.told[catalog] = false;
}

/* Requests that are under way may look into lists that are still used; the others are gone. */
static void leave_catalogs(struct gateway *g, int era)
{
    struct gateway_catalogs *c = &g->catalogs;
    int first = GATEWAY_ERA_FIRST(era);
    for (int i = first; i < first + SETTINGS_PROVIDERS; i++) {
        int catalog = c->of_provider[i];
        if (catalog != MODEL_CATALOG_NONE && c->models.catalogs[catalog].users > 1)
            model_catalog_close(&c->models, catalog);
        else if (catalog != MODEL_CATALOG_NONE)
            end_catalog(g, catalog);
    }
    for (int i = first; i < first + SETTINGS_PROVIDERS; i++)
        if (c->of_provider[i] != MODEL_CATALOG_NONE && !in_use(g, c->of_provider[i]))
            c->of_provider[i] = MODEL_CATALOG_NONE;
}

static void set_ttls(struct gateway *g)
{
    struct gateway_catalogs *c = &g->catalogs;
    int first = GATEWAY_ERA_FIRST(gateway_now(g));
    for (int catalog = 0; catalog < LIMIT_CATALOGS; catalog++) {
        uint32_t ttl_s = UINT32_MAX;
        for (int i = first; i < first + SETTINGS_PROVIDERS; i++)
            if (c->of_provider[i] == catalog && gateway_provider(g, i)->models_ttl_s < ttl_s)
                ttl_s = gateway_provider(g, i)->models_ttl_s;
        if (in_use(g, catalog))
            model_catalog_ttl(&c->models, catalog, ttl_s);
    }
}

void gateway_catalog_move(struct gateway *g, int before)
{
    int first = GATEWAY_ERA_FIRST(gateway_now(g));
    for (int i = first; i < first + SETTINGS_PROVIDERS; i++)
        g->catalogs.of_provider[i] = MODEL_CATALOG_NONE;
    open_catalogs(g);
    leave_catalogs(g, before);
    open_catalogs(g); /* for whom there was no room before */
    set_ttls(g);
    gateway_try_list_came(g); /* or will not come any more */
}
