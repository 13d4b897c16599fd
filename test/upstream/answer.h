/* What is answered, whatever the protocol. */
#ifndef MOONGATE_UPSTREAM_ANSWER_H
#define MOONGATE_UPSTREAM_ANSWER_H

#include "test/upstream/sse.h"

/* The text that directives tell, piece by piece: what was said, unless something else was told;
 * body is the request's. */
void answer_put(struct sse *s, const struct buf *said, const struct buf *body);

#endif
