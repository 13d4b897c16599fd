/* What every request of OpenAI's protocol must keep to. */
#ifndef MOONGATE_UPSTREAM_OPENAI_CHECK_H
#define MOONGATE_UPSTREAM_OPENAI_CHECK_H

#include "test/upstream/http.h"
#include "test/upstream/json.h"

/* NULL: good; else what is wrong with the head: its key, or a header of another protocol. */
const char *openai_check_head(const struct http_request *r);

/* The same for a POST; good: *body is its JSON. */
const char *openai_check_post(const struct http_request *r, struct json *body);

/* Counts a request, and keeps its head and body as the last one's. */
void openai_begin(struct conn *c, const struct http_request *r);

#endif
