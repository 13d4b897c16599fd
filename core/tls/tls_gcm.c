/*
 * See tls_gcm.h. Eight blocks at a time: their AES rounds do not wait for each other, and of their
 * eight products with powers of H the sum alone is reduced. What is left goes mbedTLS's way.
 *
 * GCM numbers bits from the other end than the processor. So blocks are turned round as they are
 * loaded, H is kept multiplied by x, and a product comes out right without a shift.
 */
#include "core/tls/tls_gcm.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include <mbedtls/aes.h>
#include <mbedtls/constant_time.h>
#include <mbedtls/platform_util.h>

#include "core/base/assert.h"

#define LANES 8
#define BLOCK 16
#define BULK_BYTES (LANES * BLOCK)
#define ROUNDS_MAX 14
#define TAG_BYTES 16
#define HAS_AES 0x02000000u
#define HAS_CLMUL 0x00000002u
#define QUICK __attribute__((target("aes,pclmul,ssse3")))
#define QUICK_INLINE __attribute__((target("aes,pclmul,ssse3"), always_inline)) static inline

/* A key as it is used here. */
struct keys {
    __m128i round[ROUNDS_MAX + 1];
    __m128i power[LANES]; /* H to the 8th, 7th... 1st */
    int rounds;
};

/* A product that is not reduced yet. */
struct product {
    __m128i low;
    __m128i middle;
    __m128i high;
};

QUICK_INLINE __m128i load(const unsigned char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

QUICK_INLINE void store(unsigned char *at, __m128i block)
{
    _mm_storeu_si128((__m128i *)(void *)at, block);
}

/* The bytes in the other order. */
QUICK_INLINE __m128i turned(__m128i block)
{
    return _mm_shuffle_epi8(block, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                                15));
}

/* GCM's polynomial without its ends, turned: what stands for x^128. */
QUICK_INLINE __m128i polynomial(int lowest)
{
    return _mm_set_epi32((int)0xC2000000u, 0, 0, lowest);
}

QUICK_INLINE void add_product(struct product *sum, __m128i a, __m128i b)
{
    sum->low = _mm_xor_si128(sum->low, _mm_clmulepi64_si128(a, b, 0x00));
    sum->high = _mm_xor_si128(sum->high, _mm_clmulepi64_si128(a, b, 0x11));
    sum->middle = _mm_xor_si128(sum->middle, _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01),
                                                           _mm_clmulepi64_si128(a, b, 0x10)));
}

/* Twice the lowest 64 bits are folded into those above them. */
QUICK_INLINE __m128i reduced(const struct product *sum)
{
    __m128i low = _mm_xor_si128(sum->low, _mm_slli_si128(sum->middle, 8));
    __m128i high = _mm_xor_si128(sum->high, _mm_srli_si128(sum->middle, 8));
    __m128i fold = _mm_srli_si128(polynomial(0), 8);
    for (int i = 0; i < 2; i++)
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, fold, 0x00));
    return _mm_xor_si128(low, high);
}

QUICK_INLINE __m128i times(__m128i a, __m128i b)
{
    struct product product = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    add_product(&product, a, b);
    return reduced(&product);
}

/* Multiplied by x. */
QUICK_INLINE __m128i times_x(__m128i h)
{
    __m128i doubled = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_slli_si128(_mm_srli_epi64(h, 63), 8));
    __m128i top = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xFF);
    return _mm_xor_si128(doubled, _mm_and_si128(top, polynomial(1)));
}

QUICK static void read_keys(const mbedtls_gcm_context *gcm, struct keys *keys)
{
    const mbedtls_aes_context *aes = gcm->cipher_ctx.cipher_ctx;
    const unsigned char *round = (const unsigned char *)(aes->buf + aes->rk_offset);
    ASSERT(aes->nr > 0 && aes->nr <= ROUNDS_MAX);
    keys->rounds = aes->nr;
    for (int i = 0; i <= aes->nr; i++)
        keys->round[i] = load(round + i * BLOCK);
    const void *h = gcm->H[MBEDTLS_GCM_HTABLE_SIZE / 2];
    keys->power[LANES - 1] = times_x(turned(load(h)));
    for (int i = LANES - 1; i > 0; i--)
        keys->power[i - 1] = times(keys->power[i], keys->power[LANES - 1]);
}

/* The sum of what was hashed and of the blocks, each by its power of H. */
QUICK_INLINE __m128i hashed(const struct keys *keys, __m128i hash, const __m128i blocks[LANES])
{
    struct product sum = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    for (int i = 0; i < LANES; i++) {
        __m128i block = turned(blocks[i]);
        add_product(&sum, i == 0 ? _mm_xor_si128(block, hash) : block, keys->power[i]);
    }
    return reduced(&sum);
}

/* The next blocks of the key stream. */
QUICK_INLINE void stream(const struct keys *keys, __m128i *counter, __m128i blocks[LANES])
{
    for (int i = 0; i < LANES; i++) {
        *counter = _mm_add_epi32(*counter, _mm_set_epi32(0, 0, 0, 1));
        blocks[i] = _mm_xor_si128(turned(*counter), keys->round[0]);
    }
    for (int round = 1; round < keys->rounds; round++)
        for (int i = 0; i < LANES; i++)
            blocks[i] = _mm_aesenc_si128(blocks[i], keys->round[round]);
    for (int i = 0; i < LANES; i++)
        blocks[i] = _mm_aesenclast_si128(blocks[i], keys->round[keys->rounds]);
}

/* len is so many times BULK_BYTES. */
QUICK static void crypt_bulk(const struct tls_gcm_call *call, const struct keys *keys, size_t len)
{
    mbedtls_gcm_context *gcm = call->gcm;
    __m128i counter = turned(load(gcm->y));
    __m128i hash = turned(load(gcm->buf));
    if (call->add_len % BLOCK != 0) /* mbedTLS leaves that to whoever comes next */
        hash = times(hash, keys->power[LANES - 1]);
    for (size_t at = 0; at < len; at += BULK_BYTES) {
        __m128i blocks[LANES], in[LANES];
        stream(keys, &counter, blocks);
        for (int i = 0; i < LANES; i++) {
            in[i] = load(call->input + at + i * BLOCK);
            blocks[i] = _mm_xor_si128(blocks[i], in[i]);
            store(call->output + at + i * BLOCK, blocks[i]);
        }
        hash = hashed(keys, hash, gcm->mode == MBEDTLS_GCM_DECRYPT ? in : blocks);
    }
    store(gcm->y, turned(counter));
    store(gcm->buf, turned(hash));
    gcm->len += len;
}

static bool is_quick(void)
{
    return tls_gcm_processor_has(HAS_AES) != 0 && tls_gcm_processor_has(HAS_CLMUL) != 0;
}

static int crypt(const struct tls_gcm_call *call, int mode, unsigned char *tag)
{
    size_t done = is_quick() ? call->len - call->len % BULK_BYTES : 0;
    size_t written;
    int code = mbedtls_gcm_starts(call->gcm, mode, call->iv, call->iv_len);
    if (code == 0)
        code = mbedtls_gcm_update_ad(call->gcm, call->add, call->add_len);
    if (code != 0)
        return code;
    if (done > 0) {
        struct keys keys;
        read_keys(call->gcm, &keys);
        crypt_bulk(call, &keys, done);
        mbedtls_platform_zeroize(&keys, sizeof(keys));
    }
    size_t left = call->len - done;
    if (left > 0)
        code = mbedtls_gcm_update(call->gcm, call->input + done, left, call->output + done, left,
                                  &written);
    return code != 0 ? code
                     : mbedtls_gcm_finish(call->gcm, NULL, 0, &written, tag, call->tag_len);
}

int tls_gcm_encrypt(const struct tls_gcm_call *call, unsigned char *tag)
{
    return crypt(call, MBEDTLS_GCM_ENCRYPT, tag);
}

int tls_gcm_decrypt(const struct tls_gcm_call *call, const unsigned char *tag)
{
    unsigned char found[TAG_BYTES];
    int code = crypt(call, MBEDTLS_GCM_DECRYPT, found);
    if (code != 0 || mbedtls_ct_memcmp(tag, found, call->tag_len) == 0)
        return code;
    mbedtls_platform_zeroize(call->output, call->len);
    return MBEDTLS_ERR_GCM_AUTH_FAILED;
}

#endif
