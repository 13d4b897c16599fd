/* settings_value: kinds, numbers to the last digit, and lists. */
#include "core/settings/settings_value.h"

#include <string.h>

#include "test/unit/unit.h"

static struct settings_value value;

static struct span guarded(const char *text)
{
    size_t len = strlen(text);
    return (struct span){unit_guard(0, text, len), len};
}

/* Reads text; what was tidied lies in a guarded buffer. */
static enum settings_value_kind read(const char *text)
{
    struct text out = text_over(unit_guard_room(1, 128), 128);
    settings_value_read(&value, guarded(text), &out);
    return value.kind;
}

static void kinds(void)
{
    static const struct {
        const char *text;
        enum settings_value_kind kind;
    } rows[] = {
        {"\"a\"", SETTINGS_VALUE_STRING},    {"'a'", SETTINGS_VALUE_STRING},
        {"a", SETTINGS_VALUE_WORD},          {"127.0.0.1:3000", SETTINGS_VALUE_WORD},
        {"1.2.3", SETTINGS_VALUE_WORD},      {"1a", SETTINGS_VALUE_WORD},
        {"true", SETTINGS_VALUE_BOOL},       {"false", SETTINGS_VALUE_BOOL},
        {"True", SETTINGS_VALUE_WORD},       {"yes", SETTINGS_VALUE_WORD},
        {"1", SETTINGS_VALUE_INTEGER},       {"-1", SETTINGS_VALUE_INTEGER},
        {"+1", SETTINGS_VALUE_INTEGER},      {"1_000", SETTINGS_VALUE_INTEGER},
        {"0", SETTINGS_VALUE_INTEGER},       {"007", SETTINGS_VALUE_WORD},
        {"1__0", SETTINGS_VALUE_WORD},       {"_1", SETTINGS_VALUE_WORD},
        {"1_", SETTINGS_VALUE_WORD},         {"1.5", SETTINGS_VALUE_FLOAT},
        {"1e3", SETTINGS_VALUE_FLOAT},       {"1.", SETTINGS_VALUE_WORD},
        {".5", SETTINGS_VALUE_WORD},         {"1e", SETTINGS_VALUE_WORD},
        {"nan", SETTINGS_VALUE_WORD},        {"0x10", SETTINGS_VALUE_WORD},
        {"-", SETTINGS_VALUE_WORD},          {"[]", SETTINGS_VALUE_ARRAY},
        {"[1, 2]", SETTINGS_VALUE_ARRAY},    {"{ a = 1 }", SETTINGS_VALUE_TABLE},
        {"", SETTINGS_VALUE_BAD},            {"\"a", SETTINGS_VALUE_BAD},
        {"\"a\" b", SETTINGS_VALUE_BAD},     {"\"\\q\"", SETTINGS_VALUE_BAD},
        {"[", SETTINGS_VALUE_BAD},           {"[1", SETTINGS_VALUE_BAD},
        {"{", SETTINGS_VALUE_BAD},           {"99999999999999999999", SETTINGS_VALUE_BAD},
        {"9223372036854775808", SETTINGS_VALUE_BAD},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(read(rows[i].text), rows[i].kind);
        CU_ASSERT_EQUAL(value.why != NULL, rows[i].kind == SETTINGS_VALUE_BAD);
        CU_ASSERT_PTR_NOT_NULL(settings_value_kind_name(value.kind));
    }
}

static void numbers(void)
{
    static const struct {
        const char *text;
        int64_t integer;
        int64_t milli;
        bool exact;
        const char *tidy;
    } rows[] = {
        {"0", 0, 0, true, "0"},
        {"-0", 0, 0, true, "-0"},
        {"1_000", 1000, 1000000, true, "1000"},
        {"+12", 12, 12000, true, "12"},
        {"-12", -12, -12000, true, "-12"},
        {"2147483648", 2147483648, 2147483648000, true, "2147483648"},
        {"9223372036854775807", INT64_MAX, INT64_MAX, false, "9223372036854775807"},
        {"-9223372036854775807", -INT64_MAX, -INT64_MAX, false, "-9223372036854775807"},
        {"0.92233720368547758085", 0, 922, false, "0.92233720368547758085"},
        {"0.5", 0, 500, true, "0.5"},
        {"0.123", 0, 123, true, "0.123"},
        {"0.1234", 0, 123, false, "0.1234"},
        {"-0.0004", 0, 0, false, "-0.0004"},
        {"1.5e3", 1500, 1500000, true, "1.5e3"},
        {"1E-3", 0, 1, true, "1e-3"},
        {"1e-4", 0, 0, false, "1e-4"},
        {"1.000_0", 1, 1000, true, "1.0000"},
        {"+1.25e+1", 12, 12500, true, "1.25e+1"},
        {"1e999", INT64_MAX, INT64_MAX, false, "1e999"},
        {"1e-999", 0, 0, false, "1e-999"},
        {"0e999999999999", 0, 0, true, "0e999999999999"},
        {"0.00000000000000000000000000001", 0, 0, false, "0.00000000000000000000000000001"},
        {"1.00000000000000000000000000000", 1, 1000, true, "1.00000000000000000000000000000"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum settings_value_kind kind = read(rows[i].text);
        CU_ASSERT(kind == SETTINGS_VALUE_INTEGER || kind == SETTINGS_VALUE_FLOAT);
        CU_ASSERT_EQUAL(value.integer, rows[i].integer);
        CU_ASSERT_EQUAL(value.milli, rows[i].milli);
        CU_ASSERT_EQUAL(value.exact, rows[i].exact);
        CU_ASSERT(span_equal(value.raw, span_of(rows[i].tidy)));
    }
}

static void strings(void)
{
    CU_ASSERT_EQUAL(read(" \"a\\tb\" "), SETTINGS_VALUE_STRING);
    CU_ASSERT(span_equal(value.text, SPAN("a\tb")));
    CU_ASSERT_EQUAL(read("  a word or two "), SETTINGS_VALUE_WORD);
    CU_ASSERT(span_equal(value.text, SPAN("a word or two")));
    CU_ASSERT_EQUAL(read("true"), SETTINGS_VALUE_BOOL);
    CU_ASSERT_TRUE(value.truth);
    CU_ASSERT_EQUAL(read("false"), SETTINGS_VALUE_BOOL);
    CU_ASSERT_FALSE(value.truth);
}

static void lists(void)
{
    static const struct {
        const char *text;
        int count; /* -1: broken */
        const char *last;
    } rows[] = {
        {"[]", 0, NULL},
        {"[ ]", 0, NULL},
        {"[\"a\"]", 1, "\"a\""},
        {"[\"a\", 'b' , 3 ]", 3, "3"},
        {"[\"a\",]", 1, "\"a\""},
        {"[\"a,b]\"]", 1, "\"a,b]\""},
        {"[,]", -1, NULL},
        {"[\"a\",,\"b\"]", -1, NULL},
        {"[\"a\" \"b\"]", -1, NULL},
        {"[[1]]", -1, NULL},
        {"[{a=1}]", -1, NULL},
        {"[\"a]", -1, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL_FATAL(read(rows[i].text), SETTINGS_VALUE_ARRAY);
        struct span rest = settings_value_inside(&value);
        struct span element = {0};
        enum settings_value_step step = settings_value_next(&rest, &element);
        int count = 0;
        for (; step == SETTINGS_VALUE_ELEMENT; step = settings_value_next(&rest, &element))
            count++;
        CU_ASSERT_EQUAL(step == SETTINGS_VALUE_BROKEN, rows[i].count < 0);
        if (rows[i].count >= 0)
            CU_ASSERT_EQUAL(count, rows[i].count);
        if (rows[i].last != NULL)
            CU_ASSERT(span_equal(element, span_of(rows[i].last)));
    }
}

static void every_prefix(void)
{
    static const char *const texts[] = {"\"a\\u0041\\n\"", "[\"a\", 'b', 1_0.5e-3, true]",
                                        "-1_234.567_8e+12", "{ a = [1] }"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            struct text out = text_over(unit_guard_room(1, 128), 128);
            struct span prefix = {unit_guard(0, texts[i], len), len};
            settings_value_read(&value, prefix, &out);
            CU_ASSERT_EQUAL(value.kind == SETTINGS_VALUE_BAD, value.why != NULL);
        }
        CU_ASSERT_NOT_EQUAL(value.kind, SETTINGS_VALUE_BAD);
    }
}

static const struct unit_test tests[] = {
    {"kinds", kinds},
    {"numbers", numbers},
    {"strings", strings},
    {"lists", lists},
    {"every prefix", every_prefix},
};

UNIT_MAIN("settings_value", tests)
