/* What is said to a client of TensorZero's own API: POST /inference. */
#ifndef MOONGATE_GATEWAY_NATIVE_ANSWER_H
#define MOONGATE_GATEWAY_NATIVE_ANSWER_H

#include "core/base/text.h"

#include <stdbool.h>

struct gateway;
struct gateway_relay;
struct gateway_request;

/* Whether what is in hand has a word in it: a tool that is called has none, as none is offered. */
bool gateway_native_answer_tells(const struct gateway *g, int request);

/* An answer, or an event of one, up to its content: the ids, and the variant, which of a model that
 * is no function's is its name. */
void gateway_native_answer_head(struct text *out, const struct gateway_request *request);

/* An event up to the text in hand, which stands in a string. */
void gateway_native_answer_open(struct text *out, const struct gateway_request *request);

/* The word for finish_reason. */
const char *gateway_native_answer_reason(const struct gateway_relay *relay);

#endif
