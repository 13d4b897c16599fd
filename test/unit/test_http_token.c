/* The character classes of HTTP. */
#include "core/http/http_token.h"
#include "test/unit/unit.h"

#include <string.h>

static struct span guarded(const char *text)
{
    size_t len = strlen(text);
    return (struct span){unit_guard(0, text, len), len};
}

/* Each class, spelled out once more, over all 256 bytes. */
static void test_classes(void)
{
    static const char tchars[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        bool in_set = byte != 0 && strchr(tchars, byte) != NULL;
        bool control = (byte < 32 && byte != 9) || byte == 127;
        CU_ASSERT_EQUAL(http_token_char(c), in_set);
        CU_ASSERT_EQUAL(http_token_value_char(c), !control);
        CU_ASSERT_EQUAL(http_token_valid((struct span){&c, 1}), in_set);
        CU_ASSERT_EQUAL(http_token_value_valid((struct span){&c, 1}), !control);
    }
    CU_ASSERT_FALSE(http_token_valid(SPAN("")));
    CU_ASSERT_TRUE(http_token_value_valid(SPAN("")));
    CU_ASSERT_TRUE(http_token_value_valid(SPAN("a\tb c\x80\xFF")));
    CU_ASSERT_FALSE(http_token_value_valid(SPAN("a\0b")));
}

static void test_hex(void)
{
    static const char digits[] = "0123456789abcdef";
    for (int byte = 0; byte < 256; byte++) {
        int lower = byte >= 'A' && byte <= 'F' ? byte + 32 : byte;
        const char *at = byte != 0 ? strchr(digits, lower) : NULL;
        CU_ASSERT_EQUAL(http_token_hex((char)byte), at != NULL ? (int)(at - digits) : -1);
    }
}

static void test_paths(void)
{
    static const char *const good[] = {
        "", "/", "/v1/models/a%20b", "/a?b=c&d=%C3%A4", "/-._~!$&'()*+,;=:@/?", "//a",
    };
    static const char *const bad[] = {
        "/ ", "/#a", "/%", "/%4", "/%zz", "/%4g", "/\"", "/<", "/>", "/\\", "/^", "/`", "/{", "/|",
        "/}", "/[", "/]", "/\x80", "/\x7f", "/\x01", "/a%2",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT_TRUE(http_token_path_valid(guarded(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(http_token_path_valid(guarded(bad[i])));
}

/* Each byte, and an escape, at each place. */
static void test_every_place(void)
{
    for (size_t place = 0; place < 10; place++) {
        char bytes[] = "ghijklmnopqr";
        for (int byte = 0; byte < 256; byte++) {
            bytes[place] = (char)byte;
            struct span s = {unit_guard(0, bytes, 10), 10};
            CU_ASSERT_EQUAL(http_token_valid(s), http_token_char((char)byte));
            CU_ASSERT_EQUAL(http_token_path_valid(s), http_token_is((char)byte, HTTP_PATH));
        }
        memcpy(bytes + place, "%4a", 3);
        for (size_t len = place + 1; len <= 12; len++) {
            struct span s = {unit_guard(0, bytes, len), len};
            CU_ASSERT_EQUAL(http_token_path_valid(s), len >= place + 3);
        }
    }
}

static void test_authorities(void)
{
    static const char *const good[][2] = {
        {"a", "a"},
        {"localhost:3000", "localhost"},
        {"Example.COM", "Example.COM"},
        {"router.lan.", "router.lan"},
        {"router.lan.:80", "router.lan"},
        {"127.0.0.1:65535", "127.0.0.1"},
        {"my_box-1:", "my_box-1"},
        {"a:0", "a"},
        {"[::1]", "[::1]"},
        {"[::1]:3000", "[::1]"},
        {"[::ffff:1.2.3.4]:", "[::ffff:1.2.3.4]"},
        {"[FE80::1]", "[FE80::1]"},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct span host;
        CU_ASSERT_TRUE(http_token_authority(guarded(good[i][0]), &host));
        CU_ASSERT_TRUE(span_equal(host, span_of(good[i][1])));
    }
}

static void test_bad_authorities(void)
{
    static const char *const bad[] = {
        "",
        ":",
        ":80",
        ".",
        "..",
        "a..b",
        ".a",
        "a..",
        "a:b",
        "a:65536",
        "a:-1",
        "a:+1",
        "a:1:2",
        "a:000080",
        "a b",
        "a,b",
        "a/b",
        "u@a",
        "a@",
        "a?",
        "a#",
        "a%41",
        "a\\b",
        "a\xC3\xA4",
        "a\"",
        "[",
        "]",
        "[]",
        "[::1",
        "::1",
        "[::1]x",
        "[::1]:x",
        "[::1].",
        "[::g]",
        "[1]",
        "[fe80::1%25e]",
        "[::1]:65536",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
        "a\t",
        "[::1] ",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct span host;
        CU_ASSERT_FALSE(http_token_authority(guarded(bad[i]), &host));
    }
}

static void test_decode(void)
{
    static const struct {
        const char *raw, *plain;
    } rows[] = {
        {"", ""},         {"a%2Fb%3a", "a/b:"}, {"%", "%"},     {"a%4", "a%4"},
        {"%zz%41", "%zzA"}, {"%25%32", "%2"},     {"%4%41", "%4A"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[16];
        struct text out = text_over(bytes, sizeof(bytes));
        http_token_decode(guarded(rows[i].raw), &out);
        CU_ASSERT_STRING_EQUAL(text_str(&out), rows[i].plain);
    }
}

static void test_parameter(void)
{
    static const struct {
        const char *query, *value; /* of "a"; NULL: none */
    } rows[] = {
        {"", NULL},          {"a", NULL},        {"b=1", NULL},      {"aa=1", NULL},
        {"ba=1&=a", NULL},   {"a=", ""},         {"a=1", "1"},       {"b=2&a=1&a=3", "1"},
        {"&&a=%41=b", "A=b"}, {"a&a=x&", "x"},    {"b=a=1", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[16];
        struct text out = text_over(bytes, sizeof(bytes));
        bool found = http_token_parameter(guarded(rows[i].query), SPAN("a"), &out);
        CU_ASSERT_EQUAL(found, rows[i].value != NULL);
        CU_ASSERT_STRING_EQUAL(text_str(&out), found ? rows[i].value : "");
    }
}

/* Every byte at every place of texts that end inside a word and behind one. */
static void test_visible(void)
{
    char text[] = "/v1/chat/completions?y=z";
    size_t wrong = 0;
    CU_ASSERT_TRUE(http_token_visible((struct span){NULL, 0}));
    for (size_t len = 1; len < sizeof(text); len++)
        for (size_t i = 0; i < len * 256; i++) {
            char value = (char)(i % 256);
            char kept = text[i / 256];
            text[i / 256] = value;
            const char *bytes = unit_guard(0, text, len);
            wrong += http_token_visible((struct span){bytes, len}) != (value > ' ' && value < 0x7F);
            text[i / 256] = kept;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const struct unit_test tests[] = {
    {"visible ASCII", test_visible},
    {"character classes", test_classes}, {"hexadecimal digits", test_hex}, {"paths", test_paths},
    {"every place", test_every_place},
    {"authorities", test_authorities},   {"refused authorities", test_bad_authorities},
    {"percent-decoding", test_decode},   {"parameters", test_parameter},
};

UNIT_MAIN("http_token", tests)
