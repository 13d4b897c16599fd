/* See gateway_batch.h. */
#include "core/gateway/gateway_batch.h"

#include "core/gateway/gateway.h"

bool gateway_batch_load(struct gateway *g)
{
    return g->batch == NULL || batch_index_load(&g->batch->index, g->settings->log_level);
}

void gateway_batch_run(struct gateway *g)
{
    if (g->batch != NULL)
        batch_index_run(&g->batch->index, g->now_us);
}

uint64_t gateway_batch_due_us(const struct gateway *g)
{
    return g->batch != NULL ? batch_index_due_us(&g->batch->index) : UINT64_MAX;
}

void gateway_batch_flush(struct gateway *g)
{
    if (g->batch != NULL)
        batch_index_flush(&g->batch->index);
}
