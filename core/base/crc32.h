/* CRC-32 as IEEE 802.3 has it: finds what a disk or a power loss spoiled, and no attacker. */
#ifndef MOONGATE_CRC32_H
#define MOONGATE_CRC32_H

#include "core/base/span.h"

/* The checksum of bytes. */
uint32_t crc32_of(struct span bytes);

#endif
