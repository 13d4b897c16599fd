/* The first instructions, the stack, and what happens when the program breaks. */
#ifndef MOONGATE_QEMU_MPS2_STARTUP_H
#define MOONGATE_QEMU_MPS2_STARTUP_H

#include <stddef.h>
#include <stdint.h>

/* How deep the stack has ever been, and how deep it may be, in bytes. */
size_t startup_stack_high(void);
size_t startup_stack_cap(void);

/* What static data and the stack take of the RAM. */
size_t startup_ram_bytes(void);

/* What code and constants take of the flash, the first values of variables among them. */
size_t startup_flash_bytes(void);

/* Says what is known of a fault, and ends the program; frame is what the processor saved. */
_Noreturn void startup_report(const uint32_t *frame);

/* The program; it never returns. */
_Noreturn void startup_main(void);

#endif
