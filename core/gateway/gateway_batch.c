/* See gateway_batch.h. */
#include "core/gateway/gateway_batch.h"

#include "core/gateway/gateway.h"

bool gateway_batch_load(struct gateway *g)
{
    return g->batch == NULL || batch_index_load(&g->batch->index, g->settings->log_level);
}

void gateway_batch_run(struct gateway *g)
{
    if (g->batch == NULL)
        return;
    batch_index_run(&g->batch->index, g->now_us);
    gateway_batches_run(g);
    gateway_transfer_run(g);
}

uint64_t gateway_batch_due_us(const struct gateway *g)
{
    if (g->batch == NULL)
        return UINT64_MAX;
    bool answers = g->batch->wait_count > 0 && !g->batch->index.busy; /* or is saved for them */
    return answers || gateway_transfer_wait(g) ? 0 : batch_index_due_us(&g->batch->index);
}

void gateway_batch_flush(struct gateway *g)
{
    if (g->batch != NULL)
        batch_index_flush(&g->batch->index);
}
