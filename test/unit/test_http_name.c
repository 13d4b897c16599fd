/* The names of fields: each is found as itself, and nothing else is. */
#include "core/http/http_name.h"
#include "core/http/http_token.h"
#include "test/unit/unit.h"

#include <string.h>

#define NAME_BYTES 40

/* Of each name there is. */
static struct span text_of(enum http_name name)
{
    struct span line = http_name_line(name);
    CU_ASSERT_TRUE_FATAL(line.len > 2 && line.len < NAME_BYTES);
    return (struct span){line.at, line.len - 2};
}

static enum http_name find(const char *bytes, size_t len)
{
    return http_name_find((struct span){unit_guard(0, bytes, len), len});
}

/* With the letters that the mask has a bit for as capitals. */
static void capital(struct span text, unsigned mask, char out[NAME_BYTES])
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        out[i] = c >= 'a' && c <= 'z' && (mask >> i % 8 & 1) != 0 ? (char)(c - 32) : c;
    }
}

/* A small-letter token, a colon, a space; no name twice. */
static void test_lines(void)
{
    for (unsigned id = HTTP_NAME_OTHER + 1; id < HTTP_NAMES; id++) {
        struct span text = text_of((enum http_name)id);
        CU_ASSERT_TRUE(http_token_valid(text));
        CU_ASSERT_TRUE(span_ends(http_name_line((enum http_name)id), SPAN(": ")));
        for (size_t i = 0; i < text.len; i++)
            CU_ASSERT_TRUE(text.at[i] < 'A' || text.at[i] > 'Z');
        for (unsigned other = id + 1; other < HTTP_NAMES; other++)
            CU_ASSERT_FALSE(span_equal(text, text_of((enum http_name)other)));
    }
}

static void test_found(void)
{
    for (unsigned id = HTTP_NAME_OTHER + 1; id < HTTP_NAMES_READ; id++) {
        struct span text = text_of((enum http_name)id);
        char bytes[NAME_BYTES];
        for (unsigned mask = 0; mask < 256; mask += 15) {
            capital(text, mask, bytes);
            CU_ASSERT_EQUAL(find(bytes, text.len), id);
        }
    }
}

/* Another byte in the place of one, where it is a token still. */
static void check_changed(enum http_name name, size_t at)
{
    struct span text = text_of(name);
    char bytes[NAME_BYTES];
    memcpy(bytes, text.at, text.len);
    for (int byte = 0; byte < 256; byte++) {
        bytes[at] = (char)byte;
        bool same = (byte | 32) == text.at[at];
        if (http_token_char((char)byte)) {
            CU_ASSERT_EQUAL(find(bytes, text.len), same ? name : HTTP_NAME_OTHER);
        }
    }
}

static void test_not_found(void)
{
    for (unsigned id = HTTP_NAME_OTHER + 1; id < HTTP_NAMES_READ; id++) {
        struct span text = text_of((enum http_name)id);
        char bytes[NAME_BYTES];
        memcpy(bytes, text.at, text.len);
        bytes[text.len] = 's';
        CU_ASSERT_EQUAL(find(bytes, text.len - 1), HTTP_NAME_OTHER);
        CU_ASSERT_EQUAL(find(bytes, text.len + 1), HTTP_NAME_OTHER);
        for (size_t i = 0; i < text.len; i++)
            check_changed((enum http_name)id, i);
    }
}

static void test_others(void)
{
    for (unsigned id = HTTP_NAMES_READ; id < HTTP_NAMES; id++) {
        struct span text = text_of((enum http_name)id);
        CU_ASSERT_EQUAL(find(text.at, text.len), HTTP_NAME_OTHER);
    }
    static const char *const others[] = {"", "x", "hosts", "server", "upgrade", "content_length",
                                         "x-content-length", "cookie", "transfer-encodings"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        CU_ASSERT_EQUAL(find(others[i], strlen(others[i])), HTTP_NAME_OTHER);
}

static const struct unit_test tests[] = {
    {"lines", test_lines},
    {"found", test_found},
    {"not found", test_not_found},
    {"others", test_others},
};

UNIT_MAIN("http_name", tests)
