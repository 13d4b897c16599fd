/* Secrets: "env::NAME", "path::FILE", "none", or the secret itself. */
#ifndef MOONGATE_SETTINGS_SECRET_H
#define MOONGATE_SETTINGS_SECRET_H

#include "core/settings/settings_report.h"

enum settings_secret {
    SETTINGS_SECRET_BAD, /* the fault is reported */
    SETTINGS_SECRET_NONE,
    SETTINGS_SECRET_LITERAL, /* the file has it */
    SETTINGS_SECRET_ELSEWHERE
};

/* Reads a secret that the file gives as text, and keeps it: *out, NULL when there is none. name:
 * what faults call the key. text lies not in the scratch's value; the line in hand is used up. */
enum settings_secret settings_secret_read(struct settings_scratch *scratch,
                                          struct settings_spot spot, struct span name,
                                          struct span text, const char **out);

/* Warns of a literal secret that others can read. */
void settings_secret_warn(struct settings_scratch *scratch, struct settings_spot spot,
                          struct span name);

/* The secret in an environment variable, when it is set and fit to be sent; else NULL. */
const char *settings_secret_variable(struct settings_scratch *scratch, const char *variable);

#endif
