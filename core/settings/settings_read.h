/* The file's lines, through inih, into the settings. */
#ifndef MOONGATE_SETTINGS_READ_H
#define MOONGATE_SETTINGS_READ_H

#include "core/settings/settings_scratch.h"

/* Reads all lines of text, which lies still meanwhile, by the key table; faults are reported. What
 * is missing or does not fit together is not looked for yet. */
void settings_read(struct settings_scratch *scratch, struct span text);

#endif
