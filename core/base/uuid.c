/* UUIDs, versions 4 and 7 (RFC 9562 sections 5.4 and 5.7). */
#include "core/base/uuid.h"

#include "port/port.h"

#define V7_MS_BYTES 6

#define DASHES 0x550u /* a bit for each byte that one stands in front of */

/* The digits of two bytes, made in the four bytes of a word at once. */
static void write_two(char *out, const uint8_t *bytes)
{
    uint32_t word = bytes[0] | (uint32_t)bytes[1] << 16;
    word = (word >> 4 & 0x000F000Fu) | (word & 0x000F000Fu) << 8;
    uint32_t letters = (word + 0x06060606u) >> 4 & 0x01010101u; /* from ten on */
    word += 0x30303030u + letters * ('a' - '9' - 1);
    out[0] = (char)word;
    out[1] = (char)(word >> 8);
    out[2] = (char)(word >> 16);
    out[3] = (char)(word >> 24);
}

/* A dash stands in front of even bytes alone. */
void uuid_write(char out[UUID_TEXT_BYTES], const uint8_t bytes[UUID_BYTES])
{
    for (int i = 0; i < UUID_BYTES; i += 2) {
        if ((DASHES >> i & 1) != 0)
            *out++ = '-';
        write_two(out, bytes + i);
        out += 4;
    }
    *out = '\0';
}

static void mark(uint8_t out[UUID_BYTES], uint8_t version)
{
    out[6] = (uint8_t)((out[6] & 0x0F) | (version << 4));
    out[8] = (uint8_t)((out[8] & 0x3F) | 0x80);
}

void uuid_v4(char out[UUID_TEXT_BYTES])
{
    uint8_t bytes[UUID_BYTES];
    port_random(bytes, sizeof(bytes));
    mark(bytes, 4);
    uuid_write(out, bytes);
}

void uuid_v7(uint8_t out[UUID_BYTES], uint64_t wall_ms)
{
    port_random(out + V7_MS_BYTES, UUID_BYTES - V7_MS_BYTES);
    mark(out, 7);
    for (int i = 0; i < V7_MS_BYTES; i++)
        out[i] = (uint8_t)(wall_ms >> (40 - 8 * i));
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool uuid_read(struct span text, uint8_t bytes[UUID_BYTES])
{
    const char *at = text.at;
    if (text.len != UUID_TEXT_BYTES - 1)
        return false;
    for (int i = 0; i < UUID_BYTES; i++) {
        if ((DASHES >> i & 1) != 0 && *at++ != '-')
            return false;
        int high = digit(at[0]), low = digit(at[1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high * 16 + low);
        at += 2;
    }
    return true;
}
