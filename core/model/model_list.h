/* One list of models as a service told it: dense entries, and their text in a store of fixed
 * size. */
#ifndef MOONGATE_MODEL_LIST_H
#define MOONGATE_MODEL_LIST_H

#include "config/bounds.h"
#include "core/base/span.h"

#define MODEL_NONE (-1)         /* no such entry */
#define MODEL_USAGE_UNTOLD (-1) /* the service told no uses left, or a negative number */

/* Longer than this an identifier is no model; a display name and a type are cut. */
#define MODEL_TEXT_MAX_BYTES (LIMIT_NAME_BYTES - 1)
#define MODEL_TYPE_MAX_BYTES 31

_Static_assert(MODEL_TEXT_MAX_BYTES <= 255, "lengths of a model's texts are uint8");

enum model_type {
    MODEL_TYPE_UNTOLD, /* the service tells no types (OpenAI's list) */
    MODEL_TYPE_BASE,
    MODEL_TYPE_FREE_TRIAL,
    MODEL_TYPE_PREMIUM,
    MODEL_TYPE_UNKNOWN /* told, and none of the three */
};

/* A model as it is put in and taken out. Spans that come out point into the list. */
struct model_item {
    struct span identifier; /* what the service is asked for */
    struct span name;       /* for people; the identifier where the service gives none */
    struct span type_text;  /* as told; empty with MODEL_TYPE_UNTOLD */
    enum model_type type;
    int32_t usage_left; /* as told for every type; MODEL_USAGE_UNTOLD */
    bool is_new;
};

/* 16 bytes, so that a search of 1,024 stays in the first cache. */
struct model_entry {
    uint32_t _at; /* identifier, name and type, one behind the other */
    int32_t usage_left;
    uint16_t _hash;
    uint8_t _identifier_len;
    uint8_t _name_len;
    uint8_t _type_len;
    uint8_t type; /* enum model_type */
    bool is_new;
    bool warned; /* its low usage was said (model_quota_warn) */
};

struct model_list {
    uint32_t count;
    uint32_t left_out; /* models for which there was no room */
    uint32_t skipped;  /* no model: without an identifier, with a bad one or a known one */
    uint32_t _text_len;
    bool limits; /* uses are counted for some of them */
    struct model_entry entries[LIMIT_CATALOG_MODELS];
    char _text[LIMIT_CATALOG_TEXT_BYTES];
};

/* What became of an item. */
enum model_added { MODEL_ADDED = 1, MODEL_SKIPPED, MODEL_LEFT_OUT };

/* Empties the list; its arrays are not touched. */
void model_list_clear(struct model_list *list);

/* The type that this text names, compared exactly. */
enum model_type model_list_type(struct span text);

/* The text of a type as the configuration and /v1/models have it; NULL for untold and unknown. */
const char *model_list_type_text(enum model_type type);

/* Appends a copy of item. Skipped: the identifier is empty, longer than MODEL_TEXT_MAX_BYTES,
 * holds a control character, or is in the list already (the first wins). Left out: no room. Both
 * are counted. An empty name becomes the identifier; name and type are made printable and cut;
 * any negative usage_left becomes MODEL_USAGE_UNTOLD. */
enum model_added model_list_add(struct model_list *list, const struct model_item *item);

/* The entry with exactly this identifier, or MODEL_NONE. */
int model_list_find(const struct model_list *list, struct span identifier);

/* The last entry that a name without a date may stand for: "NAME", "NAME-latest" or "NAME-0" where
 * the list has "NAME-" and eight digits; or MODEL_NONE. */
int model_list_dated(const struct model_list *list, struct span name);

/* The entry, 0 <= entry < count, as an item. */
struct model_item model_list_get(const struct model_list *list, int entry);

/* True when uses are counted for it: freeTrial and premium, and the service told how many. */
bool model_list_limited(const struct model_list *list, int entry);

#endif
