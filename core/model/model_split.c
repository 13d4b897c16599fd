/* See model_split.h. */
#include "core/model/model_split.h"

#include <string.h>

#include "config/bounds.h"
#include "core/base/assert.h"

#define KEY "data"
#define KEY_LEN 4u
#define KEY_DIFFERS 0xFF

_Static_assert(LIMIT_JSON_DEPTH < 255, "depths are uint8");

void model_split_init(struct model_split *split)
{
    memset(split, 0, sizeof(*split));
}

static void match_key(struct model_split *s, char c)
{
    bool same = s->_key_len < KEY_LEN && c == KEY[s->_key_len];
    s->_key_len = same ? (uint8_t)(s->_key_len + 1) : KEY_DIFFERS;
}

static enum model_split_event in_string(struct model_split *s, char c)
{
    if (c == '"' && !s->_escaped) {
        s->_in_string = false;
        s->_in_key = false;
        return MODEL_SPLIT_NOTHING;
    }
    s->_escaped = c == '\\' && !s->_escaped;
    if (s->_in_key)
        match_key(s, c);
    return MODEL_SPLIT_NOTHING;
}

static bool between_elements(const struct model_split *s)
{
    return s->_list_depth > 0 && s->_depth == s->_list_depth;
}

/* Does this bracket open the array of models? An outermost array, or one that is a value at depth 1
 * behind the key. */
static bool opens_list(const struct model_split *s, char c)
{
    if (c != '[')
        return false;
    return s->_depth == 0 || (s->_depth == 1 && s->_key_len == KEY_LEN);
}

static enum model_split_event opened(struct model_split *s, char c)
{
    enum model_split_event event = MODEL_SPLIT_NOTHING;
    ASSERT(s->_depth < LIMIT_JSON_DEPTH);
    if (between_elements(s)) {
        s->elements++;
        event = MODEL_SPLIT_BEGIN;
    } else if (opens_list(s, c)) {
        event = s->found ? MODEL_SPLIT_SECOND : MODEL_SPLIT_NOTHING;
        s->found = true;
        s->_list_depth = (uint8_t)(s->_depth + 1);
    }
    s->_key_next = s->_depth == 0 && c == '{';
    s->_depth++;
    return event;
}

static enum model_split_event closed(struct model_split *s)
{
    ASSERT(s->_depth > 0);
    s->_depth--;
    if (between_elements(s))
        return MODEL_SPLIT_END;
    if (s->_depth < s->_list_depth) {
        s->_list_depth = 0;
        s->_key_len = KEY_DIFFERS;
    }
    return MODEL_SPLIT_NOTHING;
}

/* A string, number or word that is an element by itself. */
static void scalar(struct model_split *s)
{
    if (between_elements(s) && !s->_in_scalar) {
        s->_in_scalar = true;
        s->elements++;
    }
}

static void string_begins(struct model_split *s)
{
    scalar(s);
    s->_in_string = true;
    s->_escaped = false;
    s->_in_key = s->_depth == 1 && s->_key_next;
    if (s->_in_key)
        s->_key_len = 0;
}

enum model_split_event model_split_byte(struct model_split *split, char c)
{
    if (split->_in_string)
        return in_string(split, c);
    switch (c) {
    case '"':
        string_begins(split);
        return MODEL_SPLIT_NOTHING;
    case '{':
    case '[':
        return opened(split, c);
    case '}':
    case ']':
        return closed(split);
    case ',':
        split->_in_scalar = false;
        split->_key_next = split->_depth == 1 && split->_list_depth == 0;
        return MODEL_SPLIT_NOTHING;
    case ':':
        split->_key_next = false;
        return MODEL_SPLIT_NOTHING;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return MODEL_SPLIT_NOTHING;
    default:
        scalar(split);
        return MODEL_SPLIT_NOTHING;
    }
}
