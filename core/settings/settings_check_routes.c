/* See settings_check_routes.h. */
#include "core/settings/settings_check_routes.h"

#include "core/base/assert.h"
#include "core/settings/settings_entries.h"
#include "core/settings/settings_near.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_things.h"

#define NOTHING ((struct span){0})

static void add_route(struct settings *settings, int model, int provider)
{
    ASSERT(settings->route_count < LIMIT_PROVIDERS);
    settings->routes[settings->route_count++] = (uint16_t)provider;
    settings->models[model].route_count++;
}

static bool routed(const struct settings *settings, int model, int provider)
{
    for (int n = 0; n < settings->models[model].route_count; n++)
        if (settings_route(settings, model, n) == provider)
            return true;
    return false;
}

/* The name of the model's provider that was probably meant. */
static struct span near_provider(const struct settings *settings, int model, struct span name)
{
    struct settings_near near = settings_near_begin(name);
    for (int i = 0; i < settings->provider_count; i++)
        if (settings->providers[i].model == model)
            settings_near_offer(&near, span_of(settings->providers[i].name));
    return near.best;
}

static void route_by_name(struct settings_scratch *scratch, int model, struct span name)
{
    struct settings *settings = scratch->settings;
    struct settings_spot spot = {settings_entries_line(scratch, "models.*.routing", model), -1};
    int provider = settings_things_find(settings, SETTINGS_THING_PROVIDER, model, name);
    if (provider < 0)
        settings_report_fault(scratch, spot,
                              "routing: the model has no provider \"$\"|; did you mean \"$\"?",
                              name, near_provider(settings, model, name));
    else if (routed(settings, model, provider))
        settings_report_fault(scratch, spot, "routing names \"$\" twice", name, NOTHING);
    else
        add_route(settings, model, provider);
}

static void route_listed(struct settings_scratch *scratch, int model)
{
    const struct settings_list *names = &scratch->routing[model];
    const char *name = names->first;
    for (int i = 0; i < names->count; i++) {
        route_by_name(scratch, model, span_of(name));
        if (i + 1 < names->count)
            name = settings_list_next(name);
    }
}

/* Providers that the routing leaves out are never asked; without routing all are, in file order. */
static void route_others(struct settings_scratch *scratch, int model, bool listed)
{
    struct settings *settings = scratch->settings;
    int names = scratch->routing[model].count;
    bool good = names > 0 && names == settings->models[model].route_count;
    for (int i = 0; i < settings->provider_count; i++) {
        if (settings->providers[i].model != model || routed(settings, model, i))
            continue;
        struct settings_spot spot = {settings_things_line(scratch, SETTINGS_THING_PROVIDER, i), i};
        if (listed && good)
            settings_report_warn(scratch, spot, "the provider is not in its model's routing: it is "
                                                "never asked",
                                 NOTHING, NOTHING);
        else if (!listed)
            add_route(settings, model, i);
    }
}

static void route(struct settings_scratch *scratch, int model)
{
    struct settings *settings = scratch->settings;
    bool listed = settings_entries_line(scratch, "models.*.routing", model) != 0;
    settings->models[model].route_first = (uint16_t)settings->route_count;
    route_listed(scratch, model);
    route_others(scratch, model, listed);
    struct settings_spot spot = {settings_things_line(scratch, SETTINGS_THING_MODEL, model), -1};
    if (!listed && settings->models[model].route_count == 0)
        settings_report_fault(scratch, spot, "the model has no provider: write "
                                             "[models.NAME.providers.NAME]",
                              NOTHING, NOTHING);
}

void settings_check_routes(struct settings_scratch *scratch)
{
    struct settings *settings = scratch->settings;
    settings->wildcard = settings_things_find(settings, SETTINGS_THING_MODEL, -1, SPAN("*"));
    for (int model = 0; model < settings->model_count; model++)
        route(scratch, model);
}
