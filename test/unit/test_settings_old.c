/* settings_old: the environment fills what the file leaves out, with one warning. */
#include "core/settings/settings_old.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define BARE "[models.m.providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n"

static void environment(const char *endpoint, const char *device, const char *os, const char *sid)
{
    unit_settings_env("API_ENDPOINT", endpoint);
    unit_settings_env("DEVICE_ID", device);
    unit_settings_env("OS_TYPE", os);
    unit_settings_env("SID", sid);
}

static void the_file_is_silent(void)
{
    environment("https://localhost:8/api/v1/stream/chat/", "dev-env", "9", "sid-env");
    CU_ASSERT_TRUE(unit_settings_good(BARE "[models.n.providers.p]\ntype = \"rust-proxy\"\n"
                                           "model_name = \"y\"\n"));
    for (int i = 0; i < 2; i++) {
        const struct settings_provider *p = &unit_settings()->providers[i];
        CU_ASSERT_STRING_EQUAL(p->api_endpoint, "https://localhost:8/api/v1/stream/chat");
        CU_ASSERT_STRING_EQUAL(p->url.host, "localhost");
        CU_ASSERT_EQUAL(p->url.port, 8);
        CU_ASSERT_STRING_EQUAL(p->device_id, "dev-env");
        CU_ASSERT_STRING_EQUAL(p->session_id, "sid-env");
        CU_ASSERT_STRING_EQUAL(p->os_type, "9");
    }
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 1);
    static const char *const said[] = {"API_ENDPOINT, DEVICE_ID, OS_TYPE, SID",
                                       "api_endpoint, device_id, os_type, session_id"};
    CU_ASSERT_TRUE(unit_settings_warning(1, said[0]) && unit_settings_warning(1, said[1]));
    CU_ASSERT_FALSE(unit_settings_said("dev-env") || unit_settings_said("sid-env"));
}

static void the_file_wins(void)
{
    environment("https://localhost:1/x", "dev-env", "9", "sid-env");
    CU_ASSERT_TRUE(unit_settings_good(BARE "api_endpoint = \"https://localhost:2/y\"\n"
                                           "device_id = \"none\"\nos_type = \"5\"\n"));
    const struct settings_provider *p = &unit_settings()->providers[0];
    CU_ASSERT_STRING_EQUAL(p->api_endpoint, "https://localhost:2/y");
    CU_ASSERT_PTR_NULL(p->device_id);
    CU_ASSERT_STRING_EQUAL(p->os_type, "5");
    CU_ASSERT_STRING_EQUAL(p->session_id, "sid-env");
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 1);
    CU_ASSERT_TRUE(unit_settings_warning(1, ": SID; write session_id in"));
}

static void nothing_to_fill(void)
{
    environment("", NULL, "", NULL);
    CU_ASSERT_TRUE(unit_settings_good(BARE));
    CU_ASSERT_STRING_EQUAL(unit_settings()->providers[0].os_type, "3");
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
    environment("https://h", "d", "9", "s");
    CU_ASSERT_TRUE(unit_settings_good("[models.m.providers.p]\ntype = \"loopback\"\n"));
    CU_ASSERT_PTR_NULL(unit_settings()->providers[0].device_id);
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
}

static void nonsense_in_it(void)
{
    environment("somewhere", NULL, NULL, NULL);
    CU_ASSERT_TRUE(unit_settings_refused(
        BARE, 1, "Failed to create DevApiClient: api_endpoint (from API_ENDPOINT): not a URL"));
    environment(NULL, "hidden\r\nX: y", NULL, NULL);
    CU_ASSERT_TRUE(unit_settings_refused(BARE, 1, "Failed to create DevApiClient: "));
    CU_ASSERT_TRUE(unit_settings_fault(1, "DEVICE_ID"));
    CU_ASSERT_FALSE(unit_settings_said("hidden"));
    environment(NULL, NULL, NULL, NULL);
}

static const struct unit_test tests[] = {
    {"the file is silent", the_file_is_silent},
    {"the file wins", the_file_wins},
    {"nothing to fill", nothing_to_fill},
    {"nonsense in it", nonsense_in_it},
};

UNIT_MAIN("settings_old", tests)
