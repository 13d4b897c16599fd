/*
 * See tls_memory.h. A connection's two record buffers are by far the largest and longest-lived
 * blocks and have slots of their own; the rest lives in pages.
 */
#include "core/tls/tls_memory.h"

#include <stdalign.h>
#include <stdbool.h>

#include <mbedtls/platform.h>

#include "config/bounds.h"
#include "core/tls/tls_pages.h"
#include "core/tls/tls_slots.h"

/* mbedTLS asks for a record's content and 45 bytes more. */
#define RECORD_EXTRA 64
#define IN_BYTES (MBEDTLS_SSL_IN_CONTENT_LEN + RECORD_EXTRA)
#define OUT_BYTES (MBEDTLS_SSL_OUT_CONTENT_LEN + RECORD_EXTRA)
#define RECORD_BYTES (LIMIT_TLS_CONNECTIONS * (IN_BYTES + OUT_BYTES))
#define PAGES ((LIMIT_TLS_ARENA_BYTES - RECORD_BYTES) / LIMIT_TLS_PAGE_BYTES)

_Static_assert(IN_BYTES % 16 == 0 && OUT_BYTES % 16 == 0, "slots keep the alignment");
_Static_assert(OUT_BYTES <= MBEDTLS_SSL_IN_CONTENT_LEN, "the two slots' ranges do not meet");
_Static_assert(LIMIT_TLS_ARENA_BYTES > RECORD_BYTES, "connections have room beside their records");
_Static_assert((LIMIT_TLS_PAGE_BYTES & (LIMIT_TLS_PAGE_BYTES - 1)) == 0, "it is a power of two");
_Static_assert(LIMIT_TLS_PAGE_BYTES >= 256 && LIMIT_TLS_PAGE_BYTES <= 4096, "as tls_pages wants");
_Static_assert(PAGES < TLS_PAGES_NONE, "page numbers are uint16");
_Static_assert(LIMIT_TLS_CONNECTIONS <= UINT16_MAX, "slot numbers are uint16");

static struct {
    alignas(LIMIT_TLS_PAGE_BYTES) uint8_t pages[PAGES][LIMIT_TLS_PAGE_BYTES];
    alignas(16) uint8_t in[LIMIT_TLS_CONNECTIONS][IN_BYTES];
    alignas(16) uint8_t out[LIMIT_TLS_CONNECTIONS][OUT_BYTES];
    struct tls_pages_page page_states[PAGES];
    uint8_t in_states[LIMIT_TLS_CONNECTIONS];
    uint8_t out_states[LIMIT_TLS_CONNECTIONS];
    struct tls_pages rest;
    struct tls_slots ins;
    struct tls_slots outs;
    uint32_t refused;
    bool started;
} tls_memory_arena;

static void *take_record(struct tls_slots *slots, size_t len, size_t content, size_t slot)
{
    return len > content && len <= slot ? tls_slots_take(slots) : NULL;
}

static void *take(size_t n, size_t size)
{
    if (n == 0 || size == 0 || n > LIMIT_TLS_ARENA_BYTES / size)
        return NULL;
    size_t len = n * size;
    void *at = take_record(&tls_memory_arena.ins, len, MBEDTLS_SSL_IN_CONTENT_LEN, IN_BYTES);
    if (at == NULL)
        at = take_record(&tls_memory_arena.outs, len, MBEDTLS_SSL_OUT_CONTENT_LEN, OUT_BYTES);
    if (at == NULL)
        at = tls_pages_take(&tls_memory_arena.rest, len);
    tls_memory_arena.refused += at == NULL;
    return at;
}

static void give(void *at)
{
    if (at == NULL)
        return;
    if (tls_slots_has(&tls_memory_arena.ins, at))
        tls_slots_give(&tls_memory_arena.ins, at);
    else if (tls_slots_has(&tls_memory_arena.outs, at))
        tls_slots_give(&tls_memory_arena.outs, at);
    else
        tls_pages_give(&tls_memory_arena.rest, at);
}

static uint8_t shift_of(size_t bytes)
{
    uint8_t shift = 0;
    while (((size_t)1 << shift) < bytes)
        shift++;
    return shift;
}

void tls_memory_start(void)
{
    if (tls_memory_arena.started)
        return;
    tls_memory_arena.started = true;
    tls_slots_init(&tls_memory_arena.ins,
                   &(struct tls_slots_memory){.base = tls_memory_arena.in[0],
                                              .states = tls_memory_arena.in_states,
                                              .slot_bytes = IN_BYTES,
                                              .count = LIMIT_TLS_CONNECTIONS});
    tls_slots_init(&tls_memory_arena.outs,
                   &(struct tls_slots_memory){.base = tls_memory_arena.out[0],
                                              .states = tls_memory_arena.out_states,
                                              .slot_bytes = OUT_BYTES,
                                              .count = LIMIT_TLS_CONNECTIONS});
    tls_pages_init(&tls_memory_arena.rest,
                   &(struct tls_pages_memory){.base = tls_memory_arena.pages[0],
                                              .pages = tls_memory_arena.page_states,
                                              .count = PAGES,
                                              .shift = shift_of(LIMIT_TLS_PAGE_BYTES)});
    (void)mbedtls_platform_set_calloc_free(take, give);
}

struct tls_memory_use tls_memory_use(void)
{
    const struct tls_slots *ins = &tls_memory_arena.ins;
    const struct tls_slots *outs = &tls_memory_arena.outs;
    const struct tls_pages *rest = &tls_memory_arena.rest;
    return (struct tls_memory_use){
        .cap = RECORD_BYTES + (size_t)PAGES * LIMIT_TLS_PAGE_BYTES,
        .in_use = (size_t)ins->in_use * IN_BYTES + (size_t)outs->in_use * OUT_BYTES +
                  (size_t)rest->in_use * LIMIT_TLS_PAGE_BYTES,
        .high = (size_t)ins->high * IN_BYTES + (size_t)outs->high * OUT_BYTES +
                (size_t)rest->high * LIMIT_TLS_PAGE_BYTES,
        .refused = tls_memory_arena.refused,
        .records = ins->in_use,
        .records_high = ins->high,
    };
}

void tls_memory_trim(void)
{
    tls_slots_trim(&tls_memory_arena.ins);
    tls_slots_trim(&tls_memory_arena.outs);
    tls_pages_trim(&tls_memory_arena.rest);
}
