/* settings_check: open to the network, certificates, ClickHouse, and an empty configuration. */
#include "core/settings/settings_check.h"

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define KEY "[keys.k]\nsecret = \"0123456789abcdef\"\n"

static void open_to_the_network(void)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"gateway.bind_address = \"0.0.0.0:3000\"\n", false},
        {"gateway.bind_address = \"[::]:3000\"\n", false},
        {"gateway.bind_address = \"192.168.1.1:3000\"\n", false},
        {"gateway.bind_address = [\"127.0.0.1:1\", \"10.0.0.1:1\"]\n", false},
        {"gateway.bind_address = \"127.9.9.9:3000\"\n", true},
        {"gateway.bind_address = [\"[::1]:1\", \"localhost:1\"]\n", true},
        {"gateway.bind_address = \"0.0.0.0:1\"\ngateway.allow_anonymous = true\n", true},
        {"gateway.bind_address = \"0.0.0.0:1\"\ngateway.allow_anonymous = false\n", false},
        {"gateway.bind_address = \"0.0.0.0:1\"\n" KEY, true},
        {"gateway.bind_address = \"127.0.0.1:1\"\n", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].good)
            CU_ASSERT_TRUE(unit_settings_good(rows[i].text))
        else
            CU_ASSERT_TRUE(unit_settings_refused(rows[i].text, 1, "allow_anonymous"));
    }
}

static void certificates(void)
{
    CU_ASSERT_TRUE(
        unit_settings_refused("[gateway.tls]\n\ncert_file = \"/dev/null\"\n", 3, "key_file"));
    CU_ASSERT_TRUE(
        unit_settings_refused("[gateway.tls]\nkey_file = \"/dev/null\"\n", 2, "cert_file"));
    CU_ASSERT_TRUE(unit_settings_good(
        "[gateway.tls]\nkey_file = \"/dev/null\"\ncert_file = \"/dev/zero\"\n"));
    CU_ASSERT_STRING_EQUAL(unit_settings()->key_file, "/dev/null");
    CU_ASSERT_STRING_EQUAL(unit_settings()->cert_file, "/dev/zero");
}

static void clickhouse(void)
{
    const struct settings_observability *o = &unit_settings()->observability;
    unit_settings_env("TENSORZERO_CLICKHOUSE_URL", "http://chuser:hidden@127.0.0.1:8123/tz");
    CU_ASSERT_TRUE(unit_settings_good(""));
    CU_ASSERT_STRING_EQUAL(o->clickhouse.host, "127.0.0.1");
    CU_ASSERT_EQUAL(o->clickhouse.port, 8123);
    CU_ASSERT_STRING_EQUAL(o->clickhouse_password, "hidden");
    CU_ASSERT_TRUE(unit_settings_good("gateway.observability.clickhouse_url = \"https://file\"\n"));
    CU_ASSERT_STRING_EQUAL(o->clickhouse.host, "file");
    CU_ASSERT_PTR_NULL(o->clickhouse_user);
    CU_ASSERT_TRUE(unit_settings_good("gateway.observability.clickhouse_url = \"none\"\n"));
    CU_ASSERT_PTR_NULL(o->clickhouse.host);
    unit_settings_env("TENSORZERO_CLICKHOUSE_URL", "http://chuser:hidden@8.8.8.8/x");
    CU_ASSERT_TRUE(unit_settings_refused("", 0, "TENSORZERO_CLICKHOUSE_URL"));
    CU_ASSERT_FALSE(unit_settings_said("hidden") || unit_settings_said("chuser"));
    CU_ASSERT_TRUE(unit_settings_good("gateway.upstream.allow_plain_http = true\n"));
    unit_settings_env("TENSORZERO_CLICKHOUSE_URL", "");
    CU_ASSERT_TRUE(unit_settings_good(""));
    CU_ASSERT_PTR_NULL(o->clickhouse.host);
    unit_settings_env("TENSORZERO_CLICKHOUSE_URL", NULL);
    unit_settings_env("UNIT_URL", "http://chuser:hidden@127.0.0.1/");
    CU_ASSERT_TRUE(
        unit_settings_good("gateway.observability.clickhouse_url = \"env::UNIT_URL\"\n"));
    CU_ASSERT_STRING_EQUAL(o->clickhouse_user, "chuser");
    CU_ASSERT_STRING_EQUAL(o->clickhouse_database, "default");
    unit_settings_env("UNIT_URL", NULL);
}

static void nothing_to_ask(void)
{
    CU_ASSERT_TRUE(unit_settings_good("# nothing\n"));
    CU_ASSERT_TRUE(unit_settings_warning(0, "no model"));
    CU_ASSERT_TRUE(unit_settings_good("[models.m.providers.p]\ntype = \"loopback\"\n"));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
    unit_settings_env("OPENAI_API_KEY", "k");
    CU_ASSERT_TRUE(unit_settings_good("gateway.allow_shorthand = true\n"));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
    unit_settings_env("OPENAI_API_KEY", NULL);
}

static void of_no_use_here(void)
{
    CU_ASSERT_TRUE(unit_settings_good(
        "[models.m.providers.p]\ntype = \"loopback\"\n[metrics.rated]\ntype = \"boolean\"\n"
        "level = { a = [1] }\n[tools.t]\nx = 1\nx = 2\n[metrics.other]\n[postgres]\nenabled = no\n"
        "[functions.f]\nsystem_schema = \"x.json\"\n[functions.f.variants.v]\nmodel = \"m\"\n"
        "user_template = \"y\"\n[object_storage]\ntype = \"disabled\"\n"
        "[evaluations.e.evaluators.x]\n"));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 1);
    CU_ASSERT_TRUE(unit_settings_warning(
        3, "metrics, tools, postgres, system_schema, user_template, object_storage, evaluations"));
}

static const struct unit_test tests[] = {
    {"open to the network", open_to_the_network},
    {"certificates", certificates},
    {"ClickHouse", clickhouse},
    {"nothing to ask", nothing_to_ask},
    {"of no use here", of_no_use_here},
};

UNIT_MAIN("settings_check", tests)
