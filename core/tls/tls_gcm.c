/*
 * See tls_gcm.h. Eight blocks at a time: their AES rounds do not wait for each other, and of their
 * eight products with powers of H the sum alone is reduced. A message whose nonce is none of TLS's,
 * or a processor without the instructions, goes mbedTLS's way.
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
#define NONCE_BYTES 12
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

/* What was hashed and some blocks, at most LANES, each by its power of H. */
QUICK_INLINE __m128i hashed(const struct keys *keys, __m128i hash, const __m128i *blocks,
                            size_t count)
{
    struct product sum = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    for (size_t i = 0; i < count; i++) {
        __m128i block = turned(blocks[i]);
        add_product(&sum, i == 0 ? _mm_xor_si128(block, hash) : block,
                    keys->power[LANES - count + i]);
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

/* A message under way. */
struct state {
    struct keys keys;
    __m128i counter;
    __m128i hash;
    __m128i mask; /* of the tag */
    bool encrypts;
};

QUICK static void begin(struct state *state, const struct tls_gcm_call *call, bool encrypts)
{
    unsigned char first[BLOCK] = {[BLOCK - 1] = 1};
    memcpy(first, call->iv, NONCE_BYTES);
    read_keys(call->gcm, &state->keys);
    state->encrypts = encrypts;
    state->counter = turned(load(first));
    state->hash = _mm_setzero_si128();
    state->mask = _mm_xor_si128(load(first), state->keys.round[0]);
    for (int round = 1; round < state->keys.rounds; round++)
        state->mask = _mm_aesenc_si128(state->mask, state->keys.round[round]);
    state->mask = _mm_aesenclast_si128(state->mask, state->keys.round[state->keys.rounds]);
}

QUICK static void take_added(struct state *state, const unsigned char *add, size_t len)
{
    unsigned char bytes[BLOCK];
    for (size_t n; len > 0; add += n, len -= n) {
        n = len < BLOCK ? len : BLOCK;
        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes, add, n);
        __m128i block = load(bytes);
        state->hash = hashed(&state->keys, state->hash, &block, 1);
    }
}

/* LANES blocks from input to output, which are the same or apart. */
QUICK_INLINE void crypt_blocks(struct state *state, const unsigned char *input,
                               unsigned char *output)
{
    __m128i blocks[LANES], in[LANES];
    stream(&state->keys, &state->counter, blocks);
    for (int i = 0; i < LANES; i++) {
        in[i] = load(input + i * BLOCK);
        blocks[i] = _mm_xor_si128(blocks[i], in[i]);
        store(output + i * BLOCK, blocks[i]);
    }
    state->hash = hashed(&state->keys, state->hash, state->encrypts ? blocks : in, LANES);
}

/* The last bytes, fewer than LANES blocks. Zero bytes follow what is hashed of them. */
QUICK static void crypt_rest(struct state *state, const unsigned char *input,
                             unsigned char *output, size_t len)
{
    size_t count = len / BLOCK + (len % BLOCK > 0);
    unsigned char bytes[BULK_BYTES];
    __m128i blocks[LANES], in[LANES];
    ASSERT(len < BULK_BYTES);
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, input, len);
    stream(&state->keys, &state->counter, blocks);
    for (size_t i = 0; i < count; i++) {
        in[i] = load(bytes + i * BLOCK);
        store(bytes + i * BLOCK, _mm_xor_si128(blocks[i], in[i]));
    }
    memcpy(output, bytes, len);
    memset(bytes + len, 0, sizeof(bytes) - len);
    for (size_t i = 0; i < count; i++)
        blocks[i] = load(bytes + i * BLOCK);
    state->hash = hashed(&state->keys, state->hash, state->encrypts ? blocks : in, count);
    mbedtls_platform_zeroize(bytes, sizeof(bytes));
}

QUICK static void finish(const struct state *state, const struct tls_gcm_call *call,
                         unsigned char *tag)
{
    unsigned char whole[TAG_BYTES];
    __m128i lens = turned(_mm_set_epi64x((long long)call->add_len * 8, (long long)call->len * 8));
    __m128i hash = hashed(&state->keys, state->hash, &lens, 1);
    store(whole, _mm_xor_si128(turned(hash), state->mask));
    memcpy(tag, whole, call->tag_len);
}

QUICK static void crypt_quick(const struct tls_gcm_call *call, bool encrypts, unsigned char *tag)
{
    struct state state;
    size_t bulk = call->len - call->len % BULK_BYTES;
    begin(&state, call, encrypts);
    take_added(&state, call->add, call->add_len);
    for (size_t at = 0; at < bulk; at += BULK_BYTES)
        crypt_blocks(&state, call->input + at, call->output + at);
    if (bulk < call->len)
        crypt_rest(&state, call->input + bulk, call->output + bulk, call->len - bulk);
    finish(&state, call, tag);
    mbedtls_platform_zeroize(&state, sizeof(state));
}

bool tls_gcm_is_quick(void)
{
    return tls_gcm_processor_has(HAS_AES) != 0 && tls_gcm_processor_has(HAS_CLMUL) != 0;
}

static int crypt(const struct tls_gcm_call *call, int mode, unsigned char *tag)
{
    size_t written;
    ASSERT(call->tag_len <= TAG_BYTES && call->len <= INT32_MAX);
    if (call->iv_len == NONCE_BYTES && tls_gcm_is_quick()) {
        crypt_quick(call, mode == MBEDTLS_GCM_ENCRYPT, tag);
        return 0;
    }
    int code = mbedtls_gcm_starts(call->gcm, mode, call->iv, call->iv_len);
    if (code == 0)
        code = mbedtls_gcm_update_ad(call->gcm, call->add, call->add_len);
    if (code == 0)
        code = mbedtls_gcm_update(call->gcm, call->input, call->len, call->output, call->len,
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
