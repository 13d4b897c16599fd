/* See clock.h, and port/lwip/board.h for the board's functions. */
#include "board/qemu-mps2/clock.h"

#include "board/qemu-mps2/registers.h"
#include "board/qemu-mps2/semihost.h"
#include "port/lwip/board.h"

#define COUNTS_PER_US 25u
#define TICK_US 1000u
#define SYSTICK_ON 7u

static volatile uint64_t ticks;
static uint64_t start_ms; /* since 1970; 0: not known */

void clock_tick(void)
{
    ticks++;
}

void clock_start(bool knows_time)
{
    SYSTICK_RELOAD = TICK_US * COUNTS_PER_US - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_ON;
    if (knows_time)
        start_ms = (uint64_t)semihost_time() * 1000;
}

/* The counter may have started over while its tick waits. */
uint64_t board_now_us(void)
{
    uint32_t before = board_lock();
    uint64_t whole = ticks;
    uint32_t left = SYSTICK_VALUE;
    if ((SCB_ICSR & SCB_ICSR_TICK_PENDING) != 0) {
        left = SYSTICK_VALUE;
        whole++;
    }
    board_unlock(before);
    return whole * TICK_US + (TICK_US * COUNTS_PER_US - 1 - left) / COUNTS_PER_US;
}

uint64_t board_wall_ms(void)
{
    return start_ms == 0 ? 0 : start_ms + board_now_us() / 1000;
}

uint32_t board_lock(void)
{
    uint32_t before;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before)::"memory");
    return before;
}

void board_unlock(uint32_t before)
{
    __asm__ volatile("msr primask, %0" ::"r"(before) : "memory");
}
