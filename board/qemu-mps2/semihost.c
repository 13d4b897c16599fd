/* See semihost.h. The operations and their blocks are in Arm's "Semihosting for AArch32". */
#include "board/qemu-mps2/semihost.h"

#include <string.h>

enum operation {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0A,
    SYS_REMOVE = 0x0E,
    SYS_RENAME = 0x0F,
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20
};

#define STOPPED_BY_PROGRAM 0x20026u

static uint32_t call(enum operation operation, const void *block)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t r1 __asm__("r1") = (uintptr_t)block;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t word(const void *at)
{
    return (uint32_t)(uintptr_t)at;
}

int semihost_open(const char *path, enum semihost_mode mode)
{
    const uint32_t block[] = {word(path), mode, strlen(path)};
    return (int)call(SYS_OPEN, block);
}

void semihost_close(int handle)
{
    const uint32_t block[] = {(uint32_t)handle};
    (void)call(SYS_CLOSE, block);
}

size_t semihost_read(int handle, void *out, size_t cap)
{
    const uint32_t block[] = {(uint32_t)handle, word(out), cap};
    uint32_t left = call(SYS_READ, block);
    return left <= cap ? cap - left : 0;
}

size_t semihost_write(int handle, const void *bytes, size_t len)
{
    const uint32_t block[] = {(uint32_t)handle, word(bytes), len};
    uint32_t left = call(SYS_WRITE, block);
    return left <= len ? len - left : 0;
}

bool semihost_seek(int handle, uint32_t at)
{
    const uint32_t block[] = {(uint32_t)handle, at};
    return call(SYS_SEEK, block) == 0;
}

bool semihost_remove(const char *path)
{
    const uint32_t block[] = {word(path), strlen(path)};
    return call(SYS_REMOVE, block) == 0;
}

bool semihost_rename(const char *from, const char *to)
{
    const uint32_t block[] = {word(from), strlen(from), word(to), strlen(to)};
    return call(SYS_RENAME, block) == 0;
}

void semihost_say(const char *text)
{
    (void)call(SYS_WRITE0, text);
}

uint32_t semihost_time(void)
{
    return call(SYS_TIME, NULL);
}

bool semihost_words(char *out, size_t cap)
{
    uint32_t block[] = {word(out), cap};
    return call(SYS_GET_CMDLINE, block) == 0;
}

_Noreturn void semihost_exit(int status)
{
    const uint32_t block[] = {STOPPED_BY_PROGRAM, (uint32_t)status};
    for (;;)
        (void)call(SYS_EXIT_EXTENDED, block);
}
