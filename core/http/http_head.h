/* A head taken apart: spans into the buffer it came in, nothing judged. */
#ifndef MOONGATE_HTTP_HEAD_H
#define MOONGATE_HTTP_HEAD_H

#include "config/bounds.h"
#include "core/http/http_name.h"

/* One field line. The name is everything before the first colon, spaces and all; the value is
 * without the white space at its ends. A line without a colon is a name with value.at NULL. */
struct http_field {
    struct span name;
    struct span value;
};

/* What a request or an answer alone has is not set in the other. */
struct http_head {
    struct span raw;     /* the head as it came, its empty line included */
    struct span method;  /* request: up to the first space of the request line */
    struct span target;  /* request: between the first and the last space */
    struct span version; /* "HTTP/1.1"; request: behind the last space, answer: the first word */
    struct span status;  /* answer: the three digits, if they are that */
    struct span reason;  /* answer: what follows, perhaps empty */
    uint16_t field_count;
    bool too_many; /* more than LIMIT_FIELDS; those beyond are not in fields */
    bool plain;    /* all lines end in CR LF, and each field is a token, a colon and a value */
    uint8_t _first[HTTP_NAMES_READ]; /* by name: the place of its first field, and 1; 0: none */
    uint32_t repeated;               /* a bit for each name with more than one */
    struct http_field fields[LIMIT_FIELDS];
};

/* A head without fields. */
void http_head_clear(struct http_head *head);

/* Adds a field that stands behind the others, or notes that it is one too many. Which of those that
 * are looked up it is. */
enum http_name http_head_add(struct http_head *head, struct span token, struct span value);

/* The first field of that name, NULL: none. */
static inline const struct http_field *http_head_find(const struct http_head *head,
                                                      enum http_name name)
{
    size_t place = head->_first[name];
    return place > 0 ? &head->fields[place - 1] : NULL;
}

/* The field of that name after this one, NULL: none. For lists spread over fields (RFC 9110
 * section 5.3). */
const struct http_field *http_head_next(const struct http_head *head, enum http_name name,
                                        const struct http_field *field);

/* Is there more than one of them? */
static inline bool http_head_repeats(const struct http_head *head, enum http_name name)
{
    return (head->repeated >> name & 1) != 0;
}

/* The value of the first field of that name; at is NULL when there is none (an empty value is not
 * NULL). */
struct span http_head_value(const struct http_head *head, enum http_name name);

/* Takes the next element of a comma-separated list off the front of *list, trimmed (RFC 9110
 * section 5.6.1; commas in quoted strings are not honoured). An empty element is told as one.
 * False: the list is used up (list->at is NULL then). */
bool http_head_element(struct span *list, struct span *element);

/* True when one of the fields of that name lists this token, compared without case. */
bool http_head_lists(const struct http_head *head, enum http_name name, struct span token);

#endif
