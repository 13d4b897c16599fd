/* Values as TOML writes them; numbers stay exact, there is no floating point. */
#ifndef MOONGATE_SETTINGS_VALUE_H
#define MOONGATE_SETTINGS_VALUE_H

#include "core/base/text.h"

enum settings_value_kind {
    SETTINGS_VALUE_BAD, /* why says what is wrong */
    SETTINGS_VALUE_STRING,
    SETTINGS_VALUE_WORD, /* bare: as good as a string */
    SETTINGS_VALUE_INTEGER,
    SETTINGS_VALUE_FLOAT,
    SETTINGS_VALUE_BOOL,
    SETTINGS_VALUE_ARRAY,
    SETTINGS_VALUE_TABLE /* { ... }, which no key takes */
};

struct settings_value {
    enum settings_value_kind kind;
    struct span raw;    /* as written; of a float without '+' and '_' */
    struct span text;   /* STRING, WORD: the content */
    int64_t integer;    /* INTEGER */
    int64_t milli;      /* INTEGER, FLOAT: thousandths, cut towards 0, at most INT64_MAX */
    bool exact;         /* milli is the number, nothing was cut */
    bool truth;         /* BOOL */
    const char *why;    /* BAD */
};

/* Reads one value that fills raw. Strings are resolved, numbers tidied, into out, whose text is
 * replaced; value->text and raw live as long as out's buffer and raw's. */
void settings_value_read(struct settings_value *value, struct span raw, struct text *out);

enum settings_value_step {
    SETTINGS_VALUE_ELEMENT = 1,
    SETTINGS_VALUE_NO_MORE,
    SETTINGS_VALUE_BROKEN /* commas are missing or too many, or a list stands in the list */
};

/* Takes the next element off an array's inside; *rest begins as settings_value_inside gives it. */
enum settings_value_step settings_value_next(struct span *rest, struct span *element);

/* What stands between the brackets of an array. */
struct span settings_value_inside(const struct settings_value *array);

/* What a kind is called: "an integer". */
const char *settings_value_kind_name(enum settings_value_kind kind);

#endif
