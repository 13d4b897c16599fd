/* Finds where a head ends and takes it apart. Judges nothing: http_rules does. */
#ifndef MOONGATE_HTTP_PARSE_H
#define MOONGATE_HTTP_PARSE_H

#include "core/http/http_head.h"

/* Empty lines before a request line that are passed over, in bytes (RFC 9112 section 2.2). */
#define HTTP_PARSE_LEADING_BYTES 4

/* The length of the head at the start of buf, its empty line included; 0: its end has not come
 * yet. *scanned is 0 for a new head and kept by the caller between calls with the same buf
 * grown, so that no byte is looked at twice. Lines that end in a bare LF end a head too;
 * http_rules refuses it then. */
size_t http_parse_find_end(const char *buf, size_t len, size_t *scanned);

/* Takes a request's head (whole, as found above) apart. Cannot fail; spans point into raw. */
void http_parse_request(struct span raw, struct http_head *head);

/* The same for an answer's head. */
void http_parse_response(struct span raw, struct http_head *head);

/* Both in one, and mostly in one pass: the length of the head that so_far begins with, which is
 * taken apart then, or 0. *scanned is as above, but it is left at 0 where one pass was enough. */
size_t http_parse_take_request(struct span so_far, size_t *scanned, struct http_head *head);
size_t http_parse_take_response(struct span so_far, size_t *scanned, struct http_head *head);

#endif
