/* New keys: good names and bad ones, and that what is printed lets the key in. */
#include "core/daemon_key.h"

#include "core/tls/tls_hash.h"
#include "test/unit/unit.h"

#include <string.h>

static void good_names(void)
{
    static const char *const names[] = {"a", "phone", "Kids-2_x"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char bytes[DAEMON_KEY_BYTES];
        struct text out = text_over(bytes, sizeof(bytes));
        CU_ASSERT_TRUE(daemon_key_new(span_of(names[i]), &out));
        CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&out), names[i]));
    }
}

static void bad_names(void)
{
    static const char *const names[] = {"", "two words", "a.b", "\"", "a]", "a\nb", "\xc3\xa9"};
    char bytes[DAEMON_KEY_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    char longest[66];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CU_ASSERT_FALSE(daemon_key_new(span_of(names[i]), &out));
    memset(longest, 'n', sizeof(longest));
    CU_ASSERT_FALSE(daemon_key_new((struct span){longest, 65}, &out));
    CU_ASSERT_EQUAL(out.len, 0);
    CU_ASSERT_TRUE(daemon_key_new((struct span){longest, 64}, &out));
}

static void the_hash_is_the_keys(void)
{
    char bytes[DAEMON_KEY_BYTES];
    char hex[2 * TLS_HASH_BYTES + 1];
    uint8_t sum[TLS_HASH_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    struct text digits = text_over(hex, sizeof(hex));
    struct tls_hash hash;
    CU_ASSERT_TRUE(daemon_key_new(SPAN("tv"), &out));
    const char *key = strstr(text_str(&out), "mg-");
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    size_t len = (size_t)(strchr(key, '\n') - key);
    CU_ASSERT_EQUAL(len, 51);
    tls_hash_begin(&hash);
    tls_hash_add(&hash, (struct span){key, len});
    tls_hash_end(&hash, sum);
    text_add_hex(&digits, sum, sizeof(sum));
    CU_ASSERT_PTR_NOT_NULL(strstr(key, text_str(&digits)));
    CU_ASSERT_PTR_NOT_NULL(strstr(key, "[keys.tv]\nsha256 = \""));
}

static const struct unit_test tests[] = {
    {"good names", good_names},
    {"bad names", bad_names},
    {"the hash is the key's", the_hash_is_the_keys},
};

UNIT_MAIN("daemon_key", tests)
