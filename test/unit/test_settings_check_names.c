/* settings_check_names: what aliases, variants and keys name. */
#include "core/settings/settings_check_names.h"

#include <stdio.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define MODEL "models.main.providers.p.type = \"loopback\"\n"
#define KEY(n, letter) "[keys." n "]\nsecret = \"0123456789abcde" letter "\"\n"

static void good_ones(void)
{
    CU_ASSERT_TRUE(unit_settings_good(
        MODEL "models.other.providers.p.type = \"loopback\"\n[aliases]\nnick = \"other\"\n"
              "\"gpt-4.1\" = main\n[functions.f.variants.a]\nmodel = \"other\"\nweight = 0.9\n"
              "[functions.f.variants.b]\nmodel = \"nick\"\n[functions.g.variants.a]\n"
              "model = \"main\"\n" KEY("k", "f") "models = [\"main\", \"other\"]\nadmin = true\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->aliases[0].model, 1);
    CU_ASSERT_EQUAL(s->aliases[1].model, 0);
    CU_ASSERT_EQUAL(s->variants[0].model, 1);
    CU_ASSERT_EQUAL(s->variants[0].function, 0);
    CU_ASSERT_EQUAL(s->variants[0].weight_milli, 900);
    CU_ASSERT_EQUAL(s->variants[1].model, 1);
    CU_ASSERT_STRING_EQUAL(s->variants[1].model_name, "nick");
    CU_ASSERT_EQUAL(s->variants[2].function, 1);
    CU_ASSERT_TRUE(s->keys[0].admin);
    CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 0);
}

static void faults(void)
{
    static const struct {
        const char *text;
        int line;
        const char *what;
    } rows[] = {
        {"[aliases]\nnick = \"nobody\"\n", 2, "no model \"nobody\""},
        {MODEL "[aliases]\nnick = \"mian\"\n", 3, "did you mean \"main\"?"},
        {MODEL "[aliases]\na = \"main\"\nb = \"a\"\n", 4, "no model \"a\""},
        {MODEL "[aliases]\nmain = \"main\"\n", 3, "has the name of a model"},
        {"models.\"*\".providers.p.type = \"loopback\"\n[aliases]\na = \"*\"\n", 3,
         "no model \"*\""},
        {MODEL "[functions.f.variants.v]\nmodel = \"mein\"\n", 3, "did you mean \"main\"?"},
        {MODEL "[functions.f.variants.v]\nweight = 1\n", 2, "model is missing"},
        {MODEL "[functions.f.variants.v]\nmodel = \"openai::x\"\n", 3, "allow_shorthand"},
        {"gateway.allow_shorthand = true\n[functions.f.variants.v]\nmodel = \"openai::x\"\n", 3,
         "OPENAI_API_KEY"},
        {"[keys.k]\nadmin = true\n", 1, "is missing"},
        {"[keys.k]\nsecret = \"0123456789abcdef\"\n"
         "sha256 = \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\n",
         3, "one of them"},
        {KEY("a", "f") KEY("b", "f"), 4, "that of the key \"a\""},
        {MODEL KEY("k", "f") "models = [\"main\", \"mian\"]\n", 4, "did you mean \"main\"?"},
        {MODEL "[aliases]\na = \"main\"\n" KEY("k", "f") "models = [\"a\"]\n", 6, "no model \"a\""},
        {MODEL KEY("k", "f") "models = [\"openai::x\"]\n", 4, "no model \"openai::x\""},
    };
    unit_settings_env("OPENAI_API_KEY", NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_TRUE(unit_settings_refused(rows[i].text, rows[i].line, rows[i].what));
        CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
        CU_ASSERT_FALSE(unit_settings_said("0123456789"));
    }
}

/* Services that have no word for a temperature. */
static void sampling(void)
{
    const char *text = MODEL "[functions.f.variants.v]\nmodel = \"main\"\n%s";
    char bytes[512];
    snprintf(bytes, sizeof(bytes), text, "");
    CU_ASSERT_TRUE(unit_settings_good(bytes));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
    snprintf(bytes, sizeof(bytes), text, "seed = 1\ntop_p = 1\n");
    CU_ASSERT_TRUE(unit_settings_good(bytes));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 1);
    CU_ASSERT_TRUE(unit_settings_warning(2, "mean nothing to the provider \"p\""));
}

/* Names that lead beyond this file. */
static void elsewhere(void)
{
    unit_settings_env("OPENAI_API_KEY", "k");
    CU_ASSERT_TRUE(unit_settings_good("gateway.allow_shorthand = true\n[functions.f.variants.v]\n"
                                      "model = \"openai::gpt\"\n" KEY("k", "f")
                                      "models = [\"openai::gpt\", \"groq::x\"]\n"));
    CU_ASSERT_STRING_EQUAL(
        unit_settings()->models[unit_settings()->variants[0].model].name, "openai");
    CU_ASSERT_STRING_EQUAL(unit_settings()->variants[0].model_name, "openai::gpt");
    unit_settings_env("OPENAI_API_KEY", NULL);
    CU_ASSERT_TRUE(unit_settings_good(
        MODEL "models.\"*\".providers.p.type = \"loopback\"\n[functions.f.variants.v]\n"
              "model = \"llama3:latest\"\n" KEY("k", "f") "models = [\"llama3:latest\"]\n"));
    CU_ASSERT_EQUAL(unit_settings()->variants[0].model, unit_settings()->wildcard);
}

static void a_function_without_variants(void)
{
    CU_ASSERT_TRUE(unit_settings_good(MODEL "[functions.f]\ntype = \"chat\"\n"));
    CU_ASSERT_TRUE(unit_settings_warning(2, "\"f\" has no variant"));
}

static const struct unit_test tests[] = {
    {"good ones", good_ones},
    {"faults", faults},
    {"sampling", sampling},
    {"elsewhere", elsewhere},
    {"a function without variants", a_function_without_variants},
};

UNIT_MAIN("settings_check_names", tests)
