/* See wipe.h. */
#include "core/base/wipe.h"

#include <string.h>

void wipe(void *at, size_t len)
{
    memset(at, 0, len);
    __asm__ volatile("" : : "r"(at) : "memory"); /* as if somebody read them now */
}
