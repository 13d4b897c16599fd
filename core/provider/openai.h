/* The protocol of OpenAI, and of all the services that speak it. */
#ifndef MOONGATE_OPENAI_H
#define MOONGATE_OPENAI_H

#include "core/provider/provider.h"

extern const struct provider_protocol openai_protocol;

#endif
