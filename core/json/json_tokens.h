/* jsmn behind one door: one small judged span at a time, in a scratch array that all share. */
#ifndef MOONGATE_JSON_TOKENS_H
#define MOONGATE_JSON_TOKENS_H

#include "config/bounds.h"
#include "core/base/result.h"
#include "core/base/span.h"
#include "core/json/json_kind.h"

/* Private: as jsmn lays a token out with JSMN_PARENT_LINKS (checked at compile time in the .c). */
struct json_token {
    int _type;
    int _begin;
    int _end;
    int _size;
    int _parent;
};

/* The tokens of the span read last; the span is the caller's and must stay. */
struct json_tokens {
    struct span _text;
    int count;
    struct json_token _tokens[LIMIT_JSON_TOKENS];
};

/* Tokenizes text, one whole value that json_rules found good. RESULT_DONE; RESULT_MORE: it has more
 * than LIMIT_JSON_TOKENS; RESULT_FAULT: jsmn refuses it, or it is empty. */
enum result json_tokens_read(struct json_tokens *tokens, struct span text);

/* The value of the first member of object (a token's number) with that name, unescaped; -1:
 * none, or it is no object. The outermost value is token 0. */
int json_tokens_member(const struct json_tokens *tokens, int object, struct span name);

/* How often object has a member of that name. */
int json_tokens_times(const struct json_tokens *tokens, int object, struct span name);

/* The first thing in a container: an array's element, an object's first name; -1: it is empty,
 * or no container. */
int json_tokens_first(const struct json_tokens *tokens, int container);

/* The sibling behind: an array's next element, an object's next name; -1: none. A member's value is
 * the token behind its name. */
int json_tokens_next(const struct json_tokens *tokens, int token);

/* What the token is. A member's name is a JSON_STRING. */
enum json_kind json_tokens_kind(const struct json_tokens *tokens, int token);

/* Its bytes in the text; of a string without its quotes. */
struct span json_tokens_raw(const struct json_tokens *tokens, int token);

#endif
