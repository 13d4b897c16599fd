/*
 * The events of a stream are mostly alike but for the words that they say: one that repeats the
 * last in all else is not read again.
 */
#ifndef MOONGATE_PROVIDER_REPEAT_H
#define MOONGATE_PROVIDER_REPEAT_H

#include "core/provider/provider.h"

/* Around the words of the last event; lengths of 0: there is none that could be repeated. */
struct provider_repeat {
    uint16_t _name_len; /* its name, */
    uint16_t _head_len; /* its data up to the words' first quote, */
    uint16_t _tail_len; /* and from their last one on */
    uint8_t _kind;      /* enum provider_news_kind: what it meant */
    struct provider_marks _marks;
    char _bytes[LIMIT_REPEAT_BYTES > 0 ? LIMIT_REPEAT_BYTES : 1]; /* last: never cleared */
};

/* What an event means: as protocol->event, which is asked when it is no repetition. */
void provider_repeat_event(struct provider_repeat *repeat, struct provider_call *call,
                           struct span name, struct span data, struct provider_news *news);

#endif
