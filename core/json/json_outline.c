/*
 * Only four bytes of the outermost object matter here: its braces, and its own colons and commas.
 * The names and values are what stands between them, without the white space around.
 */
#include "core/json/json_outline.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"

#define NO_MEMBER (-1)

void json_outline_init(struct json_outline *outline, const struct span *names, size_t count)
{
    ASSERT(count <= JSON_OUTLINE_NAMES);
    *outline = (struct json_outline){.root = JSON_ABSENT,
                                     .twice = NO_MEMBER,
                                     ._names = names,
                                     ._name_count = (uint8_t)count,
                                     ._member = NO_MEMBER};
    json_rules_init(&outline->rules);
}

/* What stands in document[begin..end), without the white space around. */
static struct json_member between(const char *document, uint32_t begin, uint32_t end)
{
    while (begin < end && json_is_blank(document[begin]))
        begin++;
    while (end > begin && json_is_blank(document[end - 1]))
        end--;
    ASSERT(begin < end);
    return (struct json_member){begin, end - begin, json_kind_of(document[begin])};
}

/* Which of the names it is, or NO_MEMBER. Most differ in their first byte, which may be the quote
 * behind an empty name. */
static int index_of(const struct json_outline *outline, struct span raw)
{
    char first = raw.at[0];
    bool sure = raw.len > 0 && first != '\\';
    for (int i = 0; i < outline->_name_count; i++) {
        const struct span *name = &outline->_names[i];
        if (sure && first != name->at[0])
            continue;
        if (json_string_equal(raw, *name))
            return i;
    }
    return NO_MEMBER;
}

static void note_other(struct json_outline *outline, const struct json_member *name)
{
    if (outline->other_count == JSON_OUTLINE_OTHERS) {
        outline->more_others = true;
        return;
    }
    outline->others[outline->other_count++] = *name;
}

/* A name stands in front of the colon at place. Of two members with one name the first is kept. */
static void note_name(struct json_outline *outline, const char *document, uint32_t place)
{
    struct json_member name = between(document, outline->_at, place);
    int index = index_of(outline, json_outline_string(&name, document));
    outline->_in_value = true;
    outline->_member = (int8_t)index;
    if (index == NO_MEMBER) {
        note_other(outline, &name);
    } else if (outline->members[index].kind != JSON_ABSENT) {
        outline->_member = NO_MEMBER;
        outline->twice = outline->twice == NO_MEMBER ? index : outline->twice;
    }
}

/* A value stands in front of the comma or brace at place. */
static void note_value(struct json_outline *outline, const char *document, uint32_t place)
{
    outline->_in_value = false;
    if (outline->_member != NO_MEMBER)
        outline->members[outline->_member] = between(document, outline->_at, place);
}

/* A document while more of it is taken. */
struct taking {
    struct json_outline *outline;
    const char *document;
};

static void note(void *context, const char *mark)
{
    struct json_outline *outline = ((const struct taking *)context)->outline;
    const char *document = ((const struct taking *)context)->document;
    uint32_t place = (uint32_t)(mark - document);
    if (*mark == ':')
        note_name(outline, document, place);
    else if (outline->_in_value)
        note_value(outline, document, place);
    outline->_at = place + 1;
}

/* The document's kind, once its first byte is there. */
static void note_root(struct json_outline *outline, const char *document, size_t len)
{
    uint32_t at = outline->_at;
    while (at < len && json_is_blank(document[at]))
        at++;
    outline->_at = at;
    outline->root = at < len ? json_kind_of(document[at]) : JSON_ABSENT;
}

enum result json_outline_take(struct json_outline *outline, const char *document, size_t len)
{
    struct json_rules *rules = &outline->rules;
    ASSERT(rules->offset <= len && len < UINT32_MAX);
    struct span rest = span_skip((struct span){document, len}, (size_t)rules->offset);
    if (outline->root == JSON_ABSENT)
        note_root(outline, document, len);
    struct taking taking = {outline, document};
    return json_rules_mark(rules, rest, note, &taking);
}

enum result json_outline_end(struct json_outline *outline)
{
    return json_rules_end(&outline->rules);
}

struct span json_outline_value(const struct json_member *member, const char *document)
{
    if (member->kind == JSON_ABSENT)
        return (struct span){NULL, 0};
    return (struct span){document + member->at, member->len};
}

struct span json_outline_known(const struct json_outline *outline, const char *document)
{
    uint32_t len = outline->rules.long_len;
    return (struct span){len > 0 ? document + outline->rules.long_at : NULL, len};
}

struct span json_outline_string(const struct json_member *member, const char *document)
{
    ASSERT(member->kind == JSON_STRING && member->len >= 2);
    return (struct span){document + member->at + 1, member->len - 2};
}
