/* Kinds by first byte, and white space: all 256. */
#include "core/json/json_kind.h"
#include "test/unit/unit.h"

static void every_byte(void)
{
    enum json_kind kinds[256] = {['{'] = JSON_OBJECT, ['['] = JSON_ARRAY, ['"'] = JSON_STRING,
                                 ['-'] = JSON_NUMBER, ['t'] = JSON_TRUE,  ['f'] = JSON_FALSE,
                                 ['n'] = JSON_NULL};
    for (int digit = '0'; digit <= '9'; digit++)
        kinds[digit] = JSON_NUMBER;
    for (int byte = 0; byte < 256; byte++)
        CU_ASSERT_EQUAL(json_kind_of((char)byte), kinds[byte]);
}

static void blanks(void)
{
    for (int byte = 0; byte < 256; byte++) {
        bool blank = byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D;
        CU_ASSERT_EQUAL(json_is_blank((char)byte), blank);
    }
}

static const struct unit_test tests[] = {{"every byte", every_byte}, {"blanks", blanks}};

UNIT_MAIN("json_kind", tests)
