/* What comes of a try: its answer's head, then events or a document, as news for the relay. */
#ifndef MOONGATE_GATEWAY_NEWS_H
#define MOONGATE_GATEWAY_NEWS_H

#include "core/base/result.h"
#include "core/provider/provider.h"

struct gateway;

/* From the exchange: the answer's head is here; its status and kind of body are in the exchange. */
enum result gateway_news_head(struct gateway *g, int request);

/* From the exchange: use what the window has. DONE: all used that can be, give more. MORE: the
 * client must take something first. FAULT: the request has ended, or the exchange is dropped. */
enum result gateway_news_body(struct gateway *g, int request);

/* Passes on the news in hand, if there are any; results as above. */
enum result gateway_news_pump(struct gateway *g, int request);

/* Takes news, none being in hand, and mends them on the way; results as above. */
enum result gateway_news_take(struct gateway *g, int request, struct provider_news *news);

/* Whether what was said so far can be no answer, whatever the service calls complete: a message
 * that is put together here has a call whose arguments are not whole. */
bool gateway_news_is_broken(const struct gateway *g, int request);

#endif
