/* port/musl's division, beside the processor's. */
#include <limits.h>

#include "test/unit/unit.h"

#define __aeabi_uidiv musl_uidiv
#define __aeabi_uidivmod musl_uidivmod
#define __aeabi_idiv musl_idiv
#define __aeabi_idivmod musl_idivmod
#include "port/musl/divide.c"

/* The ends, the powers of two and their neighbours, and what lies between. */
static uint32_t sample(unsigned number)
{
    if (number < 96)
        return ((uint32_t)1 << number / 3) + number % 3 - 1;
    return number < 100 ? UINT32_MAX - (number - 96) : number * 2654435761u;
}

#define SAMPLES 400

static void without_signs(void)
{
    for (unsigned i = 0; i < SAMPLES; i++)
        for (unsigned j = 0; j < SAMPLES; j++) {
            uint32_t value = sample(i), by = sample(j);
            if (by == 0)
                continue;
            uint64_t both = __aeabi_uidivmod(value, by);
            if ((uint32_t)both != value / by || both >> 32 != value % by)
                CU_FAIL("another quotient or remainder");
            CU_ASSERT_EQUAL(__aeabi_uidiv(value, by), value / by);
        }
}

static void with_signs(void)
{
    for (unsigned i = 0; i < SAMPLES; i++)
        for (unsigned j = 0; j < SAMPLES; j++) {
            int32_t value = (int32_t)sample(i), by = (int32_t)sample(j);
            if (by == 0 || (value == INT_MIN && by == -1))
                continue;
            uint64_t both = __aeabi_idivmod(value, by);
            if ((int32_t)both != value / by || (int32_t)(both >> 32) != value % by)
                CU_FAIL("another quotient or remainder");
            CU_ASSERT_EQUAL(__aeabi_idiv(value, by), value / by);
        }
}

static const struct unit_test tests[] = {
    {"without signs", without_signs},
    {"with signs", with_signs},
};

UNIT_MAIN("musl_divide", tests)
