/* See queue.h. */
#include "core/base/queue.h"

#include "core/base/assert.h"

void queue_init(struct queue *queue, uint16_t *next, uint16_t *prev)
{
    *queue = (struct queue){._next = next, ._prev = prev};
}

void queue_add(struct queue *queue, int number)
{
    if (queue_has(queue, number))
        return;
    ASSERT(number >= 0 && number < UINT16_MAX);
    uint16_t me = (uint16_t)(number + 1);
    queue->_next[number] = me;
    queue->_prev[number] = queue->_last;
    if (queue->_last != 0)
        queue->_next[queue->_last - 1] = me;
    else
        queue->_first = me;
    queue->_last = me;
    queue->count++;
}

static inline void take_out(struct queue *queue, int number)
{
    uint16_t me = (uint16_t)(number + 1);
    uint16_t next = queue->_next[number];
    uint16_t prev = queue->_prev[number];
    bool first = prev == 0;
    bool last = next == me;
    uint16_t behind = last ? prev : next; /* at the end: its own number, or none is left */
    ASSERT(queue->count > 0);
    ASSERT(first == (queue->_first == me) && last == (queue->_last == me));
    if (first)
        queue->_first = behind;
    else
        queue->_next[prev - 1] = behind;
    if (last)
        queue->_last = prev;
    else
        queue->_prev[next - 1] = prev;
    queue->_next[number] = 0;
    queue->count--;
}

bool queue_remove(struct queue *queue, int number)
{
    bool has = queue_has(queue, number);
    if (has)
        take_out(queue, number);
    return has;
}

int queue_take(struct queue *queue)
{
    int number = queue_first(queue);
    if (number != QUEUE_NONE)
        take_out(queue, number);
    return number;
}
