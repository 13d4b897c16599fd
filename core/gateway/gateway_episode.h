/* Episodes: the requests of one of them are given the same variant of a function. A short list in
 * memory, which a restart empties; the one used longest ago gives way. */
#ifndef MOONGATE_GATEWAY_EPISODE_H
#define MOONGATE_GATEWAY_EPISODE_H

#include "core/base/uuid.h"

struct gateway;
struct gateway_chat;

#define GATEWAY_EPISODE_S 3600 /* without a request, then another variant may be drawn */

struct gateway_episode {
    uint8_t id[UUID_BYTES];
    uint32_t variant; /* a checksum of its function's name and its own, which outlive a file */
    uint32_t used_s;  /* when it was used last, and 1; 0: never */
};

/* The variant of a chat's episode for the function that a variant was drawn of, by its number in
 * the settings of now; where the episode has none yet, or it is gone from the file, the drawn one
 * from now on. */
int gateway_episode_keep(struct gateway *g, const struct gateway_chat *chat, int drawn);

/* Whether a chat is a part of one. */
bool gateway_episode_is_on(const struct gateway_chat *chat);

/* A chat's episode from its text, and as text. False: it is no UUID. */
bool gateway_episode_read(struct gateway_chat *chat, struct span text);
void gateway_episode_write(const struct gateway_chat *chat, char out[UUID_TEXT_BYTES]);

#endif
