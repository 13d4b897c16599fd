/* settings_string: TOML's strings, their escapes, and what is no clean text. */
#include "core/settings/settings_string.h"

#include <string.h>

#include "test/unit/unit.h"

static struct span guarded(const char *text)
{
    size_t len = strlen(text);
    return (struct span){unit_guard(0, text, len), len};
}

static void lengths(void)
{
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {"\"\"", 2},          {"\"a\" b", 3},      {"''x", 2},       {"'a\\' b", 4},
        {"\"a\\\"b\"", 6},    {"\"a\\\\\"b", 5},   {"\"", 0},        {"'", 0},
        {"\"a", 0},           {"\"a\\\"", 0},      {"\"a'", 0},      {"'a\"", 0},
        {"\"\\", 0},          {"\"#;=\"", 5},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(settings_string_len(guarded(rows[i].text)), rows[i].len);
}

static const struct {
    const char *quoted;
    const char *content; /* NULL: it is refused */
} reads[] = {
    {"\"\"", ""},
    {"\"plain # ; = text\"", "plain # ; = text"},
    {"'C:\\path\\u0041'", "C:\\path\\u0041"},
    {"\"\\b\\t\\n\\f\\r\\\"\\\\\"", "\b\t\n\f\r\"\\"},
    {"\"\\u0041\\u00e9\\u20AC\\U0001F600\"", "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {"\"\\uD7FF\\uE000\\U0010FFFF\"", "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"},
    {"\"\\x41\"", NULL},
    {"\"\\/\"", NULL},
    {"\"\\u004\"", NULL},
    {"\"\\u00g1\"", NULL},
    {"\"\\u0000\"", NULL},
    {"\"\\uD800\"", NULL},
    {"\"\\uDFFF\"", NULL},
    {"\"\\U00110000\"", NULL},
    {"\"\\U0001F60\"", NULL},
};

static void contents(void)
{
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        char *room = unit_guard_room(1, 64);
        struct text out = text_over(room, 64);
        const char *why = settings_string_read(guarded(reads[i].quoted), &out);
        CU_ASSERT_EQUAL(why == NULL, reads[i].content != NULL);
        if (why == NULL)
            CU_ASSERT(span_equal(text_span(&out), span_of(reads[i].content)));
    }
}

static void too_small_a_buffer(void)
{
    static const char quoted[] = "\"a\\u20ACb\"";
    for (size_t cap = 1; cap <= 5; cap++) {
        char *room = unit_guard_room(1, cap);
        struct text out = text_over(room, cap);
        CU_ASSERT_PTR_NULL(settings_string_read(guarded(quoted), &out));
        CU_ASSERT_EQUAL(out.cut, cap < 5);
        CU_ASSERT_EQUAL(out.len, cap);
    }
}

static void cleanliness(void)
{
    static const struct {
        const char *text;
        bool clean;
    } rows[] = {
        {"", true},
        {"a\tb ~", true},
        {"\x7F", false},
        {"a\nb", false},
        {"\x1F", false},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", true},
        {"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF", true},
        {"\xC3", false},             /* cut */
        {"\xE2\x82", false},
        {"\xF0\x9F\x98", false},
        {"\x80", false},             /* a tail alone */
        {"\xC0\x80", false},         /* longer than need be */
        {"\xC1\xBF", false},
        {"\xE0\x9F\xBF", false},
        {"\xF0\x8F\xBF\xBF", false},
        {"\xED\xA0\x80", false},     /* a surrogate */
        {"\xF4\x90\x80\x80", false}, /* beyond U+10FFFF */
        {"\xF5\x80\x80\x80", false},
        {"\xFF", false},
        {"\xC3\x28", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(settings_string_clean(guarded(rows[i].text)), rows[i].clean);
    CU_ASSERT_FALSE(settings_string_clean(SPAN("a\0b")));
}

static const struct unit_test tests[] = {
    {"lengths", lengths},
    {"contents", contents},
    {"too small a buffer", too_small_a_buffer},
    {"cleanliness", cleanliness},
};

UNIT_MAIN("settings_string", tests)
