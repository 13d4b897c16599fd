/*
 * Read before mbedTLS's rsa.c. A private key comes from a file that has all of its numbers, so the
 * code that finds the primes or the exponent from the others is left out.
 */
#ifndef MOONGATE_RSA_GIVEN_H
#define MOONGATE_RSA_GIVEN_H

/* as in mbedTLS's own files, which say so behind this */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <mbedtls/bignum.h>
#include <mbedtls/rsa.h>

#include <rsa_alt_helpers.h>

#define mbedtls_rsa_deduce_primes(...) MBEDTLS_ERR_RSA_BAD_INPUT_DATA
#define mbedtls_rsa_deduce_private_exponent(...) MBEDTLS_ERR_RSA_BAD_INPUT_DATA

#endif
