/* What a chat asks for that Anthropic's API has no form for. */
#ifndef MOONGATE_ANTHROPIC_CHECK_H
#define MOONGATE_ANTHROPIC_CHECK_H

#include "core/provider/provider.h"

/* See struct provider_protocol: check. */
bool anthropic_check(const struct provider_call *call, struct provider_refusal *refusal);

#endif
