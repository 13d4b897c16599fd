/*
 * Judges a document that arrives in one buffer, and notes where the members of its outermost object
 * lie: the names that the caller reads, and the first few of the others.
 */
#ifndef MOONGATE_JSON_OUTLINE_H
#define MOONGATE_JSON_OUTLINE_H

#include "core/json/json_kind.h"
#include "core/json/json_rules.h"

#define JSON_OUTLINE_NAMES 16
#define JSON_OUTLINE_OTHERS 16

/* A value, as offsets into the document: it may move. Of a string its quotes are part. */
struct json_member {
    uint32_t at;
    uint32_t len;
    enum json_kind kind; /* JSON_ABSENT: there is no such member */
};

struct json_outline {
    enum json_kind root; /* what the document is; JSON_ABSENT until it began */
    int twice;           /* a name that is there twice: its index, else -1 */
    struct json_member members[JSON_OUTLINE_NAMES]; /* in the order of names */
    struct json_member others[JSON_OUTLINE_OTHERS]; /* the names (with quotes) of other members */
    uint8_t other_count;
    bool more_others; /* there were more of them */
    struct json_rules rules;
    const struct span *_names;
    uint8_t _name_count;
    int8_t _member; /* whose value is under way, else -1 */
    uint32_t _at; /* behind the last colon of the outermost object */
};

/* A document that has not begun. names (at most JSON_OUTLINE_NAMES, decoded, in constant storage)
 * are compared after unescaping. */
void json_outline_init(struct json_outline *outline, const struct span *names, size_t count);

/* The document is now document[0..len), with what was taken before unchanged at its start (the
 * buffer may have moved). RESULT_MORE, or RESULT_FAULT: rules.why says what breaks RFC 8259. A
 * name that is there twice is no fault here: see twice, once the end is reached. */
enum result json_outline_take(struct json_outline *outline, const char *document, size_t len);

/* No more will come. RESULT_DONE or RESULT_FAULT. */
enum result json_outline_end(struct json_outline *outline);

/* The member's bytes in the document, quotes of a string included; at NULL when absent. */
struct span json_outline_value(const struct json_member *member, const char *document);

/* The longest stretch that is known to be inside of one string (json_rules); at NULL: none is. */
struct span json_outline_known(const struct json_outline *outline, const char *document);

/* What stands between the quotes of the string that the member is. */
struct span json_outline_string(const struct json_member *member, const char *document);

#endif
