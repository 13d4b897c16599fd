/*
 * A whole answer: one chat.completion object. Its text is held back, escaped, until it is complete
 * or more than LIMIT_HOLD_BYTES; then the object is written as it comes: reasoning, then content,
 * then the calls of tools.
 */
#ifndef MOONGATE_GATEWAY_WHOLE_H
#define MOONGATE_GATEWAY_WHOLE_H

#include "core/base/result.h"

struct gateway;

/* Holds back or passes on the text, reasoning or part of a call in hand. DONE, MORE, or FAULT: a
 * later part of the object has begun to flow. */
enum result gateway_whole_pass(struct gateway *g, int request);

/* Puts the end of the object together in relay.tail. */
void gateway_whole_end(struct gateway *g, int request);

/* Queues what is left. DONE, or MORE: call again when there is room. */
enum result gateway_whole_finish(struct gateway *g, int request);

#endif
