/* A dotted name taken apart: models."gpt-4.1".providers.main has four parts (TOML 1.0, Keys). */
#ifndef MOONGATE_SETTINGS_PATH_H
#define MOONGATE_SETTINGS_PATH_H

#include "config/bounds.h"
#include "core/base/span.h"

#define SETTINGS_PATH_PARTS 8
#define SETTINGS_PATH_BYTES (4 * LIMIT_NAME_BYTES) /* two names and the words around them */

/* Offsets and no pointers: it may be copied. */
struct settings_path {
    uint16_t at[SETTINGS_PATH_PARTS];
    uint16_t part_len[SETTINGS_PATH_PARTS];
    int count;
    uint16_t used;
    char text[SETTINGS_PATH_BYTES];
};

/* Adds the parts of a dotted name behind those that are there; quotes and escapes are resolved.
 * NULL when good, else what is wrong; path is not fit for use then. */
const char *settings_path_add(struct settings_path *path, struct span dotted);

/* The bytes at the start of s that can be a dotted name, with blanks around its dots and ends. */
size_t settings_path_scan(struct span s);

/* Part i, i < count. */
struct span settings_path_part(const struct settings_path *path, int i);

#endif
