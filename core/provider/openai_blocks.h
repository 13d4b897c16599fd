/* A chat in the words of Anthropic's API, or of TensorZero's own, told in OpenAI's. */
#ifndef MOONGATE_OPENAI_BLOCKS_H
#define MOONGATE_OPENAI_BLOCKS_H

#include "core/provider/provider.h"

/* See struct provider_protocol: carries. */
bool openai_blocks_carries(struct span name);

/* To the body's start. */
void openai_blocks_begin(struct provider_call *call);

/* Makes the next pieces, perhaps empty ones, once those made before are written. False: that was
 * all. */
bool openai_blocks_make(struct provider_call *call);

#endif
