/*
 * Content: a byte for the form, the id, how many numbers, the numbers, how many texts, the texts.
 * A number takes seven bits a byte, the lowest first, and is stored plus one; 0 is what is not
 * known. So is a text's length.
 */
#include "core/record/record.h"

#include "core/base/copy.h"
#include "core/base/crc32.h"
#include "core/base/little.h"

#include <string.h>

#define FORM 1
#define WORD 4                /* bytes of a length, and of a checksum */
#define FRONT_BYTES (2 * WORD)
#define AROUND_BYTES (3 * WORD)
#define CONTENT_MIN (1 + UUID_BYTES + 2)

_Static_assert(FORM < 0x80 && RECORD_NUMBERS < 0x80 && RECORD_TEXTS < 0x80, "a byte each");
_Static_assert(RECORD_NONE == UINT64_MAX, "a number whose bytes are all 0xFF is not known");

/* ---- writing ---- */

static char *put(char *at, const void *bytes, size_t len)
{
    if (len > 0)
        copy_bytes(at, bytes, len);
    return at + len;
}

static inline char *put_number(char *at, uint64_t number)
{
    for (; number > 0x7F; number >>= 7)
        *at++ = (char)(number | 0x80);
    *at++ = (char)number;
    return at;
}

size_t record_write(const struct record *record, char *out, size_t cap)
{
    if (cap < RECORD_FRAME_BYTES)
        return 0;
    cap -= RECORD_FRAME_BYTES; /* for texts */
    char *at = out + FRONT_BYTES;
    *at++ = FORM;
    at = put(at, record->id, UUID_BYTES);
    *at++ = RECORD_NUMBERS;
    for (int i = 0; i < RECORD_NUMBERS; i++)
        at = put_number(at, record->numbers[i] + 1);
    *at++ = RECORD_TEXTS;
    for (int i = 0; i < RECORD_TEXTS; i++) {
        const struct span *text = &record->texts[i];
        if (text->at == NULL) {
            *at++ = 0;
            continue;
        }
        if (text->len > cap)
            return 0;
        cap -= text->len;
        at = put_number(at, text->len + 1);
        at = put(at, text->at, text->len);
    }
    size_t len = (size_t)(at - out) - FRONT_BYTES;
    little_put(out, (uint32_t)len, WORD);
    little_put(out + WORD, crc32_of((struct span){out + FRONT_BYTES, len}), WORD);
    little_put(at, (uint32_t)len, WORD);
    return len + AROUND_BYTES;
}

/* ---- frames ---- */

static bool is_length(uint32_t len)
{
    return len >= CONTENT_MIN && len <= UINT32_MAX - AROUND_BYTES;
}

static enum result judge(struct span frame, size_t *len)
{
    size_t content = frame.len - AROUND_BYTES;
    *len = frame.len;
    bool good = little_get(frame.at, WORD) == content &&
                little_get(frame.at + frame.len - WORD, WORD) == content &&
                little_get(frame.at + WORD, WORD) ==
                    crc32_of((struct span){frame.at + FRONT_BYTES, content});
    return good ? RESULT_DONE : RESULT_FAULT;
}

enum result record_first(struct span bytes, size_t *len)
{
    *len = 0;
    if (bytes.len < WORD)
        return RESULT_MORE;
    uint32_t content = (uint32_t)little_get(bytes.at, WORD);
    if (!is_length(content))
        return RESULT_FAULT;
    *len = (size_t)content + AROUND_BYTES;
    if (bytes.len < *len)
        return RESULT_MORE;
    return judge((struct span){bytes.at, *len}, len);
}

enum result record_last(struct span bytes, size_t *len)
{
    *len = 0;
    if (bytes.len < WORD)
        return RESULT_MORE;
    uint32_t content = (uint32_t)little_get(bytes.at + bytes.len - WORD, WORD);
    if (!is_length(content))
        return RESULT_FAULT;
    *len = (size_t)content + AROUND_BYTES;
    if (bytes.len < *len)
        return RESULT_MORE;
    return judge(span_skip(bytes, bytes.len - *len), len);
}

/* ---- reading ---- */

static bool take_number(struct span *from, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 64 && from->len > 0; shift += 7) {
        uint8_t byte = (uint8_t)from->at[0];
        *from = span_skip(*from, 1);
        *number |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool take_text(struct span *from, struct span *text)
{
    uint64_t stored;
    *text = (struct span){NULL, 0};
    if (!take_number(from, &stored) || stored > from->len + 1)
        return false;
    if (stored == 0)
        return true;
    *text = (struct span){from->at, (size_t)stored - 1};
    *from = span_skip(*from, text->len);
    return true;
}

/* What a later build knows besides is passed over. */
static bool take_numbers(struct span *from, struct record *record)
{
    uint64_t count, number;
    if (!take_number(from, &count))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!take_number(from, &number))
            return false;
        if (i < RECORD_NUMBERS)
            record->numbers[i] = number - 1;
    }
    return true;
}

static bool take_texts(struct span *from, struct record *record)
{
    uint64_t count;
    struct span text;
    if (!take_number(from, &count))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!take_text(from, &text))
            return false;
        if (i < RECORD_TEXTS)
            record->texts[i] = text;
    }
    return true;
}

bool record_read(struct span frame, struct record *record)
{
    record_clear(record);
    if (frame.len < AROUND_BYTES + CONTENT_MIN || frame.at[FRONT_BYTES] != FORM)
        return false;
    struct span from = {frame.at + FRONT_BYTES + 1, frame.len - AROUND_BYTES - 1};
    memcpy(record->id, from.at, UUID_BYTES);
    from = span_skip(from, UUID_BYTES);
    return take_numbers(&from, record) && take_texts(&from, record);
}

/* ---- the rest ---- */

void record_clear(struct record *record)
{
    memset(record, 0, sizeof(*record));
    memset(record->numbers, 0xFF, sizeof(record->numbers));
}

const char *record_outcome_text(uint64_t outcome)
{
    static const char *const words[RECORD_OUTCOMES] = {"complete", "failed", "cut", "client_gone"};
    return outcome < RECORD_OUTCOMES ? words[outcome] : NULL;
}
