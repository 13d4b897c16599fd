/* What is answered, whatever the protocol. */
#ifndef MOONGATE_UPSTREAM_ANSWER_H
#define MOONGATE_UPSTREAM_ANSWER_H

#include "test/upstream/sse.h"

/* The text that directives tell, piece by piece: what was said, unless something else was told;
 * body is the request's. */
void answer_put(struct sse *s, const struct buf *said, const struct buf *body);

/* The same text, appended to *out at once and without misbehaviour. */
void answer_collect(const struct directives *d, const struct buf *said, const struct buf *body,
                    struct buf *out);

/* A whole document in ten pieces, so that faults have a middle. */
void answer_document(struct sse *s, struct buf *document);

/* Sends a head of 200 with that content type, the body that `put` writes (what is told of pauses
 * and empty answers is done before), and the end. s needs its writer, its directives and the
 * connection. */
enum conn_end answer_send(struct sse *s, const char *type, void (*put)(struct sse *s));

#endif
