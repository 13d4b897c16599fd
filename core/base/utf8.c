/* Measures one UTF-8 character. */
#include "core/base/utf8.h"

/* What follows a lead byte, as in RFC 3629 section 4: the second byte's range keeps out overlong
 * forms, surrogates and what is above U+10FFFF; later bytes are any continuation. */
struct lead {
    unsigned char first; /* of the lead bytes that this row is for */
    unsigned char last;
    unsigned char len;
    unsigned char low; /* the second byte */
    unsigned char high;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static bool is_continued(struct span s, const struct lead *lead)
{
    unsigned char second = (unsigned char)s.at[1];
    if (second < lead->low || second > lead->high)
        return false;
    for (size_t i = 2; i < lead->len; i++) {
        if (((unsigned char)s.at[i] & 0xC0) != 0x80)
            return false;
    }
    return true;
}

size_t utf8_len(struct span s)
{
    if (s.len == 0)
        return 0;
    unsigned char byte = (unsigned char)s.at[0];
    if (byte < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte >= leads[i].first && byte <= leads[i].last) {
            bool whole = s.len >= leads[i].len && is_continued(s, &leads[i]);
            return whole ? leads[i].len : 0;
        }
    }
    return 0;
}
