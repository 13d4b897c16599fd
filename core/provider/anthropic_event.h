/* What the events of a streamed message mean. */
#ifndef MOONGATE_ANTHROPIC_EVENT_H
#define MOONGATE_ANTHROPIC_EVENT_H

#include "core/provider/provider.h"

/* See struct provider_protocol: event. */
void anthropic_event(struct provider_call *call, struct span name, struct span data,
                     struct provider_news *news);

#endif
