/* Texts in buffers of every size: what fits is there, what does not is cut and said to be. */
#include "core/base/text.h"
#include "test/unit/unit.h"

#include <string.h>

#define CAP_MAX 64

static struct text text_at_guard(size_t cap)
{
    return text_over(unit_guard_room(0, cap), cap);
}

static void write_all(struct text *t)
{
    text_add(t, SPAN("span"));
    text_add(t, (struct span){NULL, 0});
    text_add_str(t, " str");
    text_add_str(t, NULL);
    text_add_char(t, ' ');
    text_add_u64(t, UINT64_MAX);
    text_add_char(t, ' ');
    text_add_i64(t, INT64_MIN);
}

#define ALL "span str 18446744073709551615 -9223372036854775808"

static void every_size(void)
{
    struct span all = SPAN(ALL);
    for (size_t cap = 1; cap <= CAP_MAX; cap++) {
        struct text t = text_at_guard(cap);
        write_all(&t);
        struct span wanted = {all.at, cap < all.len ? cap : all.len};
        CU_ASSERT_TRUE(span_equal(text_span(&t), wanted));
        CU_ASSERT_EQUAL(t.cut, cap < all.len);
        const char *str = text_str(&t);
        CU_ASSERT_EQUAL(strlen(str), cap <= all.len ? cap - 1 : all.len);
        CU_ASSERT_EQUAL(strncmp(str, all.at, strlen(str)), 0);
        CU_ASSERT_EQUAL(t.cut, cap <= all.len);
    }
}

/* Short runs are copied in words, which overlap. */
static void every_length(void)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t len = 1; len < sizeof(letters); len++) {
        struct text t = text_at_guard(len + 1);
        char *from = unit_guard(1, letters, len);
        text_add_char(&t, '.');
        text_add(&t, (struct span){from, len});
        CU_ASSERT_FALSE(t.cut);
        CU_ASSERT_EQUAL(t.at[0], '.');
        CU_ASSERT_TRUE(span_equal(span_skip(text_span(&t), 1), (struct span){letters, len}));
    }
}

/* What follows a gap would read as if it belonged to what stands before it. */
static void nothing_follows_a_cut(void)
{
    struct text t = text_at_guard(4);
    text_add_printable(&t, SPAN("ab\xE2\x82\xAC"), 10);
    CU_ASSERT_TRUE(t.cut);
    text_add_char(&t, 'c');
    CU_ASSERT_TRUE(span_equal(text_span(&t), SPAN("ab")));
}

static void numbers(void)
{
    struct text t = text_at_guard(CAP_MAX);
    text_add_u64(&t, 0);
    text_add_char(&t, ' ');
    text_add_i64(&t, -1);
    text_add_char(&t, ' ');
    text_add_i64(&t, INT64_MAX);
    CU_ASSERT_TRUE(span_equal(text_span(&t), SPAN("0 -1 9223372036854775807")));
}

static void hexadecimal(void)
{
    struct text t = text_at_guard(CAP_MAX);
    text_add_hex(&t, "\x00\x9F\xA0\xFF", 4);
    text_add_hex(&t, NULL, 0);
    CU_ASSERT_TRUE(span_equal(text_span(&t), SPAN("009fa0ff")));
}

struct row {
    const char *plain;
    size_t max;
    const char *written;
};

static const struct row safe_rows[] = {
    {"azAZ09_.-", 9, "azAZ09_.-"},
    {"azAZ09_.-", 8, "azAZ09_."},
    {"a b\r\nc: d", 9, "abcd"},
    {"a@[`{/:b\x80\xFF\x7F", 99, "ab"},
    {"   abc", 2, "ab"},
    {"abc", 0, ""},
    {"", 9, ""},
};

static void safe(void)
{
    for (size_t i = 0; i < sizeof(safe_rows) / sizeof(safe_rows[0]); i++) {
        struct text t = text_at_guard(CAP_MAX);
        text_add_safe(&t, span_of(safe_rows[i].plain), safe_rows[i].max);
        CU_ASSERT_TRUE(span_equal(text_span(&t), span_of(safe_rows[i].written)));
        CU_ASSERT_FALSE(t.cut);
    }
}

static const struct row printable_rows[] = {
    {"plain ~", 99, "plain ~"},
    {"a\r\n\t\x1B[31mb\x7F", 99, "a????[31mb?"},
    {"\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", 99, "???\xC2\xA0"},
    {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 99, "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 8, "\xC3\xA4\xE2\x82\xAC"},
    {"\xC3\xA4\xE2\x82\xAC", 4, "\xC3\xA4"},
    {"\xC3\xA4", 1, ""},
    {"\x80 \xE2\x82 \xED\xA0\x80 \xC0\xAF", 99, "? ?? ??? ??"},
    {"a\xC3", 99, "a?"},
    {"abc", 2, "ab"},
    {"", 2, ""},
};

static void printable(void)
{
    for (size_t i = 0; i < sizeof(printable_rows) / sizeof(printable_rows[0]); i++) {
        const struct row *row = &printable_rows[i];
        size_t len = strlen(row->plain);
        struct text t = text_at_guard(CAP_MAX);
        text_add_printable(&t, (struct span){unit_guard(1, row->plain, len), len}, row->max);
        CU_ASSERT_TRUE(span_equal(text_span(&t), span_of(row->written)));
        CU_ASSERT_FALSE(t.cut);
    }
}

static void printable_in_every_size(void)
{
    static const size_t borders[] = {0, 0, 2, 2, 2, 5, 5, 5, 5, 9};
    struct span plain = SPAN("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    for (size_t cap = 1; cap < sizeof(borders) / sizeof(borders[0]); cap++) {
        struct text t = text_at_guard(cap);
        text_add_printable(&t, plain, 99);
        CU_ASSERT_TRUE(span_equal(text_span(&t), (struct span){plain.at, borders[cap]}));
        CU_ASSERT_EQUAL(t.cut, cap < 9);
    }
}

static const struct unit_test tests[] = {
    {"every size", every_size},
    {"every length", every_length},
    {"nothing follows a cut", nothing_follows_a_cut},
    {"numbers", numbers},
    {"hexadecimal", hexadecimal},
    {"safe", safe},
    {"printable", printable},
    {"printable in every size", printable_in_every_size},
};

UNIT_MAIN("text", tests)
