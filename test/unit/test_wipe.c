/* Wiping: all that was asked for, and nothing beside it. */
#include "core/base/wipe.h"

#include <string.h>

#include "test/unit/unit.h"

static void all_and_no_more(void)
{
    char bytes[16];
    memset(bytes, 'x', sizeof(bytes));
    wipe(bytes + 3, 9);
    for (size_t i = 0; i < sizeof(bytes); i++)
        CU_ASSERT_EQUAL(bytes[i], i < 3 || i >= 12 ? 'x' : 0);
}

static const struct unit_test tests[] = {
    {"all and no more", all_and_no_more},
};

UNIT_MAIN("wipe", tests)
