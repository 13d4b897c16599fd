/* OpenAI's protocol: POST /v1/chat/completions, GET /v1/models, POST /v1/embeddings. */
#ifndef MOONGATE_UPSTREAM_OPENAI_H
#define MOONGATE_UPSTREAM_OPENAI_H

#include "test/upstream/http.h"

/* Checks a chat request, answers it as its text and the control plane tell, and counts it. */
enum conn_end openai_chat(struct conn *c, const struct http_request *r);

/* The model list, or what orders tell instead. */
enum conn_end openai_models(struct conn *c, const struct http_request *r);

/* Any other JSON POST, which obeys the directives in "input": /responses streams when that is asked
 * for, /audio/speech is no JSON, all else is an embedding. */
enum conn_end openai_other(struct conn *c, const struct http_request *r);

#endif
