/* See model_catalog.h. */
#include "core/model/model_catalog.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/model/model_blob.h"

#define NEVER UINT64_MAX

static struct model_catalog *catalog_at(struct model_catalogs *all, int catalog)
{
    ASSERT(catalog >= 0 && catalog < LIMIT_CATALOGS && all->catalogs[catalog].users > 0);
    return &all->catalogs[catalog];
}

static const struct model_catalog *catalog_view(const struct model_catalogs *all, int catalog)
{
    ASSERT(catalog >= 0 && catalog < LIMIT_CATALOGS && all->catalogs[catalog].users > 0);
    return &all->catalogs[catalog];
}

void model_catalog_init(struct model_catalogs *all)
{
    memset(all->catalogs, 0, sizeof(all->catalogs));
    index_init(&all->_index, all->_numbers, MODEL_LISTS);
}

static int find_key(const struct model_catalogs *all, uint64_t key)
{
    for (int i = 0; i < LIMIT_CATALOGS; i++)
        if (all->catalogs[i].users > 0 && all->catalogs[i].key == key)
            return i;
    return MODEL_CATALOG_NONE;
}

static int find_free(const struct model_catalogs *all)
{
    for (int i = 0; i < LIMIT_CATALOGS; i++)
        if (all->catalogs[i].users == 0)
            return i;
    return MODEL_CATALOG_NONE;
}

void model_catalog_ttl(struct model_catalogs *all, int catalog, uint32_t ttl_s)
{
    struct model_catalog *c = catalog_at(all, catalog);
    c->ttl_us = (uint64_t)ttl_s * 1000000;
    if (c->_list != INDEX_NONE && !c->stale)
        c->_due_us = c->fetched_us + c->ttl_us;
}

int model_catalog_open(struct model_catalogs *all, uint64_t key, uint32_t ttl_s)
{
    int known = find_key(all, key);
    if (known != MODEL_CATALOG_NONE) {
        struct model_catalog *shared = &all->catalogs[known];
        ASSERT(shared->users < UINT16_MAX);
        shared->users++;
        if ((uint64_t)ttl_s * 1000000 < shared->ttl_us)
            model_catalog_ttl(all, known, ttl_s);
        return known;
    }
    int fresh = find_free(all);
    if (fresh == MODEL_CATALOG_NONE)
        return MODEL_CATALOG_NONE;
    all->catalogs[fresh] = (struct model_catalog){
        .key = key,
        .ttl_us = (uint64_t)ttl_s * 1000000,
        ._forced_us = NEVER,
        .users = 1,
        ._list = INDEX_NONE,
        ._building = INDEX_NONE,
    };
    return fresh;
}

/* Gives a list's number back. */
static void drop(struct model_catalogs *all, int16_t *number)
{
    if (*number != INDEX_NONE)
        index_give(&all->_index, *number);
    *number = INDEX_NONE;
}

void model_catalog_close(struct model_catalogs *all, int catalog)
{
    struct model_catalog *c = catalog_at(all, catalog);
    c->users--;
    if (c->users > 0)
        return;
    drop(all, &c->_list);
    drop(all, &c->_building);
}

const struct model_list *model_catalog_list(const struct model_catalogs *all, int catalog)
{
    const struct model_catalog *c = catalog_view(all, catalog);
    return c->_list == INDEX_NONE ? NULL : &all->_lists[c->_list];
}

struct model_list *model_catalog_list_mut(struct model_catalogs *all, int catalog)
{
    struct model_catalog *c = catalog_at(all, catalog);
    return c->_list == INDEX_NONE ? NULL : &all->_lists[c->_list];
}

uint64_t model_catalog_due_us(const struct model_catalogs *all, int catalog)
{
    const struct model_catalog *c = catalog_view(all, catalog);
    return c->fetching ? NEVER : c->_due_us;
}

bool model_catalog_force(struct model_catalogs *all, int catalog, uint64_t now_us)
{
    struct model_catalog *c = catalog_at(all, catalog);
    bool early = c->_forced_us != NEVER && now_us - c->_forced_us < MODEL_CATALOG_FORCED_US;
    if (c->fetching || early)
        return false;
    c->_forced_us = now_us;
    c->_due_us = now_us;
    return true;
}

enum result model_catalog_begin(struct model_catalogs *all, int catalog)
{
    struct model_catalog *c = catalog_at(all, catalog);
    ASSERT(!c->fetching);
    int number = index_take(&all->_index);
    if (number == INDEX_NONE)
        return RESULT_MORE;
    model_list_clear(&all->_lists[number]);
    c->_building = (int16_t)number;
    c->fetching = true;
    c->fetches++;
    return RESULT_DONE;
}

struct model_list *model_catalog_building(struct model_catalogs *all, int catalog)
{
    struct model_catalog *c = catalog_at(all, catalog);
    ASSERT(c->_building != INDEX_NONE);
    return &all->_lists[c->_building];
}

/* A warning once said is not said again because the list was read again. */
static void keep_warned(struct model_list *fresh, const struct model_list *old)
{
    for (uint32_t i = 0; i < old->count; i++) {
        if (!old->entries[i].warned)
            continue;
        int found = model_list_find(fresh, model_list_get(old, (int)i).identifier);
        if (found != MODEL_NONE)
            fresh->entries[found].warned = true;
    }
}

void model_catalog_commit(struct model_catalogs *all, int catalog, uint64_t now_us,
                          uint64_t wall_ms)
{
    struct model_catalog *c = catalog_at(all, catalog);
    ASSERT(c->fetching && c->_building != INDEX_NONE);
    if (c->_list != INDEX_NONE)
        keep_warned(&all->_lists[c->_building], &all->_lists[c->_list]);
    drop(all, &c->_list);
    c->_list = c->_building;
    c->_building = INDEX_NONE;
    c->fetching = false;
    c->stale = false;
    c->fetched_us = now_us;
    c->fetched_wall_ms = wall_ms;
    c->_due_us = now_us + c->ttl_us;
}

void model_catalog_abort(struct model_catalogs *all, int catalog, uint64_t now_us)
{
    struct model_catalog *c = catalog_at(all, catalog);
    ASSERT(c->fetching);
    drop(all, &c->_building);
    c->fetching = false;
    c->stale = c->_list != INDEX_NONE;
    c->failures++;
    c->_due_us = now_us + MODEL_CATALOG_RETRY_US;
}

void model_catalog_file(int catalog, char out[MODEL_CATALOG_FILE_BYTES])
{
    struct text name = text_over(out, MODEL_CATALOG_FILE_BYTES);
    text_add_str(&name, "models-");
    text_add_u64(&name, (uint64_t)catalog);
    (void)text_str(&name);
    ASSERT(!name.cut);
}

size_t model_catalog_save(const struct model_catalogs *all, int catalog, void *out, size_t cap)
{
    const struct model_catalog *c = catalog_view(all, catalog);
    if (c->_list == INDEX_NONE)
        return 0;
    struct model_blob_about about = {c->key, c->fetched_wall_ms};
    return model_blob_write(&all->_lists[c->_list], &about, out, cap);
}

int model_catalog_load(struct model_catalogs *all, const void *blob, size_t len)
{
    struct model_blob_about about;
    int number = index_take(&all->_index);
    if (number == INDEX_NONE)
        return MODEL_CATALOG_NONE;
    bool good = model_blob_read(&all->_lists[number], &about, blob, len);
    int catalog = good ? find_key(all, about.key) : MODEL_CATALOG_NONE;
    if (catalog == MODEL_CATALOG_NONE || all->catalogs[catalog]._list != INDEX_NONE) {
        index_give(&all->_index, number);
        return MODEL_CATALOG_NONE;
    }
    struct model_catalog *c = catalog_at(all, catalog);
    c->_list = (int16_t)number;
    c->fetched_us = 0;
    c->fetched_wall_ms = about.fetched_wall_ms;
    c->stale = true;
    return catalog;
}
