/* anthropic_terms: names, roles, sources and choices, each word whole and cut. */
#include "core/provider/anthropic_terms.h"

#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

static void every_member(void)
{
    static const struct {
        const char *name;
        enum anthropic_member member;
    } rows[] = {
        {"n", ANTHROPIC_N},
        {"max_tokens", ANTHROPIC_OLD_TOKENS},
        {"max_completion_tokens", ANTHROPIC_TOKENS},
        {"max\\u005ftokens", ANTHROPIC_OLD_TOKENS},
        {"parallel_tool_calls", ANTHROPIC_PARALLEL},
        {"thinking", ANTHROPIC_THINKING},
        {"", ANTHROPIC_MEMBERS},
        {"N", ANTHROPIC_MEMBERS},
        {"stream", ANTHROPIC_MEMBERS},
        {"seed", ANTHROPIC_MEMBERS},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(anthropic_terms_member(span_of(rows[i].name)), rows[i].member);
    for (enum anthropic_member m = 0; m < ANTHROPIC_MEMBERS; m++) {
        struct span name = anthropic_terms_name(m);
        CU_ASSERT_EQUAL(anthropic_terms_member(name), m);
        name.len--;
        CU_ASSERT_EQUAL(anthropic_terms_member(name), ANTHROPIC_MEMBERS);
    }
}

static void every_role(void)
{
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("system")), ANTHROPIC_SYSTEM);
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("developer")), ANTHROPIC_SYSTEM);
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("us\\u0065r")), ANTHROPIC_USER_ROLE);
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("assistant")), ANTHROPIC_ASSISTANT);
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("tool")), ANTHROPIC_TOOL);
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("function")), ANTHROPIC_TOOL);
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("User")), ANTHROPIC_NOBODY);
    CU_ASSERT_EQUAL(anthropic_terms_role(SPAN("")), ANTHROPIC_NOBODY);
}

#define URL(url) "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"

/* What is found: "d" or "i", and the URL or the type and the bytes; NULL: nothing. */
static const struct {
    const char *part;
    const char *found;
} sources[] = {
    {URL("https://a/b"), "i https://a/b"},
    {URL("HTTP://a/b"), "i HTTP://a/b"},
    {URL("https:\\/\\/a"), "i https:\\/\\/a"},
    {"{\"image_url\":\"https://a\"}", "i https://a"},
    {URL("data:image/png;base64,AA=="), "i image/png AA=="},
    {URL("DATA:image/png;charset=x;BASE64,AA"), "i image/png AA"},
    {"{\"file\":{\"file_data\":\"data:a/b;base64,A\"}}", "d a/b A"},
    {URL("data:image/png;base64,"), NULL},
    {URL("data:image/png,AA"), NULL},
    {URL("data:;base64,AA"), NULL},
    {URL("data:image/pngbase64,AA"), NULL},
    {URL("data:image/png;base64"), NULL},
    {URL("data:,"), NULL},
    {URL("data:"), NULL},
    {URL("ftp://a"), NULL},
    {URL("file:///etc/passwd"), NULL},
    {URL("https:/a"), NULL},
    {URL(""), NULL},
    {"{\"image_url\":{\"url\":5}}", NULL},
    {"{\"image_url\":null}", NULL},
    {"{\"file\":{\"file_id\":\"x\"}}", NULL},
    {"{\"file\":{\"file_data\":\"https://a\"}}", NULL},
    {"{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA\"}}", NULL},
    {"{}", NULL},
    {"[]", NULL},
    {"\"x\"", NULL},
};

static void every_source(void)
{
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        char found[128];
        size_t len = strlen(sources[i].part);
        struct span part = {unit_guard(0, sources[i].part, len), len};
        struct anthropic_source s;
        bool good = anthropic_terms_source(part, &s);
        CU_ASSERT_EQUAL(good, sources[i].found != NULL);
        if (!good || sources[i].found == NULL)
            continue;
        snprintf(found, sizeof(found), "%c %.*s%.*s%s%.*s", s.document ? 'd' : 'i', (int)s.url.len,
                 s.url.at != NULL ? s.url.at : "", (int)s.media.len,
                 s.media.at != NULL ? s.media.at : "", s.url.len > 0 ? "" : " ",
                 (int)s.data.len, s.data.at != NULL ? s.data.at : "");
        CU_ASSERT_STRING_EQUAL(found, sources[i].found);
    }
}

/* A data URL that ends anywhere, at a page that nobody may touch, is one only with its bytes. */
static void every_prefix_of_a_source(void)
{
    static const char whole[] = "{\"image_url\":\"data:image/png;base64,AA";
    for (size_t len = 0; len < sizeof(whole); len++) {
        struct anthropic_source s;
        struct span part = {unit_guard(0, whole, len), len};
        CU_ASSERT_FALSE(anthropic_terms_source(part, &s) && s.data.len > 2);
    }
}

static void every_choice(void)
{
    static const struct {
        const char *value;
        enum anthropic_choice choice;
    } rows[] = {
        {"\"auto\"", ANTHROPIC_CHOICE_AUTO},
        {"\"none\"", ANTHROPIC_CHOICE_NONE},
        {"\"requir\\u0065d\"", ANTHROPIC_CHOICE_ANY},
        {"{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", ANTHROPIC_CHOICE_TOOL},
        {"{\"type\":\"function\",\"function\":{\"name\":\"\"}}", ANTHROPIC_CHOICE_UNKNOWN},
        {"{\"type\":\"allowed_tools\"}", ANTHROPIC_CHOICE_UNKNOWN},
        {"\"any\"", ANTHROPIC_CHOICE_UNKNOWN},
        {"5", ANTHROPIC_CHOICE_UNKNOWN},
    };
    struct span name;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(anthropic_terms_choice(span_of(rows[i].value), &name), rows[i].choice);
    CU_ASSERT_EQUAL(anthropic_terms_choice(span_of(rows[3].value), &name), ANTHROPIC_CHOICE_TOOL);
    CU_ASSERT_TRUE(span_equal(name, SPAN("\"f\"")));
}

static const struct unit_test tests[] = {
    {"every member", every_member},
    {"every role", every_role},
    {"every source", every_source},
    {"every prefix of a source", every_prefix_of_a_source},
    {"every choice", every_choice},
};

UNIT_MAIN("anthropic terms", tests)
