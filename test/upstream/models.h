/* GET /api/v1/models. */
#ifndef MOONGATE_UPSTREAM_MODELS_H
#define MOONGATE_UPSTREAM_MODELS_H

#include "test/upstream/http.h"

/* Answers the model list as ordered. */
enum conn_end models_answer(struct conn *c, const struct http_request *r);

#endif
