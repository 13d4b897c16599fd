/*
 * Time that a test can move: takes the place of the port's own clock in every program that links
 * it, so that minutes pass at once. Between two moves it runs like any clock.
 */
#ifndef MOONGATE_UNIT_CLOCK_H
#define MOONGATE_UNIT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Lets that much time pass at once, by both clocks. */
void unit_clock_skip_ms(uint64_t ms);

/* Whether the box knows what time it is; it does at first. */
void unit_clock_know_wall(bool known);

/* A stop watch's time, which skips do not move. */
uint64_t unit_clock_real_ms(void);

#endif
