/* See gateway_episode.h. */
#include "core/gateway/gateway_episode.h"

#include "core/base/crc32.h"
#include "core/gateway/gateway.h"

#include <string.h>

#if FEATURE_INFERENCE

static uint32_t sum_of(const struct settings *settings, int variant)
{
    const struct settings_variant *one = &settings->variants[variant];
    return crc32_of(span_of(settings->functions[one->function].name)) * 31 +
           crc32_of(span_of(one->name));
}

/* The variant of a function with that checksum, or -1. */
static int find(const struct settings *settings, int function, uint32_t sum)
{
    for (int i = 0; i < settings->variant_count; i++)
        if (settings->variants[i].function == function && sum_of(settings, i) == sum)
            return i;
    return -1;
}

bool gateway_episode_is_on(const struct gateway_chat *chat)
{
    uint64_t halves[UUID_BYTES / sizeof(uint64_t)];
    memcpy(halves, chat->episode, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

int gateway_episode_keep(struct gateway *g, const struct gateway_chat *chat, int drawn)
{
    const struct settings *settings = g->settings;
    uint32_t now_s = (uint32_t)(g->now_us / 1000000) + 1;
    struct gateway_episode *oldest = &g->episodes[0];
    if (!gateway_episode_is_on(chat))
        return drawn;
    for (int i = 0; i < LIMIT_EPISODES; i++) {
        struct gateway_episode *one = &g->episodes[i];
        oldest = one->used_s < oldest->used_s ? one : oldest;
        if (one->used_s == 0 || now_s - one->used_s >= GATEWAY_EPISODE_S ||
            memcmp(chat->episode, one->id, sizeof(one->id)) != 0)
            continue;
        int variant = find(settings, settings->variants[drawn].function, one->variant);
        if (variant < 0)
            continue;
        one->used_s = now_s;
        return variant;
    }
    memcpy(oldest->id, chat->episode, sizeof(oldest->id));
    oldest->variant = sum_of(settings, drawn);
    oldest->used_s = now_s;
    return drawn;
}

bool gateway_episode_read(struct gateway_chat *chat, struct span text)
{
    return uuid_read(text, chat->episode);
}

void gateway_episode_write(const struct gateway_chat *chat, char out[UUID_TEXT_BYTES])
{
    uuid_write(out, chat->episode);
}

#endif
