/*
 * Division, which most processors of ARMv7 leave to the compiler's library: a bit at a time in a
 * loop, where that has each bit's code written out. Nothing divides where every byte passes.
 */
#include <stdint.h>

#include "port/musl/inside.h"

uint64_t __aeabi_uidivmod(uint32_t value, uint32_t by)
{
    uint32_t quotient = 0;
    if (by == 0)
        __builtin_trap();
    if (value >= by) {
        int bits = __builtin_clz(by) - __builtin_clz(value);
        for (by <<= bits; bits >= 0; bits--, by >>= 1) {
            quotient <<= 1;
            if (value >= by) {
                value -= by;
                quotient++;
            }
        }
    }
    return (uint64_t)value << 32 | quotient;
}

uint32_t __aeabi_uidiv(uint32_t value, uint32_t by)
{
    return (uint32_t)__aeabi_uidivmod(value, by);
}

static uint32_t size_of(int32_t value)
{
    return value < 0 ? 0 - (uint32_t)value : (uint32_t)value;
}

uint64_t __aeabi_idivmod(int32_t value, int32_t by)
{
    uint64_t both = __aeabi_uidivmod(size_of(value), size_of(by));
    uint32_t quotient = (uint32_t)both;
    uint32_t remainder = (uint32_t)(both >> 32);
    if ((value ^ by) < 0)
        quotient = 0 - quotient;
    if (value < 0)
        remainder = 0 - remainder;
    return (uint64_t)remainder << 32 | quotient;
}

int32_t __aeabi_idiv(int32_t value, int32_t by)
{
    return (int32_t)__aeabi_idivmod(value, by);
}
