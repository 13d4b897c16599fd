/*
 * A stack of free slot numbers for a pool of equal things. The numbers live here and not in the
 * things, so that a slot which was never used is never touched.
 */
#ifndef MOONGATE_INDEX_H
#define MOONGATE_INDEX_H

#include <stdint.h>

#define INDEX_NONE (-1)

struct index_stack {
    uint16_t *_free; /* the cap numbers, owned by the embedding struct */
    uint16_t cap;
    uint16_t in_use;
    uint16_t high;   /* the most ever in use at once */
    uint16_t _fresh; /* numbers from here on were never given out */
    uint16_t _returned;
};

/* An index over the numbers 0 to cap - 1, all free; store has room for cap numbers and is not
 * touched here. */
void index_init(struct index_stack *index, uint16_t *store, uint16_t cap);

/* A free number, the one given back last first; INDEX_NONE when there is none. */
int index_take(struct index_stack *index);

/* The one that index_take would give. */
static inline int index_next(const struct index_stack *index)
{
    if (index->in_use == index->cap)
        return INDEX_NONE;
    return index->_returned > 0 ? index->_free[index->_returned - 1] : index->_fresh;
}

/* Gives number back; it must be in use. */
void index_give(struct index_stack *index, int number);

/* How many are free. */
uint16_t index_free(const struct index_stack *index);

#endif
