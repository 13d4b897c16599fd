/* A byte at a step, by the remainders of all 256 of them: a table of 1 KiB. */
#include "core/base/crc32.h"

/* The remainder of a byte is that of its upper half and that of its lower one. */
#define ROW(upper)                                                                                 \
    (upper) ^ 0x00000000, (upper) ^ 0x77073096, (upper) ^ 0xEE0E612C, (upper) ^ 0x990951BA,        \
    (upper) ^ 0x076DC419, (upper) ^ 0x706AF48F, (upper) ^ 0xE963A535, (upper) ^ 0x9E6495A3,        \
    (upper) ^ 0x0EDB8832, (upper) ^ 0x79DCB8A4, (upper) ^ 0xE0D5E91E, (upper) ^ 0x97D2D988,        \
    (upper) ^ 0x09B64C2B, (upper) ^ 0x7EB17CBD, (upper) ^ 0xE7B82D07, (upper) ^ 0x90BF1D91

static const uint32_t remainders[256] = {
    ROW(0x00000000), ROW(0x1DB71064), ROW(0x3B6E20C8), ROW(0x26D930AC),
    ROW(0x76DC4190), ROW(0x6B6B51F4), ROW(0x4DB26158), ROW(0x5005713C),
    ROW(0xEDB88320), ROW(0xF00F9344), ROW(0xD6D6A3E8), ROW(0xCB61B38C),
    ROW(0x9B64C2B0), ROW(0x86D3D2D4), ROW(0xA00AE278), ROW(0xBDBDF21C),
};

static uint32_t shift(uint32_t crc)
{
    return (crc >> 8) ^ remainders[crc & 0xFF];
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
