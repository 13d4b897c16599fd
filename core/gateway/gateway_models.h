/* GET /v1/models, GET /v1/models/{id}: what this key may name, and whether it would answer now. */
#ifndef MOONGATE_GATEWAY_MODELS_H
#define MOONGATE_GATEWAY_MODELS_H

#include "config/bounds.h"
#include "core/base/text.h"

struct gateway;

/* One object at the most: two names, each byte of them escaped. */
#define GATEWAY_MODELS_ENTRY_BYTES (12 * LIMIT_NAME_BYTES + 256)

/* How many names there are at the most: models (without the wildcard), functions, aliases, entries
 * of the lists of the wildcard's providers, in that order. */
uint32_t gateway_models_count(const struct gateway *g);

/* Writes the object of name number i. False: it is not for this key, or not available and
 * only_available is set, or an entry that is filtered out or whose name was told before; nothing is
 * written. */
bool gateway_models_write(const struct gateway *g, uint32_t i, int key, bool only_available,
                          struct text *out);

/* Queues the next part of the list as far as the client's queue has room; ends the answer at the
 * end. client->cursor is 0 at first. */
void gateway_models_some(struct gateway *g, int client);

/* The uses that a configured model has left, -1: not limited or not known. */
int64_t gateway_models_usage_left(const struct gateway *g, int model);

/* Answers with the one model of that name (spelled as for a chat); 404 model_not_found. */
void gateway_models_one(struct gateway *g, int client, struct span id);

#endif
