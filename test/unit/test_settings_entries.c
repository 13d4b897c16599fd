/* settings_entries: keys that were given, given twice, and too many of them. */
#include "core/settings/settings_entries.h"

#include "core/settings/settings_keys.h"
#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static void given_and_given_twice(void)
{
    struct settings_scratch *scratch = unit_settings_fresh();
    int retries = settings_keys_number("models.*.retries");
    int routing = settings_keys_number("models.*.routing");
    scratch->now.number = 7;
    CU_ASSERT_EQUAL(settings_entries_add(scratch, retries, 0), 0);
    scratch->now.number = 8;
    CU_ASSERT_EQUAL(settings_entries_add(scratch, retries, 0), 7);
    CU_ASSERT_EQUAL(settings_entries_add(scratch, retries, 1), 0);
    CU_ASSERT_EQUAL(settings_entries_add(scratch, routing, 0), 0);
    CU_ASSERT_EQUAL(settings_entries_line(scratch, "models.*.retries", 0), 7);
    CU_ASSERT_EQUAL(settings_entries_line(scratch, "models.*.retries", 1), 8);
    CU_ASSERT_EQUAL(settings_entries_line(scratch, "models.*.retries", 2), 0);
    CU_ASSERT_EQUAL(settings_entries_line(scratch, "models.*.routing", 0), 8);
    CU_ASSERT_EQUAL(settings_entries_line(scratch, "models.*.routing", 1), 0);
}

static void too_many(void)
{
    struct settings_scratch *scratch = unit_settings_fresh();
    scratch->now.number = 1;
    for (int i = 0; i < SETTINGS_ENTRIES; i++)
        CU_ASSERT_EQUAL_FATAL(settings_entries_add(scratch, 0, i), 0);
    CU_ASSERT_EQUAL(settings_entries_add(scratch, 1, 0), -1);
    CU_ASSERT_EQUAL(settings_entries_add(scratch, 1, 1), -1);
    CU_ASSERT_EQUAL(settings_entries_add(scratch, 0, 5), 1);
    CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
}

static const struct unit_test tests[] = {
    {"given and given twice", given_and_given_twice},
    {"too many", too_many},
};

UNIT_MAIN("settings_entries", tests)
