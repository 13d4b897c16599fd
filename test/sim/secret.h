/* A service's side of its connections: plain, or TLS as the services of the world speak it. */
#ifndef MOONGATE_SIM_SECRET_H
#define MOONGATE_SIM_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Once in a program that has worlds with TLS: keys and certificates. */
void secret_start(void);

/* No connections; draws how the services of this world speak. */
void secret_begin(void);

/* The link of a visit begins. */
void secret_open(int visit, int service, int link);

/* Goes on with a handshake, and with bytes that are not on the link yet. */
void secret_pump(int visit);

/* As sim_write and sim_read; 0: not now. */
size_t secret_write(int visit, const void *bytes, size_t len);
size_t secret_read(int visit, void *out, size_t cap);

/* Says that nothing more comes. */
void secret_notify(int visit);

/* True when all that was written has gone to the link. */
bool secret_flushed(int visit);

/* True when there can be nothing more, and nobody said that it ends. */
bool secret_failed(int visit);

/* Whether this service's certificate is one to be trusted. */
bool secret_is_good(int service);

/* It is over. The link stays the caller's. */
void secret_close(int visit);

/* The daemon has died: what TLS held for it goes, as the memory of a process does. Breaks the world
 * when something else is held. */
void secret_bury(void);

/* Breaks the world when the daemon's TLS memory is not what its connections need. */
void secret_check(void);

#endif
