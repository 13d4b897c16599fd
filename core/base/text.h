/* Text written into a buffer of fixed size. What does not fit is cut, and cut stays set:
 * nothing is added any more. */
#ifndef MOONGATE_TEXT_H
#define MOONGATE_TEXT_H

#include "core/base/span.h"

struct text {
    char *at;
    size_t cap;
    size_t len;
    bool cut;
};

/* An empty text over cap bytes at buffer; cap > 0. */
struct text text_over(char *buffer, size_t cap);

/* Bytes, a character, a decimal number. */
void text_add(struct text *t, struct span s);
void text_add_char(struct text *t, char c);
void text_add_u64(struct text *t, uint64_t value);
void text_add_i64(struct text *t, int64_t value);

/* A C string; NULL adds nothing. */
static inline void text_add_str(struct text *t, const char *s)
{
    text_add(t, span_of(s));
}

/* len bytes as 2 * len lower-case hexadecimal digits. */
void text_add_hex(struct text *t, const void *bytes, size_t len);

/* Adds s with every byte outside [A-Za-z0-9_.-] left out, at most max bytes: for what is echoed
 * into a header field or a log line. */
void text_add_safe(struct text *t, struct span s, size_t max);

/* Adds s fit for a log line or a message: control characters and broken UTF-8 become '?', at
 * most max bytes, cut at a character's border. */
void text_add_printable(struct text *t, struct span s, size_t max);

/* Closes with a NUL (the last byte gives way when full) and returns the buffer. */
const char *text_str(struct text *t);

/* What has been written, without a NUL. */
struct span text_span(const struct text *t);

#endif
