/*
 * First come, first served: numbers in a doubly linked list over two arrays. Each number is in it
 * at most once, and can leave from the middle. Queues may share the arrays when no number is ever
 * in two of them at once.
 */
#ifndef MOONGATE_QUEUE_H
#define MOONGATE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_NONE (-1)

struct queue {
    uint16_t *_next; /* owned by the embedding struct, an element each number; 0: not in it, else
                      * the next one's number + 1, or the number's own + 1 at the end */
    uint16_t *_prev; /* of one that is in it: the neighbour's number + 1; 0: it is the first */
    uint16_t _first; /* number + 1; 0: none */
    uint16_t _last;
    uint16_t count;
};

/* An empty queue. next and prev have an element for each number, all 0; not touched here. */
void queue_init(struct queue *queue, uint16_t *next, uint16_t *prev);

/* Adds number at the end; nothing happens when it is in already, or in one that shares the
 * arrays. */
void queue_add(struct queue *queue, int number);

/* Takes it out; false, and nothing happens, when it is not in. Of queues that share the arrays it
 * must be in this one or in none. */
bool queue_remove(struct queue *queue, int number);

/* The first, which leaves; QUEUE_NONE when empty. */
int queue_take(struct queue *queue);

/* The first, which stays; QUEUE_NONE when empty. */
static inline int queue_first(const struct queue *queue)
{
    return (int)queue->_first - 1;
}

/* The one added last, which stays; QUEUE_NONE when empty. */
static inline int queue_last(const struct queue *queue)
{
    return (int)queue->_last - 1;
}

/* Whether number is in it; of queues that share the arrays: in one of them. */
static inline bool queue_has(const struct queue *queue, int number)
{
    return queue->_next[number] != 0;
}

#endif
