/* The documents that are hardest on a judge of JSON, and a clock beside it. */
#ifndef MOONGATE_UNIT_JSON_H
#define MOONGATE_UNIT_JSON_H

#include "core/base/result.h"
#include "core/base/span.h"

/* Lets judge, which takes a document in segments of at most step bytes, judge 4 MiB of objects
 * without members, of one string, and of arrays in arrays, whole and in TCP's segments, and
 * prints the milliseconds. Fails when a document is refused; and, in an optimized build without
 * sanitizers, when the three together take longer than they may. */
void unit_json_race(const char *name, enum result (*judge)(struct span document, size_t step));

#endif
