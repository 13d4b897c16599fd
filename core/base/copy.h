/* Copying the few bytes that words and names have: a call of memcpy costs more than they do. */
#ifndef MOONGATE_COPY_H
#define MOONGATE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COPY_SHORT_BYTES 32

/* Four bytes, or eight of them. */
static inline void copy_word(char *to, const char *from)
{
    memcpy(to, from, sizeof(uint32_t));
}

static inline void copy_words(char *to, const char *from)
{
    memcpy(to, from, sizeof(uint64_t));
}

/* As memcpy, for len > 0. The last word of a short run may overlap the one before. */
static inline void copy_bytes(char *to, const char *from, size_t len)
{
    if (len > COPY_SHORT_BYTES) {
        memcpy(to, from, len);
    } else if (len >= sizeof(uint64_t)) {
        for (size_t at = 0; at < len - sizeof(uint64_t); at += sizeof(uint64_t))
            copy_words(to + at, from + at);
        copy_words(to + len - sizeof(uint64_t), from + len - sizeof(uint64_t));
    } else if (len >= sizeof(uint32_t)) {
        copy_word(to, from);
        copy_word(to + len - sizeof(uint32_t), from + len - sizeof(uint32_t));
    } else {
        to[0] = from[0];
        to[len / 2] = from[len / 2];
        to[len - 1] = from[len - 1];
    }
}

#endif
