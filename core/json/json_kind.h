/* The kinds of JSON values (RFC 8259 section 3). */
#ifndef MOONGATE_JSON_KIND_H
#define MOONGATE_JSON_KIND_H

#include <stdbool.h>

enum json_kind {
    JSON_ABSENT, /* there is none */
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

/* The kind of the value that begins with this byte of a judged document. */
enum json_kind json_kind_of(char first);

/* White space between values and marks (RFC 8259 section 2). */
static inline bool json_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
