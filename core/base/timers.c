/*
 * A binary heap of moments at which things are looked at; each thing knows its place in it. A
 * deadline that moves away, as most do long before they pass, leaves the heap as it is: the thing
 * is looked at too early then, and put where it belongs. What was once in the heap stays in it.
 */
#include "core/base/timers.h"

#include "core/base/assert.h"

#define NO_PLACE 0xFFFFu

void timers_init(struct timers *timers, uint16_t *heap, uint16_t *place,
                 struct timers_moment *moments, uint16_t cap)
{
    *timers = (struct timers){heap, place, moments, cap, 0};
    for (uint16_t i = 0; i < cap; i++)
        place[i] = NO_PLACE;
}

static uint64_t look_at(const struct timers *timers, uint32_t place)
{
    return timers->_moments[timers->_heap[place]].look_us;
}

static void put(struct timers *timers, uint32_t place, uint16_t thing)
{
    timers->_heap[place] = thing;
    timers->_place[thing] = (uint16_t)place;
}

/* Puts a thing that is in the heap, or is to be, where a moment that is not behind its own takes
 * it. */
static void rise(struct timers *timers, uint16_t thing, uint64_t look_us)
{
    uint32_t place = timers->_place[thing];
    if (place == NO_PLACE)
        place = timers->_held++;
    while (place > 0 && look_us < look_at(timers, (place - 1) / 2)) {
        put(timers, place, timers->_heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(timers, place, thing);
    timers->_moments[thing].look_us = look_us;
}

/* Moves the thing at the top to the bottom, and from there to where it belongs. */
static void sink(struct timers *timers)
{
    uint16_t thing = timers->_heap[0];
    uint32_t place = 0;
    for (uint32_t child = 1; child < timers->_held; child = 2 * place + 1) {
        if (child + 1 < timers->_held && look_at(timers, child + 1) < look_at(timers, child))
            child++;
        put(timers, place, timers->_heap[child]);
        place = child;
    }
    timers->_place[thing] = (uint16_t)place;
    rise(timers, thing, timers->_moments[thing].look_us);
}

void timers_set(struct timers *timers, int thing, uint64_t due_us)
{
    ASSERT(thing >= 0 && thing < timers->cap);
    struct timers_moment *moment = &timers->_moments[thing];
    bool early = timers->_place[thing] != NO_PLACE && moment->look_us <= due_us;
    moment->due_us = due_us;
    if (!early)
        rise(timers, (uint16_t)thing, due_us);
}

void timers_clear(struct timers *timers, int thing)
{
    ASSERT(thing >= 0 && thing < timers->cap);
    timers->_moments[thing].due_us = TIMERS_NEVER;
}

uint64_t timers_next_us(const struct timers *timers)
{
    return timers->_held > 0 ? look_at(timers, 0) : TIMERS_NEVER;
}

int timers_take_due(struct timers *timers, uint64_t now_us)
{
    int due = TIMERS_NONE;
    now_us -= now_us == TIMERS_NEVER; /* what has no deadline stays */
    while (due == TIMERS_NONE && timers_next_us(timers) <= now_us) {
        int thing = timers->_heap[0];
        struct timers_moment *moment = &timers->_moments[thing];
        if (moment->look_us == moment->due_us) {
            due = thing;
            moment->due_us = TIMERS_NEVER;
        }
        moment->look_us = moment->due_us;
        sink(timers);
    }
    return due;
}

uint16_t timers_count(const struct timers *timers)
{
    uint16_t count = 0;
    for (uint16_t i = 0; i < timers->_held; i++)
        count = (uint16_t)(count + (timers->_moments[timers->_heap[i]].due_us != TIMERS_NEVER));
    return count;
}
