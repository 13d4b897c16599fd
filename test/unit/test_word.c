/* Words of bytes: every byte at every place, and runs that differ in one. */
#include "core/base/word.h"

#include "test/unit/unit.h"

enum { WORD = sizeof(size_t), RUN = 40 };

static void fill(char bytes[WORD], int place, int value)
{
    memset(bytes, 'a', WORD);
    bytes[place] = (char)value;
}

static void controls(void)
{
    char bytes[WORD];
    for (int place = 0; place < WORD; place++)
        for (int value = 0; value < 256; value++) {
            fill(bytes, place, value);
            size_t marks = word_controls(word_read(bytes));
            CU_ASSERT_EQUAL(marks != 0, value < 0x20);
            CU_ASSERT(marks == 0 || !WORD_LITTLE || word_before(marks) == (size_t)place);
        }
}

/* Also with the byte again behind it, and one that differs in a bit. */
static void one_byte(void)
{
    char bytes[WORD];
    for (int place = 0; place < WORD; place++)
        for (int value = 0; value < 256; value++) {
            fill(bytes, place, value);
            bytes[WORD - 1] = place < WORD - 1 ? ';' : bytes[WORD - 1];
            size_t marks = word_bytes(word_read(bytes), ':');
            CU_ASSERT_EQUAL(marks != 0, value == ':');
            CU_ASSERT(marks == 0 || !WORD_LITTLE || word_before(marks) == (size_t)place);
            memset(bytes + place, ':', (size_t)(WORD - place));
            marks = word_bytes(word_read(bytes), ':');
            CU_ASSERT_EQUAL(word_before(marks), WORD_LITTLE ? (size_t)place : 0);
        }
}

/* Whatever stands behind it. */
static void first_of_several(void)
{
    for (int place = 0; place < WORD; place++) {
        char bytes[WORD];
        memset(bytes, 0x1F, sizeof(bytes));
        memset(bytes, 0x20, (size_t)place);
        size_t before = word_before(word_controls(word_read(bytes)));
        CU_ASSERT_EQUAL(before, WORD_LITTLE ? (size_t)place : 0);
    }
}

static void equal(void)
{
    static const char run[RUN + 1] = "0123456789 a run of bytes that is copied";
    for (size_t len = 0; len <= RUN; len++) {
        char *copy = unit_guard(0, run, len);
        CU_ASSERT_TRUE(word_equal(run, copy, len));
        for (size_t i = 0; i < len; i++) {
            copy[i] ^= 1;
            CU_ASSERT_FALSE(word_equal(run, copy, len));
            copy[i] ^= 1;
        }
    }
}

/* With what is looked for at every place, again behind it, or nowhere. */
static void found(void)
{
    char run[RUN];
    for (size_t len = 0; len <= RUN; len++)
        for (size_t place = 0; place <= len; place++) {
            memset(run, 'a', sizeof(run));
            memset(run + place, ':', sizeof(run) - place);
            const char *copy = unit_guard(0, run, len);
            CU_ASSERT_EQUAL(word_find(copy, copy + len, ':') - copy, (ptrdiff_t)place);
        }
}

static const struct unit_test tests[] = {
    {"controls", controls},
    {"one byte", one_byte},
    {"the first of several", first_of_several},
    {"equal", equal},
    {"found", found},
};

UNIT_MAIN("word", tests)
