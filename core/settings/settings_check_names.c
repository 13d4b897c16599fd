/* See settings_check_names.h. */
#include "core/settings/settings_check_names.h"

#include "core/base/assert.h"
#include "core/settings/settings_entries.h"
#include "core/settings/settings_near.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_things.h"
#include "core/settings/settings_vendor.h"

#define NOTHING ((struct span){0})
#define NOWHERE (-1)

static struct span near_model(const struct settings *settings, struct span name)
{
    struct settings_near near = settings_near_begin(name);
    for (int i = 0; i < settings->model_count; i++)
        if (i != settings->wildcard)
            settings_near_offer(&near, span_of(settings->models[i].name));
    return near.best;
}

static void no_model(struct settings_scratch *scratch, struct settings_spot spot, struct span name)
{
    settings_report_fault(scratch, spot, "there is no model \"$\"|; did you mean \"$\"?", name,
                          near_model(scratch->settings, name));
}

/* ---- aliases ---- */

static void check_alias(struct settings_scratch *scratch, int index)
{
    struct settings *settings = scratch->settings;
    struct settings_alias *alias = &settings->aliases[index];
    const char *target = scratch->alias_models[index];
    struct settings_spot spot = {settings_things_line(scratch, SETTINGS_THING_ALIAS, index), -1};
    if (settings_model_find(settings, span_of(alias->name)) >= 0)
        settings_report_fault(scratch, spot, "the alias \"$\" has the name of a model",
                              span_of(alias->name), NOTHING);
    if (target == NULL)
        return; /* a fault that was reported */
    alias->model = settings_model_find(settings, span_of(target));
    if (alias->model < 0)
        no_model(scratch, spot, span_of(target));
}

/* ---- functions ---- */

/* The model that a variant names, or NOWHERE: the fault is reported. */
static int resolve(struct settings_scratch *scratch, struct settings_spot spot, struct span name)
{
    const struct settings *settings = scratch->settings;
    const struct settings_vendor *vendor = settings_vendor_of(name);
    int model = settings_model_find(settings, name);
    int alias = settings_alias_find(settings, name);
    if (model >= 0 || alias >= 0)
        return model >= 0 ? model : settings->aliases[alias].model;
    int shorthand = settings_shorthand_find(settings, name);
    if (shorthand >= 0)
        return shorthand;
    if (vendor != NULL) {
        const char *pattern = settings->allow_shorthand
                                  ? "\"$\" needs the environment variable $, which is not set"
                                  : "\"$\" needs [gateway] allow_shorthand = true";
        settings_report_fault(scratch, spot, pattern, name, span_of(vendor->variable));
        return NOWHERE;
    }
    if (settings->wildcard >= 0)
        return settings->wildcard;
    no_model(scratch, spot, name);
    return NOWHERE;
}

/* A variant's temperature and the like are told to services that have a word for them. */
static void check_sampling(struct settings_scratch *scratch, int index)
{
    const struct settings *settings = scratch->settings;
    const struct settings_variant *variant = &settings->variants[index];
    struct settings_spot spot = {settings_things_line(scratch, SETTINGS_THING_VARIANT, index), -1};
    bool any = false;
    for (int i = 0; i < SETTINGS_SAMPLINGS; i++)
        any = any || variant->sampling[i] != NULL;
    int routes = any && variant->model >= 0 ? settings->models[variant->model].route_count : 0;
    for (int i = 0; i < routes; i++) {
        const struct settings_provider *p =
            &settings->providers[settings_route(settings, variant->model, i)];
        if (p->protocol == SETTINGS_RUST_PROXY || p->protocol == SETTINGS_LOOPBACK)
            settings_report_warn(scratch, spot, "the variant's sampling keys mean nothing to the "
                                                "provider \"$\" of the type $",
                                 span_of(p->name), span_of(p->type));
    }
}

static void check_variant(struct settings_scratch *scratch, int index)
{
    struct settings_variant *variant = &scratch->settings->variants[index];
    int line = settings_entries_line(scratch, "functions.*.variants.*.model", index);
    struct settings_spot spot = {line, -1};
    if (line == 0) {
        spot.line = settings_things_line(scratch, SETTINGS_THING_VARIANT, index);
        settings_report_fault(scratch, spot, "model is missing", NOTHING, NOTHING);
    }
    variant->model = NOWHERE;
    if (variant->model_name != NULL)
        variant->model = resolve(scratch, spot, span_of(variant->model_name));
    check_sampling(scratch, index);
}

static void check_function(struct settings_scratch *scratch, int index)
{
    const struct settings *settings = scratch->settings;
    int variants = 0;
    for (int i = 0; i < settings->variant_count; i++)
        variants += settings->variants[i].function == index;
    struct settings_spot spot = {settings_things_line(scratch, SETTINGS_THING_FUNCTION, index), -1};
    if (variants == 0)
        settings_report_warn(scratch, spot, "the function \"$\" has no variant, and so no model",
                             span_of(settings->functions[index].name), NOTHING);
}

/* ---- keys ---- */

static void check_secret(struct settings_scratch *scratch, int index)
{
    const struct settings *settings = scratch->settings;
    int secret = settings_entries_line(scratch, "keys.*.secret", index);
    int sha256 = settings_entries_line(scratch, "keys.*.sha256", index);
    struct settings_spot spot = {secret > sha256 ? secret : sha256, -1};
    if (secret != 0 && sha256 != 0)
        settings_report_fault(scratch, spot, "secret and sha256: one of them is enough", NOTHING,
                              NOTHING);
    if (secret == 0 && sha256 == 0) {
        spot.line = settings_things_line(scratch, SETTINGS_THING_KEY, index);
        settings_report_fault(scratch, spot, "secret (or sha256) is missing", NOTHING, NOTHING);
        return;
    }
    const struct settings_key *key = &settings->keys[index];
    for (int i = 0; i < index && key->secret != NULL; i++)
        if (span_equal_secret(span_of(key->secret), span_of(settings->keys[i].secret)))
            settings_report_fault(scratch, spot, "the same secret as that of the key \"$\"",
                                  span_of(settings->keys[i].name), NOTHING);
}

/* A key's list is compared with what a client's name leads to, so that an alias means nothing in
 * it. */
static bool may_be_model(const struct settings *settings, struct span name)
{
    bool shorthand = settings->allow_shorthand && settings_vendor_of(name) != NULL;
    return settings->wildcard >= 0 || shorthand || settings_model_find(settings, name) >= 0;
}

static void check_key(struct settings_scratch *scratch, int index)
{
    struct settings *settings = scratch->settings;
    struct settings_key *key = &settings->keys[index];
    struct settings_spot spot = {settings_entries_line(scratch, "keys.*.models", index), -1};
    const char *name = key->models.first;
    key->all_models = spot.line == 0;
    check_secret(scratch, index);
    for (int i = 0; i < key->models.count; i++) {
        if (!may_be_model(settings, span_of(name)))
            no_model(scratch, spot, span_of(name));
        if (i + 1 < key->models.count)
            name = settings_list_next(name);
    }
}

void settings_check_names(struct settings_scratch *scratch)
{
    const struct settings *settings = scratch->settings;
    ASSERT(settings->wildcard < settings->model_count);
    for (int i = 0; i < settings->alias_count; i++)
        check_alias(scratch, i);
    for (int i = 0; i < settings->variant_count; i++)
        check_variant(scratch, i);
    for (int i = 0; i < settings->function_count; i++)
        check_function(scratch, i);
    for (int i = 0; i < settings->key_count; i++)
        check_key(scratch, i);
}
