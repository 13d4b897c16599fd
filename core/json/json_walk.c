/*
 * Finds where values end by their quotes and brackets alone: they were judged. What was not judged
 * is never read past its end.
 */
#include "core/json/json_walk.h"

#include "core/json/json_rules.h"
#include "core/json/json_string.h"
#include "core/json/json_word.h"

static const struct span nothing = {NULL, 0};

/* Behind white space and marks between values, or end. Nothing else there is as low as a blank. */
static inline const char *behind_marks(const char *at, const char *end)
{
    while (at < end && ((unsigned char)*at <= ' ' || *at == ',' || *at == ':'))
        at++;
    return at;
}

/* Behind the string whose first backslash is at at, or end. Not inlined: few have any. */
__attribute__((noinline)) static const char *behind_escapes(const char *at, const char *end)
{
    for (; at < end && *at != '"'; at = json_word_find_mark(at + 2, end))
        if (end - at < 2)
            return end;
    return at < end ? at + 1 : end;
}

/* Behind the string that begins at at, or end. */
static inline const char *behind_string(const char *at, const char *end, struct span known)
{
    bool skips = at + 1 == known.at && known.len < (size_t)(end - at);
    at = json_word_find_mark(at + 1 + (skips ? known.len : 0), end);
    return at < end && *at == '"' ? at + 1 : behind_escapes(at, end);
}

size_t json_walk_string_len(struct span s)
{
    return (size_t)(behind_string(s.at, s.at + s.len, nothing) - s.at);
}

/* Behind the container that begins at at, or end. Brackets and braces are a bit apart. Not inlined,
 * for what is around it. */
__attribute__((noinline)) static const char *behind_container(const char *at, const char *end,
                                                              struct span known)
{
    size_t depth = 0;
    while (at < end) {
        char c = (char)(*at | 0x20);
        if (*at == '"') {
            at = behind_string(at, end, known);
            continue;
        }
        at++;
        depth += c == '{';
        if (c == '}' && --depth == 0)
            break;
    }
    return at;
}

/* Behind the number or word that begins at at, or end. */
static const char *behind_word(const char *at, const char *end)
{
    do
        at++;
    while (at < end && !json_is_blank(*at) && *at != ',' && *at != ':' && *at != '}' &&
           *at != ']');
    return at;
}

/* Behind the value that begins at at, where there is one. */
static inline const char *behind_value(const char *at, const char *end, struct span known)
{
    if (*at == '"')
        return behind_string(at, end, known);
    return *at == '{' || *at == '[' ? behind_container(at, end, known) : behind_word(at, end);
}

/* Takes a value off the front of *rest, and what stands before it. False: there is none. */
static bool take_value(struct span *rest, struct span *value, struct span known)
{
    const char *end = span_end(*rest);
    const char *from = behind_marks(rest->at, end);
    if (from == end) {
        *rest = *value = nothing;
        return false;
    }
    const char *to = behind_value(from, end, known);
    *value = (struct span){from, (size_t)(to - from)};
    *rest = (struct span){to, (size_t)(end - to)};
    return true;
}

/* Without its first and last byte. */
static struct span between_ends(struct span s)
{
    return s.len >= 2 ? (struct span){s.at + 1, s.len - 2} : nothing;
}

struct span json_walk_inside(struct span value)
{
    enum json_kind kind = json_walk_kind(value);
    return kind == JSON_OBJECT || kind == JSON_ARRAY ? between_ends(value) : nothing;
}

/* A document reads as what stands in an array of one element. */
struct span json_walk_root(struct span document)
{
    struct span value;
    take_value(&document, &value, nothing);
    return value;
}

/* A whole document is one value. */
static struct span without_blanks(struct span s)
{
    while (s.len > 0 && json_is_blank(s.at[0]))
        s = span_skip(s, 1);
    while (s.len > 0 && json_is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

struct span json_walk_document(struct span document)
{
    struct json_rules rules;
    json_rules_init(&rules);
    bool good = json_rules_take(&rules, document) == RESULT_MORE &&
                json_rules_end(&rules) == RESULT_DONE;
    return good ? without_blanks(document) : nothing;
}

bool json_walk_element(struct span *inside, struct span *element)
{
    return take_value(inside, element, nothing);
}

bool json_walk_all(struct span array, enum json_kind kind, struct span known)
{
    struct span inside = between_ends(array);
    struct span element;
    bool good = true;
    while (json_walk_kind(array) == JSON_ARRAY && good && take_value(&inside, &element, known))
        good = json_walk_kind(element) == kind;
    return good;
}

bool json_walk_member(struct span *inside, struct span *name, struct span *value)
{
    *value = nothing;
    bool named = take_value(inside, name, nothing) && take_value(inside, value, nothing);
    *name = named && name->at[0] == '"' ? between_ends(*name) : nothing;
    return named;
}

enum json_kind json_walk_next(struct span *inside)
{
    const char *end = span_end(*inside);
    inside->at = behind_marks(inside->at, end);
    inside->len = (size_t)(end - inside->at);
    return json_walk_kind(*inside);
}

bool json_walk_member_on(struct span *rest, struct span *name, struct span *value,
                         struct span known)
{
    const char *end = span_end(*rest);
    const char *at = behind_marks(rest->at, end);
    bool more = at < end && *at == '"';
    *name = *value = nothing;
    if (more) {
        const char *to = behind_string(at, end, nothing);
        *name = between_ends((struct span){at, (size_t)(to - at)});
        at = behind_marks(to, end);
        more = at < end;
    }
    if (more) {
        const char *to = behind_value(at, end, known);
        *value = (struct span){at, (size_t)(to - at)};
        at = to;
    } else {
        at += at < end;
    }
    *rest = (struct span){at, (size_t)(end - at)};
    return more;
}

/* Each comma and colon leads to one, and so does the beginning of a container that has any. */
size_t json_walk_count(struct span value, struct span known)
{
    const char *end = span_end(value);
    bool first = true;
    size_t count = 0;
    for (const char *at = value.at; at < end;) {
        char c = *at;
        bool blank = json_is_blank(c);
        if (c == ',' || c == ':' || (first && !blank && c != ']' && c != '}'))
            count++;
        first = c == '[' || c == '{' || (first && blank);
        at = c == '"' ? behind_string(at, end, known) : at + 1;
    }
    return count;
}

struct span json_walk_find(struct span value, struct span name)
{
    struct span inside = json_walk_kind(value) == JSON_OBJECT ? between_ends(value) : nothing;
    struct span found;
    struct span member;
    while (json_walk_member(&inside, &member, &found)) {
        if (json_string_equal(member, name))
            return found;
    }
    return nothing;
}

enum json_kind json_walk_kind(struct span value)
{
    return value.len > 0 ? json_kind_of(value.at[0]) : JSON_ABSENT;
}

struct span json_walk_string(struct span value)
{
    return json_walk_kind(value) == JSON_STRING ? between_ends(value) : nothing;
}

bool json_walk_members(struct span object, const char *const *names, int count,
                       struct span *values)
{
    struct span inside = json_walk_inside(object);
    struct span name, value;
    bool good = true;
    for (int i = 0; i < count; i++)
        values[i] = nothing;
    while (json_walk_member(&inside, &name, &value)) {
        for (int i = 0; i < count; i++) {
            if (!json_string_equal(name, span_of(names[i])))
                continue;
            good = good && values[i].at == NULL;
            values[i] = value;
        }
    }
    return good;
}
