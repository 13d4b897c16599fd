/*
 * The messages of a chat in Anthropic's API taken apart, as provider_messages.h does with OpenAI's:
 * the same things come, and the system's instructions first. What a tool answered is a message of
 * the role "tool"; an assistant's thoughts are left out.
 */
#ifndef MOONGATE_PROVIDER_BLOCKS_H
#define MOONGATE_PROVIDER_BLOCKS_H

#include "core/provider/provider_messages.h"

/* Where it is. All spans are of the body. */
struct provider_blocks {
    struct span _rest;    /* the messages that are still to come */
    struct span _content; /* of this one: the blocks that are still to come, or a string */
    struct span _result;  /* the same of a tool's answer */
    uint8_t _step;
    uint8_t _role; /* of the message in hand */
    uint8_t _told; /* whose words came last in it */
};

/* At the beginning. system: a string or an array, or at NULL; messages: an array. Both judged. */
void provider_blocks_begin(struct provider_blocks *b, struct span system, struct span messages);

/* The next thing. */
void provider_blocks_next(struct provider_blocks *b, struct provider_messages_thing *thing);

/* What a block of a message is; "type" is a name that lasts. */
bool provider_blocks_is(struct span block, struct span type);

/* A string as it stands, quotes and all; of another value an empty one. */
struct span provider_blocks_string(struct span value);

/* A block of an assistant's thoughts. */
bool provider_blocks_is_thought(struct span block);

#endif
