/* Certificates of the world's services, made when the program starts. */
#ifndef MOONGATE_SIM_KEYS_H
#define MOONGATE_SIM_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

enum keys_kind {
    KEYS_GOOD,
    KEYS_EXPIRED,
    KEYS_OTHER_HOST,
    KEYS_UNKNOWN_CA,
    KEYS_KINDS
};

/* Makes them. mbedTLS's memory is the caller's affair. */
void keys_start(void);

/* The trust anchors as PEM, with a closing NUL; foreign: of those, good services have none. */
const char *keys_bundle(bool foreign);

/* A service's certificate of a kind, and the key of all of them. */
mbedtls_x509_crt *keys_certificate(int service, enum keys_kind kind);
mbedtls_pk_context *keys_key(void);

#endif
