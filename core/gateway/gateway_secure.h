/*
 * Clients of an HTTPS listener: a TLS connection each, between the client and its slot. Without
 * [gateway.tls], or FEATURE_HTTPS_LISTENER, clients speak to their slots.
 */
#ifndef MOONGATE_GATEWAY_SECURE_H
#define MOONGATE_GATEWAY_SECURE_H

#include "config/bounds.h"
#include "core/base/index.h"
#include "core/base/result.h"
#include "core/base/text.h"
#include "core/gateway/gateway_era.h"
#include "core/tls/tls_server.h"

struct gateway;

struct gateway_secure {
    struct index_stack index;
    uint8_t now;                             /* whose certificate new connections get; */
    uint8_t server_of[LIMIT_TLS_CLIENTS];    /* and a connection its own, */
    uint16_t users[GATEWAY_ERAS];            /* so many each */
    uint16_t numbers[LIMIT_TLS_CLIENTS];
    struct tls_server servers[GATEWAY_ERAS]; /* ready: with connections, or for new ones */
    struct tls_connection connections[LIMIT_TLS_CLIENTS];
};

/* Reads the certificate and the key, if the configuration names them. False: *why. */
bool gateway_secure_init(struct gateway *g, struct text *why);

/* Whether the listeners speak HTTPS. */
bool gateway_secure_on(const struct gateway *g);

/* Reads both again, of settings that are to be used; then gateway_secure_renew or
 * gateway_secure_forget is due. False: *why, and neither is. */
bool gateway_secure_load(struct gateway *g, const struct settings *settings, const char **why);

/* New connections get what was loaded, and those with the one before end with the request in hand.
 * What is the same as before, or was not loaded, changes nothing. */
void gateway_secure_renew(struct gateway *g);

/* What was loaded, if anything, is not to be used: all is as it was. */
void gateway_secure_forget(struct gateway *g);

/* True while connections have a certificate that was renewed: it is not to be renewed again. */
bool gateway_secure_renews(const struct gateway *g);

/* Whether another client can be taken. */
bool gateway_secure_has_room(const struct gateway *g);

/* A client that has just come. False: there is no memory for its TLS. */
bool gateway_secure_open(struct gateway *g, int client);

/* Goes on with its handshake; results as of tls_handshake. Without TLS: DONE. */
enum result gateway_secure_shake(struct gateway *g, int client);

/* As port_recv, port_send and port_shut, on the plain text. A client of whom all was read is not
 * readable any more. */
int gateway_secure_recv(struct gateway *g, int client, void *out, size_t cap);
int gateway_secure_send(struct gateway *g, int client, struct span bytes, bool more);
void gateway_secure_shut(struct gateway *g, int client);

/* Gives its TLS back; the slot stays the client's. */
void gateway_secure_close(struct gateway *g, int client);

#endif
