/* The LAN9118: frames are taken in its interrupt into lwIP's blocks, and wait in a ring. */
#ifndef MOONGATE_QEMU_MPS2_ETH_H
#define MOONGATE_QEMU_MPS2_ETH_H

#include <stdint.h>

/* Frames that were dropped because no block was free, or the ring was full. */
uint32_t eth_dropped(void);

/* The most frames that ever waited. */
uint32_t eth_ring_high(void);

/* The chip's interrupt. */
void eth_interrupt(void);

#endif
