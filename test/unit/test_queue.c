/* First come, first served, and leaving from anywhere; queues that share their arrays. */
#include "core/base/queue.h"
#include "test/unit/unit.h"

#include <string.h>

#define CAP 50

static uint16_t next[CAP];
static uint16_t prev[CAP];
static struct queue queue;

static void fresh(void)
{
    memset(next, 0, sizeof(next));
    memset(prev, 0, sizeof(prev));
    queue_init(&queue, next, prev);
}

static void empty(void)
{
    fresh();
    CU_ASSERT_EQUAL(queue_first(&queue), QUEUE_NONE);
    CU_ASSERT_EQUAL(queue_last(&queue), QUEUE_NONE);
    CU_ASSERT_EQUAL(queue_take(&queue), QUEUE_NONE);
    CU_ASSERT_EQUAL(queue.count, 0);
    for (int i = 0; i < CAP; i++) {
        CU_ASSERT_FALSE(queue_has(&queue, i));
        queue_remove(&queue, i);
    }
    CU_ASSERT_EQUAL(queue.count, 0);
}

static void in_order(void)
{
    fresh();
    for (int i = 0; i < CAP; i++)
        queue_add(&queue, (i * 7) % CAP);
    CU_ASSERT_EQUAL(queue.count, CAP);
    for (int i = 0; i < CAP; i++) {
        CU_ASSERT_EQUAL(queue_first(&queue), (i * 7) % CAP);
        CU_ASSERT_EQUAL(queue_take(&queue), (i * 7) % CAP);
        CU_ASSERT_FALSE(queue_has(&queue, (i * 7) % CAP));
    }
    CU_ASSERT_EQUAL(queue_take(&queue), QUEUE_NONE);
}

static void twice_is_once(void)
{
    fresh();
    queue_add(&queue, 3);
    queue_add(&queue, 4);
    queue_add(&queue, 3);
    CU_ASSERT_EQUAL(queue.count, 2);
    CU_ASSERT_EQUAL(queue_take(&queue), 3);
    queue_add(&queue, 3);
    CU_ASSERT_EQUAL(queue_take(&queue), 4);
    CU_ASSERT_EQUAL(queue_take(&queue), 3);
}

static void one_leaves(int count, int leaver)
{
    fresh();
    for (int i = 0; i < count; i++)
        queue_add(&queue, i);
    CU_ASSERT(queue_remove(&queue, leaver));
    CU_ASSERT_FALSE(queue_remove(&queue, leaver));
    CU_ASSERT_FALSE(queue_has(&queue, leaver));
    CU_ASSERT_EQUAL(queue.count, count - 1);
    queue_add(&queue, 40);
    for (int i = 0; i < count; i++)
        if (i != leaver)
            CU_ASSERT_EQUAL(queue_take(&queue), i);
    CU_ASSERT_EQUAL(queue_take(&queue), 40);
    CU_ASSERT_EQUAL(queue_take(&queue), QUEUE_NONE);
}

/* Of one to five numbers each one leaves, and the others keep their order. */
static void leaving_from_anywhere(void)
{
    for (int count = 1; count <= 5; count++)
        for (int leaver = 0; leaver < count; leaver++)
            one_leaves(count, leaver);
}

/* A long walk over three queues that share their arrays, beside plain lists that say what is in
 * them. */
static void a_long_walk(void)
{
    struct queue queues[3];
    int model[3][CAP];
    int counts[3] = {0};
    uint32_t chance = 1;
    fresh();
    for (int q = 0; q < 3; q++)
        queue_init(&queues[q], next, prev);
    for (int turn = 0; turn < 100000; turn++) {
        chance = chance * 1664525u + 1013904223u;
        int q = (int)((chance >> 24) % 3);
        int number = (int)((chance >> 12) % CAP);
        int at = 0;
        while (at < counts[q] && model[q][at] != number)
            at++;
        bool here = at < counts[q];
        if (!queue_has(&queues[q], number)) {
            queue_add(&queues[q], number);
            model[q][counts[q]++] = number;
        } else if (here && (chance >> 8) % 2 == 0) {
            queue_remove(&queues[q], number);
            memmove(&model[q][at], &model[q][at + 1], sizeof(int) * (size_t)(--counts[q] - at));
        } else if (counts[q] > 0) {
            CU_ASSERT_EQUAL_FATAL(queue_take(&queues[q]), model[q][0]);
            memmove(&model[q][0], &model[q][1], sizeof(int) * (size_t)--counts[q]);
        }
        CU_ASSERT_EQUAL_FATAL(queues[q].count, counts[q]);
        CU_ASSERT_EQUAL_FATAL(queue_first(&queues[q]), counts[q] > 0 ? model[q][0] : QUEUE_NONE);
        CU_ASSERT_EQUAL_FATAL(queue_last(&queues[q]),
                              counts[q] > 0 ? model[q][counts[q] - 1] : QUEUE_NONE);
    }
}

static void the_largest_number(void)
{
    static uint16_t many_next[UINT16_MAX];
    static uint16_t many_prev[UINT16_MAX];
    queue_init(&queue, many_next, many_prev);
    queue_add(&queue, UINT16_MAX - 1);
    queue_add(&queue, 0);
    CU_ASSERT_EQUAL(queue_take(&queue), UINT16_MAX - 1);
    CU_ASSERT_EQUAL(queue_take(&queue), 0);
    for (int i = 0; i < UINT16_MAX; i++)
        queue_add(&queue, i);
    CU_ASSERT_EQUAL(queue.count, UINT16_MAX);
    for (int i = 0; i < UINT16_MAX; i++)
        CU_ASSERT_EQUAL_FATAL(queue_take(&queue), i);
}

static const struct unit_test tests[] = {
    {"empty", empty},
    {"in order", in_order},
    {"twice is once", twice_is_once},
    {"leaving from anywhere", leaving_from_anywhere},
    {"a long walk", a_long_walk},
    {"the largest number", the_largest_number},
};

UNIT_MAIN("queue", tests)
