/* Numbers as bytes, the lowest first: how everything that is kept on a disk has them. */
#ifndef MOONGATE_LITTLE_H
#define MOONGATE_LITTLE_H

#include <stddef.h>
#include <stdint.h>

/* Writes the lowest so many bytes of a number (bytes <= 8). Returns what is behind them. */
void *little_put(void *at, uint64_t number, size_t bytes);

/* The number that so many bytes are (bytes <= 8). */
uint64_t little_get(const void *at, size_t bytes);

#endif
