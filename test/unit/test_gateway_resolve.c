/* Names that lead to a model: plain, prefixed, alias, function; variants by their weight. */
#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway_resolve.h"
#include "core/settings/settings.h"
#include "test/unit/unit.h"

#define MODEL "tensorzero::model_name::"
#define FUNCTION "tensorzero::function_name::"

static struct settings settings;

static void add_variant(int function, int model, uint32_t weight_milli)
{
    settings.variants[settings.variant_count++] = (struct settings_variant){
        .name = "v", .function = function, .model = model, .weight_milli = weight_milli};
}

/* Models one, two, both; function f of both models, g with two, h without any variant, both. */
static void set_up(void)
{
    memset(&settings, 0, sizeof(settings));
    settings.wildcard = -1;
    settings.model_count = 3;
    settings.models[0].name = "one";
    settings.models[1].name = "two";
    settings.models[2].name = "both";
    settings.alias_count = 2;
    settings.aliases[0] = (struct settings_alias){.name = "other", .model = 1};
    settings.aliases[1] = (struct settings_alias){.name = "with-dash_1.5", .model = 0};
    settings.function_count = 4;
    settings.functions[0].name = "f";
    settings.functions[1].name = "g";
    settings.functions[2].name = "h";
    settings.functions[3].name = "both";
    add_variant(0, 0, 0);
    add_variant(1, 1, 250);
    add_variant(0, 1, 0);
    add_variant(1, 0, 750);
    add_variant(3, 1, 1000);
}

static void check(const char *name, uint32_t draw, int model, int variant)
{
    size_t len = strlen(name);
    struct span guarded = {unit_guard(0, name, len), len};
    struct gateway_resolved got = gateway_resolve(&settings, guarded, draw);
    if (got.model != model || got.variant != variant)
        printf("%s: model %d, variant %d\n", name, got.model, got.variant);
    CU_ASSERT_EQUAL(got.model, model);
    CU_ASSERT_EQUAL(got.variant, variant);
}

static void names(void)
{
    set_up();
    check("one", 0, 0, -1);
    check("two", 7, 1, -1);
    check(MODEL "two", 7, 1, -1);
    check("other", 0, 1, -1);
    check("with-dash_1.5", 0, 0, -1);
    check("f", 0, 0, 0);
    check(FUNCTION "f", 0, 0, 0);
    check("both", 0, 2, -1); /* a model goes first */
    check(MODEL "both", 0, 2, -1);
    check(FUNCTION "both", 0, 1, 4);
}

static void nowhere(void)
{
    static const char *const rows[] = {
        "", "On", "one ", "ONE", "onee", "h", FUNCTION "h", FUNCTION "one", FUNCTION "other",
        MODEL "f", MODEL "h", MODEL, FUNCTION, "tensorzero::", "tensorzero::other::one",
        "Tensorzero::model_name::one", MODEL MODEL "one", FUNCTION FUNCTION "f", "*",
        "openai::gpt-4.1",
    };
    set_up();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i], 0, -1, -1);
}

/* Without weights the first one is taken, whatever is drawn. */
static void no_weights(void)
{
    set_up();
    check("f", 0, 0, 0);
    check("f", 1, 0, 0);
    check("f", UINT32_MAX, 0, 0);
}

static void weights(void)
{
    set_up();
    check("g", 0, 1, 1);
    check("g", 249, 1, 1);
    check("g", 250, 0, 3);
    check("g", 999, 0, 3);
    check("g", 1000, 1, 1);
    check("g", 1249, 1, 1);
    check("g", 1250, 0, 3);
    check("g", UINT32_MAX, 0, 3); /* 4,294,967,295: ...295 of 1,000 */
}

/* A variant without weight beside one that has some is never drawn. */
static void weight_of_nothing(void)
{
    set_up();
    settings.variants[1].weight_milli = 0;
    for (uint32_t draw = 0; draw < 2000; draw += 125)
        check("g", draw, 0, 3);
    settings.variants[1].weight_milli = 1;
    settings.variants[3].weight_milli = 0;
    for (uint32_t draw = 0; draw < 2000; draw += 125)
        check("g", draw, 1, 1);
}

static void came_to(const char *name, int model, const char *wanted)
{
    struct gateway_resolved got = gateway_resolve(&settings, span_of(name), 0);
    CU_ASSERT_EQUAL(got.model, model);
    CU_ASSERT_TRUE(span_equal(got.name, span_of(wanted)));
}

/* Names without a section: shorthands, and any at all where there is a wildcard. */
static void open_names(void)
{
    set_up();
    came_to(MODEL "other", 1, "two");
    settings.shorthand_count = 1;
    settings.models[3].name = "groq";
    came_to("groq::x", 3, "groq::x");
    came_to(MODEL "groq::x", 3, "groq::x");
    came_to("groq::", -1, "groq::");
    check(FUNCTION "groq::x", 0, -1, -1);
    check("groq", 0, -1, -1);
    settings.variants[0].model = 3;
    settings.variants[0].model_name = "groq::y";
    came_to("f", 3, "groq::y");
    settings.wildcard = 2; /* of the name "*" then */
    settings.models[2].name = "*";
    came_to("groq::x", 3, "groq::x");
    came_to("llama3:latest", 2, "llama3:latest");
    came_to(MODEL "llama3:latest", 2, "llama3:latest");
    came_to("openai::x", 2, "openai::x");
    check(MODEL, 0, -1, -1);
    check(FUNCTION "nobody", 0, -1, -1);
    check("h", 0, -1, -1); /* a function without any variant is none the less one */
    settings.variants[0].model = 2;
    settings.variants[0].model_name = "qwen";
    came_to("f", 2, "qwen");
    came_to("two", 1, "two");
}

static void unknown(void)
{
    struct gateway_error error = gateway_resolve_unknown(SPAN("n\no"));
    CU_ASSERT_EQUAL(error.status, 404);
    CU_ASSERT_STRING_EQUAL(error.param, "model");
    CU_ASSERT_STRING_EQUAL(error.code, "model_not_found");
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "Model not available: n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, ": no such model, alias or function"));
    CU_ASSERT_PTR_NULL(strchr(error.message, '\n'));
}

static const struct unit_test tests[] = {
    {"names that lead to a model", names},
    {"names that lead nowhere", nowhere},
    {"no weights: the first variant", no_weights},
    {"each variant has its share", weights},
    {"a weight of nothing is never drawn", weight_of_nothing},
    {"names without a section", open_names},
    {"what is said of unknown names", unknown},
};

UNIT_MAIN("gateway_resolve", tests)
