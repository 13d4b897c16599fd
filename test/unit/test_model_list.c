/* model_list: what goes in, what is refused, what is cut, and that it is found again. */
#include "core/model/model_list.h"

#include <string.h>

#include "test/unit/unit.h"

static struct model_list list;

static struct model_item item_of(const char *identifier)
{
    return (struct model_item){
        .identifier = span_of(identifier), .type = MODEL_TYPE_UNTOLD, .usage_left = -1};
}

static bool is(struct span s, const char *text)
{
    return span_equal(s, span_of(text));
}

static void types(void)
{
    static const struct {
        const char *text;
        enum model_type type;
    } rows[] = {
        {"base", MODEL_TYPE_BASE},           {"freeTrial", MODEL_TYPE_FREE_TRIAL},
        {"premium", MODEL_TYPE_PREMIUM},     {"Base", MODEL_TYPE_UNKNOWN},
        {"freetrial", MODEL_TYPE_UNKNOWN},   {"PREMIUM", MODEL_TYPE_UNKNOWN},
        {"base ", MODEL_TYPE_UNKNOWN},       {"bas", MODEL_TYPE_UNKNOWN},
        {"", MODEL_TYPE_UNKNOWN},            {"enterprise", MODEL_TYPE_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(model_list_type(span_of(rows[i].text)), rows[i].type);
        const char *back = model_list_type_text(rows[i].type);
        if (rows[i].type == MODEL_TYPE_UNKNOWN)
            CU_ASSERT_PTR_NULL(back)
        else
            CU_ASSERT_STRING_EQUAL(back, rows[i].text);
    }
    CU_ASSERT_PTR_NULL(model_list_type_text(MODEL_TYPE_UNTOLD));
}

static void put_and_get(void)
{
    model_list_clear(&list);
    struct model_item in = {.identifier = SPAN("us.x-v1:0"),
                            .name = SPAN("X One"),
                            .type_text = SPAN("premium"),
                            .type = MODEL_TYPE_PREMIUM,
                            .usage_left = 7,
                            .is_new = true};
    CU_ASSERT_EQUAL(model_list_add(&list, &in), MODEL_ADDED);
    struct model_item plain = item_of("gpt-4.1");
    CU_ASSERT_EQUAL(model_list_add(&list, &plain), MODEL_ADDED);
    CU_ASSERT_EQUAL(list.count, 2);
    struct model_item out = model_list_get(&list, 0);
    CU_ASSERT(is(out.identifier, "us.x-v1:0"));
    CU_ASSERT(is(out.name, "X One"));
    CU_ASSERT(is(out.type_text, "premium"));
    CU_ASSERT_EQUAL(out.type, MODEL_TYPE_PREMIUM);
    CU_ASSERT_EQUAL(out.usage_left, 7);
    CU_ASSERT_TRUE(out.is_new);
    out = model_list_get(&list, 1);
    CU_ASSERT(is(out.identifier, "gpt-4.1"));
    CU_ASSERT(is(out.name, "gpt-4.1"));
    CU_ASSERT_EQUAL(out.type_text.len, 0);
    CU_ASSERT_EQUAL(out.usage_left, MODEL_USAGE_UNTOLD);
    CU_ASSERT_FALSE(out.is_new);
}

static void find_is_exact(void)
{
    static const struct {
        const char *name;
        int entry;
    } rows[] = {
        {"abc", 0}, {"abd", 1}, {"ab", 2},  {"ABC", MODEL_NONE}, {"abcd", MODEL_NONE},
        {"a", MODEL_NONE}, {"", MODEL_NONE}, {"abc ", MODEL_NONE},
    };
    static const char *const names[] = {"abc", "abd", "ab"};
    model_list_clear(&list);
    for (int i = 0; i < 3; i++) {
        struct model_item item = item_of(names[i]);
        model_list_add(&list, &item);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(model_list_find(&list, span_of(rows[i].name)), rows[i].entry);
}

static void usage_is_told_or_not(void)
{
    static const int32_t rows[][2] = {
        {0, 0}, {1, 1}, {INT32_MAX, INT32_MAX}, {-1, MODEL_USAGE_UNTOLD},
        {-2, MODEL_USAGE_UNTOLD}, {INT32_MIN, MODEL_USAGE_UNTOLD},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        model_list_clear(&list);
        struct model_item item = item_of("m");
        item.usage_left = rows[i][0];
        model_list_add(&list, &item);
        CU_ASSERT_EQUAL(model_list_get(&list, 0).usage_left, rows[i][1]);
    }
}

static void limited(void)
{
    static const struct {
        enum model_type type;
        int32_t usage;
        bool limited;
    } rows[] = {
        {MODEL_TYPE_BASE, 5, false},        {MODEL_TYPE_UNTOLD, 5, false},
        {MODEL_TYPE_UNKNOWN, 5, false},     {MODEL_TYPE_FREE_TRIAL, 5, true},
        {MODEL_TYPE_FREE_TRIAL, 0, true},   {MODEL_TYPE_PREMIUM, 1, true},
        {MODEL_TYPE_PREMIUM, -1, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        model_list_clear(&list);
        struct model_item item = item_of("m");
        item.type = rows[i].type;
        item.usage_left = rows[i].usage;
        model_list_add(&list, &item);
        CU_ASSERT_EQUAL(model_list_limited(&list, 0), rows[i].limited);
    }
}

static void refused(void)
{
    static char longest[MODEL_TEXT_MAX_BYTES + 2];
    memset(longest, 'x', MODEL_TEXT_MAX_BYTES + 1);
    const struct {
        struct span identifier;
        enum model_added added;
    } rows[] = {
        {{"", 0}, MODEL_SKIPPED},
        {{NULL, 0}, MODEL_SKIPPED},
        {{longest, MODEL_TEXT_MAX_BYTES}, MODEL_ADDED},
        {{longest, MODEL_TEXT_MAX_BYTES + 1}, MODEL_SKIPPED},
        {SPAN("a\nb"), MODEL_SKIPPED},
        {SPAN("a\0b"), MODEL_SKIPPED},
        {SPAN("a\x1f"), MODEL_SKIPPED},
        {SPAN("a\x7f"), MODEL_SKIPPED},
        {SPAN("a b/c:d-\xC3\xA9"), MODEL_ADDED},
        {SPAN("a b/c:d-\xC3\xA9"), MODEL_SKIPPED}, /* the first wins */
    };
    uint32_t skipped = 0;
    uint32_t added = 0;
    model_list_clear(&list);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct model_item item = {.identifier = rows[i].identifier, .usage_left = (int32_t)i};
        CU_ASSERT_EQUAL(model_list_add(&list, &item), rows[i].added);
        skipped += rows[i].added == MODEL_SKIPPED;
        added += rows[i].added == MODEL_ADDED;
        CU_ASSERT_EQUAL(list.skipped, skipped);
        CU_ASSERT_EQUAL(list.count, added);
    }
    CU_ASSERT_EQUAL(list.left_out, 0);
    CU_ASSERT_EQUAL(model_list_get(&list, 1).usage_left, 8);
}

static void names_are_cleaned_and_cut(void)
{
    static char longest[2000];
    memset(longest, 'n', sizeof(longest));
    struct model_item item = {.identifier = SPAN("m"),
                              .name = {longest, sizeof(longest)},
                              .type_text = {longest, sizeof(longest)},
                              .type = MODEL_TYPE_UNKNOWN};
    model_list_clear(&list);
    CU_ASSERT_EQUAL(model_list_add(&list, &item), MODEL_ADDED);
    CU_ASSERT_EQUAL(model_list_get(&list, 0).name.len, MODEL_TEXT_MAX_BYTES);
    CU_ASSERT_EQUAL(model_list_get(&list, 0).type_text.len, MODEL_TYPE_MAX_BYTES);
    item.identifier = SPAN("m2");
    item.name = SPAN("a\nb\x7f\x01");
    item.type_text = SPAN("t\0t");
    CU_ASSERT_EQUAL(model_list_add(&list, &item), MODEL_ADDED);
    CU_ASSERT(is(model_list_get(&list, 1).name, "a?b??"));
    CU_ASSERT(is(model_list_get(&list, 1).type_text, "t?t"));
    CU_ASSERT(is(model_list_get(&list, 1).identifier, "m2"));
}

/* Writes prefix and a number of five digits. */
static struct span numbered(char out[16], size_t number)
{
    for (size_t i = 6; i > 1; i--, number /= 10)
        out[i - 1] = (char)('0' + number % 10);
    out[0] = 'm';
    return (struct span){out, 6};
}

static void more_models_than_room(void)
{
    char text[16];
    model_list_clear(&list);
    for (size_t i = 0; i < LIMIT_CATALOG_MODELS + 100; i++) {
        struct model_item item = {.identifier = numbered(text, i), .usage_left = (int32_t)i};
        enum model_added expected = i < LIMIT_CATALOG_MODELS ? MODEL_ADDED : MODEL_LEFT_OUT;
        CU_ASSERT_EQUAL(model_list_add(&list, &item), expected);
    }
    CU_ASSERT_EQUAL(list.count, LIMIT_CATALOG_MODELS);
    CU_ASSERT_EQUAL(list.left_out, 100);
    CU_ASSERT_EQUAL(list.skipped, 0);
    for (size_t i = 0; i < LIMIT_CATALOG_MODELS; i++) {
        CU_ASSERT_EQUAL(model_list_find(&list, numbered(text, i)), (int)i);
        CU_ASSERT_EQUAL(model_list_get(&list, (int)i).usage_left, (int32_t)i);
    }
    CU_ASSERT_EQUAL(model_list_find(&list, numbered(text, LIMIT_CATALOG_MODELS)), MODEL_NONE);
}

/* Text runs out before entries do; whatever is in stays whole. */
static void more_text_than_room(void)
{
    static char name[MODEL_TEXT_MAX_BYTES];
    char text[16];
    memset(name, 'n', sizeof(name));
    model_list_clear(&list);
    size_t each = 6 + sizeof(name);
    size_t fit = LIMIT_CATALOG_TEXT_BYTES / each;
    for (size_t i = 0; i < fit + 10; i++) {
        struct model_item item = {.identifier = numbered(text, i), .name = {name, sizeof(name)}};
        enum model_added expected = i < fit ? MODEL_ADDED : MODEL_LEFT_OUT;
        CU_ASSERT_EQUAL(model_list_add(&list, &item), expected);
    }
    CU_ASSERT_EQUAL(list.count, fit);
    CU_ASSERT_EQUAL(list.left_out, 10);
    for (size_t i = 0; i < fit; i++) {
        CU_ASSERT(span_equal(model_list_get(&list, (int)i).identifier, numbered(text, i)));
        CU_ASSERT_EQUAL(model_list_get(&list, (int)i).name.len, sizeof(name));
    }
    size_t rest = LIMIT_CATALOG_TEXT_BYTES - fit * each;
    struct model_item last = {.identifier = {name, rest > 0 ? rest : 1}};
    CU_ASSERT_EQUAL(model_list_add(&list, &last), rest > 0 ? MODEL_ADDED : MODEL_LEFT_OUT);
    struct model_item none = {.identifier = SPAN("z")};
    CU_ASSERT_EQUAL(model_list_add(&list, &none), MODEL_LEFT_OUT);
}

static void names_without_a_date(void)
{
    static const char *const names[] = {"a-4-20250101", "a-4-20250601", "a-4-1-20250601", "b-5",
                                        "c-2025010", "c-20250101x", "d-0-20250101", "e-20250101"};
    static const struct {
        const char *name;
        int entry;
    } rows[] = {
        {"a-4", 1},          {"a-4-0", 1},  {"a-4-latest", 1}, {"a-4-1", 2},
        {"a-4-1-latest", 2}, {"a", MODEL_NONE}, {"a-", MODEL_NONE}, {"b-5-latest", MODEL_NONE},
        {"b", MODEL_NONE},   {"c", MODEL_NONE}, {"d-0", 6},     {"d", MODEL_NONE},
        {"e-latest", 7},     {"e-1", MODEL_NONE}, {"", MODEL_NONE}, {"-latest", MODEL_NONE},
        {"e-20250101-latest", MODEL_NONE},
    };
    model_list_clear(&list);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct model_item item = {.identifier = span_of(names[i]), .usage_left = -1};
        CU_ASSERT_EQUAL(model_list_add(&list, &item), MODEL_ADDED);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(model_list_dated(&list, span_of(rows[i].name)), rows[i].entry);
    model_list_clear(&list);
    CU_ASSERT_EQUAL(model_list_dated(&list, SPAN("a-4")), MODEL_NONE);
}

static const struct unit_test tests[] = {
    {"names without a date", names_without_a_date},
    {"types", types},
    {"put and get", put_and_get},
    {"find is exact", find_is_exact},
    {"usage is told or not", usage_is_told_or_not},
    {"limited", limited},
    {"refused", refused},
    {"names are cleaned and cut", names_are_cleaned_and_cut},
    {"more models than room", more_models_than_room},
    {"more text than room", more_text_than_room},
};

UNIT_MAIN("model_list", tests)
