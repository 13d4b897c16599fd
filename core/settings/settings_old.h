/* Environment variables of older installations: they fill what the file leaves out. */
#ifndef MOONGATE_SETTINGS_OLD_H
#define MOONGATE_SETTINGS_OLD_H

#include "core/settings/settings_scratch.h"

/* Fills the keys that the file does not give to a rust-proxy provider from API_ENDPOINT, DEVICE_ID,
 * OS_TYPE and SID, where those are set and not empty. */
void settings_old_fill(struct settings_scratch *scratch, int provider);

/* Whether the provider's api_endpoint came from there. */
bool settings_old_endpoint(const struct settings_scratch *scratch, int provider);

/* One warning that says which variables were used, and which keys to write instead. */
void settings_old_warn(struct settings_scratch *scratch);

#endif
