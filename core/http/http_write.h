/* Writes heads. What does not fit sets the text's cut. */
#ifndef MOONGATE_HTTP_WRITE_H
#define MOONGATE_HTTP_WRITE_H

#include "core/base/text.h"

/* The reason phrase of a status (RFC 9110 section 15); "Unknown" for one without. Never NULL. */
const char *http_write_reason(uint16_t status);

/* "HTTP/1.1 STATUS REASON", status 100 to 599. */
void http_write_status(struct text *t, uint16_t status);

/* "METHOD TARGET HTTP/1.1". The caller's own: a token, and a target without spaces and controls. */
void http_write_request(struct text *t, const char *method, struct span target);

/* "name: value". name is a token; every byte of value that may not stand in a field (controls,
 * CR, LF, NUL) is written as a space, so that a value can never begin a line. */
void http_write_field(struct text *t, const char *name, struct span value);

/* The same with a C string. */
void http_write_field_str(struct text *t, const char *name, const char *value);

/* The same with a number. */
void http_write_field_u64(struct text *t, const char *name, uint64_t value);

/* The framing of the body: "content-length: len". */
void http_write_length(struct text *t, uint64_t len);

/* The framing of the body: "transfer-encoding: chunked". */
void http_write_chunked(struct text *t);

/* The empty line. */
void http_write_end(struct text *t);

#endif
