/* UUIDs as text (RFC 9562). */
#ifndef MOONGATE_UUID_H
#define MOONGATE_UUID_H

#include "core/base/span.h"

#define UUID_TEXT_BYTES 37 /* 36 characters and a NUL */
#define UUID_BYTES 16

/* Version 4, as text: random. */
void uuid_v4(char out[UUID_TEXT_BYTES]);

/* Version 7: wall_ms, then random; ids made later sort later, to the millisecond. */
void uuid_v7(uint8_t out[UUID_BYTES], uint64_t wall_ms);

/* The text of a UUID, in lower case. */
void uuid_write(char out[UUID_TEXT_BYTES], const uint8_t bytes[UUID_BYTES]);

/* Reads such a text, in either case. False: it is none. */
bool uuid_read(struct span text, uint8_t bytes[UUID_BYTES]);

#endif
