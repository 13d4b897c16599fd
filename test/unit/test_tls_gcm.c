/*
 * AES-GCM of whole messages beside mbedTLS's own way, block by block: every length around the edges
 * of eight blocks, every kind of key, in place and apart.
 */
#include "core/tls/tls.h"
#include "test/unit/unit.h"

#include <mbedtls/gcm.h>
#include <string.h>

#include "core/tls/tls_gcm.h"

#if defined(__x86_64__)

#define LONGEST 700
#define TAG 16

static unsigned char plain[LONGEST], wanted[LONGEST], got[LONGEST], back[LONGEST];

static void fill(unsigned char *at, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
}

/* In pieces that are too short for anything but the slow way. */
static void slowly(const struct tls_gcm_call *call, unsigned char *out, unsigned char tag[TAG])
{
    size_t written;
    CU_ASSERT_EQUAL(mbedtls_gcm_starts(call->gcm, MBEDTLS_GCM_ENCRYPT, call->iv, call->iv_len), 0);
    CU_ASSERT_EQUAL(mbedtls_gcm_update_ad(call->gcm, call->add, call->add_len), 0);
    for (size_t at = 0; at < call->len; at += written) {
        size_t len = call->len - at < 13 ? call->len - at : 13;
        CU_ASSERT_EQUAL_FATAL(
            mbedtls_gcm_update(call->gcm, call->input + at, len, out + at, len, &written), 0);
    }
    CU_ASSERT_EQUAL(mbedtls_gcm_finish(call->gcm, NULL, 0, &written, tag, TAG), 0);
}

static void check(struct tls_gcm_call call)
{
    unsigned char tag[TAG], wanted_tag[TAG];
    slowly(&call, wanted, wanted_tag);
    call.output = got;
    CU_ASSERT_EQUAL(tls_gcm_encrypt(&call, tag), 0);
    CU_ASSERT_EQUAL_FATAL(memcmp(got, wanted, call.len), 0);
    CU_ASSERT_EQUAL_FATAL(memcmp(tag, wanted_tag, TAG), 0);
    call.input = got;
    call.output = back;
    CU_ASSERT_EQUAL(tls_gcm_decrypt(&call, tag), 0);
    CU_ASSERT_EQUAL_FATAL(memcmp(back, plain, call.len), 0);
    tag[call.len % TAG] ^= 0x10;
    CU_ASSERT_EQUAL(tls_gcm_decrypt(&call, tag), MBEDTLS_ERR_GCM_AUTH_FAILED);
    for (size_t i = 0; i < call.len; i++)
        CU_ASSERT_EQUAL_FATAL(back[i], 0);
    tag[call.len % TAG] ^= 0x10;
    call.output = got;
    CU_ASSERT_EQUAL(tls_gcm_decrypt(&call, tag), 0);
    CU_ASSERT_EQUAL_FATAL(memcmp(got, plain, call.len), 0);
    call.input = got;
    CU_ASSERT_EQUAL(tls_gcm_encrypt(&call, tag), 0);
    CU_ASSERT_EQUAL_FATAL(memcmp(got, wanted, call.len), 0);
}

static void beside_mbedtls(void)
{
    unsigned char key[32], iv[12], add[40];
    CU_ASSERT_TRUE_FATAL(tls_prepare());
    for (unsigned bits = 128; bits <= 256; bits += 64) {
        mbedtls_gcm_context gcm;
        fill(key, sizeof(key), bits);
        mbedtls_gcm_init(&gcm);
        CU_ASSERT_EQUAL_FATAL(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, bits), 0);
        for (size_t len = 0; len <= LONGEST; len++) {
            fill(plain, LONGEST, (unsigned)len);
            fill(iv, sizeof(iv), bits + (unsigned)len);
            fill(add, sizeof(add), (unsigned)len + 7);
            static const size_t add_lens[] = {0, 5, 13, 16, 33};
            check((struct tls_gcm_call){.gcm = &gcm, .iv = iv, .iv_len = sizeof(iv), .add = add,
                                        .add_len = add_lens[len % 5], .input = plain, .len = len,
                                        .tag_len = TAG});
        }
        mbedtls_gcm_free(&gcm);
    }
}

/* With nonces of this length the counter begins anywhere; some overflow their lowest byte. */
static void other_nonces(void)
{
    unsigned char key[16] = {1}, iv[16] = {0};
    CU_ASSERT_TRUE_FATAL(tls_prepare());
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);
    CU_ASSERT_EQUAL_FATAL(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, 128), 0);
    fill(plain, LONGEST, 3);
    for (uint32_t i = 0; i < 300; i++) {
        memcpy(iv, &i, sizeof(i));
        check((struct tls_gcm_call){.gcm = &gcm, .iv = iv, .iv_len = sizeof(iv), .input = plain,
                                    .len = 300, .tag_len = TAG});
    }
    mbedtls_gcm_free(&gcm);
}

static const struct unit_test tests[] = {
    {"beside mbedTLS", beside_mbedtls},
    {"other nonces", other_nonces},
};

#else

static void nothing_to_test(void)
{
    CU_PASS("this processor has no code of ours");
}

static const struct unit_test tests[] = {{"not built here", nothing_to_test}};

#endif

UNIT_MAIN("tls_gcm", tests)
