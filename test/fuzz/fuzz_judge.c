/*
 * JSON judged once more, to compare with core's judge: by recursive descent over the whole text
 * (RFC 8259 as its grammar stands there), with UTF-8 decoded to code points.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

static bool take_value(struct span *text, int depth);

static bool take_char(struct span *text, char c)
{
    if (text->len == 0 || text->at[0] != c)
        return false;
    *text = span_skip(*text, 1);
    return true;
}

static void pass_blank(struct span *text)
{
    while (text->len > 0 && memchr(" \t\r\n", text->at[0], 4) != NULL)
        *text = span_skip(*text, 1);
}

static bool take_word(struct span *text, struct span word)
{
    if (!span_starts(*text, word))
        return false;
    *text = span_skip(*text, word.len);
    return true;
}

static bool take_digits(struct span *text)
{
    size_t before = text->len;
    while (text->len > 0 && text->at[0] >= '0' && text->at[0] <= '9')
        *text = span_skip(*text, 1);
    return text->len < before;
}

static bool take_number(struct span *text)
{
    take_char(text, '-');
    if (!take_char(text, '0') && !take_digits(text))
        return false;
    if (take_char(text, '.') && !take_digits(text))
        return false;
    if (!take_char(text, 'e') && !take_char(text, 'E'))
        return true;
    if (!take_char(text, '+'))
        take_char(text, '-');
    return take_digits(text);
}

static bool take_utf8(struct span *text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)text->at[0];
    size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    uint32_t code = first & (0x3Fu >> more);
    if (first < 0xC0 || first > 0xF7 || text->len <= more)
        return false;
    for (size_t i = 1; i <= more; i++) {
        uint8_t next = (uint8_t)text->at[i];
        if ((next & 0xC0) != 0x80)
            return false;
        code = code << 6 | (next & 0x3F);
    }
    *text = span_skip(*text, more + 1);
    return code >= least[more] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

static bool take_escape(struct span *text)
{
    if (text->len == 0)
        return false;
    char c = text->at[0];
    *text = span_skip(*text, 1);
    if (c != 'u')
        return memchr("\"\\/bfnrt", c, 8) != NULL;
    if (text->len < 4)
        return false;
    for (int i = 0; i < 4; i++)
        if (memchr("0123456789abcdefABCDEF", text->at[i], 22) == NULL)
            return false;
    *text = span_skip(*text, 4);
    return true;
}

static bool take_string(struct span *text)
{
    if (!take_char(text, '"'))
        return false;
    while (text->len > 0) {
        uint8_t c = (uint8_t)text->at[0];
        if (c == '"')
            return take_char(text, '"');
        if (c < 0x20)
            return false;
        if (c >= 0x80 && !take_utf8(text))
            return false;
        if (c >= 0x80)
            continue;
        *text = span_skip(*text, 1);
        if (c == '\\' && !take_escape(text))
            return false;
    }
    return false;
}

/* What stands in brackets, behind the one that opens; in braces each has a name. */
static bool take_things(struct span *text, char end, int depth)
{
    pass_blank(text);
    if (take_char(text, end))
        return true;
    do {
        pass_blank(text);
        if (end == '}') {
            if (!take_string(text))
                return false;
            pass_blank(text);
            if (!take_char(text, ':'))
                return false;
        }
        if (!take_value(text, depth))
            return false;
        pass_blank(text);
    } while (take_char(text, ','));
    return take_char(text, end);
}

static bool take_value(struct span *text, int depth)
{
    pass_blank(text);
    if (text->len == 0)
        return false;
    switch (text->at[0]) {
    case '{':
        return depth > 0 && take_char(text, '{') && take_things(text, '}', depth - 1);
    case '[':
        return depth > 0 && take_char(text, '[') && take_things(text, ']', depth - 1);
    case '"':
        return take_string(text);
    case 't':
        return take_word(text, SPAN("true"));
    case 'f':
        return take_word(text, SPAN("false"));
    case 'n':
        return take_word(text, SPAN("null"));
    default:
        return take_number(text);
    }
}

bool fuzz_is_json(struct span json, int depth)
{
    if (!take_value(&json, depth))
        return false;
    pass_blank(&json);
    return json.len == 0;
}
