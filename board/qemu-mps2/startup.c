/*
 * Reset, the MPU, interrupts, faults. Nothing is mapped but the flash without its first bytes, the
 * RAM and the devices, so that a NULL pointer, a stack that is too deep and data that is run all
 * end here, with a line on the console and an exit status.
 */
#include "board/qemu-mps2/startup.h"

#include <stdint.h>
#include <string.h>

#include "board/qemu-mps2/clock.h"
#include "board/qemu-mps2/eth.h"
#include "board/qemu-mps2/registers.h"
#include "board/qemu-mps2/semihost.h"

#define EXIT_FAULT 98
#define EXCEPTIONS 16
#define INTERRUPTS 32
#define PAINT UINT32_C(0x5AFE57AC)

typedef void startup_handler(void);

/* From the linker script. */
extern uint32_t startup_stack_end[], startup_stack_top[];
extern uint32_t startup_data_begin[], startup_data_end[], startup_data_image[];
extern uint32_t startup_bss_begin[], startup_bss_end[];

/* ---- how much there is ---- */

static size_t between(const uint32_t *from, const uint32_t *to)
{
    return (size_t)((uintptr_t)to - (uintptr_t)from);
}

size_t startup_stack_high(void)
{
    const uint32_t *at = startup_stack_end;
    while (at < startup_stack_top && *at == PAINT)
        at++;
    return between(at, startup_stack_top);
}

size_t startup_stack_cap(void)
{
    return between(startup_stack_end, startup_stack_top);
}

size_t startup_ram_bytes(void)
{
    return between(startup_stack_end, startup_bss_end);
}

size_t startup_flash_bytes(void)
{
    return (uintptr_t)startup_data_image + between(startup_data_begin, startup_data_end);
}

/* ---- memory protection ---- */

#define MPU_ON 1u
#define REGION_VALID 0x10u
#define RIGHTS_NONE (UINT32_C(0) << 24)
#define RIGHTS_READ (UINT32_C(6) << 24)
#define RIGHTS_WRITE (UINT32_C(3) << 24)
#define NEVER_RUN (UINT32_C(1) << 28)
#define NORMAL (UINT32_C(1) << 17)
#define DEVICE (UINT32_C(1) << 16)
#ifndef STARTUP_RAM_POWER /* unit tests have more of it, and elsewhere */
#define STARTUP_RAM_POWER 18
#define STARTUP_RAM_BEGIN 0x20000000u
#endif
#define BYTES(power) (((uint32_t)(power) - 1) << 1 | 1u)

static void map(uint32_t number, uint32_t base, uint32_t attributes)
{
    MPU_BASE = base | REGION_VALID | number;
    MPU_ATTRIBUTES = attributes;
}

/* Of regions that overlap the higher number counts. */
static void protect(void)
{
    map(0, 0x00000000, RIGHTS_READ | NORMAL | BYTES(19));
    map(1, STARTUP_RAM_BEGIN, RIGHTS_WRITE | NEVER_RUN | NORMAL | BYTES(STARTUP_RAM_POWER));
    map(2, 0x40000000, RIGHTS_WRITE | NEVER_RUN | DEVICE | BYTES(29));
    map(3, 0x00000000, RIGHTS_NONE | NEVER_RUN | NORMAL | BYTES(8));
    MPU_CONTROL = MPU_ON;
    SCB_SHCSR |= SCB_SHCSR_FAULTS;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* ---- faults ---- */

static void say_hex(const char *name, uint32_t value)
{
    char text[9];
    for (int i = 7; i >= 0; i--, value >>= 4)
        text[i] = "0123456789abcdef"[value & 15];
    text[8] = '\0';
    semihost_say(name);
    semihost_say(text);
}

__attribute__((used)) _Noreturn void startup_report(const uint32_t *frame)
{
    semihost_say("moongate: fault");
    say_hex(" status ", SCB_CFSR);
    say_hex(" memory ", SCB_MMFAR);
    say_hex(" bus ", SCB_BFAR);
    say_hex(" stack ", (uintptr_t)frame);
    /* A stack that has left its place holds no frame. */
    if (frame >= startup_stack_end && frame < startup_stack_top) {
        say_hex(" pc ", frame[6]);
        say_hex(" lr ", frame[5]);
    }
    semihost_say("\n");
    semihost_exit(EXIT_FAULT);
}

/* The stack may be the very thing that is broken, so it is left at once. */
__attribute__((naked, used)) static void fault(void)
{
    __asm__ volatile("mrs r0, msp\n\t"
                     "movw r1, #:lower16:startup_fault_stack_top\n\t"
                     "movt r1, #:upper16:startup_fault_stack_top\n\t"
                     "mov sp, r1\n\t"
                     "b startup_report\n\t");
}

/* ---- the start ---- */

static void paint_stack(void)
{
    uint32_t *here = __builtin_frame_address(0);
    for (uint32_t *at = startup_stack_end; at < here - 16; at++)
        *at = PAINT;
}

static _Noreturn void reset(void)
{
    memcpy(startup_data_begin, startup_data_image, between(startup_data_begin, startup_data_end));
    memset(startup_bss_begin, 0, between(startup_bss_begin, startup_bss_end));
    paint_stack();
    protect();
    startup_main();
}

__attribute__((section(".vectors"), used)) static startup_handler *const
    startup_vectors[EXCEPTIONS + INTERRUPTS] = {
        [0] = (startup_handler *)startup_stack_top,
        [1] = reset,
        [2] = fault, /* NMI */
        [3] = fault,
        [4] = fault,
        [5] = fault,
        [6] = fault,
        [11] = fault,
        [12] = fault,
        [14] = fault,
        [15] = clock_tick,
        [EXCEPTIONS + ETH_INTERRUPT] = eth_interrupt,
};
