/*
 * Read before mbedTLS's pk_wrap.c. Where nothing listens with a certificate of its own, nobody
 * holds a private key, and the code to sign and to decrypt is left out. Signatures of others are
 * verified as ever.
 */
#ifndef MOONGATE_KEYLESS_H
#define MOONGATE_KEYLESS_H

#include "config/features.h"

#if !FEATURE_HTTPS_LISTENER

/* as in mbedTLS's own files, which say so behind this */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/rsa.h>

#define KEYLESS MBEDTLS_ERR_ERROR_CORRUPTION_DETECTED

#define mbedtls_rsa_pkcs1_sign(...) KEYLESS
#define mbedtls_rsa_pkcs1_encrypt(...) KEYLESS
#define mbedtls_rsa_pkcs1_decrypt(...) KEYLESS
#define mbedtls_rsa_check_pub_priv(...) KEYLESS
#define mbedtls_ecdsa_write_signature(...) KEYLESS
#define mbedtls_ecp_check_pub_priv(...) KEYLESS

#endif

#endif
