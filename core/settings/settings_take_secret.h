/* Secrets, and what is derived from them, on their way into the settings; see settings_take.h. */
#ifndef MOONGATE_SETTINGS_TAKE_SECRET_H
#define MOONGATE_SETTINGS_TAKE_SECRET_H

#include "core/settings/settings_take.h"

/* One function a kind of secret; faults are reported. */
void settings_take_secret_plain(struct settings_taking *taking);
void settings_take_secret_key(struct settings_taking *taking);
void settings_take_secret_sha256(struct settings_taking *taking);
void settings_take_secret_clickhouse(struct settings_taking *taking);

#endif
