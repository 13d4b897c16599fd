/* The time of day of a board that has no clock of its own. */
#ifndef MOONGATE_LWIP_BARE_CLOCK_H
#define MOONGATE_LWIP_BARE_CLOCK_H

#include <stdint.h>

/* A time server says that it is so many seconds since 1970. */
void bare_clock_set(uint32_t wall_s);

#endif
