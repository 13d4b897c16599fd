/* A chat in OpenAI's words, or in TensorZero's own, told in those of Anthropic's Messages API. */
#ifndef MOONGATE_ANTHROPIC_BODY_H
#define MOONGATE_ANTHROPIC_BODY_H

#include "core/provider/provider.h"

/* To the body's start. */
void anthropic_body_begin(struct provider_call *call);

/* Makes the next pieces, perhaps empty ones, once those made before are written. False: that was
 * all. */
bool anthropic_body_make(struct provider_call *call);

#endif
