/* Writing into a buffer of fixed size. Once something was cut, nothing follows the gap. */
#include "core/base/text.h"

#include "core/base/assert.h"
#include "core/base/copy.h"
#include "core/base/utf8.h"

#define DIGITS_MAX 20 /* of UINT64_MAX */

struct text text_over(char *buffer, size_t cap)
{
    ASSERT(buffer != NULL && cap > 0);
    return (struct text){buffer, cap, 0, false};
}

void text_add(struct text *t, struct span s)
{
    size_t room = t->cap - t->len;
    char *to = t->at + t->len;
    if (t->cut || s.len > room) {
        s.len = t->cut ? 0 : room;
        t->cut = true;
    }
    t->len += s.len;
    if (s.len > 0) /* last, so that nothing is kept for behind it */
        copy_bytes(to, s.at, s.len);
}

void text_add_char(struct text *t, char c)
{
    if (t->cut || t->len == t->cap)
        t->cut = true;
    else
        t->at[t->len++] = c;
}

void text_add_u64(struct text *t, uint64_t value)
{
    char digits[DIGITS_MAX];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    text_add(t, (struct span){digits + at, sizeof(digits) - at});
}

void text_add_i64(struct text *t, int64_t value)
{
    if (value < 0)
        text_add_char(t, '-');
    text_add_u64(t, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void text_add_hex(struct text *t, const void *bytes, size_t len)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < len; i++) {
        text_add_char(t, "0123456789abcdef"[byte[i] >> 4]);
        text_add_char(t, "0123456789abcdef"[byte[i] & 15]);
    }
}

static bool is_safe(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-';
}

void text_add_safe(struct text *t, struct span s, size_t max)
{
    for (size_t i = 0; i < s.len && max > 0; i++) {
        if (is_safe(s.at[i])) {
            text_add_char(t, s.at[i]);
            max--;
        }
    }
}

/* C0, DEL and C1: terminals obey all of them. */
static bool is_control(struct span character)
{
    unsigned char first = (unsigned char)character.at[0];
    bool c1 = character.len == 2 && first == 0xC2 && (unsigned char)character.at[1] < 0xA0;
    return first < 0x20 || first == 0x7F || c1;
}

/* How many characters of ASCII at the front, at most max, are printable. */
static size_t plain_len(struct span s, size_t max)
{
    size_t most = s.len < max ? s.len : max;
    size_t n = 0;
    while (n < most && s.at[n] >= 0x20 && s.at[n] < 0x7F)
        n++;
    return n;
}

void text_add_printable(struct text *t, struct span s, size_t max)
{
    while (s.len > 0 && !t->cut) {
        size_t plain = plain_len(s, max);
        text_add(t, (struct span){s.at, plain});
        s = span_skip(s, plain);
        max -= plain;
        if (s.len == 0)
            return;
        struct span character = {s.at, utf8_len(s)};
        s = span_skip(s, character.len > 0 ? character.len : 1);
        if (character.len == 0 || is_control(character))
            character = SPAN("?");
        if (character.len > max)
            return;
        max -= character.len;
        if (character.len > t->cap - t->len)
            t->cut = true;
        text_add(t, character);
    }
}

const char *text_str(struct text *t)
{
    ASSERT(t->len <= t->cap);
    if (t->len == t->cap) {
        t->len--;
        t->cut = true;
    }
    t->at[t->len] = '\0';
    return t->at;
}

struct span text_span(const struct text *t)
{
    return (struct span){t->at, t->len};
}
