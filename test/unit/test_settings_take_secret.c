/* settings_take_secret: where secrets go, what is derived from them, and when a warning is due. */
#include "core/settings/settings_take_secret.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static const char provider[] = "[models.m.providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n"
                               "device_id = \"literal-device\"\nsession_id = \"env::UNIT_SID\"\n"
                               "sign_key = \"none\"\n";

static void of_a_provider(void)
{
    unit_settings_env("UNIT_SID", "session-elsewhere");
    CU_ASSERT_TRUE(unit_settings_good(provider));
    const struct settings_provider *p = &unit_settings()->providers[0];
    CU_ASSERT_STRING_EQUAL(p->device_id, "literal-device");
    CU_ASSERT_STRING_EQUAL(p->session_id, "session-elsewhere");
    CU_ASSERT_PTR_NULL(p->sign_key);
    CU_ASSERT_TRUE(unit_settings_warning(4, "device_id"));
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 1);
    struct settings *settings = unit_settings_scratch()->settings;
    CU_ASSERT_EQUAL(settings_parse(settings, unit_settings_scratch(), span_of(provider), false,
                                   unit_settings_report()),
                    RESULT_DONE);
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
    unit_settings_env("UNIT_SID", NULL);
}

/* SHA-256 of "0123456789abcdef" (FIPS 180-4; sha256sum says the same). */
static const uint8_t hash[SETTINGS_SHA256_BYTES] = {
    0x9F, 0x9F, 0x51, 0x11, 0xF7, 0xB2, 0x7A, 0x78, 0x1F, 0x1F, 0x1D, 0xDD, 0xE5, 0xEB, 0xC2, 0xDD,
    0x2B, 0x79, 0x6B, 0xFC, 0x73, 0x65, 0xC9, 0xC2, 0x8B, 0x54, 0x8E, 0x56, 0x41, 0x76, 0x92, 0x9F};

static void of_a_client(void)
{
    CU_ASSERT_TRUE(unit_settings_good(
        "[keys.a]\nsecret = \"0123456789abcdef\"\n[keys.b]\n"
        "sha256 = \"9F9F5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f\"\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_STRING_EQUAL(s->keys[0].secret, "0123456789abcdef");
    CU_ASSERT_PTR_NULL(s->keys[1].secret);
    CU_ASSERT_EQUAL(memcmp(s->keys[0].sha256, hash, sizeof(hash)), 0);
    CU_ASSERT_EQUAL(memcmp(s->keys[1].sha256, hash, sizeof(hash)), 0);
    CU_ASSERT_TRUE(unit_settings_warning(2, "secret"));
}

static void a_clients_short_one(void)
{
    CU_ASSERT_TRUE(unit_settings_refused("[keys.a]\nsecret = \"0123456789abcde\"\n", 2, "16"));
    /* Fifteen characters in sixteen bytes. */
    CU_ASSERT_TRUE(
        unit_settings_refused("[keys.a]\nsecret = \"0123456789abcd\xC3\xA9\"\n", 2, "16"));
    unit_settings_env("UNIT_KEY", "short");
    CU_ASSERT_TRUE(unit_settings_good("[keys.a]\nsecret = \"env::UNIT_KEY\"\n"));
    CU_ASSERT_TRUE(unit_settings_warning(2, "16"));
    CU_ASSERT_FALSE(unit_settings_said("short"));
    unit_settings_env("UNIT_KEY", NULL);
    CU_ASSERT_TRUE(unit_settings_refused("[keys.a]\nsecret = \"none\"\n", 2, "none"));
}

static void of_clickhouse(void)
{
    CU_ASSERT_TRUE(
        unit_settings_good("gateway.observability.clickhouse_url = \"http://u:word@[::1]:1/d\"\n"));
    CU_ASSERT_TRUE(unit_settings_warning(1, "clickhouse_url"));
    CU_ASSERT_FALSE(unit_settings_said("word"));
    CU_ASSERT_TRUE(
        unit_settings_good("gateway.observability.clickhouse_url = \"http://[::1]:1\"\n"));
    CU_ASSERT_FALSE(unit_settings_warning(1, "clickhouse_url"));
    CU_ASSERT_TRUE(
        unit_settings_refused("gateway.observability.clickhouse_url = \"ftp://u:word@h\"\n", 1,
                              "clickhouse_url"));
    CU_ASSERT_FALSE(unit_settings_said("word"));
}

static const struct unit_test tests[] = {
    {"of a provider", of_a_provider},
    {"of a client", of_a_client},
    {"a client's short one", a_clients_short_one},
    {"of ClickHouse", of_clickhouse},
};

UNIT_MAIN("settings_take_secret", tests)
