/* What the rest of the daemon looks up in the settings; see settings.h. */
#include <string.h>

#include "core/base/assert.h"
#include "core/settings/settings.h"
#include "core/settings/settings_things.h"

int settings_model_find(const struct settings *settings, struct span name)
{
    if (span_equal(name, SPAN("*")))
        return -1;
    return settings_things_find(settings, SETTINGS_THING_MODEL, -1, name);
}

int settings_alias_find(const struct settings *settings, struct span name)
{
    return settings_things_find(settings, SETTINGS_THING_ALIAS, -1, name);
}

int settings_function_find(const struct settings *settings, struct span name)
{
    return settings_things_find(settings, SETTINGS_THING_FUNCTION, -1, name);
}

int settings_shorthand_find(const struct settings *settings, struct span name)
{
    size_t colon = span_find(name, ':');
    struct span vendor = {name.at, colon};
    bool two = span_starts(span_skip(name, colon), SPAN("::")) && name.len > colon + 2;
    for (int i = 0; two && i < settings->shorthand_count; i++) {
        int model = settings->model_count + i;
        if (span_equal(span_of(settings->models[model].name), vendor))
            return model;
    }
    return -1;
}

struct span settings_model_name(const struct settings *settings, int model, struct span asked)
{
    ASSERT(model >= 0 && model < SETTINGS_MODELS);
    bool own = model < settings->model_count && model != settings->wildcard;
    return own ? span_of(settings->models[model].name) : asked;
}

struct span settings_provider_name(const struct settings *settings, int provider, struct span name)
{
    const struct settings_provider *p = &settings->providers[provider];
    if (p->model_name != NULL)
        return span_of(p->model_name);
    if (p->model < settings->model_count)
        return name;
    size_t vendor = strlen(settings->models[p->model].name) + 2;
    ASSERT(name.len > vendor);
    return span_skip(name, vendor);
}

struct span settings_sampling_name(enum settings_sampling sampling)
{
    static const struct span names[SETTINGS_SAMPLINGS] = {
        [SETTINGS_TEMPERATURE] = {"temperature", 11},
        [SETTINGS_TOP_P] = {"top_p", 5},
        [SETTINGS_MAX_TOKENS] = {"max_tokens", 10},
        [SETTINGS_SEED] = {"seed", 4},
        [SETTINGS_PRESENCE_PENALTY] = {"presence_penalty", 16},
        [SETTINGS_FREQUENCY_PENALTY] = {"frequency_penalty", 17},
    };
    ASSERT(sampling < SETTINGS_SAMPLINGS);
    return names[sampling];
}

int settings_route(const struct settings *settings, int model, int n)
{
    ASSERT(model >= 0 && model < settings->model_count + settings->shorthand_count);
    ASSERT(n >= 0 && n < settings->models[model].route_count);
    return settings->routes[settings->models[model].route_first + n];
}

const char *settings_list_next(const char *at)
{
    return at + strlen(at) + 1;
}

bool settings_list_has(const struct settings_list *list, struct span name)
{
    const char *at = list->first;
    for (int i = 0; i < list->count; i++) {
        if (span_equal(span_of(at), name))
            return true;
        if (i + 1 < list->count)
            at = settings_list_next(at);
    }
    return false;
}

bool settings_same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && span_equal(span_of(a), span_of(b));
}

bool settings_same_url(const struct settings_url *a, const struct settings_url *b)
{
    return settings_same_text(a->host, b->host) && settings_same_text(a->path, b->path) &&
           a->port == b->port && a->tls == b->tls;
}
