/* settings_check_routes: routing by name, in file order, and to nowhere; the wildcard. */
#include "core/settings/settings_check_routes.h"

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define LOOP(model, name) "models." model ".providers." name ".type = \"loopback\"\n"

/* The routes of a model, as the letters that its providers are called. */
static const char *routes(int model)
{
    static char names[16];
    const struct settings *s = unit_settings();
    int n = 0;
    for (; n < s->models[model].route_count; n++)
        names[n] = s->providers[settings_route(s, model, n)].name[0];
    names[n] = 0;
    return names;
}

static void orders(void)
{
    CU_ASSERT_TRUE(unit_settings_good(LOOP("a", "x") LOOP("b", "p") LOOP("a", "y") LOOP("b", "q")
                                          LOOP("a", "z") "[models.b]\nrouting = [\"q\", \"p\"]\n"));
    CU_ASSERT_STRING_EQUAL(routes(0), "xyz");
    CU_ASSERT_STRING_EQUAL(routes(1), "qp");
    CU_ASSERT_EQUAL(unit_settings()->route_count, 5);
    CU_ASSERT_EQUAL(unit_settings()->wildcard, -1);
    CU_ASSERT_TRUE(
        unit_settings_good("models.a.routing = [\"y\"]\n" LOOP("a", "x") LOOP("a", "y")));
    CU_ASSERT_STRING_EQUAL(routes(0), "y");
}

static void never_asked(void)
{
    CU_ASSERT_TRUE(unit_settings_good(LOOP("a", "x") "[models.a.providers.y]\ntype = \"loopback\"\n"
                                                     "[models.a]\nrouting = [\"x\"]\n"));
    CU_ASSERT_STRING_EQUAL(routes(0), "x");
    CU_ASSERT_TRUE(unit_settings_warning(2, "never asked"));
}

static void faults(void)
{
    static const struct {
        const char *text;
        int line;
        const char *what;
        int total;
    } rows[] = {
        {LOOP("m", "main") "[models.m]\nrouting = [\"mian\"]\n", 3,
         "no provider \"mian\"; did you mean \"main\"?", 1},
        {"[models.m]\nrouting = [\"q\"]\n", 2, "no provider \"q\"", 1},
        {LOOP("m", "p") LOOP("n", "q") "[models.m]\nrouting = [\"q\"]\n", 4, "provider \"q\"", 1},
        {LOOP("m", "p") "[models.m]\nrouting = [\"p\", \"p\"]\n", 3, "twice", 1},
        {"[models.m]\n", 1, "no provider", 1},
        {"\n[models.m.timeouts]\n[models.m]\n", 3, "no provider", 1},
        {LOOP("m", "p") "[models.m]\nrouting = []\n", 3, "empty", 1},
        {LOOP("m", "p") "[models.m]\nrouting = [\"p\",\n", 3, "array", 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_TRUE(unit_settings_refused(rows[i].text, rows[i].line, rows[i].what));
        CU_ASSERT_EQUAL(unit_settings_report()->fault_total, rows[i].total);
        CU_ASSERT_FALSE(unit_settings_said("never asked"));
    }
}

static void the_wildcard(void)
{
    CU_ASSERT_TRUE(unit_settings_good(LOOP("a", "x") LOOP("\"*\"", "y")));
    CU_ASSERT_EQUAL(unit_settings()->wildcard, 1);
    CU_ASSERT_STRING_EQUAL(routes(1), "y");
}

static const struct unit_test tests[] = {
    {"orders", orders},
    {"never asked", never_asked},
    {"faults", faults},
    {"the wildcard", the_wildcard},
};

UNIT_MAIN("settings_check_routes", tests)
