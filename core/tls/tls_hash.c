/* See tls_hash.h. */
#include "core/tls/tls_hash.h"

#include <string.h>

#include <mbedtls/platform_util.h>

#include "core/base/assert.h"

#define BLOCK_BYTES 64 /* of SHA-256 */

/* mbedTLS's own SHA-256 fails for no reason but a broken promise of ours. */
static void must(int code)
{
    ASSERT(code == 0);
}

static void begin(mbedtls_sha256_context *context)
{
    mbedtls_sha256_init(context);
    must(mbedtls_sha256_starts(context, 0));
}

static void add(mbedtls_sha256_context *context, struct span bytes)
{
    if (bytes.len > 0)
        must(mbedtls_sha256_update(context, (const unsigned char *)bytes.at, bytes.len));
}

/* The context may have held a key's traces: it is wiped. */
static void end(mbedtls_sha256_context *context, uint8_t out[TLS_HASH_BYTES])
{
    must(mbedtls_sha256_finish(context, out));
    mbedtls_sha256_free(context);
}

void tls_hash_begin(struct tls_hash *hash)
{
    begin(&hash->_context);
}

void tls_hash_add(struct tls_hash *hash, struct span bytes)
{
    add(&hash->_context, bytes);
}

void tls_hash_end(struct tls_hash *hash, uint8_t out[TLS_HASH_BYTES])
{
    end(&hash->_context, out);
}

void tls_hash_of(struct span bytes, uint8_t out[TLS_HASH_BYTES])
{
    struct tls_hash hash;
    tls_hash_begin(&hash);
    tls_hash_add(&hash, bytes);
    tls_hash_end(&hash, out);
}

/* A key longer than a block stands for its hash (RFC 2104 section 2). */
static void fit_key(uint8_t block[BLOCK_BYTES], struct span key)
{
    memset(block, 0, BLOCK_BYTES);
    if (key.len <= BLOCK_BYTES) {
        if (key.len > 0)
            memcpy(block, key.at, key.len);
        return;
    }
    tls_hash_of(key, block);
}

static void begin_padded(mbedtls_sha256_context *context, const uint8_t key[BLOCK_BYTES],
                         uint8_t pad)
{
    uint8_t block[BLOCK_BYTES];
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        block[i] = (uint8_t)(key[i] ^ pad);
    begin(context);
    must(mbedtls_sha256_update(context, block, BLOCK_BYTES));
    mbedtls_platform_zeroize(block, sizeof(block));
}

void tls_hash_hmac_begin(struct tls_hmac *hmac, struct span key)
{
    uint8_t block[BLOCK_BYTES];
    fit_key(block, key);
    begin_padded(&hmac->_inner, block, 0x36);
    begin_padded(&hmac->_outer, block, 0x5C);
    mbedtls_platform_zeroize(block, sizeof(block));
}

void tls_hash_hmac_add(struct tls_hmac *hmac, struct span bytes)
{
    add(&hmac->_inner, bytes);
}

void tls_hash_hmac_end(struct tls_hmac *hmac, uint8_t out[TLS_HASH_BYTES])
{
    uint8_t inner[TLS_HASH_BYTES];
    end(&hmac->_inner, inner);
    must(mbedtls_sha256_update(&hmac->_outer, inner, sizeof(inner)));
    end(&hmac->_outer, out);
    mbedtls_platform_zeroize(inner, sizeof(inner));
}
