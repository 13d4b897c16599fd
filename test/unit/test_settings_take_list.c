/* settings_take_list: lists of names, hosts, origins, types and addresses to listen at. */
#include "core/settings/settings_take_list.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define LOOP(name) "models.m.providers." name ".type = \"loopback\"\n"

static bool has(const struct settings_list *list, const char *name)
{
    return settings_list_has(list, span_of(name));
}

static void hosts_and_origins(void)
{
    CU_ASSERT_TRUE(unit_settings_good("[gateway]\n"
                                      "allow_hosts = [\"Box.Example\", 'b', \"[::1]\",]\n"
                                      "allow_origins = [\n  \"https://A.example\", # mine\n"
                                      "  \"moz-extension://0-1\",\n]\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->allow_hosts.count, 3);
    CU_ASSERT_TRUE(has(&s->allow_hosts, "box.example"));
    CU_ASSERT_TRUE(has(&s->allow_hosts, "b"));
    CU_ASSERT_TRUE(has(&s->allow_hosts, "[::1]"));
    CU_ASSERT_FALSE(has(&s->allow_hosts, "Box.Example"));
    CU_ASSERT_EQUAL(s->allow_origins.count, 2);
    CU_ASSERT_TRUE(has(&s->allow_origins, "https://a.example"));
    CU_ASSERT_TRUE(has(&s->allow_origins, "moz-extension://0-1"));
}

static void names(void)
{
    CU_ASSERT_TRUE(unit_settings_good(LOOP("p") LOOP("q") "[models.m]\nrouting = [\"q\", p]\n"
                                      "[keys.k]\nsecret = \"0123456789abcdef\"\nmodels = [\"m\"]\n"
                                      "[keys.l]\nsecret = \"0123456789abcdeg\"\nmodels = []\n"
                                      "[keys.n]\nsecret = \"0123456789abcdeh\"\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->models[0].route_count, 2);
    CU_ASSERT_EQUAL(settings_route(s, 0, 0), 1);
    CU_ASSERT_EQUAL(settings_route(s, 0, 1), 0);
    CU_ASSERT_TRUE(has(&s->keys[0].models, "m"));
    CU_ASSERT_FALSE(s->keys[0].all_models);
    CU_ASSERT_EQUAL(s->keys[1].models.count, 0);
    CU_ASSERT_FALSE(s->keys[1].all_models);
    CU_ASSERT_TRUE(s->keys[2].all_models);
}

static void types(void)
{
    static const struct {
        const char *list;
        unsigned set; /* 0: refused */
    } rows[] = {
        {"[\"base\"]", SETTINGS_TYPE_BASE},
        {"[\"freeTrial\", \"premium\"]", SETTINGS_TYPE_FREE_TRIAL | SETTINGS_TYPE_PREMIUM},
        {"[\"base\", \"base\"]", SETTINGS_TYPE_BASE},
        {"[\"freetrial\"]", 0},
        {"[\"base \"]", 0},
        {"[]", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text),
                       "[models.m.providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n"
                       "[models.m.providers.p.model_filter]\ninclude_types = %s\n",
                       rows[i].list);
        CU_ASSERT_EQUAL(unit_settings_parse(text) == RESULT_DONE, rows[i].set != 0);
        CU_ASSERT_EQUAL(unit_settings()->providers[0].filter.include_types, rows[i].set);
        if (rows[i].set == 0)
            CU_ASSERT_TRUE(unit_settings_fault(5, "include_types"));
    }
    CU_ASSERT_TRUE(unit_settings_said("include_types"));
}

static void listeners(void)
{
    CU_ASSERT_TRUE(unit_settings_good("gateway.bind_address = [\"localhost:80\", \"[::1]:0\"]\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->listener_count, 2);
    CU_ASSERT_STRING_EQUAL(s->listeners[0].host, "127.0.0.1");
    CU_ASSERT_EQUAL(s->listeners[0].port, 80);
    CU_ASSERT_STRING_EQUAL(s->listeners[1].host, "::1");
    CU_ASSERT_EQUAL(s->listeners[1].port, 0);
    CU_ASSERT_TRUE(unit_settings_good(""));
    CU_ASSERT_EQUAL(s->listener_count, 1);
    CU_ASSERT_STRING_EQUAL(s->listeners[0].host, "127.0.0.1");
    CU_ASSERT_EQUAL(s->listeners[0].port, 3000);
    CU_ASSERT_TRUE(unit_settings_refused(
        "gateway.bind_address = [\"127.0.0.1:1\", \"localhost:1\"]\n", 1, "twice"));
    CU_ASSERT_TRUE(
        unit_settings_good("gateway.bind_address = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n"));
    char text[512] = "gateway.bind_address = [";
    for (int i = 0; i <= LIMIT_LISTENERS; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "\"127.0.0.1:%d\",", i);
    (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "]\n");
    CU_ASSERT_TRUE(unit_settings_refused(text, 1, "more addresses"));
}

static void broken_lists(void)
{
    static const struct {
        const char *list;
        const char *what;
    } rows[] = {
        {"[\"a\" \"b\"]", "commas"},       {"[,]", "commas"},
        {"[\"a\",,\"b\"]", "commas"},      {"[[\"a\"]]", "commas"},
        {"[1]", "an integer"},             {"[true]", "true or false"},
        {"[\"\"]", "an empty string"},     {"[\"a\\u0001\"]", "control character"},
        {"[\"\\q\"]", "an escape"},        {"[99999999999999999999]", "too large"},
        {"{ a = 1 }", "a table"},          {"\"a\"", "and not a string"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[128];
        (void)snprintf(text, sizeof(text), "gateway.allow_hosts = %s\n", rows[i].list);
        CU_ASSERT_TRUE(unit_settings_refused(text, 1, "allow_hosts"));
        CU_ASSERT_TRUE(unit_settings_fault(1, rows[i].what));
    }
}

static void long_names(void)
{
    char text[512] = LOOP("p") "[models.m]\nrouting = [\"";
    memset(text + strlen(text), 'x', LIMIT_NAME_BYTES);
    (void)snprintf(text + strlen(text), 8, "\"]\n");
    CU_ASSERT_TRUE(unit_settings_refused(text, 3, "too long"));
}

static const struct unit_test tests[] = {
    {"hosts and origins", hosts_and_origins},
    {"names", names},
    {"types", types},
    {"listeners", listeners},
    {"broken lists", broken_lists},
    {"long names", long_names},
};

UNIT_MAIN("settings_take_list", tests)
