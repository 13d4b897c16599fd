/* SHA-1's compression, through mbedTLS's front: FIPS 180's examples, and every cut of a text. */
#include <mbedtls/sha1.h>
#include <string.h>

#include "test/unit/unit.h"

static void hash(const char *text, size_t first, unsigned char out[20])
{
    mbedtls_sha1_context ctx;
    const unsigned char *at = (const unsigned char *)text;
    size_t len = strlen(text);
    mbedtls_sha1_init(&ctx);
    CU_ASSERT_EQUAL(mbedtls_sha1_starts(&ctx), 0);
    CU_ASSERT_EQUAL(mbedtls_sha1_update(&ctx, at, first), 0);
    CU_ASSERT_EQUAL(mbedtls_sha1_update(&ctx, at + first, len - first), 0);
    CU_ASSERT_EQUAL(mbedtls_sha1_finish(&ctx, out), 0);
    mbedtls_sha1_free(&ctx);
}

static const struct {
    const char *text;
    unsigned char hash[20];
} examples[] = {
    {"abc", {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
             0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d}},
    {"", {0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55,
          0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09}},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     {0x84, 0x98, 0x3e, 0x44, 0x1c, 0x3b, 0xd2, 0x6e, 0xba, 0xae,
      0x4a, 0xa1, 0xf9, 0x51, 0x29, 0xe5, 0xe5, 0x46, 0x70, 0xf1}},
};

static void test_examples(void)
{
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        for (size_t cut = 0; cut <= strlen(examples[i].text); cut++) {
            unsigned char out[20];
            hash(examples[i].text, cut, out);
            CU_ASSERT_EQUAL(memcmp(out, examples[i].hash, sizeof(out)), 0);
        }
}

/* A million times "a", which is more blocks than there are rounds. */
static void test_long(void)
{
    static const unsigned char wanted[20] = {0x34, 0xaa, 0x97, 0x3c, 0xd4, 0xc4, 0xda,
                                             0xa4, 0xf6, 0x1e, 0xeb, 0x2b, 0xdb, 0xad,
                                             0x27, 0x31, 0x65, 0x34, 0x01, 0x6f};
    static unsigned char text[1000000];
    unsigned char out[20];
    memset(text, 'a', sizeof(text));
    CU_ASSERT_EQUAL(mbedtls_sha1(text, sizeof(text), out), 0);
    CU_ASSERT_EQUAL(memcmp(out, wanted, sizeof(out)), 0);
}

static const struct unit_test tests[] = {
    {"FIPS 180's examples", test_examples},
    {"a long text", test_long},
};

UNIT_MAIN("tls_sha1", tests)
