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

/* Four bytes. */
static inline uint32_t word_read_half(const char *at)
{
    uint32_t half;
    memcpy(&half, at, sizeof(half));
    return half;
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

/* The first c, or end. */
static inline const char *word_find(const char *at, const char *end, char c)
{
    for (; !WORD_SMALL && (size_t)(end - at) >= sizeof(size_t); at += sizeof(size_t)) {
        size_t marks = word_bytes(word_read(at), c);
        if (marks != 0 && WORD_LITTLE)
            return at + word_before(marks);
        if (marks != 0)
            break;
    }
    while (at < end && *at != c)
        at++;
    return at;
}

/* The same bytes. Where they mostly are, and len is short, a call of memcmp costs more. The last
 * read may overlap the one before. */
static inline bool word_equal(const char *a, const char *b, size_t len)
{
    if (WORD_SMALL)
        return len == 0 || memcmp(a, b, len) == 0;
    if (len >= sizeof(size_t)) {
        const size_t last = len - sizeof(size_t);
        for (size_t i = 0; i < last; i += sizeof(size_t))
            if (word_read(a + i) != word_read(b + i))
                return false;
        return word_read(a + last) == word_read(b + last);
    }
    if (len >= sizeof(uint32_t)) {
        const size_t last = len - sizeof(uint32_t);
        return word_read_half(a) == word_read_half(b) &&
               word_read_half(a + last) == word_read_half(b + last);
    }
    for (; len > 0 && *a == *b; a++, b++)
        len--;
    return len == 0;
}

#endif
