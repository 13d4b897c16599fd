/* Chance that can be had again: a small generator, whole in its seed. */
#ifndef MOONGATE_SIM_CHANCE_H
#define MOONGATE_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_chance {
    uint64_t _state[4];
};

/* Begins with a seed; seeds that are neighbours give sequences that are not. */
void sim_chance_seed(struct sim_chance *chance, uint64_t seed);

/* The next 64 bits. */
uint64_t sim_chance_next(struct sim_chance *chance);

/* A number below n, n > 0. */
uint32_t sim_chance_below(struct sim_chance *chance, uint32_t n);

/* A number from..to, both included. */
uint32_t sim_chance_range(struct sim_chance *chance, uint32_t from, uint32_t to);

/* A number 1..max, small ones as often as large ones: its count of bits is drawn first. */
uint32_t sim_chance_size(struct sim_chance *chance, uint32_t max);

/* True once in n times; never with 0. */
bool sim_chance_one_in(struct sim_chance *chance, uint32_t n);

#endif
