/* What an answer has besides text: related questions, sources and the thread, in `moongate`. */
#ifndef MOONGATE_GATEWAY_EXTRAS_H
#define MOONGATE_GATEWAY_EXTRAS_H

#include "core/base/rope.h"
#include "core/provider/provider.h"

struct gateway;

#define GATEWAY_EXTRAS_FIXED_BYTES 640 /* a text that gateway_extras_join hangs, at most */

/* Keeps a QUESTION, SOURCES or THREAD for the end of the answer. What is beyond LIMIT_EXTRAS_BYTES
 * is dropped, each question and source whole; so is what comes when pages are scarce. */
void gateway_extras_take(struct gateway *g, int request, const struct provider_news *news);

/* Hangs `,"moongate":{...}` behind a rope; nothing when there are no extras. What was kept is
 * joined, not copied; it takes a page each for questions, sources and the thread, at most. */
void gateway_extras_join(struct gateway *g, int request, struct rope *rope);

#endif
