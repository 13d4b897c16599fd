/*
 * Only the colons of the outermost object matter here, and the brace at its end: a value is what
 * stands between one of them and the next name, without the white space and the comma around.
 */
#include "core/json/json_outline.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"

#include <string.h>

#define NO_MEMBER (-1)

void json_outline_init(struct json_outline *outline, const struct span *names, size_t count)
{
    ASSERT(count <= JSON_OUTLINE_NAMES);
    outline->root = JSON_ABSENT;
    outline->twice = NO_MEMBER;
    memset(outline->members, 0, sizeof(outline->members)); /* all are absent */
    outline->other_count = 0;
    outline->more_others = false;
    outline->_names = names;
    outline->_name_count = (uint8_t)count;
    outline->_member = NO_MEMBER;
    outline->_at = 0;
    json_rules_init(&outline->rules);
}

/* The value in document[begin..end), without what is around. */
static struct json_member between(const char *document, uint32_t begin, uint32_t end)
{
    while (begin < end && json_is_blank(document[begin]))
        begin++;
    while (end > begin && (json_is_blank(document[end - 1]) || document[end - 1] == ','))
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
        if (json_string_is(raw, *name))
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

/* A name stands from begin on in front of end. Of two members with one name the first is kept. */
static void note_name(struct json_outline *outline, const char *document, uint32_t begin,
                      uint32_t end)
{
    while (end > begin && document[end - 1] != '"')
        end--;
    const struct json_member name = {begin, end - begin, JSON_STRING};
    int index = index_of(outline, json_outline_string(&name, document));
    outline->_member = (int8_t)index;
    if (index == NO_MEMBER) {
        note_other(outline, &name);
    } else if (outline->members[index].kind != JSON_ABSENT) {
        outline->_member = NO_MEMBER;
        outline->twice = outline->twice == NO_MEMBER ? index : outline->twice;
    }
}

/* A document while more of it is taken. */
struct taking {
    struct json_outline *outline;
    const char *document;
};

static void note(void *context, const char *name, const char *mark)
{
    struct json_outline *outline = ((const struct taking *)context)->outline;
    const char *document = ((const struct taking *)context)->document;
    const bool named = *mark == ':';
    uint32_t place = (uint32_t)(mark - document);
    uint32_t end = !named       ? place
                   : name != NULL ? (uint32_t)(name - document)
                                  : outline->rules.name_at;
    if (outline->_member != NO_MEMBER)
        outline->members[outline->_member] = between(document, outline->_at, end);
    outline->_member = NO_MEMBER;
    outline->_at = place + 1;
    if (named)
        note_name(outline, document, end, place);
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
