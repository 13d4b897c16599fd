/* The table of all keys: where each stands in the file, what it takes, where it goes. */
#ifndef MOONGATE_SETTINGS_KEYS_H
#define MOONGATE_SETTINGS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/settings/settings_scratch.h"

/* How a value is taken. */
enum settings_take {
    SETTINGS_TAKE_BOOL,
    SETTINGS_TAKE_INTEGER,
    SETTINGS_TAKE_WEIGHT,    /* a number in thousandths */
    SETTINGS_TAKE_WORD,      /* one of words; its number is kept */
    SETTINGS_TAKE_STRING,    /* min to max are its bytes */
    SETTINGS_TAKE_FILE,      /* a string that names a file which can be read */
    SETTINGS_TAKE_DECIMAL,   /* a number kept as JSON text; min and max in thousandths */
    SETTINGS_TAKE_WHOLE,     /* an integer kept as JSON text */
    SETTINGS_TAKE_TYPE,      /* a provider's */
    SETTINGS_TAKE_SECRET,
    SETTINGS_TAKE_KEY,       /* a client's secret */
    SETTINGS_TAKE_SHA256,
    SETTINGS_TAKE_CLICKHOUSE,
    SETTINGS_TAKE_BASE_PATH,
    SETTINGS_TAKE_HOURS,
    SETTINGS_TAKE_ALIAS,
    SETTINGS_TAKE_LISTENERS,
    SETTINGS_TAKE_LIST,
    SETTINGS_TAKE_HOSTS,
    SETTINGS_TAKE_ORIGINS,
    SETTINGS_TAKE_ROUTING,
    SETTINGS_TAKE_FILTER_TYPES,
    SETTINGS_TAKES
};

struct settings_row {
    const char *path;  /* '*' stands for a name */
    uint8_t take;      /* enum settings_take */
    uint8_t kind;      /* enum settings_kind: what it belongs to */
    uint8_t width;     /* its bytes there; 0: it is checked and not kept */
    uint8_t protocols; /* of a provider's key: SETTINGS_KEYS_FOR, ored; 0: all */
    int64_t min;
    int64_t max;
    const char *words; /* WORD: the words, blanks between; STRING, FILE: the standard */
    int32_t standard;  /* when the file says nothing */
    uint32_t at;       /* its place in what it belongs to */
    bool zero_too;     /* 0 is good besides min to max */
    bool secret;       /* left out of the file's hash */
};

#define SETTINGS_KEYS_FOR(protocol) (1U << (protocol))

/* Row i, from 0; NULL behind the last. */
const struct settings_row *settings_keys_row(int i);

/* The row of that path, which the table has; as in "models.*.retries". */
int settings_keys_number(const char *path);

/* Writes an integer to the row's place in the thing it belongs to. */
void settings_keys_put(const struct settings_row *row, void *thing, int64_t value);

/* Writes a string there. */
void settings_keys_put_text(const struct settings_row *row, void *thing, const char *text);

/* Gives a thing of that kind, all zero, what its keys are when the file says nothing. */
void settings_keys_defaults(enum settings_kind kind, void *thing);

#endif
