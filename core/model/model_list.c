/* See model_list.h. */
#include "core/model/model_list.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/base/text.h"

static const char *const type_texts[] = {
    [MODEL_TYPE_BASE] = "base",
    [MODEL_TYPE_FREE_TRIAL] = "freeTrial",
    [MODEL_TYPE_PREMIUM] = "premium",
};

void model_list_clear(struct model_list *list)
{
    list->count = 0;
    list->left_out = 0;
    list->skipped = 0;
    list->_text_len = 0;
    list->limits = false;
}

const char *model_list_type_text(enum model_type type)
{
    return type == MODEL_TYPE_UNTOLD || type == MODEL_TYPE_UNKNOWN ? NULL : type_texts[type];
}

enum model_type model_list_type(struct span text)
{
    for (int type = MODEL_TYPE_BASE; type <= MODEL_TYPE_PREMIUM; type++)
        if (span_equal(text, span_of(type_texts[type])))
            return (enum model_type)type;
    return MODEL_TYPE_UNKNOWN;
}

/* FNV-1a, folded: lets a search pass over nearly every other entry without looking at its text. */
static uint16_t hash_of(struct span s)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.at[i]) * 16777619u;
    return (uint16_t)(hash ^ (hash >> 16));
}

static bool is_identifier(struct span s)
{
    if (s.len == 0 || s.len > MODEL_TEXT_MAX_BYTES)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7F)
            return false;
    return true;
}

int model_list_find(const struct model_list *list, struct span identifier)
{
    ASSERT(list->count <= LIMIT_CATALOG_MODELS);
    uint16_t hash = hash_of(identifier);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct model_entry *entry = &list->entries[i];
        struct span known = {list->_text + entry->_at, entry->_identifier_len};
        if (entry->_hash == hash && span_equal(known, identifier))
            return (int)i;
    }
    return MODEL_NONE;
}

/* Appends what of s is fit for people, and tells how long that became. */
static uint8_t add_text(struct model_list *list, struct span s, size_t max)
{
    size_t room = LIMIT_CATALOG_TEXT_BYTES - list->_text_len;
    if (s.len == 0 || room == 0)
        return 0;
    struct text text = text_over(list->_text + list->_text_len, room);
    text_add_printable(&text, s, max);
    list->_text_len += (uint32_t)text.len;
    return (uint8_t)text.len;
}

/* Is it the name, a hyphen and a date? */
static bool is_dated(struct span identifier, struct span name)
{
    uint64_t date;
    struct span rest = span_skip(identifier, name.len < identifier.len ? name.len : 0);
    return span_starts(identifier, name) && rest.len == 9 && rest.at[0] == '-' &&
           span_number(span_skip(rest, 1), UINT64_MAX, &date);
}

int model_list_dated(const struct model_list *list, struct span name)
{
    static const struct span endings[] = {{"-latest", 7}, {"-0", 2}};
    struct span stem = name;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (span_ends(name, endings[i]))
            stem.len = name.len - endings[i].len;
    for (uint32_t i = list->count; i > 0; i--) {
        struct span identifier = model_list_get(list, (int)i - 1).identifier;
        if (is_dated(identifier, name) || is_dated(identifier, stem))
            return (int)i - 1;
    }
    return MODEL_NONE;
}

enum model_added model_list_add(struct model_list *list, const struct model_item *item)
{
    struct span id = item->identifier;
    if (!is_identifier(id) || model_list_find(list, id) != MODEL_NONE) {
        list->skipped++;
        return MODEL_SKIPPED;
    }
    struct span name = span_equal(item->name, id) ? (struct span){0} : item->name;
    size_t needed = id.len + lesser(name.len, MODEL_TEXT_MAX_BYTES) +
                    lesser(item->type_text.len, MODEL_TYPE_MAX_BYTES);
    size_t room = LIMIT_CATALOG_TEXT_BYTES - list->_text_len;
    if (list->count == LIMIT_CATALOG_MODELS || needed > room) {
        list->left_out++;
        return MODEL_LEFT_OUT;
    }
    struct model_entry *entry = &list->entries[list->count];
    *entry = (struct model_entry){
        ._at = list->_text_len,
        .usage_left = item->usage_left < 0 ? MODEL_USAGE_UNTOLD : item->usage_left,
        ._hash = hash_of(id),
        ._identifier_len = (uint8_t)id.len,
        .type = (uint8_t)item->type,
        .is_new = item->is_new,
    };
    memcpy(list->_text + list->_text_len, id.at, id.len);
    list->_text_len += (uint32_t)id.len;
    entry->_name_len = add_text(list, name, MODEL_TEXT_MAX_BYTES);
    entry->_type_len = add_text(list, item->type_text, MODEL_TYPE_MAX_BYTES);
    list->limits |= model_list_limited(list, (int)list->count++);
    return MODEL_ADDED;
}

struct model_item model_list_get(const struct model_list *list, int number)
{
    ASSERT(number >= 0 && (uint32_t)number < list->count);
    const struct model_entry *entry = &list->entries[number];
    const char *text = list->_text + entry->_at;
    struct model_item item = {
        .identifier = {text, entry->_identifier_len},
        .name = {text + entry->_identifier_len, entry->_name_len},
        .type_text = {text + entry->_identifier_len + entry->_name_len, entry->_type_len},
        .type = (enum model_type)entry->type,
        .usage_left = entry->usage_left,
        .is_new = entry->is_new,
    };
    if (item.name.len == 0)
        item.name = item.identifier;
    return item;
}

bool model_list_limited(const struct model_list *list, int number)
{
    ASSERT(number >= 0 && (uint32_t)number < list->count);
    const struct model_entry *entry = &list->entries[number];
    bool counts = entry->type == MODEL_TYPE_FREE_TRIAL || entry->type == MODEL_TYPE_PREMIUM;
    return counts && entry->usage_left != MODEL_USAGE_UNTOLD;
}
