/*
 * A streamed answer that passes as it comes: the events of a service that speaks the clients' own
 * protocol. Those without content wait for the first that has some.
 */
#ifndef MOONGATE_GATEWAY_EVENT_H
#define MOONGATE_GATEWAY_EVENT_H

#include "core/base/result.h"

#include <stdbool.h>

struct gateway;
struct gateway_relay;

/* Holds back or passes on the EVENT in hand, a large one in pieces. DONE or MORE. The usage alone
 * goes to a client that asked for it. */
enum result gateway_event_pass(struct gateway *g, int request);

/* Puts the end of the stream together in relay.tail: [DONE], where the route has it, or a
 * message_stop that the service left out. */
void gateway_event_end(struct gateway *g, int request);

/* Every choice of the answer that began is complete: only its usage and its end may follow. */
bool gateway_event_finished(const struct gateway_relay *relay);

#endif
