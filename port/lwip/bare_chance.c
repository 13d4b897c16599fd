/* See bare_chance.h. The hash is SipHash-2-4 over the twelve bytes that name a connection. */
#include "port/lwip/bare_chance.h"

#include <stdbool.h>

#include "port/lwip/board.h"
#include "port/port.h"

#define ISN_TICK_US 4 /* RFC 6528's clock */

static struct {
    bool drawn;
    uint64_t key[2];
} secret;

uint32_t bare_chance_32(void)
{
    uint32_t bits;
    board_random(&bits, sizeof(bits));
    return bits;
}

static uint64_t turn(uint64_t bits, unsigned by)
{
    return bits << by | bits >> (64 - by);
}

static void mix(uint64_t v[4], int rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = turn(v[1], 13) ^ v[0];
        v[3] = turn(v[3], 16) ^ v[2];
        v[0] = turn(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = turn(v[1], 17) ^ v[2];
        v[3] = turn(v[3], 21) ^ v[0];
        v[2] = turn(v[2], 32);
    }
}

static void take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v, 2);
    v[0] ^= word;
}

static uint64_t hash(uint64_t first, uint64_t last)
{
    uint64_t v[4] = {
        secret.key[0] ^ UINT64_C(0x736f6d6570736575),
        secret.key[1] ^ UINT64_C(0x646f72616e646f6d),
        secret.key[0] ^ UINT64_C(0x6c7967656e657261),
        secret.key[1] ^ UINT64_C(0x7465646279746573),
    };
    take(v, first);
    take(v, last);
    v[2] ^= 0xff;
    mix(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t bare_chance_isn(uint32_t local, uint32_t remote, uint32_t ports)
{
    if (!secret.drawn) {
        board_random(secret.key, sizeof(secret.key));
        secret.drawn = true;
    }
    uint64_t of_pair = hash((uint64_t)local << 32 | remote, (uint64_t)12 << 56 | ports);
    return (uint32_t)(port_now_us() / ISN_TICK_US) + (uint32_t)of_pair;
}
