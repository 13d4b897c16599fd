/* What ends plain text in JSON, looked for a machine word at a time. */
#ifndef MOONGATE_JSON_WORD_H
#define MOONGATE_JSON_WORD_H

#include "core/base/word.h"

/* The top bit of each byte that is no plain text: '"', '\', below 0x20 or above 0x7F. Bytes above
 * the lowest of them may be marked for nothing. '"' is 0x20 but for one bit. */
static inline size_t json_word_special(size_t word)
{
    size_t low = (word ^ (WORD_EACH * 0x02)) - WORD_EACH * 0x21;
    size_t backslash = (word ^ (WORD_EACH * '\\')) - WORD_EACH;
    return (low | backslash | word) & WORD_TOPS;
}

/* The same of what ends a run in a judged string: '"' or '\'. */
static inline size_t json_word_mark(size_t word)
{
    size_t quote = (word ^ (WORD_EACH * '"')) - WORD_EACH;
    size_t backslash = (word ^ (WORD_EACH * '\\')) - WORD_EACH;
    return (quote | backslash) & ~word & WORD_TOPS;
}

static inline bool json_word_is_plain(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Passes over a run in a judged string: the first quote or backslash, or end. */
static inline const char *json_word_find_mark(const char *at, const char *end)
{
    for (; (size_t)(end - at) >= sizeof(size_t); at += sizeof(size_t)) {
        size_t marks = json_word_mark(word_read(at));
        if (marks != 0 && WORD_LITTLE)
            return at + word_before(marks);
        if (marks != 0)
            break;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* Passes over plain text: the first byte that is none, or end. */
static inline const char *json_word_skip(const char *at, const char *end)
{
    while ((size_t)(end - at) >= sizeof(size_t)) {
        size_t marks = json_word_special(word_read(at));
        if (marks != 0 && WORD_LITTLE)
            return at + word_before(marks);
        if (marks != 0)
            break;
        at += sizeof(size_t);
    }
    while (at < end && json_word_is_plain(*at))
        at++;
    return at;
}

#endif
