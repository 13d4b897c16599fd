/* Anthropic's protocol: POST /v1/messages and /v1/messages/count_tokens, GET /v1/models. */
#ifndef MOONGATE_UPSTREAM_ANTHROPIC_H
#define MOONGATE_UPSTREAM_ANTHROPIC_H

#include "test/upstream/http.h"

/* Checks a request for any route under /anthropic, answers it as its text and the control plane
 * tell, and counts it. */
enum conn_end anthropic_answer(struct conn *c, const struct http_request *r);

#endif
