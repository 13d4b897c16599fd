/* The debugger's or emulator's services: files of the host, its clock, its console, the end. */
#ifndef MOONGATE_QEMU_MPS2_SEMIHOST_H
#define MOONGATE_QEMU_MPS2_SEMIHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum semihost_mode { SEMIHOST_READ = 1, SEMIHOST_WRITE = 5, SEMIHOST_APPEND = 9 }; /* binary */

/* Opens a file of the host: its handle, or -1. */
int semihost_open(const char *path, enum semihost_mode mode);
void semihost_close(int handle);

/* Reads or writes; how many bytes were done. */
size_t semihost_read(int handle, void *out, size_t cap);
size_t semihost_write(int handle, const void *bytes, size_t len);

/* Goes to an offset. False: it cannot. */
bool semihost_seek(int handle, uint32_t at);

/* Of files by their names. False: it cannot. */
bool semihost_remove(const char *path);
bool semihost_rename(const char *from, const char *to);

/* Writes text that ends with NUL to the host's console. */
void semihost_say(const char *text);

/* Seconds since 1970. */
uint32_t semihost_time(void);

/* The words that the program was started with, spaces between. False: there are none. */
bool semihost_words(char *out, size_t cap);

/* Ends the program with a status. */
_Noreturn void semihost_exit(int status);

#endif
