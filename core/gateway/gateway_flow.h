/* What streamed and whole answers share: the head, and queueing piece by piece as room allows. */
#ifndef MOONGATE_GATEWAY_FLOW_H
#define MOONGATE_GATEWAY_FLOW_H

#include "core/base/rope.h"
#include "core/gateway/gateway_answer.h"
#include "core/gateway/gateway_chat.h"
#include "core/gateway/gateway_keys.h"
#include "core/provider/provider.h"

struct gateway;

/* Everything of a chunk or an answer but its text, with a name full of control characters. */
#define GATEWAY_FLOW_FRAME_BYTES (6 * LIMIT_NAME_BYTES + 320)
#define GATEWAY_FLOW_CALL_BYTES (2 * PROVIDER_TOOL_BYTES + 128) /* of a call, up to its arguments */
#define GATEWAY_FLOW_PIECE_BYTES 256 /* with less room than this, longer texts wait for more */

/* The request's own field lines, and one of the answer's. */
#define GATEWAY_FLOW_FIELDS_BYTES                                                                 \
    (GATEWAY_CHAT_IGNORED_BYTES + 2 * LIMIT_NAME_BYTES + GATEWAY_KEYS_FIELDS_BYTES + 192)

/* Queues the head of an answer with the relay's status, that type and length, and the request's
 * field lines behind its own. False: no pages are left, nothing is queued. */
bool gateway_flow_begin(struct gateway *g, int request, const struct gateway_answer *answer);

/* The first content goes to the client: the relay flows, the request is committed. */
void gateway_flow_commit(struct gateway *g, int request);

/* Queues a whole answer, its body moved from the rope, and commits the request. False: no pages are
 * left for the head, nothing is queued. */
bool gateway_flow_whole(struct gateway *g, int request, const char *type, struct rope *body);

/* Queues bytes whole, or nothing: false when the client's queue or the pool has too little room. */
bool gateway_flow_put(struct gateway *g, int request, struct span bytes);

/* Moves a rope to the client's queue as far as there is room. True: it is empty. */
bool gateway_flow_drain(struct gateway *g, int request, struct rope *rope);

/* How many bytes of a text may be written now, with frame bytes around them; 0: wait. Not more than
 * a page, and not so few that the frame would outweigh them. */
size_t gateway_flow_cap(const struct gateway *g, int request, size_t frame, size_t text_len);

/* Takes from the front of *text what has room in out (cap >= 12) as part of a JSON string; returns
 * the bytes written, above 0 for a text that is not empty. */
size_t gateway_flow_piece(struct span *text, bool raw, char *out, size_t cap);

/* Adds what a tool call begins with, in OpenAI's words, up to its arguments: "id" and what follows
 * it, at most GATEWAY_FLOW_CALL_BYTES. */
void gateway_flow_call(const struct provider_news *news, struct text *out);

/* Hangs bytes behind a rope; there are pages for them. */
void gateway_flow_hang(struct gateway *g, struct rope *rope, struct span bytes);

#endif
