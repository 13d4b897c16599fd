/* See settings_things.h. */
#include "core/settings/settings_things.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/settings/settings_keys.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_store.h"

#define NO_PARENT SIZE_MAX

/* Where the things of a kind are kept. */
struct pool {
    size_t things; /* in struct settings */
    size_t size;   /* of one */
    size_t count;  /* in struct settings */
    size_t name;   /* in the thing */
    size_t parent; /* in the thing */
    size_t places; /* in struct settings_scratch */
    int cap;
    const char *full;
};

#define POOL(type, array, counter, parent, cap, full)                                              \
    {                                                                                              \
        offsetof(struct settings, array), sizeof(struct type), offsetof(struct settings, counter), \
            offsetof(struct type, name), parent, offsetof(struct settings_scratch, array), cap,    \
            full                                                                                   \
    }

static const struct pool pools[SETTINGS_THINGS] = {
    [SETTINGS_THING_MODEL] = POOL(settings_model, models, model_count, NO_PARENT, LIMIT_MODELS,
                                  "more models than this box has room for"),
    [SETTINGS_THING_PROVIDER] =
        POOL(settings_provider, providers, provider_count,
             offsetof(struct settings_provider, model), LIMIT_PROVIDERS,
             "more providers than this box has room for"),
    [SETTINGS_THING_FUNCTION] = POOL(settings_function, functions, function_count, NO_PARENT,
                                     LIMIT_FUNCTIONS, "more functions than this box has room for"),
    [SETTINGS_THING_VARIANT] =
        POOL(settings_variant, variants, variant_count, offsetof(struct settings_variant, function),
             LIMIT_VARIANTS, "more variants than this box has room for"),
    [SETTINGS_THING_KEY] = POOL(settings_key, keys, key_count, NO_PARENT, LIMIT_KEYS,
                                "more keys of clients than this box has room for"),
    [SETTINGS_THING_ALIAS] = POOL(settings_alias, aliases, alias_count, NO_PARENT, LIMIT_ALIASES,
                                  "more aliases than this box has room for"),
    [SETTINGS_THING_FRIENDLY] =
        POOL(settings_friendly_name, friendly_names, friendly_name_count, NO_PARENT,
             LIMIT_FRIENDLY_NAMES, "more friendly names than this box has room for"),
};

/* Which names stand where in a path. */
static const struct {
    const char *root;
    enum settings_kind outer; /* the second part */
    const char *middle;
    enum settings_kind inner; /* the fourth, when middle is the third */
} trees[] = {
    {"models", SETTINGS_THING_MODEL, "providers", SETTINGS_THING_PROVIDER},
    {"functions", SETTINGS_THING_FUNCTION, "variants", SETTINGS_THING_VARIANT},
    {"keys", SETTINGS_THING_KEY, NULL, SETTINGS_THING_ROOT},
    {"aliases", SETTINGS_THING_ALIAS, NULL, SETTINGS_THING_ROOT},
    {"friendly_names", SETTINGS_THING_FRIENDLY, NULL, SETTINGS_THING_ROOT},
};

static int read_int(const void *base, size_t at)
{
    int value;
    memcpy(&value, (const unsigned char *)base + at, sizeof(value));
    return value;
}

static void write_int(void *base, size_t at, int value)
{
    memcpy((unsigned char *)base + at, &value, sizeof(value));
}

void *settings_things_at(struct settings *settings, enum settings_kind kind, int index)
{
    const struct pool *pool = &pools[kind];
    if (kind == SETTINGS_THING_ROOT)
        return settings;
    ASSERT(index >= 0 && index < pool->cap);
    return (unsigned char *)settings + pool->things + pool->size * (size_t)index;
}

int settings_things_find(const struct settings *settings, enum settings_kind kind, int parent,
                         struct span name)
{
    const struct pool *pool = &pools[kind];
    const unsigned char *thing = (const unsigned char *)settings + pool->things;
    int count = read_int(settings, pool->count);
    for (int i = 0; i < count; i++, thing += pool->size) {
        const char *its_name;
        memcpy(&its_name, thing + pool->name, sizeof(its_name));
        bool its_parent = pool->parent == NO_PARENT || read_int(thing, pool->parent) == parent;
        if (its_parent && span_equal(span_of(its_name), name))
            return i;
    }
    return -1;
}

static struct settings_place *place_of(struct settings_scratch *scratch, enum settings_kind kind,
                                       int index)
{
    unsigned char *places = (unsigned char *)scratch + pools[kind].places;
    return (struct settings_place *)(void *)places + index;
}

int settings_things_line(const struct settings_scratch *scratch, enum settings_kind kind, int index)
{
    const unsigned char *places = (const unsigned char *)scratch + pools[kind].places;
    ASSERT(kind != SETTINGS_THING_ROOT && index >= 0 && index < pools[kind].cap);
    return ((const struct settings_place *)(const void *)places + index)->line;
}

static int make(struct settings_scratch *scratch, enum settings_kind kind, int parent,
                struct span name)
{
    const struct pool *pool = &pools[kind];
    struct settings *settings = scratch->settings;
    int index = read_int(settings, pool->count);
    if (index == pool->cap) {
        if (!scratch->full[kind])
            settings_report_fault(scratch, settings_report_here(scratch), pool->full, name, name);
        scratch->full[kind] = true;
        return -1;
    }
    const char *kept = settings_store_add(scratch, name);
    if (kept == NULL)
        return -1;
    void *thing = settings_things_at(settings, kind, index);
    memset(thing, 0, pool->size);
    memcpy((unsigned char *)thing + pool->name, &kept, sizeof(kept));
    if (pool->parent != NO_PARENT)
        write_int(thing, pool->parent, parent);
    settings_keys_defaults(kind, thing);
    write_int(settings, pool->count, index + 1);
    *place_of(scratch, kind, index) = (struct settings_place){0};
    return index;
}

static int enter(struct settings_scratch *scratch, struct settings_thing outer, struct span name,
                 bool header)
{
    int index = settings_things_find(scratch->settings, outer.kind, outer.index, name);
    if (index < 0)
        index = make(scratch, outer.kind, outer.index, name);
    if (index < 0)
        return -1;
    struct settings_place *place = place_of(scratch, outer.kind, index);
    if (place->line == 0 || (header && !place->by_section))
        *place = (struct settings_place){scratch->now.number, header};
    return index;
}

struct settings_thing settings_things_enter(struct settings_scratch *scratch,
                                            const struct settings_path *path, bool header)
{
    struct settings_thing thing = {SETTINGS_THING_ROOT, 0};
    size_t tree = 0;
    ASSERT(path->count > 0);
    while (tree < sizeof(trees) / sizeof(trees[0]) &&
           !span_equal(settings_path_part(path, 0), span_of(trees[tree].root)))
        tree++;
    if (tree == sizeof(trees) / sizeof(trees[0]) || path->count < 2)
        return thing;
    struct settings_thing wanted = {trees[tree].outer, -1};
    wanted.index = enter(scratch, wanted, settings_path_part(path, 1), header && path->count == 2);
    if (wanted.index < 0 || trees[tree].middle == NULL || path->count < 4)
        return wanted;
    if (!span_equal(settings_path_part(path, 2), span_of(trees[tree].middle)))
        return wanted;
    struct settings_thing inner = {trees[tree].inner, wanted.index};
    inner.index = enter(scratch, inner, settings_path_part(path, 3), header && path->count == 4);
    return inner;
}
