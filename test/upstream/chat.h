/* POST /api/v1/stream/chat. */
#ifndef MOONGATE_UPSTREAM_CHAT_H
#define MOONGATE_UPSTREAM_CHAT_H

#include "test/upstream/http.h"

/* Checks a chat request, answers it as its text and the control plane tell, and counts it. */
enum conn_end chat_answer(struct conn *c, const struct http_request *r);

#endif
