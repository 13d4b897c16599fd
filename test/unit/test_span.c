/* Spans, up to the last byte and with none at all. */
#include "core/base/span.h"
#include "test/unit/unit.h"

#include <string.h>

static const struct span nothing = {NULL, 0};

static struct span guarded(int side, const char *text)
{
    return (struct span){unit_guard(side, text, strlen(text)), strlen(text)};
}

static void of_strings(void)
{
    CU_ASSERT_EQUAL(span_of(NULL).len, 0);
    CU_ASSERT_EQUAL(span_of("").len, 0);
    CU_ASSERT_EQUAL(span_of("abc").len, 3);
    CU_ASSERT_EQUAL(SPAN("a\0b").len, 3);
}

struct pair {
    const char *a;
    const char *b;
    bool equal;
    bool nocase;
    bool starts;
    bool ends;
};

static const struct pair pairs[] = {
    {"", "", true, true, true, true},
    {"a", "", false, false, true, true},
    {"", "a", false, false, false, false},
    {"abc", "abc", true, true, true, true},
    {"abc", "abC", false, true, false, false},
    {"aBZ", "AbZ", false, true, false, false},
    {"abc", "ab", false, false, true, false},
    {"abc", "bc", false, false, false, true},
    {"abc", "abcd", false, false, false, false},
    {"a[", "a{", false, false, false, false},
    {"a@", "a`", false, false, false, false},
    {"\xC4", "\xE4", false, false, false, false},
};

static void comparisons(void)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct pair *p = &pairs[i];
        struct span a = guarded(0, p->a);
        struct span b = guarded(1, p->b);
        CU_ASSERT_EQUAL(span_equal(a, b), p->equal);
        CU_ASSERT_EQUAL(span_equal_secret(a, b), p->equal);
        CU_ASSERT_EQUAL(span_equal_nocase(a, b), p->nocase);
        CU_ASSERT_EQUAL(span_starts(a, b), p->starts);
        CU_ASSERT_EQUAL(span_ends(a, b), p->ends);
    }
}

static void secrets_differ_anywhere(void)
{
    char a[32] = {0};
    for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
        char b[32] = {0};
        b[bit / 8] = (char)(1u << (bit % 8));
        CU_ASSERT_FALSE(span_equal_secret((struct span){a, 32}, (struct span){b, 32}));
    }
}

static void without_bytes(void)
{
    CU_ASSERT_TRUE(span_equal(nothing, SPAN("")));
    CU_ASSERT_TRUE(span_equal_nocase(nothing, nothing));
    CU_ASSERT_TRUE(span_equal_secret(nothing, nothing));
    CU_ASSERT_TRUE(span_starts(SPAN("a"), nothing));
    CU_ASSERT_TRUE(span_ends(nothing, nothing));
    CU_ASSERT_EQUAL(span_find(nothing, 'a'), 0);
    CU_ASSERT_EQUAL(span_trim(nothing).len, 0);
    CU_ASSERT_EQUAL(span_skip(nothing, 0).len, 0);
}

static void finding(void)
{
    CU_ASSERT_EQUAL(span_find(guarded(0, "abca"), 'a'), 0);
    CU_ASSERT_EQUAL(span_find(guarded(0, "abca"), 'c'), 2);
    CU_ASSERT_EQUAL(span_find(guarded(0, "abca"), 'x'), 4);
    CU_ASSERT_EQUAL(span_find(SPAN("a\0b"), '\0'), 1);
    CU_ASSERT_EQUAL(span_find(guarded(0, "a\xFF"), '\xFF'), 1);
}

static void trimming(void)
{
    static const char *const rows[][2] = {
        {"", ""},          {" ", ""},           {" \t ", ""},      {"a", "a"},
        {" a", "a"},       {"a\t", "a"},        {"\t a b\t ", "a b"}, {"\ra\n", "\ra\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_TRUE(span_equal(span_trim(guarded(0, rows[i][0])), span_of(rows[i][1])));
}

static void skipping(void)
{
    struct span s = SPAN("abc");
    CU_ASSERT_TRUE(span_equal(span_skip(s, 0), s));
    CU_ASSERT_TRUE(span_equal(span_skip(s, 2), SPAN("c")));
    CU_ASSERT_EQUAL(span_skip(s, 3).len, 0);
}

struct number {
    const char *text;
    uint64_t max;
    bool good;
    uint64_t value;
};

static const struct number numbers[] = {
    {"0", 0, true, 0},
    {"7", 7, true, 7},
    {"8", 7, false, 0},
    {"12", 11, false, 0},
    {"007", 9, true, 7},
    {"1000", 999, false, 0},
    {"00000000000000000000000000000000000000005", 5, true, 5},
    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
    {"18446744073709551616", UINT64_MAX, false, 0},
    {"18446744073709551625", UINT64_MAX, false, 0},
    {"99999999999999999999", UINT64_MAX, false, 0},
    {"", 9, false, 0},
    {"+1", 9, false, 0},
    {"-1", 9, false, 0},
    {" 1", 9, false, 0},
    {"1 ", 9, false, 0},
    {"1.0", 99, false, 0},
    {"a", 99, false, 0},
    {"1\xB2", 99, false, 0},
};

static void reading_numbers(void)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint64_t value = 0;
        struct span s = guarded(0, numbers[i].text);
        CU_ASSERT_EQUAL(span_number(s, numbers[i].max, &value), numbers[i].good);
        CU_ASSERT_TRUE(!numbers[i].good || value == numbers[i].value);
    }
}

static const struct unit_test tests[] = {
    {"of strings", of_strings},
    {"comparisons", comparisons},
    {"secrets differ anywhere", secrets_differ_anywhere},
    {"without bytes", without_bytes},
    {"finding", finding},
    {"trimming", trimming},
    {"skipping", skipping},
    {"reading numbers", reading_numbers},
};

UNIT_MAIN("span", tests)
