/* Models, providers, keys, ...: the things with names that the file's sections make. */
#ifndef MOONGATE_SETTINGS_THINGS_H
#define MOONGATE_SETTINGS_THINGS_H

#include "core/settings/settings_scratch.h"

struct settings_thing {
    enum settings_kind kind;
    int index; /* 0 for the root; -1: its pool is full, which is reported once */
};

/* What the names in a known path lead to: the innermost thing, made when the file names it first.
 * header: path is a section's, so that its line is where the thing begins. */
struct settings_thing settings_things_enter(struct settings_scratch *scratch,
                                            const struct settings_path *path, bool header);

/* The thing's struct. */
void *settings_things_at(struct settings *settings, enum settings_kind kind, int index);

/* The thing of that name, under parent (a provider's model, a variant's function; else -1): its
 * index, or -1. */
int settings_things_find(const struct settings *settings, enum settings_kind kind, int parent,
                         struct span name);

/* The line where it begins. */
int settings_things_line(const struct settings_scratch *scratch, enum settings_kind kind,
                         int index);

#endif
