/* Files that the configuration names. */
#ifndef MOONGATE_SETTINGS_FILE_H
#define MOONGATE_SETTINGS_FILE_H

#include <stddef.h>

#include "core/base/text.h"

/* Whether the file at path can be opened and read: NULL, or why not. */
const char *settings_file_check(const char *path);

/* Reads the whole file behind what out has; what does not fit sets out->cut. *shared: others than
 * its owner can read it. NULL, or why not. */
const char *settings_file_read(const char *path, struct text *out, bool *shared);

#endif
