/* Of two numbers the lesser one, or the greater. */
#ifndef MOONGATE_LESSER_H
#define MOONGATE_LESSER_H

#include <stddef.h>
#include <stdint.h>

static inline size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The same of wide ones: of two times the earlier one. */
static inline uint64_t lesser_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* And the greater one: the later. */
static inline uint64_t greater_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
