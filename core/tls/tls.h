/*
 * TLS to upstreams and, with tls_server.h, to clients; the only room that knows mbedTLS: its
 * memory, its randomness and clock, the trust anchors, connections, kept sessions. One struct tls
 * for the program.
 */
#ifndef MOONGATE_TLS_H
#define MOONGATE_TLS_H

#include "config/bounds.h"
#include "core/base/index.h"
#include "core/base/result.h"
#include "core/base/span.h"
#include "core/tls/tls_anchors.h"
#include "core/tls/tls_fault.h"
#include "core/tls/tls_memory.h"
#include "core/tls/tls_session.h"

#include <mbedtls/ssl.h>

/* A connection over a port slot, of either side. Embedded by the caller; not to be moved while
 * open. */
struct tls_connection {
    mbedtls_ssl_context _ssl;
    struct tls *_tls;
    uint64_t _session_id;
    uint64_t _verified_us; /* when the peer's certificate was checked */
    int _slot;
    uint32_t _taken;       /* bytes read of the slot in this call */
    uint16_t _sending;     /* bytes of a send that was answered PORT_AGAIN */
    uint8_t _address_len;  /* of a host that is no name */
    uint8_t _address[16];
    uint8_t _ahead[LIMIT_TLS_AHEAD_BYTES]; /* read of the slot, and not yet by mbedTLS */
    uint16_t _ahead_at;
    uint16_t _ahead_len;
    bool _more;            /* what is sent is followed at once */
    bool _starved;         /* the slot had nothing to read at the last try */
    bool _short;           /* or less than was asked for */
    bool _seen;            /* the peer's certificate came and was looked at */
    bool _self_signed;
    bool _open;            /* the handshake is over */
    bool _client;          /* we are: the peer is to be verified */
    bool _ended;           /* the peer said that it sends no more */

    int detail;            /* mbedTLS's code behind the fault; above 0: the peer's alert */
    uint32_t verify_flags; /* of a certificate that did not verify */
    enum tls_fault fault;
    bool offered; /* a kept session; after a fault it is dropped, and another try goes without */
    bool resumed;
};

/* Not to be moved once it was started. */
struct tls {
    struct tls_anchors anchors;
    struct tls_sessions sessions;
    mbedtls_ssl_config _config;    /* 1.2 and 1.3 */
    mbedtls_ssl_config _config_12; /* 1.2 alone */
    bool ready;
};

/* Gives mbedTLS its arena, clock and randomness, as tls_start does; again is no harm. False: no
 * memory. */
bool tls_prepare(void);

/* Gives mbedTLS its arena, clock and randomness, and indexes the CA bundle (PEM) at ca_file. Once
 * at start. False: *why is a phrase that names what is wrong (no such file, no certificate in
 * it...). */
bool tls_start(struct tls *tls, const char *ca_file, const char **why);

/* Indexes another bundle, as after a reload; kept sessions are forgotten. False: the old one
 * stays. */
bool tls_trust(struct tls *tls, const char *ca_file, const char **why);

/* To whom a connection goes. */
struct tls_peer {
    const char *host;     /* checked against the certificate; sent as SNI when it is a name */
    uint32_t session_key; /* connections with the same number (and host) share a kept session */
    bool tls_12_only;
};

/* Begins a TLS connection on a connected slot. False: no memory; nothing is open. The caller keeps
 * at most LIMIT_TLS_HANDSHAKES handshakes under way. */
bool tls_open(struct tls *tls, struct tls_connection *connection, int slot,
              const struct tls_peer *peer);

/* For tls_server.h: a connection on a slot with that configuration, which has not begun to shake
 * hands. False: no memory; nothing is open. */
bool tls_begin(struct tls_connection *connection, const mbedtls_ssl_config *config, int slot);

/* Goes on with the handshake. DONE: open and verified. MORE: call again when the slot is readable
 * (or writable). FAULT: fault, detail and verify_flags say why; tls_close is still due. */
enum result tls_handshake(struct tls_connection *connection);

/* As port_recv and port_send, on the plain text. PORT_CLOSED is told only for a close_notify;
 * a connection that just ends is PORT_FAILED with fault TLS_FAULT_CLOSED. Tickets are kept on the
 * way. A send of PORT_AGAIN must be repeated with the same bytes (or more behind them). After a
 * recv of PORT_AGAIN an event of either kind may be the one that is waited for: what was read
 * ahead lies here while mbedTLS has to write first. A send reads nothing of the slot. */
int tls_recv(struct tls_connection *connection, void *out, size_t cap);
int tls_send(struct tls_connection *connection, const void *bytes, size_t len, bool more);

/* After a count from tls_recv: nothing is left, and the slot had no more either: an event comes
 * before another tls_recv has anything, unless the peer has shut its side already. */
bool tls_drained(const struct tls_connection *connection);

/* Sends close_notify if it goes at once, and gives the memory back. The slot stays the
 * caller's. */
void tls_close(struct tls_connection *connection);

#endif
