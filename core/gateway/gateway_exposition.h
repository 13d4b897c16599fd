/* GET /metrics: what is counted and what is so now, in Prometheus' text format 0.0.4. */
#ifndef MOONGATE_GATEWAY_EXPOSITION_H
#define MOONGATE_GATEWAY_EXPOSITION_H

struct gateway;

/* Queues the next part as far as the client's queue has room; ends the answer at the end.
 * client->cursor is 0 at first. */
void gateway_exposition_some(struct gateway *g, int client);

#endif
