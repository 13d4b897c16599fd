/* The name that somebody who mistyped probably meant. */
#ifndef MOONGATE_SETTINGS_NEAR_H
#define MOONGATE_SETTINGS_NEAR_H

#include "core/base/span.h"

/* The best name among those offered so far. */
struct settings_near {
    struct span _wanted;
    struct span best; /* empty: none was offered */
    unsigned _distance;
};

/* Begins a search for the name nearest to wanted, which stays the caller's. */
struct settings_near settings_near_begin(struct span wanted);

/* Offers a name; the first of two that are as near stays. Distances count inserted, left out,
 * changed and swapped bytes, ASCII case ignored; of long names the first 64 bytes are compared. */
void settings_near_offer(struct settings_near *near, struct span name);

#endif
