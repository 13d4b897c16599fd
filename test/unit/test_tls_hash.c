/* SHA-256 and HMAC-SHA-256 against published vectors, in pieces of every size. */
#include "core/tls/tls_hash.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define LONG_BYTES 300

struct hash_row {
    struct span bytes;
    const char *hex;
};

/* FIPS 180-4's examples, and the borders of a block. */
static const struct hash_row hashes[] = {
    {{NULL, 0}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {{"abc", 3}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56},
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
      "lmnopqrsmnopqrstnopqrstu",
      112},
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

struct hmac_row {
    struct span key;
    struct span bytes;
    const char *hex;
};

#define KEY_131                                                                                    \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"     \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"     \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"     \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"     \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"     \
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"

/* RFC 4231's, keys shorter and longer than a block; then an empty key and no bytes at all. */
static const struct hmac_row hmacs[] = {
    {SPAN("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
     SPAN("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {SPAN("Jefe"), SPAN("what do ya want for nothing?"),
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {SPAN(KEY_131), SPAN("Test Using Larger Than Block-Size Key - Hash Key First"),
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {SPAN(KEY_131),
     SPAN("This is a test using a larger than block-size key and a larger than block-size data."
          " The key needs to be hashed before being used by the HMAC algorithm."),
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    {{NULL, 0}, {NULL, 0}, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

static void hex_of(char out[2 * TLS_HASH_BYTES + 1], const uint8_t bytes[TLS_HASH_BYTES])
{
    for (size_t i = 0; i < TLS_HASH_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* The hash of s, fed in pieces of the given size. */
static void hash_in_pieces(struct span s, size_t piece, uint8_t out[TLS_HASH_BYTES])
{
    struct tls_hash hash;
    tls_hash_begin(&hash);
    while (s.len > 0) {
        size_t n = s.len < piece ? s.len : piece;
        tls_hash_add(&hash, (struct span){unit_guard(0, s.at, n), n});
        s = (struct span){s.at + n, s.len - n};
    }
    tls_hash_add(&hash, (struct span){NULL, 0});
    tls_hash_end(&hash, out);
}

static void known_hashes(void)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        for (size_t piece = 1; piece <= 120; piece++) {
            uint8_t out[TLS_HASH_BYTES];
            char hex[2 * TLS_HASH_BYTES + 1];
            hash_in_pieces(hashes[i].bytes, piece, out);
            hex_of(hex, out);
            CU_ASSERT_STRING_EQUAL(hex, hashes[i].hex);
        }
    }
}

static void a_million(void)
{
    static char as[10000];
    uint8_t out[TLS_HASH_BYTES];
    char hex[2 * TLS_HASH_BYTES + 1];
    struct tls_hash hash;
    memset(as, 'a', sizeof(as));
    tls_hash_begin(&hash);
    for (int i = 0; i < 100; i++)
        tls_hash_add(&hash, (struct span){as, sizeof(as)});
    tls_hash_end(&hash, out);
    hex_of(hex, out);
    CU_ASSERT_STRING_EQUAL(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void known_hmacs(void)
{
    for (size_t i = 0; i < sizeof(hmacs) / sizeof(hmacs[0]); i++) {
        for (size_t cut = 0; cut <= hmacs[i].bytes.len; cut++) {
            struct tls_hmac hmac;
            uint8_t out[TLS_HASH_BYTES];
            char hex[2 * TLS_HASH_BYTES + 1];
            struct span s = hmacs[i].bytes;
            tls_hash_hmac_begin(&hmac, hmacs[i].key);
            tls_hash_hmac_add(&hmac, (struct span){s.at, cut});
            if (cut < s.len)
                tls_hash_hmac_add(&hmac, (struct span){s.at + cut, s.len - cut});
            tls_hash_hmac_end(&hmac, out);
            hex_of(hex, out);
            CU_ASSERT_STRING_EQUAL(hex, hmacs[i].hex);
        }
    }
}

/* A key of a whole block is taken as it is; one byte more, and its hash stands for it. */
static void keys_around_a_block(void)
{
    char key[LONG_BYTES];
    uint8_t hashed[TLS_HASH_BYTES], a[TLS_HASH_BYTES], b[TLS_HASH_BYTES];
    struct tls_hmac hmac;
    memset(key, 'k', sizeof(key));
    for (size_t len = 60; len <= 70; len++) {
        hash_in_pieces((struct span){key, len}, len, hashed);
        tls_hash_hmac_begin(&hmac, (struct span){unit_guard(0, key, len), len});
        tls_hash_hmac_end(&hmac, a);
        tls_hash_hmac_begin(&hmac, (struct span){(const char *)hashed, sizeof(hashed)});
        tls_hash_hmac_end(&hmac, b);
        CU_ASSERT_EQUAL(memcmp(a, b, sizeof(a)) == 0, len > 64);
    }
}

static const struct unit_test tests[] = {
    {"known hashes", known_hashes},
    {"a million bytes", a_million},
    {"known message authentication codes", known_hmacs},
    {"keys around a block", keys_around_a_block},
};

UNIT_MAIN("tls_hash", tests)
