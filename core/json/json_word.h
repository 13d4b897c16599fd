/*
 * Text looked at a word at a time: finds the bytes that are no plain text without looking at each.
 * For the files of core/json alone.
 */
#ifndef MOONGATE_JSON_WORD_H
#define MOONGATE_JSON_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_WORD_EACH (SIZE_MAX / 255) /* 0x01 in every byte of a word */
#define JSON_WORD_TOPS (JSON_WORD_EACH * 0x80)

/* Whether the byte at the lowest address is the lowest of a word; then what is found first is
 * found exactly. */
#define JSON_WORD_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static inline size_t json_word_read(const char *at)
{
    size_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* The top bit of each byte that is no plain text: '"', '\', below 0x20 or above 0x7F. Bytes above
 * the lowest of them may be marked for nothing. '"' is 0x20 but for one bit. */
static inline size_t json_word_special(size_t word)
{
    size_t low = (word ^ (JSON_WORD_EACH * 0x02)) - JSON_WORD_EACH * 0x21;
    size_t backslash = (word ^ (JSON_WORD_EACH * '\\')) - JSON_WORD_EACH;
    return (low | backslash | word) & JSON_WORD_TOPS;
}

/* The same of what ends a run in a judged string: '"' or '\'. */
static inline size_t json_word_mark(size_t word)
{
    size_t quote = (word ^ (JSON_WORD_EACH * '"')) - JSON_WORD_EACH;
    size_t backslash = (word ^ (JSON_WORD_EACH * '\\')) - JSON_WORD_EACH;
    return (quote | backslash) & ~word & JSON_WORD_TOPS;
}

/* How many bytes stand in front of the first one that is marked, as far as this is known. */
static inline size_t json_word_before(size_t marks)
{
    return JSON_WORD_LITTLE ? (size_t)__builtin_ctzl(marks) / 8 : 0;
}

#endif
