/* See tls_slots.h. */
#include "core/tls/tls_slots.h"

#include <string.h>

#include "core/base/assert.h"

/* A state is these, ored; memory that starts as zero bytes is all of 0. */
#define USED 1u
#define DIRTY 2u   /* free, and not known to be zero bytes */
#define TOUCHED 4u /* may hold memory that port_trim could take back */

void tls_slots_init(struct tls_slots *slots, const struct tls_slots_memory *memory)
{
    ASSERT(memory->slot_bytes % 16 == 0 && memory->count > 0);
    *slots = (struct tls_slots){
        ._base = memory->base,
        ._states = memory->states,
        ._slot_bytes = memory->slot_bytes,
        ._count = memory->count,
    };
}

void *tls_slots_take(struct tls_slots *slots)
{
    uint16_t number = slots->_lowest;
    while (number < slots->_count && (slots->_states[number] & USED) != 0)
        number++;
    slots->_lowest = number;
    if (number == slots->_count)
        return NULL;
    uint8_t *at = slots->_base + number * slots->_slot_bytes;
    if ((slots->_states[number] & DIRTY) != 0)
        memset(at, 0, slots->_slot_bytes);
    slots->_states[number] = USED | TOUCHED;
    slots->_lowest++;
    slots->in_use++;
    if (slots->in_use > slots->high)
        slots->high = slots->in_use;
    return at;
}

bool tls_slots_has(const struct tls_slots *slots, const void *at)
{
    uintptr_t first = (uintptr_t)slots->_base;
    uintptr_t here = (uintptr_t)at;
    return here >= first && here - first < slots->_count * slots->_slot_bytes &&
           (here - first) % slots->_slot_bytes == 0;
}

/* Whoever keeps secrets in a slot has wiped it before; then the next user needs no second wiping,
 * and of a slot that port_trim took back only the pages that are written to come again. */
static bool all_zero(const uint8_t *at, size_t len)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < len && seen == 0; i += 16) {
        uint64_t words[2];
        memcpy(words, at + i, sizeof(words));
        seen = words[0] | words[1];
    }
    return seen == 0;
}

void tls_slots_give(struct tls_slots *slots, void *at)
{
    ASSERT(tls_slots_has(slots, at));
    size_t number = (size_t)((uint8_t *)at - slots->_base) / slots->_slot_bytes;
    ASSERT((slots->_states[number] & USED) != 0);
    slots->_states[number] = all_zero(at, slots->_slot_bytes) ? TOUCHED : TOUCHED | DIRTY;
    slots->in_use--;
    slots->_trimmable = true;
    if (number < slots->_lowest)
        slots->_lowest = (uint16_t)number;
}

/* From number on: how many neighbours are free and touched. They are marked untouched; dirty ones
 * stay dirty, as a port that cannot take pages back leaves their bytes. */
static size_t trimmable(struct tls_slots *slots, size_t number)
{
    size_t at = number;
    while (at < slots->_count && (slots->_states[at] & (USED | TOUCHED)) == TOUCHED) {
        slots->_states[at] &= (uint8_t)~TOUCHED;
        at++;
    }
    return at - number;
}

void tls_slots_trim(struct tls_slots *slots)
{
    if (!slots->_trimmable)
        return;
    slots->_trimmable = false;
    for (size_t i = 0; i < slots->_count; i++) {
        size_t n = trimmable(slots, i);
        if (n > 0) {
            port_trim(slots->_base + i * slots->_slot_bytes, n * slots->_slot_bytes);
            i += n;
        }
    }
}
