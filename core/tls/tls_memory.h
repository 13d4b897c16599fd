/*
 * The memory of mbedTLS: one static arena with room for all connections and handshakes that may be
 * at once, and the counters of its use.
 */
#ifndef MOONGATE_TLS_MEMORY_H
#define MOONGATE_TLS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct tls_memory_use {
    size_t cap;          /* bytes of the arena that can be given out */
    size_t in_use;       /* as blocks of whole slots and pages */
    size_t high;         /* at most the most ever in use at once, of slots and of pages */
    uint32_t refused;    /* requests that found no room */
    uint16_t records;    /* record buffers in use: connections */
    uint16_t records_high;
};

/* Makes the arena mbedTLS's memory. Must come before all else of mbedTLS; again is no harm. */
void tls_memory_start(void);

/* How much is used, now and at the highest. */
struct tls_memory_use tls_memory_use(void);

/* Gives what is free to port_trim, as after a burst; quick when nothing was freed since the last
 * time. */
void tls_memory_trim(void);

#endif
