/* A streamed answer: events that hold OpenAI's chat.completion.chunk objects. */
#ifndef MOONGATE_GATEWAY_CHUNK_H
#define MOONGATE_GATEWAY_CHUNK_H

#include "core/base/result.h"

#include <stdbool.h>

struct gateway;

/* Queues the head of the answer, if it is not out. False: no pages. */
bool gateway_chunk_begin(struct gateway *g, int request);

/* Passes on the text, reasoning or part of a call in hand, in chunks as large as the queue has room
 * for. DONE or MORE. */
enum result gateway_chunk_pass(struct gateway *g, int request);

/* Puts what is left of the answer together in relay.tail: the last chunk, the usage if it was asked
 * for, [DONE]. */
void gateway_chunk_end(struct gateway *g, int request);

#endif
