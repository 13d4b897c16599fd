/* Names that musl and the compiler ask for among themselves, and that no header of theirs has. */
#ifndef MOONGATE_MUSL_INSIDE_H
#define MOONGATE_MUSL_INSIDE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

/* malloc, as the time zones ask for it. */
void *__libc_malloc(size_t bytes);

/* fstat, as whoever maps a file asks for it. */
int __fstat(int fd, struct stat *about);

/* An address that was found; as in musl's src/network/lookup.h. */
struct address {
    int family;
    unsigned scope;
    uint8_t bytes[16];
    int order;
};

/* musl's: fills found, which has place for 48, and name_found, of 256 bytes. Returns how many it
 * found, or one of the errors EAI_. */
int __lookup_name(struct address *found, char *name_found, const char *name, int family, int flags);

/* Opens a file of lines in a structure and a buffer of the caller's. NULL, and errno: it is not
 * there. */
FILE *__fopen_rb_ca(const char *path, FILE *file, unsigned char *buffer, size_t cap);

/* Closes it. */
int __fclose_ca(FILE *file);

/* What exit does about files that are being written, by both of its names. */
void __stdio_exit(void);
void __stdio_exit_needed(void);

/* Division. Quotients are in the lower half, which is where functions return them, remainders in
 * the upper one. */
uint32_t __aeabi_uidiv(uint32_t value, uint32_t by);
uint64_t __aeabi_uidivmod(uint32_t value, uint32_t by);

/* As in C: towards 0, and the remainder has the sign of the value. */
int32_t __aeabi_idiv(int32_t value, int32_t by);
uint64_t __aeabi_idivmod(int32_t value, int32_t by);

#endif
