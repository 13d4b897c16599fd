/* Writes heads. What does not fit sets the text's cut. A line that is always the same is added as
 * it stands, with text_add. */
#ifndef MOONGATE_HTTP_WRITE_H
#define MOONGATE_HTTP_WRITE_H

#include "core/base/text.h"
#include "core/http/http_name.h"

/* The reason phrase of a status (RFC 9110 section 15); "Unknown" for one without. Never NULL. */
const char *http_write_reason(uint16_t status);

/* "HTTP/1.1 STATUS REASON", status 100 to 599. */
void http_write_status(struct text *t, uint16_t status);

/* A value, or a part of one; every byte that may not stand in a field (controls, CR, LF, NUL) is
 * written as a space, so that a value can never begin a line. */
void http_write_value(struct text *t, struct span value);

/* "name: value", with the value as above. */
void http_write_field(struct text *t, enum http_name name, struct span value);

/* The same with a C string. */
void http_write_field_str(struct text *t, enum http_name name, const char *value);

/* The same with a number. */
void http_write_field_u64(struct text *t, enum http_name name, uint64_t value);

/* The framing of the body: "content-length: len". */
void http_write_length(struct text *t, uint64_t len);

/* The framing of the body: "transfer-encoding: chunked". */
void http_write_chunked(struct text *t);

/* The end of a line; behind one, the empty line. */
void http_write_end(struct text *t);

#endif
