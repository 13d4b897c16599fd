/* SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104). They need no tls_start. */
#ifndef MOONGATE_TLS_HASH_H
#define MOONGATE_TLS_HASH_H

#include "core/base/span.h"

#include <mbedtls/sha256.h>

#define TLS_HASH_BYTES 32

struct tls_hash {
    mbedtls_sha256_context _context;
};

struct tls_hmac {
    mbedtls_sha256_context _inner;
    mbedtls_sha256_context _outer;
};

/* A hash under way. No memory beyond the struct is used. */
void tls_hash_begin(struct tls_hash *hash);
void tls_hash_add(struct tls_hash *hash, struct span bytes);
void tls_hash_end(struct tls_hash *hash, uint8_t out[TLS_HASH_BYTES]);

/* The hash of bytes in one go. */
void tls_hash_of(struct span bytes, uint8_t out[TLS_HASH_BYTES]);

/* A message authentication code under way; the key may have any length. */
void tls_hash_hmac_begin(struct tls_hmac *hmac, struct span key);
void tls_hash_hmac_add(struct tls_hmac *hmac, struct span bytes);
void tls_hash_hmac_end(struct tls_hmac *hmac, uint8_t out[TLS_HASH_BYTES]);

#endif
