/* One deadline for each of a fixed set of things, kept as a binary heap: set, clear and due in
 * O(log n). */
#ifndef MOONGATE_TIMERS_H
#define MOONGATE_TIMERS_H

#include <stdint.h>

#define TIMERS_NONE (-1)

struct timers {
    uint16_t *_heap;   /* thing numbers, the one due first at the top */
    uint16_t *_place;  /* of each thing in the heap, 0xFFFF when it has no deadline */
    uint64_t *_due_us; /* of each thing */
    uint16_t cap;
    uint16_t count;
};

/* Timers for the things 0 to cap - 1, none set. The three arrays have cap elements each; place is
 * written here, the others are not touched. */
void timers_init(struct timers *timers, uint16_t *heap, uint16_t *place, uint64_t *due_us,
                 uint16_t cap);

/* Sets (or moves) the thing's one deadline. */
void timers_set(struct timers *timers, int thing, uint64_t due_us);

/* Takes it away; nothing happens when it has none. */
void timers_clear(struct timers *timers, int thing);

/* The moment of the first deadline; UINT64_MAX when there is none. */
uint64_t timers_next_us(const struct timers *timers);

/* A thing whose deadline is at or before now_us, its deadline cleared; TIMERS_NONE when none is. */
int timers_take_due(struct timers *timers, uint64_t now_us);

#endif
