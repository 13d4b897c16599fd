/* A run of bytes that somebody else owns. Never NUL-terminated by promise. */
#ifndef MOONGATE_SPAN_H
#define MOONGATE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/assert.h"

struct span {
    const char *at; /* may be NULL when len is 0 */
    size_t len;
};

/* The span of a string literal. */
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

/* The span of a NUL-terminated string; an empty span for NULL. Of a literal the compiler knows how
 * long it is. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, text != NULL ? strlen(text) : 0};
}

/* The same bytes. */
bool span_equal(struct span a, struct span b);

/* The same bytes, ASCII letters compared without case (field names, RFC 9110 section 5.1). */
bool span_equal_nocase(struct span a, struct span b);

/* Begins with head. */
bool span_starts(struct span s, struct span head);

/* Ends with tail. */
bool span_ends(struct span s, struct span tail);

/* The first place of byte c, or s.len. */
size_t span_find(struct span s, char c);

/* Behind its last byte. */
static inline const char *span_end(struct span s)
{
    return s.len > 0 ? s.at + s.len : s.at; /* which may be NULL: nothing is added to that */
}

/* White space within a line (OWS, RFC 9110 section 5.6.3). */
static inline bool span_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without the spaces and tabs at both ends (OWS, RFC 9110 section 5.6.3). */
struct span span_trim(struct span s);

/* What is left behind the first n bytes; n <= s.len. */
static inline struct span span_skip(struct span s, size_t n)
{
    ASSERT(n <= s.len);
    return n == 0 ? s : (struct span){s.at + n, s.len - n};
}

/* A whole decimal number, digits alone, no sign, at most max. False: not one, or larger. */
bool span_number(struct span s, uint64_t max, uint64_t *value);

/* The same bytes, compared in a time that does not depend on where they differ (for secrets). */
bool span_equal_secret(struct span a, struct span b);

#endif
