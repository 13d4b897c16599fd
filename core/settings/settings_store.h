/* The store of a configuration's strings. */
#ifndef MOONGATE_SETTINGS_STORE_H
#define MOONGATE_SETTINGS_STORE_H

#include "core/base/span.h"

struct settings_scratch;

/* A copy of s with a NUL, right behind the copy made before, so that a list is copies in a row.
 * NULL: no room, which is reported once. */
const char *settings_store_add(struct settings_scratch *scratch, struct span s);

/* The same with ASCII letters in lower case. */
const char *settings_store_lower(struct settings_scratch *scratch, struct span s);

#endif
