/* The models of the services as lines for people: what the filter keeps, and why not. */
#ifndef MOONGATE_DAEMON_MODELS_H
#define MOONGATE_DAEMON_MODELS_H

#include "core/base/text.h"

struct daemon;

/* A place in the table: begin with {0}. */
struct daemon_models {
    int provider;
    int entry;
};

/* Writes the next line of the table without its newline: a provider's heading, or one of its models
 * (name, identifier, type, uses left, kept or the reason). False: behind the end. */
bool daemon_models_line(const struct daemon *d, struct daemon_models *place, struct text *line);

#endif
