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

static const struct unit_test tests[] = {
    {"names", names},
    {"lists", lists},
};

UNIT_MAIN("settings_find", tests)
