/*
 * SHA-1's compression (FIPS 180-4, 6.1.2) as a loop, in place of mbedTLS's, which is written out in
 * four kilobytes. Nothing that counts is hashed with it: see config/mbedtls_config.h.
 */
#include <mbedtls/sha1.h>
#include <stdint.h>
#include <string.h>

#define ROUNDS 80
#define WORDS 16

static uint32_t turn(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

static uint32_t read_word(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What a round mixes of b, c and d, with its constant. */
static uint32_t mix(int round, const uint32_t s[5])
{
    uint32_t b = s[1], c = s[2], d = s[3];
    if (round < 20)
        return ((b & c) | (~b & d)) + 0x5A827999;
    if (round < 40)
        return (b ^ c ^ d) + 0x6ED9EBA1;
    if (round < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + 0xCA62C1D6;
}

int mbedtls_internal_sha1_process(mbedtls_sha1_context *ctx, const unsigned char data[64])
{
    uint32_t w[WORDS];
    uint32_t s[5];
    for (int i = 0; i < WORDS; i++)
        w[i] = read_word(data + 4 * i);
    memcpy(s, ctx->MBEDTLS_PRIVATE(state), sizeof(s));
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t *now = &w[i % WORDS];
        if (i >= WORDS)
            *now = turn(w[(i + 13) % WORDS] ^ w[(i + 8) % WORDS] ^ w[(i + 2) % WORDS] ^ *now, 1);
        uint32_t a = turn(s[0], 5) + mix(i, s) + s[4] + *now;
        s[4] = s[3];
        s[3] = s[2];
        s[2] = turn(s[1], 30);
        s[1] = s[0];
        s[0] = a;
    }
    for (int i = 0; i < 5; i++)
        ctx->MBEDTLS_PRIVATE(state)[i] += s[i];
    return 0;
}
