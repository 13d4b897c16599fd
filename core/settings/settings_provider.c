/* See settings_provider.h. */
#include "core/settings/settings_provider.h"

#include "core/base/assert.h"
#include "core/settings/settings_entries.h"
#include "core/settings/settings_keys.h"
#include "core/settings/settings_old.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_secret.h"
#include "core/settings/settings_things.h"
#include "core/settings/settings_upstream.h"
#include "core/settings/settings_vendor.h"

#define PROVIDER "models.*.providers.*."
#define NOTHING ((struct span){0})

/* One provider in hand. */
struct work {
    struct settings_scratch *scratch;
    struct settings_provider *provider;
    const struct settings_vendor *vendor;
    int index;
};

/* The line of a key, or of the provider's section when the file does not give it. */
static struct settings_spot spot_of(const struct work *work, const char *path)
{
    int line = path == NULL ? 0 : settings_entries_line(work->scratch, path, work->index);
    if (line == 0)
        line = settings_things_line(work->scratch, SETTINGS_THING_PROVIDER, work->index);
    return (struct settings_spot){line, work->index};
}

static bool given(const struct work *work, const char *path)
{
    return settings_entries_line(work->scratch, path, work->index) != 0;
}

/* Keys that mean nothing to a provider of this type. */
static void check_keys(const struct work *work)
{
    const struct settings_scratch *scratch = work->scratch;
    for (int i = 0; i < scratch->entry_count; i++) {
        const struct settings_entry *entry = &scratch->entries[i];
        const struct settings_row *row = settings_keys_row(entry->row);
        bool mine = row->kind == SETTINGS_THING_PROVIDER && entry->thing == work->index;
        bool good = row->protocols == 0 ||
                    (row->protocols & SETTINGS_KEYS_FOR(work->provider->protocol)) != 0;
        if (mine && !good)
            settings_report_fault(work->scratch, (struct settings_spot){entry->line, work->index},
                                  "$ is no key of a provider of the type $",
                                  span_skip(span_of(row->path), sizeof(PROVIDER) - 1),
                                  span_of(work->vendor->type));
    }
}

static void check_name(const struct work *work)
{
    bool wildcard = work->provider->model == work->scratch->settings->wildcard;
    bool has = given(work, PROVIDER "model_name");
    const char *why = NULL;
    if (wildcard && has)
        why = "model_name does not go with the wildcard, whose names the clients choose";
    else if (!wildcard && !has && work->provider->protocol != SETTINGS_LOOPBACK)
        why = "model_name is missing";
    if (why != NULL)
        settings_report_fault(work->scratch, spot_of(work, PROVIDER "model_name"), why, NOTHING,
                              NOTHING);
}

static void take_address(const struct work *work, const char *path, const char **text)
{
    struct settings_spot spot = spot_of(work, path);
    if (*text == NULL && given(work, path))
        return; /* a fault that was reported */
    if (*text == NULL)
        *text = work->vendor->address;
    if (*text == NULL) {
        settings_report_fault(work->scratch, spot, "api_base is missing", NOTHING, NOTHING);
        return;
    }
    const char *why = settings_upstream_take(work->scratch, span_of(*text), &work->provider->url,
                                             text);
    if (why == NULL)
        return;
    bool old = text == &work->provider->api_endpoint &&
               settings_old_endpoint(work->scratch, work->index);
    const char *pattern = old ? "api_endpoint (from API_ENDPOINT): $" : "$: $";
    struct span name = span_skip(span_of(path), sizeof(PROVIDER) - 1);
    settings_report_fault(work->scratch, spot, pattern, old ? span_of(why) : name, span_of(why));
}

static void finish_rust_proxy(const struct work *work)
{
    struct settings_provider *provider = work->provider;
    settings_old_fill(work->scratch, work->index);
    take_address(work, PROVIDER "api_endpoint", &provider->api_endpoint);
    bool key = provider->sign_key != NULL || given(work, PROVIDER "sign_key");
    if (provider->sign == SETTINGS_SIGN_HMAC_SHA256 && !key)
        settings_report_fault(work->scratch, spot_of(work, PROVIDER "sign"),
                              "sign = \"hmac-sha256\" needs sign_key", NOTHING, NOTHING);
}

static void finish_keyed(const struct work *work)
{
    struct settings_provider *provider = work->provider;
    const char *variable = work->vendor->variable;
    take_address(work, PROVIDER "api_base", &provider->api_base);
    if (given(work, PROVIDER "api_key_location"))
        return;
    provider->api_key = settings_secret_variable(work->scratch, variable);
    if (provider->api_key == NULL && !work->vendor->own_server)
        settings_report_fault(work->scratch, spot_of(work, NULL),
                              "the environment variable $ is not set, and there is no "
                              "api_key_location (\"none\" for a service without keys)",
                              span_of(variable), NOTHING);
}

/* What the filter says as a whole. */
static void finish_filter(const struct work *work)
{
    static const char include[] = PROVIDER "model_filter.include_types";
    static const char exclude[] = PROVIDER "model_filter.exclude_types";
    struct settings_filter *filter = &work->provider->filter;
    filter->has_include_types = given(work, include);
    filter->has_min_usage_left = given(work, PROVIDER "model_filter.min_usage_left");
    unsigned left = filter->include_types & ~filter->exclude_types;
    struct settings_spot first = spot_of(work, include);
    struct settings_spot second = spot_of(work, exclude);
    if (filter->include_types != 0 && left == 0)
        settings_report_warn(work->scratch, first.line > second.line ? first : second,
                             "include_types and exclude_types leave no model", NOTHING, NOTHING);
}

static void finish(const struct work *work)
{
    check_keys(work);
    check_name(work);
    finish_filter(work);
    if (work->provider->protocol == SETTINGS_RUST_PROXY)
        finish_rust_proxy(work);
    else if (work->provider->protocol != SETTINGS_LOOPBACK)
        finish_keyed(work);
}

void settings_provider_finish(struct settings_scratch *scratch)
{
    struct settings *settings = scratch->settings;
    for (int i = 0; i < settings->provider_count; i++) {
        struct work work = {scratch, &settings->providers[i], NULL, i};
        if (work.provider->protocol != 0) {
            work.vendor = settings_vendor_find(span_of(work.provider->type));
            finish(&work);
        } else if (!given(&work, PROVIDER "type")) {
            settings_report_fault(scratch, spot_of(&work, NULL), "type is missing", NOTHING,
                                  NOTHING);
        }
    }
    settings_old_warn(scratch);
}

/* A model of the vendor's name, with a provider of the same. False: the address is not usable. */
static bool add_shorthand(struct settings_scratch *scratch, const struct settings_vendor *vendor,
                          const char *key)
{
    struct settings *settings = scratch->settings;
    int number = settings->model_count + settings->shorthand_count;
    struct settings_model *model = &settings->models[number];
    struct settings_provider *provider = &settings->providers[settings->provider_count];
    settings_keys_defaults(SETTINGS_THING_MODEL, model);
    model->name = vendor->type;
    model->route_first = (uint16_t)settings->route_count;
    model->route_count = 1;
    settings_keys_defaults(SETTINGS_THING_PROVIDER, provider);
    provider->name = vendor->type;
    provider->type = vendor->type;
    provider->protocol = vendor->protocol;
    provider->model = number;
    provider->api_key = key;
    settings->routes[settings->route_count] = (uint16_t)settings->provider_count;
    return settings_upstream_take(scratch, span_of(vendor->address), &provider->url,
                                  &provider->api_base) == NULL;
}

void settings_provider_shorthands(struct settings_scratch *scratch)
{
    struct settings *settings = scratch->settings;
    const struct settings_vendor *vendor;
    for (int i = 0; settings->allow_shorthand && (vendor = settings_vendor_at(i)) != NULL; i++) {
        const char *key = vendor->shorthand
                              ? settings_secret_variable(scratch, vendor->variable)
                              : NULL;
        if (key == NULL || settings->shorthand_count >= LIMIT_SHORTHANDS ||
            !add_shorthand(scratch, vendor, key))
            continue;
        settings->shorthand_count++;
        settings->provider_count++;
        settings->route_count++;
    }
}
