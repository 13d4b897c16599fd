/* UUIDs as text (RFC 9562). */
#ifndef MOONGATE_UUID_H
#define MOONGATE_UUID_H

#include <stdint.h>

#define UUID_TEXT_BYTES 37 /* 36 characters and a NUL */

/* Version 4: random. */
void uuid_v4(char out[UUID_TEXT_BYTES]);

/* Version 7: wall_ms, then random; ids made later sort later, to the millisecond. */
void uuid_v7(char out[UUID_TEXT_BYTES], uint64_t wall_ms);

#endif
