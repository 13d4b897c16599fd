/* Anthropic's Messages API, and services that speak it: type = "anthropic". */
#ifndef MOONGATE_ANTHROPIC_H
#define MOONGATE_ANTHROPIC_H

#include "core/provider/provider.h"

extern const struct provider_protocol anthropic_protocol;

#endif
