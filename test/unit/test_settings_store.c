/* settings_store: copies in a row, and the end of the room. */
#include "core/settings/settings_store.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static void copies_in_a_row(void)
{
    struct settings_scratch *scratch = unit_settings_fresh();
    const char *one = settings_store_add(scratch, SPAN("one"));
    const char *empty = settings_store_add(scratch, (struct span){0});
    const char *lower = settings_store_lower(scratch, SPAN("AZaz[@\xC3\x89"));
    CU_ASSERT_STRING_EQUAL(one, "one");
    CU_ASSERT_STRING_EQUAL(empty, "");
    CU_ASSERT_STRING_EQUAL(lower, "azaz[@\xC3\x89");
    CU_ASSERT_PTR_EQUAL(settings_list_next(one), empty);
    CU_ASSERT_PTR_EQUAL(settings_list_next(empty), lower);
}

static void the_end_of_the_room(void)
{
    static char big[LIMIT_CONFIG_TEXT_BYTES];
    struct settings_scratch *scratch = unit_settings_fresh();
    memset(big, 'x', sizeof(big));
    CU_ASSERT_PTR_NOT_NULL(
        settings_store_add(scratch, (struct span){big, LIMIT_CONFIG_TEXT_BYTES - 4}));
    CU_ASSERT_PTR_NULL(settings_store_add(scratch, SPAN("abc")));
    CU_ASSERT_PTR_NULL(settings_store_lower(scratch, SPAN("abc")));
    CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
    CU_ASSERT_PTR_NOT_NULL(settings_store_add(scratch, SPAN("ab")));
    CU_ASSERT_PTR_NULL(settings_store_add(scratch, SPAN("")));
    CU_ASSERT_EQUAL(scratch->settings->_text_len, LIMIT_CONFIG_TEXT_BYTES);
    CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
}

static const struct unit_test tests[] = {
    {"copies in a row", copies_in_a_row},
    {"the end of the room", the_end_of_the_room},
};

UNIT_MAIN("settings_store", tests)
