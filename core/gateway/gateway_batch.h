/* Files and batches: what the routes and the runner work on. */
#ifndef MOONGATE_GATEWAY_BATCH_H
#define MOONGATE_GATEWAY_BATCH_H

#include "core/gateway/gateway_batches.h"
#include "core/gateway/gateway_transfer.h"

struct gateway;

struct gateway_batch {
    uint8_t wait_count;
    struct gateway_batches_wait waits[LIMIT_BATCHES];
    struct batch_index index;
    struct gateway_transfer transfers[LIMIT_BATCH_TRANSFERS];
};

/* Finds what is on the disk, waiting for it. False: it does not answer. Before the listeners are
 * open. */
bool gateway_batch_load(struct gateway *g);

/* Goes on with all that waited for the disk or for a time. Behind store_poll. */
void gateway_batch_run(struct gateway *g);

/* When there is something to do; UINT64_MAX: nothing, unless the disk tells. */
uint64_t gateway_batch_due_us(const struct gateway *g);

/* Saves what was changed, waiting for the disk, for a clean stop. */
void gateway_batch_flush(struct gateway *g);

#endif
