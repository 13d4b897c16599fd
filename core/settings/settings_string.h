/* Strings as TOML writes them, in values and in quoted names (TOML 1.0, section String). */
#ifndef MOONGATE_SETTINGS_STRING_H
#define MOONGATE_SETTINGS_STRING_H

#include "core/base/span.h"
#include "core/base/text.h"

/* The length of the string that s begins with, both quotes counted; 0: it never closes. s begins
 * with a quote. Escapes are not looked into. */
size_t settings_string_len(struct span s);

/* Adds the string's content to out, its escapes resolved; quoted is what settings_string_len
 * measured. NULL when good, else what is wrong: an escape TOML does not have, one that stands for
 * no character, or NUL. What does not fit sets out->cut. */
const char *settings_string_read(struct span quoted, struct text *out);

/* Well-formed UTF-8 (RFC 3629) without control characters other than the tab. */
bool settings_string_clean(struct span s);

#endif
