/* TLS to clients: the listener's certificate and key, and connections that begin with a client's
 * hello. The rest of a connection's life is in tls.h. */
#ifndef MOONGATE_TLS_SERVER_H
#define MOONGATE_TLS_SERVER_H

#include "core/tls/tls.h"

#include "config/features.h"

#include <mbedtls/pk.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

/* A key of tickets seals them for that long; as long again it opens them. */
#define TLS_SERVER_TICKET_S 86400

/* Not to be moved once it was loaded. Tickets that resume a session are sealed with keys of its
 * own, which are nowhere but here: behind another certificate, or a restart, none is good. */
struct tls_server {
    mbedtls_ssl_config _config;
    mbedtls_x509_crt _chain;
    mbedtls_pk_context _key;
#if FEATURE_HTTPS_LISTENER
    mbedtls_ssl_ticket_context _tickets;
#endif
    bool ready;
    char _file[LIMIT_TLS_FILE_BYTES]; /* being read; wiped behind it */
};

/* Reads a chain of certificates and the private key of the first one (PEM), for TLS 1.2 and 1.3.
 * server is all zero. False: *why is a phrase that says what is wrong with the file that was read
 * last; there is nothing to free. */
bool tls_server_load(struct tls_server *server, const char *cert_file, const char *key_file,
                     const char **why);

/* Forgets a loaded one, key and all; no connection of it is open. It is all zero then. */
void tls_server_free(struct tls_server *server);

/* Whether both hold the same certificates, and so the same key. */
bool tls_server_same(const struct tls_server *a, const struct tls_server *b);

/* Begins a client's TLS connection on an accepted slot; tls_handshake goes on with it. False: no
 * memory; nothing is open. */
bool tls_server_accept(struct tls_server *server, struct tls_connection *connection, int slot);

#endif
