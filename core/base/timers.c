/* A binary heap of deadlines; each thing knows its place in it. */
#include "core/base/timers.h"

#include "core/base/assert.h"

#define NO_PLACE 0xFFFFu

void timers_init(struct timers *timers, uint16_t *heap, uint16_t *place, uint64_t *due_us,
                 uint16_t cap)
{
    *timers = (struct timers){heap, place, due_us, cap, 0};
    for (uint16_t i = 0; i < cap; i++)
        place[i] = NO_PLACE;
}

static uint64_t due_at(const struct timers *timers, uint32_t place)
{
    return timers->_due_us[timers->_heap[place]];
}

static void put(struct timers *timers, uint32_t place, uint16_t thing)
{
    timers->_heap[place] = thing;
    timers->_place[thing] = (uint16_t)place;
}

/* Moves the thing at place towards the top as far as it belongs. */
static void rise(struct timers *timers, uint32_t place)
{
    uint16_t thing = timers->_heap[place];
    uint64_t due_us = timers->_due_us[thing];
    while (place > 0 && due_us < due_at(timers, (place - 1) / 2)) {
        put(timers, place, timers->_heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(timers, place, thing);
}

/* Moves it away from the top as far as it belongs. */
static void sink(struct timers *timers, uint32_t place)
{
    uint16_t thing = timers->_heap[place];
    uint64_t due_us = timers->_due_us[thing];
    uint32_t child = 2 * place + 1;
    while (child < timers->count) {
        if (child + 1 < timers->count && due_at(timers, child + 1) < due_at(timers, child))
            child++;
        if (due_us <= due_at(timers, child))
            break;
        put(timers, place, timers->_heap[child]);
        place = child;
        child = 2 * place + 1;
    }
    put(timers, place, thing);
}

static void settle(struct timers *timers, uint16_t thing)
{
    uint32_t place = timers->_place[thing];
    if (place > 0 && timers->_due_us[thing] < due_at(timers, (place - 1) / 2))
        rise(timers, place);
    else
        sink(timers, place);
}

void timers_set(struct timers *timers, int thing, uint64_t due_us)
{
    ASSERT(thing >= 0 && thing < timers->cap);
    if (timers->_place[thing] == NO_PLACE) {
        put(timers, timers->count, (uint16_t)thing);
        timers->count++;
    }
    timers->_due_us[thing] = due_us;
    settle(timers, (uint16_t)thing);
}

void timers_clear(struct timers *timers, int thing)
{
    ASSERT(thing >= 0 && thing < timers->cap);
    uint16_t place = timers->_place[thing];
    if (place == NO_PLACE)
        return;
    uint16_t last = timers->_heap[--timers->count];
    timers->_place[thing] = NO_PLACE;
    if (last != thing) {
        put(timers, place, last);
        settle(timers, last);
    }
}

uint64_t timers_next_us(const struct timers *timers)
{
    return timers->count > 0 ? due_at(timers, 0) : UINT64_MAX;
}

int timers_take_due(struct timers *timers, uint64_t now_us)
{
    if (timers->count == 0 || due_at(timers, 0) > now_us)
        return TIMERS_NONE;
    int thing = timers->_heap[0];
    timers_clear(timers, thing);
    return thing;
}
