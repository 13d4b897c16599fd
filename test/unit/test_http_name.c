/* The names of fields: each is found as itself, and nothing else is. */
#include "core/http/http_name.h"
#include "core/http/http_token.h"
#include "test/unit/unit.h"

#include <string.h>

#define NAME_BYTES 32

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

static void test_found(void)
{
    for (unsigned id = HTTP_NAME_OTHER + 1; id < HTTP_NAMES_READ; id++) {
        struct span text = http_name_text((enum http_name)id);
        char bytes[NAME_BYTES];
        CU_ASSERT_FATAL(http_token_valid(text) && text.len < NAME_BYTES);
        for (unsigned mask = 0; mask < 256; mask += 15) {
            capital(text, mask, bytes);
            CU_ASSERT_EQUAL(find(bytes, text.len), id);
        }
    }
}

/* Another byte in the place of one, where it is a token still. */
static void check_changed(enum http_name name, size_t at)
{
    struct span text = http_name_text(name);
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
        struct span text = http_name_text((enum http_name)id);
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
    static const char *const others[] = {"", "x", "hosts", "server", "upgrade", "content_length",
                                         "x-content-length", "cookie", "transfer-encodings"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        CU_ASSERT_EQUAL(find(others[i], strlen(others[i])), HTTP_NAME_OTHER);
}

static const struct unit_test tests[] = {
    {"found", test_found},
    {"not found", test_not_found},
    {"others", test_others},
};

UNIT_MAIN("http_name", tests)
