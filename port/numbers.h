/* Free numbers of a pool. They do not lie in the things, so that what was never used is never
 * touched. */
#ifndef MOONGATE_NUMBERS_H
#define MOONGATE_NUMBERS_H

#include <stdint.h>

struct numbers {
    uint16_t *_free; /* room for cap numbers */
    uint16_t cap;
    uint16_t _returned;
    uint16_t _fresh; /* numbers from here on were never given out */
};

/* A free number below cap, the one given back last first; -1 when there is none. */
int numbers_take(struct numbers *numbers);

/* Gives a number back that is in use. */
void numbers_give(struct numbers *numbers, int number);

#endif
