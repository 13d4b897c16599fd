/* Just enough of JSON (RFC 8259) to check a request and to take orders. Not fast, and a mind of
 * its own: nothing of the daemon's parser is used, so that the two cannot be wrong together. */
#ifndef MOONGATE_UPSTREAM_JSON_H
#define MOONGATE_UPSTREAM_JSON_H

#include <stdbool.h>

#include "test/upstream/buf.h"

/* One value in the text it came in. `at` is NULL where there is none. */
struct json {
    const char *at;
    size_t len;
};

/* The whole text is one JSON value with nothing but white space around it, at most 64 deep. On true
 * *value spans it without that white space. */
bool json_parse(const char *text, size_t len, struct json *value);

/* The member's value; none where the value is no object or has no such member. Names are compared
 * as they are written. The value came from json_parse. */
struct json json_member(struct json object, const char *name);

/* Takes the first element off an array: *rest begins as the array itself, and each call moves it
 * on. False: no more. */
bool json_element(struct json *rest, struct json *element);

/* Appends the decoded text of a string value; false where it is none. Lone surrogates become
 * U+FFFD. */
bool json_text(struct json value, struct buf *out);

/* The value is this word (true, false, null) or number, letter for letter. */
bool json_is(struct json value, const char *word);

#endif
