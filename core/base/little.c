/* See little.h. */
#include "core/base/little.h"

#include "core/base/assert.h"

void *little_put(void *at, uint64_t number, size_t bytes)
{
    uint8_t *out = at;
    ASSERT(bytes <= sizeof(number));
    for (size_t i = 0; i < bytes; i++)
        *out++ = (uint8_t)(number >> (8 * i));
    return out;
}

uint64_t little_get(const void *at, size_t bytes)
{
    const uint8_t *in = at;
    uint64_t number = 0;
    ASSERT(bytes <= sizeof(number));
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)in[i] << (8 * i);
    return number;
}
