/* Faults and warnings: how they are worded, and kept in the order of their lines. */
#ifndef MOONGATE_SETTINGS_REPORT_H
#define MOONGATE_SETTINGS_REPORT_H

#include "core/base/span.h"

struct settings_scratch;

/* Where a note belongs. */
struct settings_spot {
    int line;     /* 0: the file as a whole */
    int provider; /* whose keys it is about, or -1 */
};

/* The line in hand. */
struct settings_spot settings_report_here(const struct settings_scratch *scratch);

/* Adds a fault. In the pattern the first '$' stands for a, the second for b, both made printable;
 * what follows a '|' is said only when b is not empty. Neither may hold a secret. */
void settings_report_fault(struct settings_scratch *scratch, struct settings_spot spot,
                           const char *pattern, struct span a, struct span b);

/* The same for a warning. */
void settings_report_warn(struct settings_scratch *scratch, struct settings_spot spot,
                          const char *pattern, struct span a, struct span b);

/* False when a fault at that line would only be counted, so that nobody needs to word it. */
bool settings_report_room(const struct settings_scratch *scratch, int line);

/* Once all is read and every provider's type is known: faults in the keys of rust-proxy providers
 * begin as the service's users know them. */
void settings_report_finish(struct settings_scratch *scratch);

#endif
