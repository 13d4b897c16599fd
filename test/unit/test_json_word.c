/* What ends plain text, and runs of a judged string: every byte at every place. */
#include "core/json/json_word.h"

#include "test/unit/unit.h"

enum { WORD = sizeof(size_t), TEXT = 3 * sizeof(size_t) };

static bool is_special(int value)
{
    return value < 0x20 || value >= 0x80 || value == '"' || value == '\\';
}

/* Plain text, but for that byte at that place. */
static void fill(char *text, size_t len, size_t place, int value)
{
    memset(text, 'a', len);
    text[place] = (char)value;
}

static void skips(void)
{
    char text[TEXT];
    for (size_t place = 0; place < TEXT; place++)
        for (int value = 0; value < 256; value++) {
            fill(text, sizeof(text), place, value);
            const char *bytes = unit_guard(0, text, sizeof(text));
            const char *end = bytes + TEXT;
            const char *stop = is_special(value) ? bytes + place : end;
            CU_ASSERT_PTR_EQUAL(json_word_skip(bytes, end), stop);
        }
}

static void marks(void)
{
    char bytes[WORD];
    for (size_t place = 0; place < WORD; place++)
        for (int value = 0; value < 256; value++) {
            fill(bytes, sizeof(bytes), place, value);
            size_t found = json_word_mark(word_read(bytes));
            CU_ASSERT_EQUAL(found != 0, value == '"' || value == '\\');
            CU_ASSERT(found == 0 || !WORD_LITTLE || word_before(found) == place);
        }
}

static const struct unit_test tests[] = {
    {"plain text is skipped", skips},
    {"marks in a judged string", marks},
};

UNIT_MAIN("json_word", tests)
