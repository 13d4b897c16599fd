/* model_names: the friendly table, the operator's own names, and what a client may call a model. */
#include "core/model/model_names.h"

#include "core/settings/settings.h"
#include "test/unit/unit.h"

static struct settings settings;

static bool is(struct span s, const char *text)
{
    return span_equal(s, span_of(text));
}

static const struct {
    const char *name;
    const char *identifier;
} builtin[] = {
    {"claude-3.5-sonnet", "us.anthropic.claude-3-7-sonnet-20250219-v1:0"},
    {"claude-3-5-sonnet", "us.anthropic.claude-3-7-sonnet-20250219-v1:0"},
    {"claude-3.5-sonnet-thinking", "us.anthropic.claude-3-7-sonnet-20250219-v1:0-thinking"},
    {"claude-3-5-sonnet-thinking", "us.anthropic.claude-3-7-sonnet-20250219-v1:0-thinking"},
    {"claude-sonnet-4", "us.anthropic.claude-sonnet-4-20250514-v1:0"},
    {"claude-4-sonnet", "us.anthropic.claude-sonnet-4-20250514-v1:0"},
    {"claude-opus-4", "us.anthropic.claude-opus-4-20250514-v1:0"},
    {"claude-4-opus", "us.anthropic.claude-opus-4-20250514-v1:0"},
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

static void the_builtin_table(void)
{
    settings = (struct settings){0};
    for (size_t i = 0; i < BUILTIN_ROWS; i++)
        CU_ASSERT(is(model_names_map(&settings, span_of(builtin[i].name)), builtin[i].identifier));
}

static void other_spellings(void)
{
    static const struct {
        const char *name;
        const char *identifier;
    } rows[] = {
        {"Claude-3.5-Sonnet", "us.anthropic.claude-3-7-sonnet-20250219-v1:0"},
        {"CLAUDE-OPUS-4", "us.anthropic.claude-opus-4-20250514-v1:0"},
        {"GPT-4.1", "gpt-4.1"},
        {"O3", "o3"},
        {"GPT-5", "GPT-5"}, /* unknown: as it is, case and all */
        {"us.anthropic.claude-opus-4-20250514-v1:0", "us.anthropic.claude-opus-4-20250514-v1:0"},
        {"claude-3.5-sonnet ", "claude-3.5-sonnet "},
        {"claude-3.5", "claude-3.5"},
        {"", ""},
    };
    settings = (struct settings){0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT(is(model_names_map(&settings, span_of(rows[i].name)), rows[i].identifier));
}

static void friendly(int row, const char *name, const char *identifier)
{
    settings.friendly_names[row].name = name;
    settings.friendly_names[row].value = identifier;
    settings.friendly_name_count = row + 1;
}

static void the_operator_comes_first(void)
{
    static const struct {
        const char *name;
        const char *identifier;
    } rows[] = {
        {"claude-3.5-sonnet", "us.anthropic.newer"},
        {"CLAUDE-3.5-sonnet", "us.anthropic.newer"},
        {"claude-3-5-sonnet", "us.anthropic.claude-3-7-sonnet-20250219-v1:0"},
        {"mine", "Theirs-1"},
        {"MINE", "Theirs-1"},
        {"once", "gpt-4-1"}, /* followed once: what it leads to is an identifier */
        {"theirs-1", "theirs-1"},
    };
    settings = (struct settings){0};
    friendly(0, "claude-3.5-sonnet", "us.anthropic.newer");
    friendly(1, "Mine", "Theirs-1");
    friendly(2, "once", "gpt-4-1");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT(is(model_names_map(&settings, span_of(rows[i].name)), rows[i].identifier));
}

static void clients_names(void)
{
    static const struct {
        const char *name;
        int model;
    } rows[] = {
        {"rust-proxy", 0},
        {"gpt", 1},
        {"fast", 1},
        {"tensorzero::model_name::rust-proxy", 0},
        {"tensorzero::model_name::fast", 1},
        {"tensorzero::model_name::", -1},
        {"tensorzero::model_name::tensorzero::model_name::gpt", -1},
        {"tensorzero::function_name::gpt", -1},
        {"Rust-Proxy", -1},
        {"FAST", -1},
        {"rust-prox", -1},
        {"rust-proxy ", -1},
        {"claude-3.5-sonnet", -1}, /* friendly names are the providers', not the clients' */
        {"", -1},
    };
    settings = (struct settings){0};
    settings.models[0].name = "rust-proxy";
    settings.models[1].name = "gpt";
    settings.model_count = 2;
    settings.aliases[0].name = "fast";
    settings.aliases[0].model = 1;
    settings.alias_count = 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int model = model_names_resolve(&settings, span_of(rows[i].name));
        CU_ASSERT_EQUAL(model, rows[i].model);
    }
}

static const struct unit_test tests[] = {
    {"the built-in table", the_builtin_table},
    {"other spellings", other_spellings},
    {"the operator comes first", the_operator_comes_first},
    {"clients' names", clients_names},
};

UNIT_MAIN("model_names", tests)
