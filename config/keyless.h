/*
 * Read before those files of mbedTLS that use a private key. No key exchange of ours encrypts with
 * RSA: that code is left out. Where nothing listens with a certificate of its own, nobody holds a
 * key, and the code to sign is left out too. Signatures of others are verified as ever.
 */
#ifndef MOONGATE_KEYLESS_H
#define MOONGATE_KEYLESS_H

#include "config/features.h"

/* as in mbedTLS's own files, which say so behind this */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

#define KEYLESS MBEDTLS_ERR_ERROR_CORRUPTION_DETECTED

#define mbedtls_rsa_pkcs1_encrypt(...) KEYLESS
#define mbedtls_rsa_pkcs1_decrypt(...) KEYLESS

#if !FEATURE_HTTPS_LISTENER

#define mbedtls_pk_sign_ext(type, key, ...) ((void)(key), KEYLESS)
#define mbedtls_pk_sign_restartable(key, md, hash, hash_len, sig, cap, len, rng, chance, rs)       \
    ((void)(md), (void)(hash), (void)(cap), (void)(rs), KEYLESS)
#define mbedtls_rsa_pkcs1_sign(...) KEYLESS
#define mbedtls_rsa_check_pub_priv(...) KEYLESS
#define mbedtls_ecdsa_write_signature(...) KEYLESS
#define mbedtls_ecp_check_pub_priv(...) KEYLESS

#endif

#endif
