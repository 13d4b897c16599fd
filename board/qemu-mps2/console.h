/* The console: the log goes to the host, what is asked for and the keys go through the UART. */
#ifndef MOONGATE_QEMU_MPS2_CONSOLE_H
#define MOONGATE_QEMU_MPS2_CONSOLE_H

/* Once at the start. */
void console_start(void);

/* Writes text to the UART: what a program on a box would write to its standard output. */
void console_print(const char *text);

/* One of the two things that clients wait for is there. When both are, the UART says so: whoever
 * starts this program may let them come. */
enum console_ready { CONSOLE_ADDRESS = 1, CONSOLE_LISTENER = 2 };
void console_ready(enum console_ready what);

/* Says on the log how much memory is used, and was at the most. */
void console_tell_memory(void);

#endif
