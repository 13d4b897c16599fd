/* The date of HTTP, RFC 9110 section 5.6.7. */
#ifndef MOONGATE_HTTP_DATE_H
#define MOONGATE_HTTP_DATE_H

#include "core/base/text.h"

#define HTTP_DATE_BYTES 29

/* Reads the preferred format ("Sun, 06 Nov 1994 08:49:37 GMT"), years 1970 to 9999, as seconds
 * since 1970. False: it is not one. The two obsolete formats are not read. */
bool http_date_parse(struct span s, uint64_t *unix_s);

/* Writes that format; the year is at most 9999. */
void http_date_write(struct text *t, uint64_t unix_s);

#endif
