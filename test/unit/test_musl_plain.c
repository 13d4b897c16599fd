/* port/musl's numbers, sorting and searching, beside the system's own. */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/unit.h"

#define strtoull musl_strtoull
#define strtoul musl_strtoul
#define qsort musl_qsort
#define strstr musl_strstr
#define mbstowcs musl_mbstowcs
unsigned long long musl_strtoull(const char *text, char **end, int base);
unsigned long musl_strtoul(const char *text, char **end, int base);
void musl_qsort(void *rows, size_t count, size_t bytes, int (*compare)(const void *, const void *));
char *musl_strstr(const char *text, const char *part);
size_t musl_mbstowcs(wchar_t *restrict out, const char *restrict text, size_t cap);
#include "port/musl/plain.c"
#undef strtoull
#undef qsort
#undef strstr

static const char *const numbers[] = {
    "", "0", "7", "123", "18446744073709551615", "18446744073709551616", "99999999999999999999999",
    " 12", "\t 12x", "x12", "08", "0x", "0x1f", "0XfF ", "0xg", "ffff", "FFFFFFFFFFFFFFFF",
    "10000000000000000", "017", "0x10000000000000000", "777777777777777777777777", "12:34", "g",
    "/9",
};

static void numbers_as_the_system_reads_them(void)
{
    static const int bases[] = {0, 2, 8, 10, 16};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        for (size_t j = 0; j < sizeof(bases) / sizeof(bases[0]); j++) {
            const char *text = unit_guard(0, numbers[i], strlen(numbers[i]) + 1);
            char *end, *expected;
            unsigned long long got = musl_strtoull(text, &end, bases[j]);
            CU_ASSERT_EQUAL(got, strtoull(text, &expected, bases[j]));
            CU_ASSERT_PTR_EQUAL(end, expected);
            CU_ASSERT_EQUAL(musl_strtoul(text, NULL, bases[j]), got < ULONG_MAX ? got : ULONG_MAX);
        }
}

struct row {
    int key;
    char rest[7];
};

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* Equal ones stay in their order: the resolver's addresses lie as the server sent them. */
static void sorts_and_keeps_equal_ones(void)
{
    struct row rows[49] = {{0}};
    for (size_t count = 0; count <= 48; count++) {
        for (size_t i = 0; i <= count; i++)
            rows[i] = (struct row){(int)(i * 37 % 11), {(char)i}};
        rows[count].key = -5;
        musl_qsort(rows, count, sizeof(rows[0]), by_key);
        for (size_t i = 1; i < count; i++) {
            CU_ASSERT(rows[i - 1].key <= rows[i].key);
            CU_ASSERT(rows[i - 1].key < rows[i].key || rows[i - 1].rest[0] < rows[i].rest[0]);
            CU_ASSERT_EQUAL(rows[i].rest[0] * 37 % 11, rows[i].key);
        }
        CU_ASSERT_EQUAL(rows[count].key, -5);
    }
}

static void finds_what_the_system_finds(void)
{
    static const char *const parts[] = {"", "a", "ab", "aab", "aaab", "b", "ba", "c", "abab"};
    static const char *const texts[] = {"", "a", "aab", "aaaab", "abaabab", "bbbb", "ab"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
            const char *text = unit_guard(0, texts[i], strlen(texts[i]) + 1);
            const char *part = unit_guard(1, parts[j], strlen(parts[j]) + 1);
            CU_ASSERT_PTR_EQUAL(musl_strstr(text, part), strstr(text, part));
        }
}

static void text_is_text(void)
{
    CU_ASSERT_EQUAL(musl_mbstowcs(NULL, "caf\xc3\xa9", 0), 5);
}

static const struct unit_test tests[] = {
    {"numbers as the system reads them", numbers_as_the_system_reads_them},
    {"sorts, and keeps equal ones in order", sorts_and_keeps_equal_ones},
    {"finds what the system finds", finds_what_the_system_finds},
    {"text is text", text_is_text},
};

UNIT_MAIN("musl_plain", tests)
