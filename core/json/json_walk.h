/*
 * Goes through a judged value without tokens: for what is too large for them, and for what must be
 * left and taken up again, as an encoder does when its socket is full. Each step costs what it
 * passes.
 */
#ifndef MOONGATE_JSON_WALK_H
#define MOONGATE_JSON_WALK_H

#include "core/base/span.h"
#include "core/json/json_kind.h"

/* The value that a whole document is, without white space around; an empty span when it is no JSON
 * (RFC 8259): this one judges. */
struct span json_walk_document(struct span document);

/* The same of one that was judged before. */
struct span json_walk_root(struct span document);

/* What stands between the brackets or braces of a container; an empty span for other values. */
struct span json_walk_inside(struct span value);

/* Takes the next element off an array's inside: its bytes without white space around. False:
 * none. */
bool json_walk_element(struct span *inside, struct span *element);

/* Whether all elements of an array are of that kind; of any other value: true. Of a string bytes
 * known to be inside of it are not looked at, as in json_walk_member_on. */
bool json_walk_all(struct span array, enum json_kind kind, struct span known);

/* Takes the next member off an object's inside: its name between the quotes, its value. False:
 * none. */
bool json_walk_member(struct span *inside, struct span *name, struct span *value);

/* The kind of what comes next in an array's inside, where *inside begins then; JSON_ABSENT:
 * nothing does. */
enum json_kind json_walk_next(struct span *inside);

/* The same as json_walk_member in an object whose end is not known: *rest begins behind its brace,
 * or the member before. False: it has no more, and *rest begins behind it. Bytes from behind a
 * string's first quote on that are known to be inside of it are not looked at. */
bool json_walk_member_on(struct span *rest, struct span *name, struct span *value,
                         struct span known);

/* How many names and values there are in a value, itself included: as many as it has tokens. */
size_t json_walk_count(struct span value, struct span known);

/* The length of the string at the front of s, quotes included; s.len when it does not end. */
size_t json_walk_string_len(struct span s);

/* The first member of that name (unescaped) of an object; at NULL: none, or value is no object. */
struct span json_walk_find(struct span value, struct span name);

/* The members with these names of an object, each value at its name's place; at NULL: not there.
 * False: one of them is there twice. */
bool json_walk_members(struct span object, const char *const *names, int count,
                       struct span *values);

/* The kind of a value without white space around; JSON_ABSENT for an empty span. */
enum json_kind json_walk_kind(struct span value);

/* What stands between the quotes of a string; an empty span (at NULL) for other values. */
struct span json_walk_string(struct span value);

#endif
