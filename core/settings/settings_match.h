/* Names of the file against the key table: known, known and ignored, or nearly known. */
#ifndef MOONGATE_SETTINGS_MATCH_H
#define MOONGATE_SETTINGS_MATCH_H

#include "core/base/span.h"
#include "core/settings/settings_path.h"

/* The row of the key that path names, or -1. */
int settings_match_key(const struct settings_path *path);

/* Whether keys can stand below path. */
bool settings_match_section(const struct settings_path *path);

/* When path is, or is below, a table of TensorZero's that means nothing here: what to call it; else
 * empty. */
struct span settings_match_ignored(const struct settings_path *path);

/* How a path misses the table. */
struct settings_miss {
    int part;         /* the first that nobody knows; path.count: all are known */
    struct span near; /* what it was probably meant to be; empty when nothing can stand there */
    bool behind_name; /* the part before is a name of the operator's choice */
};

/* Looks for what was meant by a path that is neither key nor section. */
struct settings_miss settings_match_miss(const struct settings_path *path);

#endif
