/* Names that point at other things: aliases, variants, keys; see settings_check.h. */
#ifndef MOONGATE_SETTINGS_CHECK_NAMES_H
#define MOONGATE_SETTINGS_CHECK_NAMES_H

#include "core/settings/settings_scratch.h"

/* Resolves what aliases, variants and keys' lists name, once models and shorthands are known. */
void settings_check_names(struct settings_scratch *scratch);

#endif
