/* A reader of JSON that shares nothing with the daemon's: strict, recursive, slow. */
#ifndef MOONGATE_SIM_LOOK_H
#define MOONGATE_SIM_LOOK_H

#include <stdbool.h>
#include <stddef.h>

struct look {
    const char *at; /* NULL: there is none */
    size_t len;
};

/* The bytes as one JSON document; at is NULL when they are none. */
struct look look_document(const char *bytes, size_t len);

/* A member of an object, or the element of an array that the name counts ("0"). */
struct look look_in(struct look value, const char *name);

/* The same through several names, separated by dots. */
struct look look_path(struct look value, const char *path);

/* How many elements an array has. */
int look_count(struct look array);

/* The text of a string, unescaped, with a closing NUL; its length, or -1: no string, no room. */
int look_text(struct look string, char *out, size_t cap);

/* Whether it is this string. */
bool look_is(struct look string, const char *text);

#endif
