/* What a chunk of a streamed chat means, one thing at a time, for a client of another API. */
#ifndef MOONGATE_OPENAI_NEWS_H
#define MOONGATE_OPENAI_NEWS_H

#include "core/provider/provider.h"

/* choices: of a chunk, judged, or at NULL. See struct provider_protocol: event; of what a chunk
 * tells, its usage alone is not read. */
void openai_news_read(struct provider_call *call, struct span choices, struct provider_news *news);

#endif
