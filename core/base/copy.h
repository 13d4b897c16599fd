/* Copying the few bytes that words and names have: a call of memcpy costs more than they do. */
#ifndef MOONGATE_COPY_H
#define MOONGATE_COPY_H

#include "core/base/word.h"

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

/* As memcpy, for len > 0. The last words of a short run may overlap those before. */
static inline void copy_bytes(char *to, const char *from, size_t len)
{
    if (WORD_SMALL || len > COPY_SHORT_BYTES) {
        memcpy(to, from, len);
    } else if (len >= sizeof(uint64_t)) {
        size_t last = len - sizeof(uint64_t);
        copy_words(to, from);
        if (len > 2 * sizeof(uint64_t)) {
            copy_words(to + sizeof(uint64_t), from + sizeof(uint64_t));
            copy_words(to + last - sizeof(uint64_t), from + last - sizeof(uint64_t));
        }
        copy_words(to + last, from + last);
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
