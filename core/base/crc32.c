/* A byte at a step, by the remainders of all 256 of them, or half a byte, by those of 16. */
#include "core/base/crc32.h"

#include "config/features.h"

/* The remainders of a byte's lower half, with that of its upper one. */
#define ROW(upper)                                                                                 \
    (upper) ^ 0x00000000, (upper) ^ 0x77073096, (upper) ^ 0xEE0E612C, (upper) ^ 0x990951BA,        \
    (upper) ^ 0x076DC419, (upper) ^ 0x706AF48F, (upper) ^ 0xE963A535, (upper) ^ 0x9E6495A3,        \
    (upper) ^ 0x0EDB8832, (upper) ^ 0x79DCB8A4, (upper) ^ 0xE0D5E91E, (upper) ^ 0x97D2D988,        \
    (upper) ^ 0x09B64C2B, (upper) ^ 0x7EB17CBD, (upper) ^ 0xE7B82D07, (upper) ^ 0x90BF1D91
#if FEATURE_CRC_BYTES
#define OF(upper) ROW(upper)
#else
#define OF(upper) (upper)
#endif

static const uint32_t remainders[] = {
    OF(0x00000000), OF(0x1DB71064), OF(0x3B6E20C8), OF(0x26D930AC),
    OF(0x76DC4190), OF(0x6B6B51F4), OF(0x4DB26158), OF(0x5005713C),
    OF(0xEDB88320), OF(0xF00F9344), OF(0xD6D6A3E8), OF(0xCB61B38C),
    OF(0x9B64C2B0), OF(0x86D3D2D4), OF(0xA00AE278), OF(0xBDBDF21C),
};

static uint32_t shift(uint32_t crc)
{
    if (FEATURE_CRC_BYTES)
        return (crc >> 8) ^ remainders[crc & 0xFF];
    crc = (crc >> 4) ^ remainders[crc & 0xF];
    return (crc >> 4) ^ remainders[crc & 0xF];
}

/* Four bytes, the first one the lowest. */
static uint32_t four_at(const char *at)
{
    const uint8_t *byte = (const uint8_t *)at;
    return byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

uint32_t crc32_of(struct span bytes)
{
    uint32_t crc = UINT32_MAX;
    size_t i = 0;
    for (; bytes.len - i >= 4; i += 4)
        crc = shift(shift(shift(shift(crc ^ four_at(bytes.at + i)))));
    for (; i < bytes.len; i++)
        crc = shift(crc ^ (uint8_t)bytes.at[i]);
    return ~crc;
}
