/* What a chunk of a streamed chat means, one thing at a time, for a client of another API. */
#ifndef MOONGATE_OPENAI_NEWS_H
#define MOONGATE_OPENAI_NEWS_H

#include "core/provider/provider.h"

/* object: a chunk, judged. See struct provider_protocol: event. */
void openai_news_read(struct provider_call *call, struct span object, struct provider_news *news);

#endif
