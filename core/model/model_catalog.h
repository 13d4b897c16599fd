/*
 * The model lists that services gave: one an account, shared by its providers, how old it is and
 * when it is asked for again. Holds and judges; the gateway fetches.
 */
#ifndef MOONGATE_MODEL_CATALOG_H
#define MOONGATE_MODEL_CATALOG_H

#include "core/base/index.h"
#include "core/base/result.h"
#include "core/model/model_list.h"

#define MODEL_CATALOG_NONE (-1)
#define MODEL_CATALOG_FORCED_US 10000000u /* between two refreshes that requests ask for */
#define MODEL_CATALOG_RETRY_US 10000000u  /* after a fetch that failed */

/* A new list is built beside the old one and takes its place when it was read whole: lists are
 * handed over by number, so nothing is copied. There are LIMIT_CATALOG_BUILDS more lists than
 * catalogs, so that many fetches are parsed at once even when every catalog holds a list; the
 * others wait. */
#define MODEL_LISTS (LIMIT_CATALOGS + LIMIT_CATALOG_BUILDS)

struct model_catalog {
    uint64_t key;             /* model_account_key; in its file, and never shown */
    uint64_t fetched_us;      /* port_now_us when the list was taken; 0 for a restored one */
    uint64_t fetched_wall_ms; /* the same by the wall clock, over restarts; 0: not known */
    uint64_t ttl_us;
    uint64_t _due_us;         /* when the next fetch may begin */
    uint64_t _forced_us;      /* when a request last forced one; UINT64_MAX: never */
    uint32_t fetches;         /* since start, and how many of them failed */
    uint32_t failures;
    uint16_t users; /* providers that share it; 0: the slot is free */
    int16_t _list;
    int16_t _building;
    bool fetching;
    bool stale; /* restored, or the last fetch failed */
};

struct model_catalogs {
    struct model_catalog catalogs[LIMIT_CATALOGS];
    uint16_t _numbers[MODEL_LISTS];
    struct index_stack _index;
    struct model_list _lists[MODEL_LISTS];
};

/* No catalogs. The lists are not touched. */
void model_catalog_init(struct model_catalogs *all);

/* A further user of the catalog with this key, made when there is none. The shortest ttl of its
 * users holds. A number 0 to LIMIT_CATALOGS - 1, or MODEL_CATALOG_NONE when all are taken: that
 * provider has no list, and validation lets its requests through. */
int model_catalog_open(struct model_catalogs *all, uint64_t key, uint32_t ttl_s);

/* One user less; the last one's leaving frees the slot, its list and what a fetch under way has
 * built: that must not be fed any more. Open the catalogs of a new configuration before closing
 * those of the old one: lists then stay. */
void model_catalog_close(struct model_catalogs *all, int catalog);

/* Sets the time to live, as after a reload: the shortest of the users that are left. */
void model_catalog_ttl(struct model_catalogs *all, int catalog, uint32_t ttl_s);

/* The list in use, or NULL when there is none yet. */
const struct model_list *model_catalog_list(const struct model_catalogs *all, int catalog);

/* The same for model_quota_*, which count in it. */
struct model_list *model_catalog_list_mut(struct model_catalogs *all, int catalog);

/* When the next fetch is due, for a timer: at once without a list or with a restored one, a ttl
 * after the last, MODEL_CATALOG_RETRY_US after a failure; UINT64_MAX while one is under way. */
uint64_t model_catalog_due_us(const struct model_catalogs *all, int catalog);

/* A request named a model that is not in the list. True: fetch now, it is due (at most once in
 * MODEL_CATALOG_FORCED_US). False: one is under way, or it is too early. */
bool model_catalog_force(struct model_catalogs *all, int catalog, uint64_t now_us);

/* A fetch begins. DONE: model_catalog_building has an empty list. MORE: no list is free to build
 * in; nothing changed, ask again when another fetch has ended. Not while one is under way. */
enum result model_catalog_begin(struct model_catalogs *all, int catalog);

/* The list that the fetch under way fills; model_feed writes to it. */
struct model_list *model_catalog_building(struct model_catalogs *all, int catalog);

/* The fetch was read whole: what it built takes the place of the old list, which is gone. wall_ms
 * is 0 when the clock is not set. What was already warned about stays warned. */
void model_catalog_commit(struct model_catalogs *all, int catalog, uint64_t now_us,
                          uint64_t wall_ms);

/* The fetch failed or was malformed: what it built is dropped, the old list stays and is stale. */
void model_catalog_abort(struct model_catalogs *all, int catalog, uint64_t now_us);

#define MODEL_CATALOG_FILE_BYTES 16

/* "models-" and the catalog's number: the name of its blob in the state directory. So there are no
 * more of them than catalogs, whatever accounts there were. */
void model_catalog_file(int catalog, char out[MODEL_CATALOG_FILE_BYTES]);

/* Room that model_catalog_save needs at the most. */
#define MODEL_CATALOG_SAVE_BYTES (40 + LIMIT_CATALOG_MODELS * 8 + LIMIT_CATALOG_TEXT_BYTES)

/* Writes the list in use as a blob: versioned, little-endian, closed by a CRC-32. Returns its
 * length; 0: there is no list, or cap is too small. */
size_t model_catalog_save(const struct model_catalogs *all, int catalog, void *out, size_t cap);

/* Takes a saved list into its account's catalog, marked stale and due for a refresh. The catalog's
 * number, or MODEL_CATALOG_NONE: the blob is damaged, cut, of another version, of an account that
 * is gone or one that has a list already; nothing changed. */
int model_catalog_load(struct model_catalogs *all, const void *blob, size_t len);

#endif
