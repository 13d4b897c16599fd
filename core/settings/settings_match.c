/* See settings_match.h. */
#include "core/settings/settings_match.h"

#include "core/base/assert.h"
#include "core/settings/settings_keys.h"
#include "core/settings/settings_near.h"

/* What a TensorZero file may carry besides; '*' stands for a name. */
static const char *const ignored[] = {
    "metrics",
    "tools",
    "evaluations",
    "object_storage",
    "postgres",
    "functions.*.system_schema",
    "functions.*.user_schema",
    "functions.*.assistant_schema",
    "functions.*.output_schema",
    "functions.*.schemas",
    "functions.*.description",
    "functions.*.tools",
    "functions.*.tool_choice",
    "functions.*.parallel_tool_calls",
    "functions.*.variants.*.system_template",
    "functions.*.variants.*.user_template",
    "functions.*.variants.*.assistant_template",
    "functions.*.variants.*.templates",
    "functions.*.variants.*.input_wrappers",
    "functions.*.variants.*.json_mode",
};

#define IGNORED (sizeof(ignored) / sizeof(ignored[0]))

static struct span first_part(struct span pattern)
{
    return (struct span){pattern.at, span_find(pattern, '.')};
}

static bool any_name(struct span part)
{
    return span_equal(part, SPAN("*"));
}

/* How many parts of path agree with the pattern, from the front; *rest is what the pattern has
 * behind them. */
static int agree(const char *pattern, const struct settings_path *path, struct span *rest)
{
    int parts = 0;
    *rest = span_of(pattern);
    while (parts < path->count && rest->len > 0) {
        struct span part = first_part(*rest);
        if (!any_name(part) && !span_equal(part, settings_path_part(path, parts)))
            break;
        *rest = span_skip(*rest, part.len < rest->len ? part.len + 1 : part.len);
        parts++;
    }
    return parts;
}

int settings_match_key(const struct settings_path *path)
{
    const struct settings_row *row;
    struct span rest;
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++)
        if (agree(row->path, path, &rest) == path->count && rest.len == 0)
            return i;
    return -1;
}

bool settings_match_section(const struct settings_path *path)
{
    const struct settings_row *row;
    struct span rest;
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++)
        if (agree(row->path, path, &rest) == path->count && rest.len > 0)
            return true;
    return false;
}

struct span settings_match_ignored(const struct settings_path *path)
{
    struct span rest;
    for (size_t i = 0; i < IGNORED; i++) {
        (void)agree(ignored[i], path, &rest);
        if (rest.len > 0)
            continue;
        struct span name = span_of(ignored[i]);
        while (span_find(name, '.') < name.len)
            name = span_skip(name, span_find(name, '.') + 1);
        return name;
    }
    return (struct span){0};
}

/* Whether part i of the pattern stands for a name. */
static bool name_at(const char *pattern, int i)
{
    struct span rest = span_of(pattern);
    for (; i > 0 && rest.len > 0; i--) {
        size_t len = first_part(rest).len;
        rest = span_skip(rest, len < rest.len ? len + 1 : len);
    }
    return any_name(first_part(rest));
}

struct settings_miss settings_match_miss(const struct settings_path *path)
{
    struct settings_miss miss = {0};
    const struct settings_row *row;
    struct span rest;
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++) {
        int parts = agree(row->path, path, &rest);
        miss.part = parts > miss.part ? parts : miss.part;
    }
    if (miss.part == path->count)
        return miss;
    struct settings_near near = settings_near_begin(settings_path_part(path, miss.part));
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++) {
        if (agree(row->path, path, &rest) != miss.part)
            continue;
        miss.behind_name = miss.behind_name || (miss.part > 0 && name_at(row->path, miss.part - 1));
        if (rest.len > 0)
            settings_near_offer(&near, first_part(rest));
    }
    miss.near = near.best;
    return miss;
}
