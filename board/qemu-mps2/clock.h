/* Time: a tick each millisecond, and the host's clock at the start. */
#ifndef MOONGATE_QEMU_MPS2_CLOCK_H
#define MOONGATE_QEMU_MPS2_CLOCK_H

#include <stdbool.h>

/* Starts the ticks. knows_time: the host's clock is asked what time of day it is. */
void clock_start(bool knows_time);

/* The tick's interrupt. */
void clock_tick(void);

#endif
