/* Whether a request keeps the protocol (section 5 of the specification): the stand-in is as strict
 * as the gateway must be exact. */
#ifndef MOONGATE_UPSTREAM_CHECK_H
#define MOONGATE_UPSTREAM_CHECK_H

#include "test/upstream/http.h"

/* NULL: good; else what is wrong with a request for the model list. */
const char *check_models(const struct http_request *r);

/* NULL: good, and the decoded content is appended; else what is wrong with a chat request. A nonce
 * that came before is wrong. */
const char *check_chat(const struct http_request *r, struct buf *content);

/* Answers 400 with the reason and keeps it for the statistics. */
enum conn_end check_refuse(struct conn *c, const char *reason);

#endif
