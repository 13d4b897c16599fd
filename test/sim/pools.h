/* What every pool of the daemon must say, at any moment and when all is quiet. */
#ifndef MOONGATE_SIM_POOLS_H
#define MOONGATE_SIM_POOLS_H

#include <stdbool.h>

/* Counts what is held, and that nobody else holds it; breaks the world when the sums differ. */
void pools_check(void);

/* Nothing is under way and every pool is full. */
bool pools_quiet(void);

/* Prints what is not given back. */
void pools_print(void);

#endif
