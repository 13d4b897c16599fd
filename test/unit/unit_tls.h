/* Drives a TLS connection of core's to its ends, for tests: waits where core would go on with
 * others. */
#ifndef MOONGATE_UNIT_TLS_H
#define MOONGATE_UNIT_TLS_H

#include "core/tls/tls.h"

/* Starts the port and the tls, with the CA of unit_peer_certs. */
void unit_tls_start(struct tls *tls);

/* A connected slot of loopback. */
int unit_tls_connect(uint16_t port);

/* Connects, shakes hands to the end: DONE or FAULT. MORE: it took more than five seconds. */
enum result unit_tls_open(struct tls *tls, struct tls_connection *c, uint16_t port,
                          const struct tls_peer *peer);

/* Goes on with a handshake that was begun, to its end. */
enum result unit_tls_shake(struct tls_connection *c);

/* Waits until something happens on the slot; false after five seconds. */
bool unit_tls_wait(int slot);

/* As tls_recv and tls_send, but waiting instead of PORT_AGAIN (which stands for five seconds
 * gone). All is sent, or the code tells why not. */
int unit_tls_recv(struct tls_connection *c, void *out, size_t cap);
int unit_tls_send(struct tls_connection *c, const void *bytes, size_t len);

/* Asks the stand-in for its counters: true when a whole answer with status 200 came. */
bool unit_tls_ask(struct tls_connection *c);

/* Closes the connection and its slot. */
void unit_tls_close(struct tls_connection *c);

#endif
