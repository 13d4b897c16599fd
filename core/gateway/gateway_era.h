/*
 * What a new configuration takes over from the one before. Each has an era: what begins in one ends
 * in it, and there are two at the most. A provider's number in the gateway tells both: its era's
 * first, and its number in that era's settings. Without FEATURE_RELOAD all is of era 0.
 */
#ifndef MOONGATE_GATEWAY_ERA_H
#define MOONGATE_GATEWAY_ERA_H

#include "config/features.h"
#include "core/settings/settings.h"

struct gateway;

#define GATEWAY_ERAS (FEATURE_RELOAD ? 2 : 1)
#define GATEWAY_PROVIDERS (GATEWAY_ERAS * SETTINGS_PROVIDERS)
/* An era's first number; the era of a number, and the number in that era's settings. */
#define GATEWAY_ERA_FIRST(era) ((era) * SETTINGS_PROVIDERS)
#define GATEWAY_ERA_OF(provider) (FEATURE_RELOAD && (provider) >= SETTINGS_PROVIDERS)
#define GATEWAY_ERA_PLACE(provider) ((provider) - GATEWAY_ERA_FIRST(GATEWAY_ERA_OF(provider)))
#define GATEWAY_ERA_LOOK_US 1000000u /* so often it is asked whether the era before is over */
#define GATEWAY_KEY_GONE (-2)        /* a client's: what it showed is no key any more */

struct gateway_eras {
    const struct settings *before; /* of the era before the present one; NULL: it is over */
    uint64_t look_us;              /* when it is asked again whether it is */
    uint32_t bundles; /* of the trust anchors when the present one began: their changes */
    uint8_t now;
    int16_t models[SETTINGS_MODELS]; /* of the era before: their numbers now, or -1 */
    int16_t providers[SETTINGS_PROVIDERS];
};

/* What is counted over eras has the numbers of the present one: a model's, and a provider's (by its
 * number in the gateway); -1: there was none, or there is none of that name any more. */
int gateway_era_model_now(const struct gateway *g, int era, int model);
int gateway_era_provider_now(const struct gateway *g, int provider);

/* Begins an era with checked settings, which stay the caller's and in place. What is the same in
 * both keeps its state: benches, circuits, kept connections, model lists, counts, uses of keys.
 * Only while the era before the present one is over. */
void gateway_era_begin(struct gateway *g, const struct settings *settings);

/* True while a list of what is configured is being sent: a new era would cut it off. */
bool gateway_era_lists(const struct gateway *g);

/* When it is to be looked at again; UINT64_MAX: there is but one era. */
uint64_t gateway_era_due_us(const struct gateway *g);

/* Looks whether the era before is over: nothing uses its settings any more. Then, and once only,
 * these settings; else NULL. */
const struct settings *gateway_era_over(struct gateway *g);

/* True while something of the era before may be under way. */
bool gateway_era_lasts(const struct gateway *g);

#endif
