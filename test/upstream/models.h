/* GET /api/v1/models, and the lists of other protocols. */
#ifndef MOONGATE_UPSTREAM_MODELS_H
#define MOONGATE_UPSTREAM_MODELS_H

#include "test/upstream/http.h"

/* Answers the model list as ordered. */
enum conn_end models_answer(struct conn *c, const struct http_request *r);

/* The same in another protocol's words: add() appends a document with so many models. */
enum conn_end models_list(struct conn *c, void (*add)(struct buf *out, long count));

#endif
