/* The lesser and the greater of two numbers, up to the largest. */
#include "core/base/lesser.h"

#include "test/unit/unit.h"

static void either_way(void)
{
    static const uint64_t rows[][2] = {
        {0, 0}, {0, 1}, {7, 8}, {0, UINT64_MAX}, {UINT64_MAX - 1, UINT64_MAX},
        {UINT32_MAX, (uint64_t)UINT32_MAX + 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t less = rows[i][0], more = rows[i][1];
        CU_ASSERT_EQUAL(lesser_u64(less, more), less);
        CU_ASSERT_EQUAL(lesser_u64(more, less), less);
        CU_ASSERT_EQUAL(greater_u64(less, more), more);
        CU_ASSERT_EQUAL(greater_u64(more, less), more);
    }
    CU_ASSERT_EQUAL(lesser(3, SIZE_MAX), 3);
    CU_ASSERT_EQUAL(lesser(SIZE_MAX, 3), 3);
}

static const struct unit_test tests[] = {
    {"either way", either_way},
};

UNIT_MAIN("lesser", tests)
