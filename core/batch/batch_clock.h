/* When a batch may run: hours of the day, lines a minute, its window. */
#ifndef MOONGATE_BATCH_CLOCK_H
#define MOONGATE_BATCH_CLOCK_H

#include "core/base/span.h"

#define BATCH_CLOCK_WINDOW_S (30 * 86400u) /* the longest window */

/* Whether an hour of the day (0 to 23; -1: not known) is in from to to, which goes over midnight
 * when to is at or before from. What is not known is no hour of the night; "0-24" is any. */
bool batch_clock_open(uint8_t from_hour, uint8_t to_hour, int hour);

/* When the next line may begin, after one began now. */
uint64_t batch_clock_next_us(uint64_t now_us, uint32_t per_minute);

/* "24h" or "7d", as seconds, up to BATCH_CLOCK_WINDOW_S. False: it is neither. */
bool batch_clock_window(struct span text, uint64_t *seconds);

#endif
