/* xoshiro256**, its state filled by splitmix64, as both are described by Blackman and Vigna. */
#include "port/sim/sim_chance.h"

#include "port/promise.h"

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t split(uint64_t *at)
{
    uint64_t x = *at += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

void sim_chance_seed(struct sim_chance *chance, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        chance->_state[i] = split(&seed);
}

uint64_t sim_chance_next(struct sim_chance *chance)
{
    uint64_t *s = chance->_state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t sim_chance_below(struct sim_chance *chance, uint32_t n)
{
    PROMISE(n > 0);
    return (uint32_t)((sim_chance_next(chance) >> 32) * n >> 32);
}

uint32_t sim_chance_range(struct sim_chance *chance, uint32_t from, uint32_t to)
{
    PROMISE(from <= to);
    return from + sim_chance_below(chance, to - from + 1);
}

uint32_t sim_chance_size(struct sim_chance *chance, uint32_t max)
{
    uint32_t bits = 0;
    PROMISE(max > 0);
    while (bits < 31 && max >> (bits + 1) > 0)
        bits++;
    uint32_t low = 1u << sim_chance_below(chance, bits + 1);
    uint32_t high = 2 * low - 1 < max ? 2 * low - 1 : max;
    return sim_chance_range(chance, low, high);
}

bool sim_chance_one_in(struct sim_chance *chance, uint32_t n)
{
    return n > 0 && sim_chance_below(chance, n) == 0;
}
