/* Check values that everybody's CRC-32 has, and that every single wrong bit shows. */
#include "core/base/crc32.h"

#include <string.h>

#include "test/unit/unit.h"

/* The form of boards that are short of flash, beside this build's own. */
uint32_t crc32_of_halves(struct span bytes);
#undef FEATURE_CRC_BYTES
#define FEATURE_CRC_BYTES 0
#define crc32_of crc32_of_halves
#include "core/base/crc32.c"
#undef crc32_of

static void known_values(void)
{
    static const struct {
        const char *text;
        uint32_t crc;
    } rows[] = {
        {"", 0},
        {"a", 0xE8B7BE43},
        {"message digest", 0x20159D7F},
        {"123456789", 0xCBF43926},
        {"The quick brown fox jumps over the lazy dog", 0x414FA339},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].text);
        struct span bytes = {unit_guard(0, rows[i].text, len), len};
        CU_ASSERT_EQUAL(crc32_of(bytes), rows[i].crc);
        CU_ASSERT_EQUAL(crc32_of_halves(bytes), rows[i].crc);
    }
}

static void wrong_bits(void)
{
    char bytes[64];
    memset(bytes, 0x5A, sizeof(bytes));
    uint32_t good = crc32_of((struct span){bytes, sizeof(bytes)});
    for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
        CU_ASSERT_NOT_EQUAL(crc32_of((struct span){bytes, sizeof(bytes)}), good);
        CU_ASSERT_EQUAL(crc32_of_halves((struct span){bytes, sizeof(bytes)}),
                        crc32_of((struct span){bytes, sizeof(bytes)}));
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    CU_ASSERT_EQUAL(crc32_of((struct span){bytes, sizeof(bytes)}), good);
}

static const struct unit_test tests[] = {
    {"known values", known_values},
    {"wrong bits", wrong_bits},
};

UNIT_MAIN("crc32", tests)
