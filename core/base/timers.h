/* One deadline for each of a fixed set of things: to move it away, or to take it, costs next to
 * nothing; due in O(log n). */
#ifndef MOONGATE_TIMERS_H
#define MOONGATE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define TIMERS_NONE (-1)
#define TIMERS_NEVER UINT64_MAX /* no deadline */

struct timers_moment {
    uint64_t due_us;
    uint64_t look_us; /* when the thing is looked at: then, or before */
};

struct timers {
    uint16_t *_heap;  /* thing numbers, the one looked at first at the top */
    uint16_t *_place; /* of each thing in the heap, 0xFFFF when it was never in it */
    struct timers_moment *_moments; /* of each thing that is in it */
    uint16_t cap;
    uint16_t _held; /* things in the heap */
};

/* Timers for the things 0 to cap - 1, none set. The three arrays have cap elements each; place is
 * written here, the others are not touched. */
void timers_init(struct timers *timers, uint16_t *heap, uint16_t *place,
                 struct timers_moment *moments, uint16_t cap);

/* Sets (or moves) the thing's one deadline. */
void timers_set(struct timers *timers, int thing, uint64_t due_us);

/* Takes it away; nothing happens when it has none. */
void timers_clear(struct timers *timers, int thing);

/* When to call timers_take_due: at the first deadline, or before it; TIMERS_NEVER when there is
 * nothing to look at. */
uint64_t timers_next_us(const struct timers *timers);

/* How many things have a deadline. */
uint16_t timers_count(const struct timers *timers);

/* The thing whose deadline is the first, at or before now_us; it is cleared. TIMERS_NONE when there
 * is none. */
int timers_take_due(struct timers *timers, uint64_t now_us);

#endif
