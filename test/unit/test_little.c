/* Numbers as bytes: each width, and no byte behind it. */
#include "core/base/little.h"

#include "test/unit/unit.h"

#include <string.h>

#define NUMBER UINT64_C(0x8877665544332211)

static void every_width(void)
{
    for (size_t bytes = 0; bytes <= 8; bytes++) {
        uint8_t room[9];
        memset(room, 0xEE, sizeof(room));
        CU_ASSERT_PTR_EQUAL(little_put(room, NUMBER, bytes), room + bytes);
        for (size_t i = 0; i < bytes; i++)
            CU_ASSERT_EQUAL(room[i], 0x11 * (i + 1));
        CU_ASSERT_EQUAL(room[bytes], 0xEE);
        uint64_t whole = bytes == 8 ? NUMBER : NUMBER & ((UINT64_C(1) << (8 * bytes)) - 1);
        CU_ASSERT_EQUAL(little_get(room, bytes), whole);
    }
}

static void the_end_of_a_page(void)
{
    static const char bytes[] = {1, 2, 3};
    CU_ASSERT_EQUAL(little_get(unit_guard(0, bytes, sizeof(bytes)), sizeof(bytes)), 0x030201);
}

static const struct unit_test tests[] = {
    {"every width", every_width},
    {"the end of a page", the_end_of_a_page},
};

UNIT_MAIN("little", tests)
