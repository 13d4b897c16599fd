/* Providers as a whole, once the file is read: what is missing, what does not go together, where
 * they lead. */
#ifndef MOONGATE_SETTINGS_PROVIDER_H
#define MOONGATE_SETTINGS_PROVIDER_H

#include "core/settings/settings_scratch.h"

/* Checks every provider and gives it its address, its key, and what the environment says. */
void settings_provider_finish(struct settings_scratch *scratch);

/* Adds a model and a provider for each vendor whose key the environment has, when the file allows
 * shorthands; once the file's own are routed. */
void settings_provider_shorthands(struct settings_scratch *scratch);

#endif
