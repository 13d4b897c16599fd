/* Answers that need no service: health, status, preflight, the page, and the lists of models. */
#ifndef MOONGATE_GATEWAY_LOCAL_H
#define MOONGATE_GATEWAY_LOCAL_H

#include "core/gateway/gateway_route.h"

struct gateway;

/* Answers a client whose request is for one of these routes (any but CHAT), its state being
 * ANSWER. */
void gateway_local_answer(struct gateway *g, int client, const struct gateway_routing *routing,
                          struct span query);

/* The client has taken some of an answer that is made as it goes, and there is room again. Nothing
 * happens on other routes. */
void gateway_local_more(struct gateway *g, int client);

#endif
