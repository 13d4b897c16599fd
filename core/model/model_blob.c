/* See model_blob.h. */
#include "core/model/model_blob.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/crc32.h"
#include "core/base/little.h"

#define HEAD_BYTES 32
#define ENTRY_BYTES 8 /* and its texts */
#define CHECK_BYTES 4
#define VERSION 1
#define NEW_BIT 0x80u

static const char magic[8] = {'m', 'g', 'm', 'o', 'd', 'e', 'l', 's'};

/* A place in a blob. Writers were given room for all, readers ask first. */
struct cursor {
    unsigned char *out;
    const unsigned char *in;
    size_t at;
    size_t len;
};

static void put(struct cursor *c, uint64_t value, size_t bytes)
{
    ASSERT(c->at + bytes <= c->len);
    little_put(c->out + c->at, value, bytes);
    c->at += bytes;
}

static void put_bytes(struct cursor *c, const char *bytes, size_t len)
{
    ASSERT(c->at + len <= c->len);
    memcpy(c->out + c->at, bytes, len);
    c->at += len;
}

static uint64_t get(struct cursor *c, size_t bytes)
{
    ASSERT(c->at + bytes <= c->len);
    c->at += bytes;
    return little_get(c->in + c->at - bytes, bytes);
}

/* The next n bytes as text; *good falls when there are fewer. */
static struct span get_span(struct cursor *c, size_t n, bool *good)
{
    if (!*good || n > c->len - c->at) {
        *good = false;
        return (struct span){0};
    }
    struct span s = {(const char *)c->in + c->at, n};
    c->at += n;
    return s;
}

/* Entries share no text, so the text store's fill is the sum of theirs. */
static size_t blob_len(const struct model_list *list)
{
    return HEAD_BYTES + list->count * ENTRY_BYTES + list->_text_len + CHECK_BYTES;
}

size_t model_blob_write(const struct model_list *list, const struct model_blob_about *about,
                        void *out, size_t cap)
{
    ASSERT(list->count <= LIMIT_CATALOG_MODELS);
    size_t len = blob_len(list);
    if (len > cap)
        return 0;
    struct cursor c = {.out = out, .len = len};
    put_bytes(&c, magic, sizeof(magic));
    put(&c, VERSION, 2);
    put(&c, list->count, 2);
    put(&c, about->key, 8);
    put(&c, about->fetched_wall_ms, 8);
    put(&c, list->left_out, 4);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct model_entry *e = &list->entries[i];
        put(&c, (uint32_t)e->usage_left, 4);
        put(&c, e->type | (e->is_new ? NEW_BIT : 0), 1);
        put(&c, e->_identifier_len, 1);
        put(&c, e->_name_len, 1);
        put(&c, e->_type_len, 1);
        put_bytes(&c, list->_text + e->_at,
                  (size_t)e->_identifier_len + e->_name_len + e->_type_len);
    }
    put(&c, crc32_of((struct span){(const char *)c.out, c.at}), CHECK_BYTES);
    ASSERT(c.at == len);
    return len;
}

/* The head's fields; false when it is none of ours or the checksum does not hold. */
static bool read_head(struct cursor *c, struct model_blob_about *about, uint32_t *count,
                      uint32_t *left_out)
{
    if (c->len < HEAD_BYTES + CHECK_BYTES || memcmp(c->in, magic, sizeof(magic)) != 0)
        return false;
    size_t checked = c->len - CHECK_BYTES;
    struct cursor tail = {.in = c->in, .at = checked, .len = c->len};
    if (get(&tail, CHECK_BYTES) != crc32_of((struct span){(const char *)c->in, checked}))
        return false;
    c->len = checked;
    c->at = sizeof(magic);
    uint64_t version = get(c, 2);
    *count = (uint32_t)get(c, 2);
    about->key = get(c, 8);
    about->fetched_wall_ms = get(c, 8);
    *left_out = (uint32_t)get(c, 4);
    return version == VERSION;
}

static bool read_entry(struct cursor *c, struct model_list *list)
{
    if (c->len - c->at < ENTRY_BYTES)
        return false;
    uint32_t usage = (uint32_t)get(c, 4);
    unsigned flags = (unsigned)get(c, 1);
    size_t identifier_len = (size_t)get(c, 1);
    size_t name_len = (size_t)get(c, 1);
    size_t type_len = (size_t)get(c, 1);
    bool good = true;
    struct model_item item = {
        .usage_left = usage <= INT32_MAX ? (int32_t)usage : MODEL_USAGE_UNTOLD,
        .is_new = (flags & NEW_BIT) != 0,
    };
    item.identifier = get_span(c, identifier_len, &good);
    item.name = get_span(c, name_len, &good);
    item.type_text = get_span(c, type_len, &good);
    unsigned type = flags & ~NEW_BIT;
    bool untold = type == MODEL_TYPE_UNTOLD && item.type_text.len == 0;
    item.type = untold ? MODEL_TYPE_UNTOLD : model_list_type(item.type_text);
    return good && type == item.type && model_list_add(list, &item) == MODEL_ADDED;
}

bool model_blob_read(struct model_list *list, struct model_blob_about *about, const void *blob,
                     size_t len)
{
    struct cursor c = {.in = blob, .len = len};
    uint32_t count;
    uint32_t left_out;
    model_list_clear(list);
    if (!read_head(&c, about, &count, &left_out))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!read_entry(&c, list))
            return false;
    list->left_out = left_out;
    return c.at == c.len;
}
