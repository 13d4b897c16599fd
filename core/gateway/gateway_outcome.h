/* Why an answer ended and what it cost, in OpenAI's words. */
#ifndef MOONGATE_GATEWAY_OUTCOME_H
#define MOONGATE_GATEWAY_OUTCOME_H

#include "core/base/text.h"

struct gateway_relay;

#define GATEWAY_OUTCOME_USAGE_BYTES 192 /* the longest usage */

/* The word for finish_reason. */
const char *gateway_outcome_reason(const struct gateway_relay *relay);

/* True when the service told something of what the answer cost. */
bool gateway_outcome_has_usage(const struct gateway_relay *relay);

/* Writes "usage" and its object; null stands for what the service did not tell: nothing is made
 * up. */
void gateway_outcome_usage(struct text *out, const struct gateway_relay *relay);

#endif
