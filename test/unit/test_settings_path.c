/* settings_path: dotted names with and without quotes. */
#include "core/settings/settings_path.h"

#include <string.h>

#include "test/unit/unit.h"

static struct span guarded(const char *text)
{
    size_t len = strlen(text);
    return (struct span){unit_guard(0, text, len), len};
}

static const char *add(struct settings_path *path, const char *text)
{
    return settings_path_add(path, guarded(text));
}

static void good_ones(void)
{
    static const struct {
        const char *text;
        int count;
        const char *parts[4];
    } rows[] = {
        {"a", 1, {"a"}},
        {"gateway.limits", 2, {"gateway", "limits"}},
        {" a . b\t.c ", 3, {"a", "b", "c"}},
        {"models.\"gpt-4.1\".providers.main", 4, {"models", "gpt-4.1", "providers", "main"}},
        {"models.'a\\b'", 2, {"models", "a\\b"}},
        {"\"a\\u0041\\\"\"", 1, {"aA\""}},
        {"llama3:latest", 1, {"llama3:latest"}},
        {"models.\"*\"", 2, {"models", "*"}},
        {"a/b-c_d", 1, {"a/b-c_d"}},
        {"\xC3\xA9", 1, {"\xC3\xA9"}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_path path = {.count = 0};
        CU_ASSERT_PTR_NULL_FATAL(add(&path, rows[i].text));
        CU_ASSERT_EQUAL_FATAL(path.count, rows[i].count);
        for (int n = 0; n < path.count; n++)
            CU_ASSERT(span_equal(settings_path_part(&path, n), span_of(rows[i].parts[n])));
    }
}

static void bad_ones(void)
{
    static const char *const rows[] = {
        "", " ", ".", "a.", ".a", "a..b", "a b", "\"\"", "''", "\"a", "'a", "a.\"b", "\"a\"b",
        "a\"b\"", "a=b", "a#b", "a;b", "a[0]", "a,b", "a{", "\"\\x\"", "\"\\n\"", "\"\\u0000\"",
        "1.2.3.4.5.6.7.8.9",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings_path path = {.count = 0};
        CU_ASSERT_PTR_NOT_NULL(add(&path, rows[i]));
    }
}

static void a_key_behind_its_section(void)
{
    struct settings_path section = {.count = 0};
    CU_ASSERT_PTR_NULL(add(&section, "models.m"));
    struct settings_path path = section;
    CU_ASSERT_PTR_NULL(add(&path, "timeouts.total_ms"));
    CU_ASSERT_EQUAL(path.count, 4);
    CU_ASSERT_EQUAL(section.count, 2);
    CU_ASSERT(span_equal(settings_path_part(&path, 1), SPAN("m")));
    CU_ASSERT(span_equal(settings_path_part(&path, 3), SPAN("total_ms")));
}

static void lengths(void)
{
    char name[LIMIT_NAME_BYTES + 1];
    memset(name, 'n', sizeof(name));
    for (size_t len = 1; len <= LIMIT_NAME_BYTES; len++) {
        struct settings_path path = {.count = 0};
        const char *why = settings_path_add(&path, (struct span){unit_guard(0, name, len), len});
        CU_ASSERT_EQUAL(why == NULL, len < LIMIT_NAME_BYTES);
    }
    struct settings_path path = {.count = 0};
    int fit = 0;
    while (settings_path_add(&path, (struct span){name, LIMIT_NAME_BYTES - 1}) == NULL)
        fit++;
    CU_ASSERT_EQUAL(fit, 4);
}

static void scanning(void)
{
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {"a = 1", 2},        {"a.b=1", 3},    {"\"a=b\".c =", 8}, {"]", 0},    {"\"a", 0},
        {"a]", 1},           {"a,b", 1},      {"a#b", 1},         {"", 0},     {" a", 2},
        {"a \"b", 2},        {"'x' . y]", 7},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(settings_path_scan(guarded(rows[i].text)), rows[i].len);
}

static const struct unit_test tests[] = {
    {"good ones", good_ones},
    {"bad ones", bad_ones},
    {"a key behind its section", a_key_behind_its_section},
    {"lengths", lengths},
    {"scanning", scanning},
};

UNIT_MAIN("settings_path", tests)
