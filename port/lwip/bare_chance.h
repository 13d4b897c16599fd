/* Chance for lwIP: port numbers, identifiers, and where a connection's bytes are counted from. */
#ifndef MOONGATE_LWIP_BARE_CHANCE_H
#define MOONGATE_LWIP_BARE_CHANCE_H

#include <stdint.h>

#include "port/lwip/bare_window.h"

/* 32 bits that nobody can guess. */
uint32_t bare_chance_32(void);

/* The first sequence number of a TCP connection (RFC 6528): a clock, and a secret's hash over the
 * addresses and ports, so that strangers cannot guess it and old segments do not fit. */
uint32_t bare_chance_isn(uint32_t local, uint32_t remote, uint32_t ports);

/* lwIP asks for it where a connection begins, with the connection at hand as `pcb`. */
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port)                                  \
    (bare_window_begin(pcb), bare_chance_isn((local)->addr, (remote)->addr,                        \
                                             (uint32_t)(local_port) << 16 |                        \
                                                 (uint32_t)(remote_port)))

#endif
