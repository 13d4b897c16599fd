/* UTF-8 characters: every lead byte, the borders of every range, every cut. */
#include "core/base/utf8.h"
#include "test/unit/unit.h"

#include <string.h>

struct row {
    const char *bytes;
    size_t len; /* of the first character; 0: none */
};

static const struct row rows[] = {
    {"a", 1},
    {"\x7F" "b", 1},
    {"\xC2\x80", 2},
    {"\xDF\xBF" "x", 2},
    {"\xE0\xA0\x80", 3},
    {"\xE1\x80\x80", 3},
    {"\xEC\xBF\xBF", 3},
    {"\xED\x9F\xBF", 3},
    {"\xEE\x80\x80", 3},
    {"\xEF\xBF\xBF", 3},
    {"\xF0\x90\x80\x80", 4},
    {"\xF3\xBF\xBF\xBF", 4},
    {"\xF4\x8F\xBF\xBF", 4},
    {"", 0},
    {"\x80", 0},
    {"\xBF\xBF", 0},
    {"\xC0\x80", 0},
    {"\xC1\xBF", 0},
    {"\xC2\x7F", 0},
    {"\xC2\xC0", 0},
    {"\xE0\x9F\xBF", 0},
    {"\xE1\x80\x7F", 0},
    {"\xE1\xC0\x80", 0},
    {"\xED\xA0\x80", 0},
    {"\xED\xBF\xBF", 0},
    {"\xF0\x8F\xBF\xBF", 0},
    {"\xF1\x80\x80\x7F", 0},
    {"\xF1\x80\xC0\x80", 0},
    {"\xF4\x90\x80\x80", 0},
    {"\xF5\x80\x80\x80", 0},
    {"\xFF\xFF\xFF\xFF", 0},
};

static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].bytes);
        struct span s = {unit_guard(0, rows[i].bytes, len), len};
        CU_ASSERT_EQUAL(utf8_len(s), rows[i].len);
        for (size_t cut = 0; cut < rows[i].len; cut++) {
            s = (struct span){unit_guard(0, rows[i].bytes, cut), cut};
            CU_ASSERT_EQUAL(utf8_len(s), 0);
        }
    }
}

/* Written from the code point, so that the table of leads is checked by other arithmetic. */
static size_t encode(uint32_t point, char out[4])
{
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (char)(marks[len == 1 ? 0 : len] | point);
    return len;
}

static void every_code_point(void)
{
    size_t wrong = 0;
    for (uint32_t point = 0; point < 0x111000; point++) {
        char bytes[4];
        size_t len = encode(point, bytes);
        bool surrogate = point >= 0xD800 && point < 0xE000;
        size_t wanted = surrogate || point > 0x10FFFF ? 0 : len;
        wrong += utf8_len((struct span){bytes, len}) != wanted;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"every code point", every_code_point},
};

UNIT_MAIN("utf8", tests)
