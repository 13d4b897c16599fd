/* A service's side of its connections: plain, or TLS as the services of the world speak it. */
#ifndef MOONGATE_SIM_SECRET_H
#define MOONGATE_SIM_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* The link of a visit begins. */
void secret_open(int visit, int link);

/* As sim_write and sim_read; 0: not now. */
size_t secret_write(int visit, const void *bytes, size_t len);
size_t secret_read(int visit, void *out, size_t cap);

/* True when all that was written has gone to the link. */
bool secret_flushed(int visit);

/* It is over. The link stays the caller's. */
void secret_close(int visit);

#endif
