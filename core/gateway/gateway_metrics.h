/* Where things happen that are counted: each call here is one of them. Without FEATURE_METRICS they
 * do nothing. */
#ifndef MOONGATE_GATEWAY_METRICS_H
#define MOONGATE_GATEWAY_METRICS_H

#include "core/gateway/gateway_failure.h"
#include "core/record/record_metrics.h"

struct gateway;

/* A request is over; it still has its client. */
void gateway_metrics_end(struct gateway *g, int request, enum record_outcome outcome,
                         uint16_t status);

/* A try of a request failed. */
void gateway_metrics_failed(struct gateway *g, int request,
                            const struct gateway_failure *failure);

/* A client is refused before anything is asked for it upstream. Counted by status, and told in the
 * log once a second for each at the most. */
void gateway_metrics_refused(struct gateway *g, int client, const struct gateway_error *error);

/* A time of the request whose exchange it is; those of list fetches are not counted. */
void gateway_metrics_time(struct gateway *g, int exchange, enum record_time time, uint64_t us);

/* A request goes out to a service now. Its overhead is counted where a kept connection was at hand:
 * nothing of it is waiting then. */
void gateway_metrics_sent(struct gateway *g, int request);

/* A piece of an answer came. */
void gateway_metrics_event(struct gateway *g, int request);

#endif
