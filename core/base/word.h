/*
 * Bytes looked at a machine word at a time: what is marked in a word tells where a run ends without
 * a look at each of them.
 */
#ifndef MOONGATE_WORD_H
#define MOONGATE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_EACH (SIZE_MAX / 255) /* 0x01 in every byte of a word */
#define WORD_TOPS (WORD_EACH * 0x80)

/* Whether the byte at the lowest address is the lowest of a word; then the first one that is marked
 * is marked rightly. */
#define WORD_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Whether a file is compiled small: there a call is better than words in line. */
#ifdef __OPTIMIZE_SIZE__
#define WORD_SMALL true
#else
#define WORD_SMALL false
#endif

static inline size_t word_read(const char *at)
{
    size_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* The top bit of each byte that is below 0x20. Bytes above the lowest of them may be marked for
 * nothing; that any is marked is always right. */
static inline size_t word_controls(size_t word)
{
    return (word - WORD_EACH * 0x20) & ~word & WORD_TOPS;
}

/* The same of each byte that is c. */
static inline size_t word_bytes(size_t word, char c)
{
    size_t other = word ^ (WORD_EACH * (unsigned char)c);
    return (other - WORD_EACH) & ~other & WORD_TOPS;
}

/* How many bytes stand in front of the first one that is marked, as far as this is known. */
static inline size_t word_before(size_t marks)
{
    return WORD_LITTLE ? (size_t)((unsigned)__builtin_ctzl(marks) / 8) : 0;
}

/* The same bytes. Where they mostly are, and len is short, a call of memcmp costs more. */
static inline bool word_equal(const char *a, const char *b, size_t len)
{
    if (WORD_SMALL)
        return len == 0 || memcmp(a, b, len) == 0;
    for (; len >= sizeof(size_t); a += sizeof(size_t), b += sizeof(size_t), len -= sizeof(size_t))
        if (word_read(a) != word_read(b))
            return false;
    if (len >= sizeof(uint32_t)) {
        uint32_t halves[2];
        memcpy(&halves[0], a, sizeof(halves[0]));
        memcpy(&halves[1], b, sizeof(halves[1]));
        if (halves[0] != halves[1])
            return false;
        a += sizeof(uint32_t);
        b += sizeof(uint32_t);
        len -= sizeof(uint32_t);
    }
    for (; len > 0 && *a == *b; a++, b++)
        len--;
    return len == 0;
}

#endif
