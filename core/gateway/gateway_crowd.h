/* How many of the clients one address may be: who floods the gateway takes nobody else's place. */
#ifndef MOONGATE_GATEWAY_CROWD_H
#define MOONGATE_GATEWAY_CROWD_H

#include <stdbool.h>

struct gateway;
struct port_address;

/* Whether one more connection from peer may become a client. One that has LIMIT_CLIENTS_PER_ADDRESS
 * of them gives up its oldest that is idle or lingers, which is closed; with none such: false,
 * which is counted as a refusal, and logged once a second at the most. The box itself may have any
 * number. */
bool gateway_crowd_admits(struct gateway *g, const struct port_address *peer);

#endif
