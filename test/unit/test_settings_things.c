/* settings_things: what sections and dotted keys make, where it begins, and full pools. */
#include "core/settings/settings_things.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static struct settings_scratch *scratch;

static struct settings_thing enter(int line, const char *text, bool header)
{
    struct settings_path path = {.count = 0};
    CU_ASSERT_PTR_NULL(settings_path_add(&path, span_of(text)));
    scratch->now.number = line;
    return settings_things_enter(scratch, &path, header);
}

static void paths_and_their_things(void)
{
    static const struct {
        const char *path;
        bool header;
        enum settings_kind kind;
        int index;
    } rows[] = {
        {"gateway.limits", true, SETTINGS_THING_ROOT, 0},
        {"models", true, SETTINGS_THING_ROOT, 0},
        {"models.a", true, SETTINGS_THING_MODEL, 0},
        {"models.b.providers.p", true, SETTINGS_THING_PROVIDER, 0},
        {"models.a.providers.p", true, SETTINGS_THING_PROVIDER, 1},
        {"models.b.providers.p.model_filter", true, SETTINGS_THING_PROVIDER, 0},
        {"models.b.providers", true, SETTINGS_THING_MODEL, 1},
        {"models.b.timeouts.streaming.ttft_ms", false, SETTINGS_THING_MODEL, 1},
        {"functions.f.variants.v", true, SETTINGS_THING_VARIANT, 0},
        {"functions.f.type", false, SETTINGS_THING_FUNCTION, 0},
        {"functions.g.variants.v.model", false, SETTINGS_THING_VARIANT, 1},
        {"keys.k.secret", false, SETTINGS_THING_KEY, 0},
        {"aliases.x", false, SETTINGS_THING_ALIAS, 0},
        {"aliases.y", false, SETTINGS_THING_ALIAS, 1},
        {"friendly_names.x", false, SETTINGS_THING_FRIENDLY, 0},
        {"aliases.x", false, SETTINGS_THING_ALIAS, 0},
    };
    scratch = unit_settings_fresh();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_thing thing = enter((int)i + 1, rows[i].path, rows[i].header);
        CU_ASSERT_EQUAL(thing.kind, rows[i].kind);
        CU_ASSERT_EQUAL(thing.index, rows[i].index);
    }
    const struct settings *settings = unit_settings();
    CU_ASSERT_EQUAL(settings->model_count, 2);
    CU_ASSERT_STRING_EQUAL(settings->models[1].name, "b");
    CU_ASSERT_EQUAL(settings->models[1].retries, 1);
    CU_ASSERT_EQUAL(settings->provider_count, 2);
    CU_ASSERT_EQUAL(settings->providers[0].model, 1);
    CU_ASSERT_EQUAL(settings->providers[1].model, 0);
    CU_ASSERT_EQUAL(settings->variants[1].function, 1);
    CU_ASSERT_EQUAL(settings->key_count, 1);
    CU_ASSERT_EQUAL(settings->alias_count, 2);
    CU_ASSERT_EQUAL(settings_things_find(settings, SETTINGS_THING_PROVIDER, 0, SPAN("p")), 1);
    CU_ASSERT_EQUAL(settings_things_find(settings, SETTINGS_THING_PROVIDER, 2, SPAN("p")), -1);
    CU_ASSERT_EQUAL(settings_things_find(settings, SETTINGS_THING_MODEL, -1, SPAN("B")), -1);
    CU_ASSERT_PTR_EQUAL(settings_things_at(scratch->settings, SETTINGS_THING_ALIAS, 1),
                        &settings->aliases[1]);
    CU_ASSERT_PTR_EQUAL(settings_things_at(scratch->settings, SETTINGS_THING_ROOT, 0), settings);
}

/* The own header counts, be it the first mention or not; of two the first. */
static void where_a_thing_begins(void)
{
    scratch = unit_settings_fresh();
    (void)enter(3, "models.m.providers.p.type", false);
    CU_ASSERT_EQUAL(settings_things_line(scratch, SETTINGS_THING_MODEL, 0), 3);
    (void)enter(5, "models.m.providers.p.model_filter", true);
    CU_ASSERT_EQUAL(settings_things_line(scratch, SETTINGS_THING_PROVIDER, 0), 3);
    (void)enter(7, "models.m.providers.p", true);
    CU_ASSERT_EQUAL(settings_things_line(scratch, SETTINGS_THING_PROVIDER, 0), 7);
    (void)enter(9, "models.m.providers.p", true);
    CU_ASSERT_EQUAL(settings_things_line(scratch, SETTINGS_THING_PROVIDER, 0), 7);
    CU_ASSERT_EQUAL(settings_things_line(scratch, SETTINGS_THING_MODEL, 0), 3);
    (void)enter(11, "models.m", true);
    CU_ASSERT_EQUAL(settings_things_line(scratch, SETTINGS_THING_MODEL, 0), 11);
}

static void full_pools(void)
{
    static const struct {
        const char *pattern;
        int cap;
        const char *what;
    } rows[] = {
        {"models.m%d", LIMIT_MODELS, "models"},
        {"models.m.providers.p%d", LIMIT_PROVIDERS, "providers"},
        {"functions.f%d", LIMIT_FUNCTIONS, "functions"},
        {"functions.f.variants.v%d", LIMIT_VARIANTS, "variants"},
        {"keys.k%d", LIMIT_KEYS, "keys"},
        {"aliases.a%d", LIMIT_ALIASES, "aliases"},
        {"friendly_names.n%d", LIMIT_FRIENDLY_NAMES, "friendly names"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[64];
        scratch = unit_settings_fresh();
        for (int n = 0; n < rows[i].cap + 2; n++) {
            (void)snprintf(path, sizeof(path), rows[i].pattern, n);
            CU_ASSERT_EQUAL(enter(n + 1, path, false).index, n < rows[i].cap ? n : -1);
        }
        CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
        CU_ASSERT_TRUE(unit_settings_fault(rows[i].cap + 1, rows[i].what));
        (void)snprintf(path, sizeof(path), rows[i].pattern, 0);
        CU_ASSERT_EQUAL(enter(1, path, false).index, 0);
    }
}

static const struct unit_test tests[] = {
    {"paths and their things", paths_and_their_things},
    {"where a thing begins", where_a_thing_begins},
    {"full pools", full_pools},
};

UNIT_MAIN("settings_things", tests)
