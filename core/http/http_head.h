/* A head taken apart: spans into the buffer it came in, nothing judged. */
#ifndef MOONGATE_HTTP_HEAD_H
#define MOONGATE_HTTP_HEAD_H

#include "config/bounds.h"
#include "core/base/span.h"

/* One field line. The name is everything before the first colon, spaces and all; the value is
 * without the white space at its ends. A line without a colon is a name with value.at NULL. */
struct http_field {
    struct span name;
    struct span value;
};

struct http_head {
    struct span raw;     /* the head as it came, its empty line included */
    struct span method;  /* request: up to the first space of the request line */
    struct span target;  /* request: between the first and the last space */
    struct span version; /* "HTTP/1.1"; request: behind the last space, answer: the first word */
    struct span status;  /* answer: the three digits, if they are that */
    struct span reason;  /* answer: what follows, perhaps empty */
    uint16_t field_count;
    bool too_many; /* more than LIMIT_FIELDS; those beyond are not in fields */
    struct http_field fields[LIMIT_FIELDS];
};

/* The first field of that name, letters compared without case (RFC 9110 section 5.1); NULL:
 * none. */
const struct http_field *http_head_find(const struct http_head *head, const char *name);

/* How many fields have that name. */
size_t http_head_count(const struct http_head *head, const char *name);

/* The value of the first field of that name; at is NULL when there is none (an empty value is not
 * NULL). */
struct span http_head_value(const struct http_head *head, const char *name);

/* The field after this one with the same name, NULL: none. For lists spread over fields (RFC 9110
 * section 5.3). */
const struct http_field *http_head_next(const struct http_head *head,
                                        const struct http_field *field);

/* Takes the next element of a comma-separated list off the front of *list, trimmed (RFC 9110
 * section 5.6.1; commas in quoted strings are not honoured). An empty element is told as one.
 * False: the list is used up (list->at is NULL then). */
bool http_head_element(struct span *list, struct span *element);

/* True when one of the fields of that name lists this token, compared without case. */
bool http_head_lists(const struct http_head *head, const char *name, struct span token);

#endif
