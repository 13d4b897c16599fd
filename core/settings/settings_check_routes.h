/* Models and their routing; see settings_check.h. */
#ifndef MOONGATE_SETTINGS_CHECK_ROUTES_H
#define MOONGATE_SETTINGS_CHECK_ROUTES_H

#include "core/settings/settings_scratch.h"

/* Finds the wildcard, and turns the names in each model's routing into its routes. */
void settings_check_routes(struct settings_scratch *scratch);

#endif
