/* Comparing and cutting runs of bytes. An empty span's pointer is never handed to libc. */
#include "core/base/span.h"

#include "core/base/word.h"

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && word_equal(a.at, b.at, a.len);
}

static char lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c;
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    if (span_equal(a, b)) /* nearly always, where they are the same */
        return true;
    for (size_t i = 0; i < a.len; i++) {
        if (a.at[i] != b.at[i] && lower(a.at[i]) != lower(b.at[i]))
            return false;
    }
    return true;
}

bool span_starts(struct span s, struct span head)
{
    return s.len >= head.len && span_equal((struct span){s.at, head.len}, head);
}

bool span_ends(struct span s, struct span tail)
{
    return s.len >= tail.len && span_equal(span_skip(s, s.len - tail.len), tail);
}

size_t span_find(struct span s, char c)
{
    if (s.len == 0)
        return 0;
    const char *place = memchr(s.at, (unsigned char)c, s.len);
    return place != NULL ? (size_t)(place - s.at) : s.len;
}

struct span span_trim(struct span s)
{
    size_t begin = 0;
    while (begin < s.len && span_is_blank(s.at[begin]))
        begin++;
    s = span_skip(s, begin);
    while (s.len > 0 && span_is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool span_number(struct span s, uint64_t max, uint64_t *value)
{
    const uint64_t most = max / 10;
    uint64_t number = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.at[i] - '0';
        if (digit > 9 || number > most || digit > max - number * 10)
            return false;
        number = number * 10 + digit;
    }
    *value = number;
    return s.len > 0;
}

bool span_equal_secret(struct span a, struct span b)
{
    unsigned char differ = 0;
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        differ = (unsigned char)(differ | (a.at[i] ^ b.at[i]));
    return differ == 0;
}
