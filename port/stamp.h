/* A moment as text, in front of a line of the log. */
#ifndef MOONGATE_STAMP_H
#define MOONGATE_STAMP_H

#include <stdint.h>

#include "port/port.h"

#define STAMP_LEN 25 /* "2026-11-25T12:34:56.789Z " */

/* Writes the moment (milliseconds since 1970, UTC), without a NUL. */
void stamp_write(char out[STAMP_LEN], uint64_t wall_ms);

/* What follows it: the level's word, and a space. */
const char *stamp_level(enum port_level level);

/* Writes value's last digits, count of them, without a NUL. */
void stamp_digits(char *out, int count, uint64_t value);

#endif
