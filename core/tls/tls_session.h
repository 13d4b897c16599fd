/*
 * Sessions kept for resumption, serialized, one for each peer: the ticket and the keys, without the
 * peer's certificate.
 */
#ifndef MOONGATE_TLS_SESSION_H
#define MOONGATE_TLS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <mbedtls/ssl.h>

#include "config/bounds.h"

/* Resumption spares the check of the certificate, so there must be an end to it: a session is
 * taken for this long behind the handshake that did check. */
#define TLS_SESSION_AGE_US (UINT64_C(86400) * 1000000)

struct tls_session {
    uint64_t id; /* 0: free */
    uint64_t used_us;
    uint64_t verified_us; /* when the peer's certificate was checked last */
    uint16_t len;
    uint8_t bytes[LIMIT_TLS_SESSION_BYTES];
};

struct tls_sessions {
    struct tls_session kept[LIMIT_TLS_SESSIONS];
};

/* A number for the peer that a session belongs to, never 0. A session is offered to the same host
 * alone, and only by a connection that may speak the same versions. */
uint64_t tls_session_id(uint32_t key, const char *host, bool tls_12_only);

/* Hands the kept session of id to ssl, which must not have begun. False: there is none, or it is
 * too old; otherwise *verified_us is when its peer was checked. */
bool tls_session_offer(struct tls_sessions *sessions, uint64_t id, mbedtls_ssl_context *ssl,
                       uint64_t *verified_us);

/* Keeps ssl's session, if it has a new one, in the place of the id's old one, or of the one that
 * was used longest ago. One that is too large is not kept. */
void tls_session_keep(struct tls_sessions *sessions, uint64_t id, mbedtls_ssl_context *ssl,
                      uint64_t verified_us);

/* Forgets the session of id, if there is one. */
void tls_session_drop(struct tls_sessions *sessions, uint64_t id);

/* Forgets all. */
void tls_session_clear(struct tls_sessions *sessions);

#endif
