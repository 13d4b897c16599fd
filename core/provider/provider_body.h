/*
 * The body of a request to a service as a generator: a protocol makes some pieces at a time, which
 * are written out as the socket takes them, and counted before that.
 */
#ifndef MOONGATE_PROVIDER_BODY_H
#define MOONGATE_PROVIDER_BODY_H

#include "core/provider/provider.h"

/* The piece to write next; NULL at the end. make, here as below, is the protocol's: it makes the
 * next pieces once all others were written; false: there are none any more. */
struct provider_piece *provider_body_next(struct provider_call *call,
                                          bool (*make)(struct provider_call *call));

/* The next bytes of the body, at most cap (cap >= 64); 0, or PROVIDER_PIECES_ROOM fewer: that was
 * all. */
size_t provider_body_some(struct provider_call *call, bool (*make)(struct provider_call *call),
                          char *out, size_t cap);

/* How long what is left of the body will be; the cursor is at its end then. */
uint64_t provider_body_len(struct provider_call *call, bool (*make)(struct provider_call *call));

#endif
