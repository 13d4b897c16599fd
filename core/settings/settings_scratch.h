/* What a load works with: the file, the line in hand, and where each thing stands in the file. */
#ifndef MOONGATE_SETTINGS_SCRATCH_H
#define MOONGATE_SETTINGS_SCRATCH_H

#include "config/ini_options.h"
#include "core/settings/settings.h"
#include "core/settings/settings_lines.h"
#include "core/settings/settings_path.h"

#define SETTINGS_ENTRIES                                                                           \
    (LIMIT_PROVIDERS * 24 + LIMIT_MODELS * 8 + LIMIT_KEYS * 8 + LIMIT_VARIANTS * 12 +              \
     LIMIT_ALIASES + LIMIT_FRIENDLY_NAMES + LIMIT_FUNCTIONS * 4 + 64)

/* A key that the file gave: its row in the key table, the thing it belongs to, its line. */
struct settings_entry {
    uint16_t row;
    uint16_t thing;
    int32_t line;
};

/* Where a model, a provider, ... begins in the file. */
struct settings_place {
    int32_t line;
    bool by_section; /* its own section header, and not a longer one or a dotted key */
};

/* The things that have names, so that keys can belong to them. */
enum settings_kind {
    SETTINGS_THING_ROOT,
    SETTINGS_THING_MODEL,
    SETTINGS_THING_PROVIDER,
    SETTINGS_THING_FUNCTION,
    SETTINGS_THING_VARIANT,
    SETTINGS_THING_KEY,
    SETTINGS_THING_ALIAS,
    SETTINGS_THING_FRIENDLY,
    SETTINGS_THINGS
};

struct settings_scratch {
    struct settings *settings;
    struct settings_report *report;
    struct settings_lines lines;
    struct settings_line now; /* the line in hand; number 0 behind the last */
    bool shared;

    struct settings_path section; /* the section in hand */
    bool behind_unclosed;         /* the line in hand may be the rest of the value before */
    bool section_unknown;         /* its fault is reported; its keys are not */
    int section_provider;         /* the provider whose section it is, or -1 */
    struct settings_path path;    /* section and key of the line in hand */
    int provider;                 /* whose keys the line in hand is about, or -1 */
    int row;
    int thing;
    bool handed; /* inih has the section's handle, the key's line comes next */

    struct settings_entry entries[SETTINGS_ENTRIES];
    int entry_count;
    struct settings_place models[LIMIT_MODELS];
    struct settings_place providers[LIMIT_PROVIDERS];
    struct settings_place functions[LIMIT_FUNCTIONS];
    struct settings_place variants[LIMIT_VARIANTS];
    struct settings_place keys[LIMIT_KEYS];
    struct settings_place aliases[LIMIT_ALIASES];
    struct settings_place friendly_names[LIMIT_FRIENDLY_NAMES];
    bool full[SETTINGS_THINGS]; /* its pool is full, and that was said */
    bool text_full;             /* the same of the strings' store, and of the entries */
    bool entries_full;
    int16_t fault_providers[LIMIT_CONFIG_FAULTS]; /* whose keys a fault is about, or -1 */

    struct settings_list routing[LIMIT_MODELS]; /* names as written */
    const char *alias_models[LIMIT_ALIASES];
    const char *clickhouse_url; /* its secret is read, the URL is not yet taken apart */
    unsigned old_used;          /* old environment variables that were used, a bit each */
    int old_line;
    char ignored[160]; /* names of TensorZero's tables met */
    uint32_t ignored_len;
    int ignored_line;
    uint64_t hash;

    char value[LIMIT_CONFIG_VALUE_BYTES];  /* of the line in hand, an array joined */
    char string[LIMIT_CONFIG_VALUE_BYTES]; /* a string of it, escapes resolved */
    char file[LIMIT_CONFIG_BYTES + 1];
};

#endif
