/* Judges JSON as its bytes arrive: RFC 8259 and UTF-8, strictly, in constant memory. */
#ifndef MOONGATE_JSON_RULES_H
#define MOONGATE_JSON_RULES_H

#include "config/bounds.h"
#include "core/base/result.h"
#include "core/base/span.h"

#define JSON_RULES_LONG 256 /* bytes; a shorter stretch is not worth noting */

/* One document under way. */
struct json_rules {
    const char *why;   /* after RESULT_FAULT: a constant phrase for people */
    uint64_t offset;   /* of the byte that broke the rules; before that: of the next byte */
    uint64_t _objects; /* a bit a level, the innermost lowest: an object, else an array */
    uint32_t long_at;  /* the longest stretch of more than JSON_RULES_LONG bytes from behind the */
    uint32_t long_len; /* first quote of a string that is a value on, all inside of it; 0: none */
    uint32_t name_at;  /* the first quote of the last name */
    bool in_name;      /* this name is under way, or the colon behind it */
    uint8_t depth;     /* arrays and objects that are open */
    uint8_t _state;
};

/* A document that has not begun. No byte order mark, no depth over LIMIT_JSON_DEPTH. */
void json_rules_init(struct json_rules *rules);

/* Takes the next bytes, in segments of any size. RESULT_MORE: good so far. RESULT_FAULT: why and
 * offset say what is wrong; it stays so. Linear, a few instructions a byte; long strings are looked
 * at a word at a time. */
enum result json_rules_take(struct json_rules *rules, struct span bytes);

/* The same, and tells of each byte that structures an outermost object, once all up to it is found
 * good: a colon at depth 1, or the brace or bracket that ends it. name: the first quote of the last
 * name; NULL: it came before these bytes, at name_at. note must leave the rules alone: they stand
 * where the bytes begin. */
enum result json_rules_mark(struct json_rules *rules, struct span bytes,
                            void (*note)(void *context, const char *name, const char *mark),
                            void *context);

/* The document's last byte has come. RESULT_DONE or RESULT_FAULT (it is empty or unfinished). */
enum result json_rules_end(struct json_rules *rules);

#endif
