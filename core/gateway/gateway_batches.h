/* The routes of batches: a new one, one, all of a key's, cancel. */
#ifndef MOONGATE_GATEWAY_BATCHES_H
#define MOONGATE_GATEWAY_BATCHES_H

#include "core/base/span.h"

struct gateway;

/* A client that is answered once its batch's mark is on the disk. */
struct gateway_batches_wait {
    int16_t client;
    int16_t batch;
};

/* Answers those whose batches the disk has saved, or has refused: 507, and a new one is gone unless
 * it was cancelled meanwhile, which counts all the same. Behind batch_index_run. */
void gateway_batches_run(struct gateway *g);

/* POST /v1/batches: the client's body is whole and good JSON. It and a cancel are answered by
 * gateway_batches_run. */
void gateway_batches_new(struct gateway *g, int client);

/* GET /v1/batches/{id}. */
void gateway_batches_one(struct gateway *g, int client, struct span id);

/* POST /v1/batches/{id}/cancel; id has what follows. */
void gateway_batches_cancel(struct gateway *g, int client, struct span id);

/* GET /v1/batches?limit=&after=, the newest first. */
void gateway_batches_list(struct gateway *g, int client, struct span query);

#endif
