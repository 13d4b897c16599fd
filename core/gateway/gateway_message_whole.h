/*
 * A whole answer to /v1/messages: one message object, its blocks in the order in which they came;
 * and one to /inference, which has blocks too. They are held back until all is complete or more
 * than LIMIT_HOLD_BYTES; then they go out as they come.
 */
#ifndef MOONGATE_GATEWAY_MESSAGE_WHOLE_H
#define MOONGATE_GATEWAY_MESSAGE_WHOLE_H

#include "core/base/result.h"

#include <stdbool.h>

struct gateway;
struct gateway_relay;

/* Holds back or passes on what is in hand. DONE, MORE, or FAULT: a tool call's arguments are no
 * JSON object, which a whole message has them as, or come when its block is closed. */
enum result gateway_message_whole_pass(struct gateway *g, int request);

/* Whether the arguments of the tool call that is open are complete, if one is. */
bool gateway_message_whole_good(const struct gateway_relay *relay);

/* Puts the end of the object together in relay.tail. */
void gateway_message_whole_end(struct gateway *g, int request);

/* Queues what is left. DONE, or MORE: call again when there is room. */
enum result gateway_message_whole_finish(struct gateway *g, int request);

#endif
