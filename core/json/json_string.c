/*
 * Strings between their quotes. Plain text goes in runs, escapes one by one. What is read was
 * judged; of anything else nothing is promised but that it is not read past its end.
 */
#include "core/json/json_string.h"

#include "core/base/assert.h"
#include "core/base/copy.h"
#include "core/base/utf8.h"
#include "core/json/json_word.h"

#include <string.h>

#define UNIT_LEN 6     /* of an escape such as \u0041, the longest for one byte */
#define PIECE_BYTES 64 /* that are decoded at once in order to be compared */
#define REPLACEMENT 0xFFFDu
#define REPLACEMENT_UTF8 "\xEF\xBF\xBD"

static bool is_high(uint32_t unit)
{
    return (unit & 0xFC00u) == 0xD800u;
}

static bool is_low(uint32_t unit)
{
    return (unit & 0xFC00u) == 0xDC00u;
}

/* Does an escape of \u and four digits stand at the front? */
static bool is_unit(struct span raw)
{
    return raw.len >= UNIT_LEN && raw.at[0] == '\\' && raw.at[1] == 'u';
}

static uint32_t read_unit(struct span raw)
{
    uint32_t unit = 0;
    for (size_t i = 2; i < UNIT_LEN; i++) {
        uint32_t c = (unsigned char)raw.at[i];
        uint32_t digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        unit = unit << 4 | (digit & 15);
    }
    return unit;
}

/* The character that the escape at the front stands for; returns the escape's length. */
static size_t read_escape(struct span raw, uint32_t *point)
{
    static const char names[] = "bfnrt";
    if (!is_unit(raw)) {
        char c = raw.at[raw.len > 1];
        const char *name = memchr(names, (unsigned char)c, sizeof(names) - 1);
        *point = (unsigned char)(name != NULL ? "\b\f\n\r\t"[name - names] : c);
        return raw.len > 1 ? 2 : 1;
    }
    uint32_t unit = read_unit(raw);
    struct span behind = span_skip(raw, UNIT_LEN);
    uint32_t low = is_high(unit) && is_unit(behind) ? read_unit(behind) : 0;
    if (is_low(low)) {
        *point = 0x10000u + ((unit & 0x3FFu) << 10) + (low & 0x3FFu);
        return 2 * (size_t)UNIT_LEN;
    }
    *point = is_high(unit) || is_low(unit) ? REPLACEMENT : unit;
    return UNIT_LEN;
}

static size_t write_utf8(uint32_t point, char out[UTF8_MAX_BYTES])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (char)((0xF0u << (4 - len)) | point);
    return len;
}

/* How many bytes at the front are no escape, at most room, whole characters. */
static size_t plain_run(struct span raw, size_t room)
{
    size_t n = span_find((struct span){raw.at, raw.len < room ? raw.len : room}, '\\');
    for (int back = 1; n < raw.len && back < UTF8_MAX_BYTES; back++) {
        bool inside = n > 0 && ((unsigned char)raw.at[n] & 0xC0) == 0x80;
        n -= inside;
    }
    return n;
}

/* What one step takes from the front: this many bytes of raw, which stand for those bytes. */
struct step {
    size_t taken;
    struct span bytes;
};

static struct step decode_step(struct span raw, size_t room, char escaped[UTF8_MAX_BYTES])
{
    uint32_t point = 0;
    if (raw.at[0] != '\\') {
        size_t n = plain_run(raw, room);
        return (struct step){n, {raw.at, n}};
    }
    size_t taken = read_escape(raw, &point);
    return (struct step){taken, {escaped, write_utf8(point, escaped)}};
}

static size_t decode(struct span *raw, char *out, size_t cap)
{
    size_t written = 0;
    char escaped[UTF8_MAX_BYTES];
    while (raw->len > 0) {
        struct step step = decode_step(*raw, cap - written, escaped);
        if (step.taken == 0 || step.bytes.len > cap - written)
            break;
        copy_bytes(out + written, step.bytes.at, step.bytes.len);
        written += step.bytes.len;
        *raw = span_skip(*raw, step.taken);
    }
    return written;
}

size_t json_string_decode(struct span raw, char *out, size_t cap)
{
    return decode(&raw, out, cap);
}

size_t json_string_decode_some(struct span *raw, char *out, size_t cap)
{
    ASSERT(cap >= UTF8_MAX_BYTES);
    return decode(raw, out, cap);
}

/* With escapes in raw. Not inlined: few names have any. */
__attribute__((noinline)) static bool equal_decoded(struct span raw, struct span plain)
{
    char piece[PIECE_BYTES];
    while (raw.len > 0 && plain.len > 0) {
        if (raw.at[0] != '\\' && raw.at[0] != plain.at[0])
            return false;
        struct span decoded = {piece, decode(&raw, piece, sizeof(piece))};
        if (!span_starts(plain, decoded))
            return false;
        plain = span_skip(plain, decoded.len);
    }
    return raw.len == plain.len;
}

/* Whatever is escaped is longer than itself. */
bool json_string_equal(struct span raw, struct span plain)
{
    size_t same = 0;
    if (raw.len < plain.len)
        return false;
    while (plain.len - same >= sizeof(size_t) &&
           word_read(raw.at + same) == word_read(plain.at + same) &&
           json_word_mark(word_read(raw.at + same)) == 0)
        same += sizeof(size_t);
    while (same < plain.len && raw.at[same] == plain.at[same] && raw.at[same] != '\\')
        same++;
    if (same == plain.len)
        return raw.len == plain.len;
    return raw.at[same] == '\\' && equal_decoded(span_skip(raw, same), span_skip(plain, same));
}

size_t json_string_copy_some(struct span *raw, char *out, size_t cap)
{
    ASSERT(cap >= 2 * UNIT_LEN);
    size_t copied = 0;
    while (raw->len > 0) {
        uint32_t point = 0;
        size_t room = cap - copied;
        size_t n = raw->at[0] == '\\' ? read_escape(*raw, &point) : plain_run(*raw, room);
        if (n == 0 || n > room)
            break;
        memcpy(out + copied, raw->at, n);
        copied += n;
        *raw = span_skip(*raw, n);
    }
    return copied;
}

static bool is_clean(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* The escape of an ASCII character that needs one; returns its length. */
static size_t write_escape(char c, char out[UNIT_LEN])
{
    static const char bytes[] = "\b\f\n\r\t\"\\";
    const char *place = memchr(bytes, c, sizeof(bytes) - 1);
    if (place != NULL) {
        out[0] = '\\';
        out[1] = "bfnrt\"\\"[place - bytes];
        return 2;
    }
    memcpy(out, "\\u00", 4);
    out[4] = (char)('0' + (c >> 4));
    out[5] = "0123456789abcdef"[c & 15];
    return UNIT_LEN;
}

/* room > 0 */
static struct step escape_step(struct span plain, size_t room, char escaped[UNIT_LEN])
{
    size_t n = 0;
    while (n < plain.len && n < room && is_clean(plain.at[n]))
        n++;
    if (n > 0)
        return (struct step){n, {plain.at, n}};
    size_t len = utf8_len(plain);
    if (len == 0)
        return (struct step){1, SPAN(REPLACEMENT_UTF8)};
    if (len > 1)
        return (struct step){len, {plain.at, len}};
    return (struct step){1, {escaped, write_escape(plain.at[0], escaped)}};
}

size_t json_string_escape_some(struct span *plain, char *out, size_t cap)
{
    ASSERT(cap >= UNIT_LEN);
    size_t written = 0;
    char escaped[UNIT_LEN];
    while (plain->len > 0 && written < cap) {
        struct step step = escape_step(*plain, cap - written, escaped);
        if (step.bytes.len > cap - written)
            break;
        memcpy(out + written, step.bytes.at, step.bytes.len);
        written += step.bytes.len;
        *plain = span_skip(*plain, step.taken);
    }
    return written;
}
