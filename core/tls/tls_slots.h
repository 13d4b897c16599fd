/*
 * Equal big blocks, for the record buffers that each connection has: no search, no fragmentation. A
 * block that was never used is never touched, and one that comes back wiped is not wiped again.
 */
#ifndef MOONGATE_TLS_SLOTS_H
#define MOONGATE_TLS_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_slots {
    uint8_t *_base;
    uint8_t *_states;  /* one a slot, owned by the embedding struct */
    size_t _slot_bytes;
    uint16_t _count;
    uint16_t _lowest;  /* no slot below it is free */
    uint16_t in_use;
    uint16_t high;     /* the most ever in use at once */
    bool _trimmable;
};

/* The memory that tls_slots works on; both are zero bytes at first. */
struct tls_slots_memory {
    uint8_t *base;     /* count * slot_bytes */
    uint8_t *states;   /* count */
    size_t slot_bytes; /* a multiple of 16 */
    uint16_t count;
};

/* All slots are free; nothing of the memory is touched. */
void tls_slots_init(struct tls_slots *slots, const struct tls_slots_memory *memory);

/* A slot of zero bytes, the lowest that is free; NULL when there is none. */
void *tls_slots_take(struct tls_slots *slots);

/* True when at is the first byte of one of the slots, used or not. */
bool tls_slots_has(const struct tls_slots *slots, const void *at);

/* Gives a slot back; it must be in use. */
void tls_slots_give(struct tls_slots *slots, void *at);

/* Gives the memory of the slots that are free to port_trim; quick when there is nothing to
 * give. */
void tls_slots_trim(struct tls_slots *slots);

#endif
