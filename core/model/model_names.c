/* See model_names.h. */
#include "core/model/model_names.h"

#include "core/settings/settings.h"

#define TENSORZERO_PREFIX SPAN("tensorzero::model_name::")

#define SONNET_37 "us.anthropic.claude-3-7-sonnet-20250219-v1:0"
#define SONNET_4 "us.anthropic.claude-sonnet-4-20250514-v1:0"
#define OPUS_4 "us.anthropic.claude-opus-4-20250514-v1:0"

/* The rust-proxy service's identifiers; [friendly_names] overrides them. */
static const struct {
    const char *friendly;
    const char *identifier;
} builtin[] = {
    {"claude-3.5-sonnet", SONNET_37},
    {"claude-3-5-sonnet", SONNET_37},
    {"claude-3.5-sonnet-thinking", SONNET_37 "-thinking"},
    {"claude-3-5-sonnet-thinking", SONNET_37 "-thinking"},
    {"claude-sonnet-4", SONNET_4},
    {"claude-4-sonnet", SONNET_4},
    {"claude-opus-4", OPUS_4},
    {"claude-4-opus", OPUS_4},
    {"gpt-4.1", "gpt-4.1"},
    {"gpt-4-1", "gpt-4.1"},
    {"gpt-4.1-mini", "gpt-4.1-mini"},
    {"gpt-4-1-mini", "gpt-4.1-mini"},
    {"gemini-2.0-flash", "gemini-2.0-flash-001"},
    {"gemini-2-flash", "gemini-2.0-flash-001"},
    {"gemini-1.5-pro", "gemini-1.5-pro-002"},
    {"gemini-1-5-pro", "gemini-1.5-pro-002"},
    {"o3", "o3"},
};

#define BUILTIN_ROWS (sizeof(builtin) / sizeof(builtin[0]))

struct span model_names_map(const struct settings *settings, struct span name)
{
    for (int i = 0; i < settings->friendly_name_count; i++)
        if (span_equal_nocase(name, span_of(settings->friendly_names[i].name)))
            return span_of(settings->friendly_names[i].value);
    for (size_t i = 0; i < BUILTIN_ROWS; i++)
        if (span_equal_nocase(name, span_of(builtin[i].friendly)))
            return span_of(builtin[i].identifier);
    return name;
}

struct span model_names_plain(struct span name)
{
    bool prefixed = span_starts(name, TENSORZERO_PREFIX);
    return prefixed ? span_skip(name, TENSORZERO_PREFIX.len) : name;
}

int model_names_open(const struct settings *settings, struct span name)
{
    name = model_names_plain(name);
    int shorthand = settings_shorthand_find(settings, name);
    return shorthand >= 0 || name.len == 0 ? shorthand : settings->wildcard;
}

int model_names_resolve(const struct settings *settings, struct span name)
{
    name = model_names_plain(name);
    int alias = settings_alias_find(settings, name);
    return alias < 0 ? settings_model_find(settings, name) : settings->aliases[alias].model;
}
