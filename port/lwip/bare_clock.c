/*
 * Time, chance, memory. What the network says about the time is not signed: it may not lead behind
 * the day of the build, so a forged answer revives no certificate that had expired by then.
 */
#include "port/lwip/bare_clock.h"

#include <stddef.h>
#include <string.h>

#include "port/lwip/board.h"
#include "port/port.h"

/* Seconds since 1970 of the day on which this program was built; the build sets it. */
#ifndef MOONGATE_BUILT_S
#define MOONGATE_BUILT_S 0
#endif

static uint64_t start_ms; /* since 1970, at the board's start, by the network; 0: not told */

uint64_t port_now_us(void)
{
    return board_now_us();
}

void bare_clock_set(uint32_t wall_s)
{
    start_ms = (uint64_t)wall_s * 1000 - board_now_us() / 1000;
}

uint64_t port_wall_ms(void)
{
    uint64_t wall_ms = board_wall_ms();
    if (wall_ms == 0 && start_ms != 0)
        wall_ms = start_ms + board_now_us() / 1000;
    return wall_ms / 1000 >= MOONGATE_BUILT_S ? wall_ms : 0;
}

/* No board has a time zone. */
int port_local_hour(void)
{
    uint64_t wall_ms = port_wall_ms();
    return wall_ms == 0 ? -1 : (int)(wall_ms / 3600000u % 24u);
}

void port_random(void *out, size_t len)
{
    board_random(out, len);
}

/* All memory is there all the time. */
void port_trim(void *start, size_t len)
{
    (void)start;
    (void)len;
}

uint64_t port_resident_bytes(void)
{
    return 0;
}
