/* Which keys the file gave, and in which lines. */
#ifndef MOONGATE_SETTINGS_ENTRIES_H
#define MOONGATE_SETTINGS_ENTRIES_H

struct settings_scratch;

/* Notes that the line in hand gives the key of a row (see settings_keys.h) to a thing of the row's
 * kind. Returns 0; the line that gave it before; or -1: no room, which is reported once. */
int settings_entries_add(struct settings_scratch *scratch, int row, int thing);

/* The line that gave the key of that path, as in "models.*.retries", to a thing; 0: none did. */
int settings_entries_line(const struct settings_scratch *scratch, const char *path, int thing);

#endif
