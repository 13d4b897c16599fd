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

int settings_shorthand_find(const struct settings *settings, struct span vendor)
{
    for (int i = 0; i < settings->shorthand_count; i++)
        if (span_equal(span_of(settings->shorthands[i].type), vendor))
            return i;
    return -1;
}

int settings_route(const struct settings *settings, int model, int n)
{
    ASSERT(model >= 0 && model < settings->model_count);
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
