/*
 * See gateway_told.h. A note is the provider's key, the length of its name with the ": " behind,
 * the length of its text in two bytes, and the text: NAME: WORDS.
 */
#include "core/gateway/gateway_told.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/base/utf8.h"

#define NOTE_HEAD_BYTES 4
#define FAILED SPAN("Request failed: ")
#define BETWEEN "; " /* never longer than a note's head, so that what fits as notes fits as text */

/* For the notes, when there are several. */
#define SHARED_BYTES (GATEWAY_ERROR_BYTES - sizeof("Request failed: "))

_Static_assert(GATEWAY_TOLD_NOTES * 2 * NOTE_HEAD_BYTES < SHARED_BYTES, "each one gets a share");

static size_t text_len(const char *note)
{
    return (size_t)(unsigned char)note[2] | (size_t)(unsigned char)note[3] << 8;
}

static void set_head(char *note, uint8_t key, size_t name_len, size_t len)
{
    note[0] = (char)key;
    note[1] = (char)name_len;
    note[2] = (char)(len & 0xFF);
    note[3] = (char)(len >> 8);
}

/* The note that begins at an offset. False: there is none. */
static bool note_at(const struct gateway_told *told, size_t at, struct span *text)
{
    if (at >= told->len)
        return false;
    *text = (struct span){told->notes + at + NOTE_HEAD_BYTES, text_len(told->notes + at)};
    return true;
}

static size_t behind(size_t at, struct span text)
{
    return at + NOTE_HEAD_BYTES + text.len;
}

static size_t count(const struct gateway_told *told)
{
    size_t notes = 0;
    struct span text;
    for (size_t at = 0; note_at(told, at, &text); at = behind(at, text))
        notes++;
    return notes;
}

/* Cuts the note at an offset to len bytes of text at the most, between two characters; at 0 bytes
 * with its head. */
static size_t cut_to(struct gateway_told *told, size_t at, size_t len)
{
    char *note = told->notes + at;
    size_t now = text_len(note);
    size_t rest = at + NOTE_HEAD_BYTES + now;
    if (now <= len)
        return rest;
    while (len > 0 && ((unsigned char)note[NOTE_HEAD_BYTES + len] & 0xC0) == 0x80)
        len--;
    memmove(note + NOTE_HEAD_BYTES + len, told->notes + rest, told->len - rest);
    told->len = (uint16_t)(told->len - (now - len));
    set_head(note, (uint8_t)note[0], (unsigned char)note[1], len);
    return at + NOTE_HEAD_BYTES + len;
}

static void remove_at(struct gateway_told *told, size_t at)
{
    size_t end = cut_to(told, at, 0);
    memmove(told->notes + at, told->notes + end, told->len - end);
    told->len = (uint16_t)(told->len - NOTE_HEAD_BYTES);
}

static void forget(struct gateway_told *told, uint8_t key)
{
    size_t at = 0;
    struct span text;
    while (note_at(told, at, &text) && (uint8_t)told->notes[at] != key)
        at = behind(at, text);
    if (at < told->len)
        remove_at(told, at);
    while (count(told) >= GATEWAY_TOLD_NOTES)
        remove_at(told, 0);
}

/* How long a text may be, so that all of them and one of that length fit. */
static size_t fair_share(const struct gateway_told *told, size_t len)
{
    size_t cap = told->len == 0 ? GATEWAY_TOLD_BYTES : SHARED_BYTES;
    size_t share = cap - NOTE_HEAD_BYTES;
    for (;; share--) {
        struct span text;
        size_t sum = NOTE_HEAD_BYTES + lesser(len, share);
        for (size_t at = 0; note_at(told, at, &text); at = behind(at, text))
            sum += NOTE_HEAD_BYTES + lesser(text.len, share);
        if (sum <= cap)
            return share;
    }
}

static void add(struct gateway_told *told, uint8_t key, const char *name, struct span words)
{
    struct span short_name = {name, lesser(strlen(name), GATEWAY_TOLD_NAME_BYTES - 2)};
    if (span_starts(words, FAILED))
        words = span_skip(words, FAILED.len);
    forget(told, key);
    size_t name_len = short_name.len + 2;
    size_t share = fair_share(told, name_len + words.len);
    struct span text;
    for (size_t at = 0; note_at(told, at, &text);)
        at = cut_to(told, at, share);
    size_t at = told->len;
    char *note = told->notes + at;
    struct text out = text_over(note + NOTE_HEAD_BYTES, sizeof(told->notes) - at - NOTE_HEAD_BYTES);
    text_add_printable(&out, short_name, GATEWAY_TOLD_NAME_BYTES);
    text_add_str(&out, ": ");
    name_len = out.len;
    text_add(&out, words);
    set_head(note, key, name_len, out.len);
    told->len = (uint16_t)(at + NOTE_HEAD_BYTES + out.len);
    cut_to(told, at, share);
}

void gateway_told_failed(struct gateway_told *told, uint8_t key, const char *name,
                         const struct gateway_error *error)
{
    told->status = error->status;
    told->retry_after_s = error->retry_after_s;
    told->param = error->param;
    told->code = error->code;
    add(told, key, name, gateway_error_message(error));
}

void gateway_told_passed(struct gateway_told *told, uint8_t key, const char *name,
                         const struct gateway_error *error)
{
    add(told, key, name, gateway_error_message(error));
}

void gateway_told_error(const struct gateway_told *told, struct gateway_error *error)
{
    bool alone = count(told) == 1;
    struct span note;
    ASSERT(told->status != 0 && told->len > 0);
    *error = gateway_error_with(told->status, "", told->param, told->code);
    error->retry_after_s = told->retry_after_s;
    struct text text = gateway_error_text(error);
    text_add(&text, FAILED);
    for (size_t at = 0; note_at(told, at, &note); at = behind(at, note)) {
        if (at > 0)
            text_add_str(&text, BETWEEN);
        text_add(&text, span_skip(note, alone ? (unsigned char)told->notes[at + 1] : 0));
    }
    text_str(&text);
}
