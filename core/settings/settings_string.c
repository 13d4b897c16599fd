/* See settings_string.h. */
#include "core/settings/settings_string.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"

#include <string.h>

size_t settings_string_len(struct span s)
{
    ASSERT(s.len > 0 && (s.at[0] == '"' || s.at[0] == '\''));
    bool escapes = s.at[0] == '"';
    for (size_t at = 1; at < s.len; at++) {
        if (s.at[at] == s.at[0])
            return at + 1;
        if (escapes && s.at[at] == '\\')
            at++;
    }
    return 0;
}

static void add_utf8(struct text *out, uint32_t point)
{
    if (point < 0x80) {
        text_add_char(out, (char)point);
        return;
    }
    int tails = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    uint32_t lead = tails == 1 ? 0xC0 : tails == 2 ? 0xE0 : 0xF0;
    text_add_char(out, (char)(lead | point >> 6 * tails));
    while (tails-- > 0)
        text_add_char(out, (char)(0x80 | (point >> 6 * tails & 0x3F)));
}

/* The code point of digits hexadecimal digits; 0: there is none, or none that may stand here. */
static uint32_t read_point(struct span s, size_t digits)
{
    uint32_t point = 0;
    if (s.len < digits)
        return 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = http_token_hex(s.at[i]);
        if (digit < 0)
            return 0;
        point = point << 4 | (uint32_t)digit;
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point > 0x10FFFF || surrogate ? 0 : point;
}

/* Resolves what follows a backslash: how many bytes it took; 0: not an escape. */
static size_t read_escape(struct span s, struct text *out)
{
    static const char names[] = "btnfr\"\\";
    static const char bytes[] = "\b\t\n\f\r\"\\";
    const char *name = s.len == 0 ? NULL : memchr(names, s.at[0], sizeof(names) - 1);
    if (name != NULL) {
        text_add_char(out, bytes[name - names]);
        return 1;
    }
    size_t digits = s.len == 0 ? 0 : s.at[0] == 'u' ? 4 : s.at[0] == 'U' ? 8 : 0;
    uint32_t point = digits == 0 ? 0 : read_point(span_skip(s, 1), digits);
    if (point == 0)
        return 0;
    add_utf8(out, point);
    return 1 + digits;
}

const char *settings_string_read(struct span quoted, struct text *out)
{
    ASSERT(quoted.len >= 2);
    struct span inner = {quoted.at + 1, quoted.len - 2};
    if (quoted.at[0] == '\'') {
        text_add(out, inner);
        return NULL;
    }
    while (inner.len > 0) {
        size_t plain = span_find(inner, '\\');
        text_add(out, (struct span){inner.at, plain});
        inner = span_skip(inner, plain);
        if (inner.len == 0)
            break;
        size_t took = read_escape(span_skip(inner, 1), out);
        if (took == 0)
            return "an escape that is none of \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX";
        inner = span_skip(inner, 1 + took);
    }
    return NULL;
}

/* The length of the well-formed character s begins with; 0: it is broken or a control character. */
static size_t character_len(struct span s)
{
    unsigned char lead = (unsigned char)s.at[0];
    if (lead < 0x80)
        return (lead >= 0x20 && lead != 0x7F) || lead == '\t' ? 1 : 0;
    size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || s.len < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (((unsigned char)s.at[i] & 0xC0) != 0x80)
            return 0;
    unsigned char second = (unsigned char)s.at[1];
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
        return 0;
    return len;
}

bool settings_string_clean(struct span s)
{
    while (s.len > 0) {
        size_t len = character_len(s);
        if (len == 0)
            return false;
        s = span_skip(s, len);
    }
    return true;
}
