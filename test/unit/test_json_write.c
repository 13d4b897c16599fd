/* Documents written into texts of every size. */
#include "core/json/json_rules.h"
#include "core/json/json_write.h"
#include "test/unit/unit.h"

#include <string.h>

#define CAP_MAX 512

static struct text text_at_guard(size_t cap)
{
    return text_over(unit_guard_room(0, cap), cap);
}

static void strings(void)
{
    static const char *const rows[][2] = {
        {"", "\"\""},
        {"a \"b\"\\\n\x01", "\"a \\\"b\\\"\\\\\\n\\u0001\""},
        {"\xC3\xA4\xFF", "\"\xC3\xA4\xEF\xBF\xBD\""},
        {NULL, "null"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text t = text_at_guard(CAP_MAX);
        json_write_str(&t, rows[i][0]);
        CU_ASSERT_TRUE(span_equal(text_span(&t), span_of(rows[i][1])));
    }
    struct text t = text_at_guard(CAP_MAX);
    json_write_string(&t, SPAN("a\0b"));
    json_write_string(&t, (struct span){NULL, 0});
    CU_ASSERT_TRUE(span_equal(text_span(&t), SPAN("\"a\\u0000b\"\"\"")));
}

/* Longer than a piece that is escaped at once: characters meet the seams at every byte. */
static void long_strings(void)
{
    for (size_t shift = 0; shift < 4; shift++) {
        char plain[3 + 4 * 64];
        memset(plain, 'x', shift);
        for (size_t i = 0; i < 64; i++)
            memcpy(plain + shift + 4 * i, "\xF0\x9F\x98\x80", 4);
        struct span s = {plain, shift + sizeof(plain) - 3};
        struct text t = text_at_guard(CAP_MAX);
        json_write_string(&t, s);
        CU_ASSERT_EQUAL_FATAL(t.len, s.len + 2);
        CU_ASSERT_TRUE(span_equal((struct span){t.at + 1, s.len}, s));
    }
}

static void write_all(struct text *t)
{
    text_add_char(t, '{');
    json_write_member(t, "s", SPAN("a\"b"));
    json_write_member_u64(t, "n", UINT64_MAX);
    json_write_member_bool(t, "t", true);
    json_write_member_bool(t, "f", false);
    json_write_member_null(t, "z");
    json_write_name(t, "o");
    text_add_char(t, '{');
    json_write_member_u64(t, "i", 0);
    text_add_str(t, "},");
    json_write_name(t, "a");
    text_add_str(t, "[{");
    json_write_member_null(t, "x");
    text_add_str(t, "}]}");
}

#define ALL                                                                                        \
    "{\"s\":\"a\\\"b\",\"n\":18446744073709551615,\"t\":true,\"f\":false,\"z\":null,"              \
    "\"o\":{\"i\":0},\"a\":[{\"x\":null}]}"

static void members(void)
{
    struct json_rules rules;
    struct text t = text_at_guard(CAP_MAX);
    write_all(&t);
    CU_ASSERT_TRUE(span_equal(text_span(&t), SPAN(ALL)));
    json_rules_init(&rules);
    json_rules_take(&rules, text_span(&t));
    CU_ASSERT_EQUAL(json_rules_end(&rules), RESULT_DONE);
}

static void a_name_alone(void)
{
    struct text t = text_at_guard(CAP_MAX);
    json_write_name(&t, "a");
    CU_ASSERT_TRUE(span_equal(text_span(&t), SPAN("\"a\":")));
}

static void in_every_size(void)
{
    struct span all = SPAN(ALL);
    for (size_t cap = 1; cap <= all.len + 1; cap++) {
        struct text t = text_at_guard(cap);
        write_all(&t);
        CU_ASSERT_EQUAL(t.cut, cap < all.len);
        struct span wanted = {all.at, cap < all.len ? cap : all.len};
        CU_ASSERT_TRUE(span_equal(text_span(&t), wanted));
    }
}

static const struct unit_test tests[] = {
    {"strings", strings},
    {"long strings", long_strings},
    {"members", members},
    {"a name alone", a_name_alone},
    {"in every size", in_every_size},
};

UNIT_MAIN("json_write", tests)
