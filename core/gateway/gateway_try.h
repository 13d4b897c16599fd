/*
 * Which provider is tried next: the model's routing in order (gateway_order.h), then further
 * rounds; who is passed over, and what a failure means for the tries to come.
 */
#ifndef MOONGATE_GATEWAY_TRY_H
#define MOONGATE_GATEWAY_TRY_H

#include "core/gateway/gateway_failure.h"

struct gateway;

#define GATEWAY_TRY_BACKOFF_MS 250     /* before a further round, doubling */
#define GATEWAY_TRY_BACKOFF_MAX_MS 4000
#define GATEWAY_TRY_PATIENCE_S 2       /* a Retry-After up to this is waited for */

/* Begins the next try of a request, or a wait for one, or ends it with an error. */
void gateway_try_next(struct gateway *g, int request);

/* Takes a try's failure into account, before gateway_try_next: false when the request itself is
 * wrong and no other try can help. */
bool gateway_try_note(struct gateway *g, int request, const struct gateway_failure *failure);

/* A model list came, or did not: the requests that wait for one go on. */
void gateway_try_list_came(struct gateway *g);

#endif
