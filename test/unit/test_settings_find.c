/* settings_find: names looked up in a configuration, and lists of strings. */
#include <string.h>

#include "core/settings/settings.h"
#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static void names(void)
{
    CU_ASSERT_TRUE(unit_settings_good(
        "models.\"*\".providers.p.type = \"loopback\"\nmodels.m.providers.p.type = \"loopback\"\n"
        "[aliases]\na = \"m\"\n\"*\" = \"m\"\n[functions.f.variants.v]\nmodel = \"m\"\n"));
    static const struct {
        const char *name;
        int model;
        int alias;
        int function;
    } rows[] = {
        {"m", 1, -1, -1},  {"a", -1, 0, -1}, {"f", -1, -1, 0},  {"*", -1, 1, -1},
        {"M", -1, -1, -1}, {"", -1, -1, -1}, {"m ", -1, -1, -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].name);
        struct span name = {unit_guard(0, rows[i].name, len), len};
        CU_ASSERT_EQUAL(settings_model_find(unit_settings(), name), rows[i].model);
        CU_ASSERT_EQUAL(settings_alias_find(unit_settings(), name), rows[i].alias);
        CU_ASSERT_EQUAL(settings_function_find(unit_settings(), name), rows[i].function);
        CU_ASSERT_EQUAL(settings_shorthand_find(unit_settings(), name), -1);
    }
    CU_ASSERT_EQUAL(settings_route(unit_settings(), 0, 0), 0);
    CU_ASSERT_EQUAL(settings_route(unit_settings(), 1, 0), 1);
}

static void lists(void)
{
    static const char strings[] = "one\0\0three";
    const char *copy = unit_guard(0, strings, sizeof(strings));
    struct settings_list list = {copy, 3};
    CU_ASSERT_STRING_EQUAL(settings_list_next(copy), "");
    CU_ASSERT_STRING_EQUAL(settings_list_next(settings_list_next(copy)), "three");
    CU_ASSERT_TRUE(settings_list_has(&list, SPAN("one")));
    CU_ASSERT_TRUE(settings_list_has(&list, SPAN("")));
    CU_ASSERT_TRUE(settings_list_has(&list, SPAN("three")));
    CU_ASSERT_FALSE(settings_list_has(&list, SPAN("thre")));
    CU_ASSERT_FALSE(settings_list_has(&list, SPAN("One")));
    list.count = 2;
    CU_ASSERT_FALSE(settings_list_has(&list, SPAN("three")));
    struct settings_list empty = {NULL, 0};
    CU_ASSERT_FALSE(settings_list_has(&empty, SPAN("")));
}

/* What a name comes to, and what the service is asked for. */
static void open_names(void)
{
    static const struct {
        const char *asked;
        int shorthand;
    } rows[] = {
        {"groq::llama", 2}, {"groq::a::b", 2}, {"groq::", -1},  {"groq:x", -1}, {"groq", -1},
        {"openai::x", -1},  {"Groq::x", -1},   {"::x", -1},     {"", -1},       {"mgroq::x", -1},
    };
    unit_settings_env("GROQ_API_KEY", "k");
    CU_ASSERT_TRUE(unit_settings_good("gateway.allow_shorthand = true\n"
                                      "models.m.providers.p.type = \"loopback\"\n"
                                      "models.\"*\".providers.p.type = \"loopback\"\n"));
    unit_settings_env("GROQ_API_KEY", NULL);
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->model_count, 2);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].asked);
        struct span name = {unit_guard(0, rows[i].asked, len), len};
        CU_ASSERT_EQUAL(settings_shorthand_find(s, name), rows[i].shorthand);
    }
    CU_ASSERT_TRUE(span_equal(settings_model_name(s, 0, SPAN("alias")), SPAN("m")));
    CU_ASSERT_TRUE(span_equal(settings_model_name(s, 1, SPAN("any")), SPAN("any")));
    CU_ASSERT_TRUE(span_equal(settings_model_name(s, 2, SPAN("groq::x")), SPAN("groq::x")));
    CU_ASSERT_EQUAL(settings_route(s, 2, 0), 2);
    CU_ASSERT_TRUE(span_equal(settings_provider_name(s, 1, SPAN("any")), SPAN("any")));
    CU_ASSERT_TRUE(span_equal(settings_provider_name(s, 2, SPAN("groq::a::b")), SPAN("a::b")));
}

static void the_same(void)
{
    static const struct settings_url url = {"host", "/path", 80, false, NULL};
    static const struct settings_url others[] = {{NULL, "/path", 80, false, NULL},
                                                 {"Host", "/path", 80, false, NULL},
                                                 {"host", "/", 80, false, NULL},
                                                 {"host", "/path", 81, false, NULL},
                                                 {"host", "/path", 80, true, NULL}};
    CU_ASSERT_TRUE(settings_same_text(NULL, NULL));
    CU_ASSERT_FALSE(settings_same_text(NULL, ""));
    CU_ASSERT_FALSE(settings_same_text("", NULL));
    CU_ASSERT_FALSE(settings_same_text("a", "A"));
    CU_ASSERT_TRUE(settings_same_url(&url, &url));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        CU_ASSERT_FALSE(settings_same_url(&url, &others[i]));
        CU_ASSERT_TRUE(settings_same_url(&others[i], &others[i]));
    }
}

static const struct unit_test tests[] = {
    {"names", names},
    {"open names", open_names},
    {"lists", lists},
    {"the same", the_same},
};

UNIT_MAIN("settings_find", tests)
