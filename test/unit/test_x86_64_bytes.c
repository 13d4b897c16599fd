/* port/x86_64's copies, comparisons and searches, beside those of the system. */
#include "test/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#ifdef __x86_64__
#define memmove wide_memmove
#define memcpy wide_memcpy
#define memcmp wide_memcmp
#define memchr wide_memchr
#define strlen wide_strlen
void *memmove(void *to, const void *from, size_t len);
void *memcpy(void *restrict to, const void *restrict from, size_t len);
int memcmp(const void *one, const void *other, size_t len);
void *memchr(const void *from, int c, size_t len);
size_t strlen(const char *text);
#include "port/x86_64/bytes.c"
#endif

#define LONGEST 600
#define SHIFTS 20

/* Each length up to 80, and those around where another way of copying begins. */
static size_t next_len(size_t len)
{
    return len == 80 ? 500 : len == 530 ? LONGEST : len + 1;
}

static void fill(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 37 + i / 256 + 1);
}

static bool is_moved(const char *all, size_t size, size_t from, size_t to, size_t len)
{
    char before[2 * LONGEST];
    fill(before, sizeof(before));
    for (size_t i = 0; i < size; i++) {
        char wanted = i >= to && i < to + len ? before[from + i - to] : before[i];
        if (all[i] != wanted)
            return false;
    }
    return true;
}

static void moves(void)
{
    char all[2 * LONGEST];
    for (size_t len = 0; len <= LONGEST; len = next_len(len))
        for (size_t shift = 0; shift <= SHIFTS; shift++) {
            fill(all, sizeof(all));
            CU_ASSERT_PTR_EQUAL(memmove(all + shift, all + 9, len), all + shift);
            CU_ASSERT(is_moved(all, sizeof(all), 9, shift, len));
        }
}

static void copies(void)
{
    char all[2 * LONGEST];
    for (size_t len = 0; len <= LONGEST - SHIFTS; len = next_len(len))
        for (size_t shift = 0; shift < SHIFTS; shift++) {
            fill(all, sizeof(all));
            CU_ASSERT_PTR_EQUAL(memcpy(all + LONGEST, all + shift, len), all + LONGEST);
            CU_ASSERT(is_moved(all, sizeof(all), shift, LONGEST, len));
            fill(all, sizeof(all));
            memmove(all + shift, all + LONGEST, len);
            CU_ASSERT(is_moved(all, sizeof(all), LONGEST, shift, len));
        }
}

/* The bytes' end on a page's, of both. */
static void compares(void)
{
    char bytes[80];
    fill(bytes, sizeof(bytes));
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        char *one = unit_guard(0, bytes, len);
        char *other = unit_guard(1, bytes, len);
        CU_ASSERT_EQUAL(memcmp(one, other, len), 0);
        for (size_t i = 0; i < len; i++) {
            other[i] = (char)(one[i] ^ 0x80);
            bool less = (unsigned char)one[i] < (unsigned char)other[i];
            if (i + 1 < len) /* what is behind it says nothing */
                other[i + 1] = (char)(less ? one[i + 1] - 1 : one[i + 1] + 1);
            CU_ASSERT_EQUAL(memcmp(one, other, len) < 0, less);
            CU_ASSERT_EQUAL(memcmp(other, one, len) < 0, !less);
            other[i] = one[i];
            if (i + 1 < len)
                other[i + 1] = one[i + 1];
        }
    }
}

static void searches(void)
{
    char bytes[80];
    memset(bytes, 'a', sizeof(bytes));
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        char *at = unit_guard(0, bytes, len);
        CU_ASSERT_PTR_NULL(memchr(at, 'x', len));
        for (size_t i = 0; i < len; i++) {
            at[len - 1] = 'x'; /* the first one counts */
            at[i] = 'x';
            CU_ASSERT_PTR_EQUAL(memchr(at, 'x', len), at + i);
            CU_ASSERT_PTR_EQUAL(memchr(at, 256 + 'x', len), at + i);
            CU_ASSERT_PTR_NULL(memchr(at, 'x', i));
            at[i] = 'a';
        }
    }
}

static void lengths(void)
{
    char bytes[80];
    memset(bytes, 'a', sizeof(bytes));
    for (size_t len = 1; len <= sizeof(bytes); len++) {
        char *at = unit_guard(0, bytes, len);
        at[len - 1] = '\0';
        for (size_t i = 0; i < len; i++)
            CU_ASSERT_EQUAL(strlen(at + i), len - 1 - i);
    }
}

static const struct unit_test tests[] = {
    {"moves", moves},       {"copies", copies},   {"compares", compares},
    {"searches", searches}, {"lengths", lengths},
};

UNIT_MAIN("x86_64_bytes", tests)
