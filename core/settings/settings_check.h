/* What no single line shows: whether the parts of a configuration fit together. */
#ifndef MOONGATE_SETTINGS_CHECK_H
#define MOONGATE_SETTINGS_CHECK_H

#include "core/settings/settings_scratch.h"

/* Checks a configuration that was read, and completes it. */
void settings_check(struct settings_scratch *scratch);

/* Others than this box can reach the gateway. */
bool settings_check_open_wide(const struct settings *settings);

#endif
