/* Reads what an answer cost out of the JSON that tells it, as it passes: OpenAI's and Anthropic's
 * names for it. */
#ifndef MOONGATE_PROVIDER_METER_H
#define MOONGATE_PROVIDER_METER_H

#include "core/base/span.h"

/* What a service says that an answer cost. A later report replaces what it repeats. */
struct provider_usage {
    bool has_input, has_output;
    uint64_t input, output; /* tokens */
    uint64_t cached;        /* of input: read from a cache of the service's; 0: none, or not told */
};

#define PROVIDER_METER_NAME_BYTES 28 /* a longer name is none that is looked for */

/* All zero: nothing has come yet. */
struct provider_meter {
    uint64_t _number;
    uint64_t _input[3]; /* Anthropic tells three kinds of it, each once */
    uint8_t _wanted;   /* whose number is under way */
    bool _digits;      /* it has begun */
    bool _in_string;
    bool _escaped;
    uint8_t _depth;
    uint8_t _name_len;
    char _name[PROVIDER_METER_NAME_BYTES];
};

/* The next bytes of a "usage" object, in pieces of any size: prompt_tokens, completion_tokens or
 * input_tokens, output_tokens, and cached_tokens in an object inside it; what Anthropic's service
 * wrote to its cache, or read from it (cache_creation_input_tokens, cache_read_input_tokens), is
 * input besides. What is told is put into
 * usage at once; what is no JSON, or no whole number, tells nothing. */
void provider_meter_take(struct provider_meter *meter, struct span bytes,
                         struct provider_usage *usage);

#endif
