/*
 * Finds where values end by their quotes and brackets alone: they were judged. What was not judged
 * is never read past its end.
 */
#include "core/json/json_walk.h"

#include "core/json/json_rules.h"
#include "core/json/json_string.h"

static const struct span nothing = {NULL, 0};

/* s from its first byte on that is no white space and none of the marks between values. */
static struct span skip_between(struct span s)
{
    size_t n = 0;
    while (n < s.len && (json_is_blank(s.at[n]) || s.at[n] == ',' || s.at[n] == ':'))
        n++;
    return span_skip(s, n);
}

/* Is the quote at place escaped: do an odd number of backslashes stand before it? */
static bool is_escaped(struct span s, size_t place)
{
    size_t first = place;
    while (first > 0 && s.at[first - 1] == '\\')
        first--;
    return (place - first) % 2 == 1;
}

size_t json_walk_string_len(struct span s)
{
    size_t end = 1 + span_find(span_skip(s, 1), '"');
    while (end < s.len && is_escaped(s, end))
        end += 1 + span_find(span_skip(s, end + 1), '"');
    return end < s.len ? end + 1 : s.len;
}

/* The length of the container at the front, brackets included. */
static size_t container_len(struct span s)
{
    size_t depth = 0;
    size_t n = 0;
    do {
        char c = s.at[n];
        if (c == '"') {
            n += json_walk_string_len(span_skip(s, n));
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        n++;
    } while (depth > 0 && n < s.len);
    return n;
}

/* The length of the number or word at the front. */
static size_t word_len(struct span s)
{
    size_t n = 0;
    while (n < s.len && !json_is_blank(s.at[n]) && s.at[n] != ',' && s.at[n] != ':')
        n++;
    return n;
}

/* Takes a value off the front of *rest, and what stands before it. False: there is none. */
static bool take_value(struct span *rest, struct span *value)
{
    *rest = skip_between(*rest);
    *value = nothing;
    if (rest->len == 0)
        return false;
    enum json_kind kind = json_kind_of(rest->at[0]);
    size_t len = kind == JSON_STRING ? json_walk_string_len(*rest)
                 : kind == JSON_OBJECT || kind == JSON_ARRAY ? container_len(*rest)
                                                             : word_len(*rest);
    *value = (struct span){rest->at, len};
    *rest = span_skip(*rest, len);
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
    take_value(&document, &value);
    return value;
}

struct span json_walk_document(struct span document)
{
    struct json_rules rules;
    json_rules_init(&rules);
    bool good = json_rules_take(&rules, document) == RESULT_MORE &&
                json_rules_end(&rules) == RESULT_DONE;
    return good ? json_walk_root(document) : nothing;
}

bool json_walk_element(struct span *inside, struct span *element)
{
    return take_value(inside, element);
}

bool json_walk_member(struct span *inside, struct span *name, struct span *value)
{
    *value = nothing;
    bool named = take_value(inside, name) && take_value(inside, value);
    *name = named ? json_walk_string(*name) : nothing;
    return named;
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
