/* A new key for a client: made here, shown once, kept nowhere. */
#ifndef MOONGATE_DAEMON_KEY_H
#define MOONGATE_DAEMON_KEY_H

#include "core/base/text.h"

#define DAEMON_KEY_BYTES 512 /* what is printed of one */

/* Writes a new random key, and the lines of the configuration that make it one of the gateway's
 * under that name: they hold its SHA-256 alone. False: the name is empty, longer than 64, or has
 * other than letters, digits, '-' and '_' in it. out has DAEMON_KEY_BYTES. */
bool daemon_key_new(struct span name, struct text *out);

#endif
