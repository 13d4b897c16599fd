/* See settings_old.h. */
#include "core/settings/settings_old.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/settings/settings_entries.h"
#include "core/settings/settings_keys.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_store.h"
#include "core/settings/settings_string.h"
#include "core/settings/settings_things.h"

#define PROVIDER "models.*.providers.*."

static const struct {
    const char *variable;
    const char *path;
} olds[] = {
    {"API_ENDPOINT", PROVIDER "api_endpoint"},
    {"DEVICE_ID", PROVIDER "device_id"},
    {"OS_TYPE", PROVIDER "os_type"},
    {"SID", PROVIDER "session_id"},
};

#define OLDS (sizeof(olds) / sizeof(olds[0]))

static const char *value_of(size_t old)
{
    const char *value = port_env(olds[old].variable);
    return value != NULL && *value != 0 ? value : NULL;
}

static void fill(struct settings_scratch *scratch, int provider, size_t old)
{
    struct settings_spot spot = {
        settings_things_line(scratch, SETTINGS_THING_PROVIDER, provider), provider};
    struct span value = span_of(value_of(old));
    if (!settings_string_clean(value)) {
        settings_report_fault(scratch, spot, "the environment variable $ has a control character "
                                             "or bytes that are not UTF-8",
                              span_of(olds[old].variable), SPAN(""));
        return;
    }
    const char *kept = settings_store_add(scratch, value);
    if (kept == NULL)
        return;
    settings_keys_put_text(settings_keys_row(settings_keys_number(olds[old].path)),
                           &scratch->settings->providers[provider], kept);
    if (scratch->old_used == 0)
        scratch->old_line = spot.line;
    scratch->old_used |= 1U << old;
}

void settings_old_fill(struct settings_scratch *scratch, int provider)
{
    ASSERT(scratch->settings->providers[provider].protocol == SETTINGS_RUST_PROXY);
    for (size_t old = 0; old < OLDS; old++)
        if (value_of(old) != NULL && settings_entries_line(scratch, olds[old].path, provider) == 0)
            fill(scratch, provider, old);
}

bool settings_old_endpoint(const struct settings_scratch *scratch, int provider)
{
    return value_of(0) != NULL && settings_entries_line(scratch, olds[0].path, provider) == 0;
}

/* Adds a name with a comma before all but the first. */
static void add(struct text *out, const char *name)
{
    text_add_str(out, out->len > 0 ? ", " : "");
    text_add_str(out, name);
}

void settings_old_warn(struct settings_scratch *scratch)
{
    char variables[64];
    char keys[64];
    struct text used = text_over(variables, sizeof(variables));
    struct text instead = text_over(keys, sizeof(keys));
    struct settings_spot spot = {scratch->old_line, -1};
    if (scratch->old_used == 0)
        return;
    for (size_t old = 0; old < OLDS; old++) {
        if ((scratch->old_used & 1U << old) == 0)
            continue;
        add(&used, olds[old].variable);
        add(&instead, olds[old].path + strlen(PROVIDER));
    }
    settings_report_warn(scratch, spot,
                         "taken from the environment, which is deprecated: $; write $ in the "
                         "provider's section instead",
                         text_span(&used), text_span(&instead));
}
