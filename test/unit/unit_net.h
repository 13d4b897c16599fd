/* What the tests of the port's sockets share: what port_wait has told, and plain sockets as
 * peers. */
#ifndef MOONGATE_UNIT_NET_H
#define MOONGATE_UNIT_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

/* Waits until all of kinds were told about slot since unit_net_forget; false after five seconds.
 * What is told of other slots is kept for them. */
bool unit_net_told(int slot, unsigned kinds);

/* Takes all that port_wait has to tell within ms. */
void unit_net_look(unsigned ms);

/* The kinds told about slot since unit_net_forget. */
unsigned unit_net_kinds(int slot);

/* How often anything was told about slot since unit_net_forget. */
int unit_net_times(int slot);

/* Forgets what was told, of all slots. */
void unit_net_forget(void);

/* A connected, blocking socket to 127.0.0.1. */
int unit_net_peer(uint16_t port);

/* Waits for a connection at a listener and takes it. */
int unit_net_accept(int listener);

/* Reads exactly len bytes from a plain socket; false: the stream ended or broke before. */
bool unit_net_read(int fd, void *out, int len);

/* A plain listener at an IPv4 or IPv6 address whose queue is full: connecting to it hangs. Port
 * 0: any; *port is the one it has. Returns the socket to close, *extra another one. */
int unit_net_hang(const char *host, uint16_t *port, int *extra);

/* Whether this machine has IPv6, if only to itself; where it has not, tests leave that part out. */
bool unit_net_has_ipv6(void);

/* Opens a listener on any port number, and forgets what was told before. */
int unit_net_listen(const char *host, uint16_t *number);

/* Connects and expects it to succeed; closes it again and forgets what was told. */
void unit_net_opens(const char *host, uint16_t number, unsigned flags);

/* The same, but it is to fail for this reason. */
void unit_net_fails(const char *host, uint16_t number, unsigned flags, enum port_why why);

/* Expects that a dial is not through before this moment; on a slow machine it may have passed. */
void unit_net_not_yet(int slot, uint64_t until_us);

/* How many descriptors are open. */
int unit_net_descriptors(void);

#endif
