/*
 * The only place that knows jsmn. It runs without its strict mode, which wants a byte behind a lone
 * number; what is strict is json_rules, which came before. Tokens are read through jsmn's own type.
 */
#include "core/json/json_tokens.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

#include <limits.h>
#include <stddef.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS /* without them closing a bracket is linear in the tokens */
#include <jsmn.h>

#define NONE (-1)
#define LONG_BYTES 512

_Static_assert(sizeof(struct json_token) == sizeof(jsmntok_t), "laid out as jsmn's");
_Static_assert(_Alignof(struct json_token) == _Alignof(jsmntok_t), "laid out as jsmn's");
_Static_assert(offsetof(struct json_token, _type) == offsetof(jsmntok_t, type), "as jsmn's");
_Static_assert(offsetof(struct json_token, _begin) == offsetof(jsmntok_t, start), "as jsmn's");
_Static_assert(offsetof(struct json_token, _end) == offsetof(jsmntok_t, end), "as jsmn's");
_Static_assert(offsetof(struct json_token, _size) == offsetof(jsmntok_t, size), "as jsmn's");
_Static_assert(offsetof(struct json_token, _parent) == offsetof(jsmntok_t, parent), "as jsmn's");

/* jsmn on its way through a text. */
struct run {
    jsmn_parser parser;
    jsmntok_t *all;
    struct span text;
};

/* Goes on up to there. A count, or an enum jsmnerr. */
static int go_on(struct run *run, size_t there)
{
    return jsmn_parse(&run->parser, run->text.at, there, run->all, LIMIT_JSON_TOKENS);
}

/* Notes the string at text[at..at + len), in front of which jsmn is, as jsmn notes what it found
 * itself. False: no token is free. */
static bool add_string(struct run *run, size_t at, size_t len)
{
    jsmntok_t *token = jsmn_alloc_token(&run->parser, run->all, LIMIT_JSON_TOKENS);
    if (token == NULL)
        return false;
    jsmn_fill_token(token, JSMN_STRING, (int)(at + 1), (int)(at + len - 1));
    token->parent = run->parser.toksuper;
    if (token->parent != NONE)
        run->all[token->parent].size++;
    run->parser.pos = (unsigned int)(at + len);
    return true;
}

/* jsmn looks at each byte of a string. So it gets the text without the long ones, which end where
 * their quotes say: they were judged. */
static int parse(struct run *run)
{
    size_t at = 0;
    while (run->text.len - at > LONG_BYTES) {
        at += span_find(span_skip(run->text, at), '"');
        size_t len = at < run->text.len ? json_walk_string_len(span_skip(run->text, at)) : 0;
        if (len > LONG_BYTES) {
            int code = go_on(run, at);
            if (code == JSMN_ERROR_NOMEM || code == JSMN_ERROR_INVAL)
                return code;
            if (!add_string(run, at, len))
                return JSMN_ERROR_NOMEM;
        }
        at += len;
    }
    return go_on(run, run->text.len);
}

enum result json_tokens_read(struct json_tokens *tokens, struct span text)
{
    ASSERT(text.len <= INT_MAX);
    struct run run = {.all = (jsmntok_t *)(void *)tokens->_tokens, .text = text};
    jsmn_init(&run.parser);
    tokens->_text = text;
    tokens->count = 0;
    int count = parse(&run);
    if (count == JSMN_ERROR_NOMEM)
        return RESULT_MORE;
    if (count <= 0)
        return RESULT_FAULT;
    tokens->count = count;
    return RESULT_DONE;
}

/* NULL: there is no such token. */
static const jsmntok_t *token_at(const struct json_tokens *tokens, int token)
{
    if (token < 0 || token >= tokens->count)
        return NULL;
    return (const jsmntok_t *)(const void *)&tokens->_tokens[token];
}

static bool is_container(const jsmntok_t *token)
{
    return token != NULL && (token->type == JSMN_OBJECT || token->type == JSMN_ARRAY);
}

int json_tokens_first(const struct json_tokens *tokens, int container)
{
    const jsmntok_t *token = token_at(tokens, container);
    return is_container(token) && token->size > 0 ? container + 1 : NONE;
}

int json_tokens_next(const struct json_tokens *tokens, int token)
{
    const jsmntok_t *here = token_at(tokens, token);
    if (here == NULL)
        return NONE;
    /* What is inside stands right behind it; a member's value has its name for a parent. */
    const jsmntok_t *next = token_at(tokens, ++token);
    while (next != NULL && next->parent > here->parent)
        next = token_at(tokens, ++token);
    return next != NULL && next->parent == here->parent ? token : NONE;
}

/* The first name of object from name on that is equal to wanted, or NONE. */
static int find_name(const struct json_tokens *tokens, int name, struct span wanted)
{
    while (name != NONE && !json_string_equal(json_tokens_raw(tokens, name), wanted))
        name = json_tokens_next(tokens, name);
    return name;
}

/* The first name of an object; NONE for what is none. */
static int first_name(const struct json_tokens *tokens, int object)
{
    const jsmntok_t *token = token_at(tokens, object);
    bool is_object = token != NULL && token->type == JSMN_OBJECT;
    return is_object ? json_tokens_first(tokens, object) : NONE;
}

int json_tokens_member(const struct json_tokens *tokens, int object, struct span name)
{
    int found = find_name(tokens, first_name(tokens, object), name);
    return found != NONE ? found + 1 : NONE;
}

int json_tokens_times(const struct json_tokens *tokens, int object, struct span name)
{
    int times = 0;
    int found = find_name(tokens, first_name(tokens, object), name);
    while (found != NONE) {
        times++;
        found = find_name(tokens, json_tokens_next(tokens, found), name);
    }
    return times;
}

enum json_kind json_tokens_kind(const struct json_tokens *tokens, int token)
{
    const jsmntok_t *here = token_at(tokens, token);
    if (here == NULL)
        return JSON_ABSENT;
    return here->type == JSMN_STRING ? JSON_STRING : json_kind_of(tokens->_text.at[here->start]);
}

struct span json_tokens_raw(const struct json_tokens *tokens, int token)
{
    const jsmntok_t *here = token_at(tokens, token);
    if (here == NULL)
        return (struct span){NULL, 0};
    return (struct span){tokens->_text.at + here->start, (size_t)(here->end - here->start)};
}
