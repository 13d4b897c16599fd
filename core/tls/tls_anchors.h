/*
 * Trust anchors: an index of a bundle of PEM certificates, whose file stays open. A certificate is
 * read again when a chain needs it, so that a bundle of 140 takes 2 KiB of memory and not half a
 * MiB.
 */
#ifndef MOONGATE_TLS_ANCHORS_H
#define MOONGATE_TLS_ANCHORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mbedtls/x509_crt.h>

#include "config/bounds.h"
#include "core/tls/tls_hash.h"

struct tls_anchors_entry {
    uint32_t hash;   /* of the subject */
    uint32_t offset; /* of the base64 text in the file */
    uint32_t len;    /* of that text, line ends counted */
};

struct tls_anchors_index {
    struct tls_anchors_entry entries[LIMIT_ANCHORS];
    uint16_t count;
    uint16_t skipped;
    int file; /* the port's handle, -1: none */
    uint8_t hash[TLS_HASH_BYTES]; /* of the certificates; with FEATURE_RELOAD alone */
};

/* Two indexes: a new one is made while the old is still good. */
struct tls_anchors {
    struct tls_anchors_index _indexes[2];
    uint8_t _current;
    uint32_t changes; /* so often a bundle took the place of one with other certificates */
};

/* No anchors: nobody is trusted. */
void tls_anchors_init(struct tls_anchors *anchors);

/* Reads the bundle at path once and puts its index in the place of the old one. False: the old one
 * stays, and *why is a phrase that names what is wrong. Needs LIMIT_ANCHOR_BYTES of mbedTLS's
 * memory meanwhile. */
bool tls_anchors_load(struct tls_anchors *anchors, const char *path, const char **why);

/* How many certificates can be found. */
unsigned tls_anchors_count(const struct tls_anchors *anchors);

/* How many of the bundle cannot: damaged, larger than LIMIT_ANCHOR_BYTES, or beyond
 * LIMIT_ANCHORS. */
unsigned tls_anchors_skipped(const struct tls_anchors *anchors);

/* For mbedtls_ssl_conf_ca_cb, context a struct tls_anchors: a new list of the anchors whose
 * subject is child's issuer; NULL when there is none. The caller frees it. Not 0: no memory, or
 * the file cannot be read. */
int tls_anchors_find(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates);

/* Closes the file; nobody is trusted then. */
void tls_anchors_close(struct tls_anchors *anchors);

#endif
