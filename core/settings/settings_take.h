/* Values into the settings, each in the way that its row of the key table asks for. */
#ifndef MOONGATE_SETTINGS_TAKE_H
#define MOONGATE_SETTINGS_TAKE_H

#include "core/settings/settings_keys.h"
#include "core/settings/settings_report.h"
#include "core/settings/settings_value.h"

/* A value on its way. */
struct settings_taking {
    struct settings_scratch *scratch;
    const struct settings_row *row;
    int index;        /* of the thing that the key belongs to */
    void *thing;
    struct span name; /* what faults call the key */
    struct settings_spot spot;
    struct settings_value value;
};

/* Reads raw, the value of the line in hand, and puts it where it belongs; faults are reported. */
void settings_take(struct settings_scratch *scratch, int row, int index, struct span raw);

/* Whether the value is a string of the row's length without control characters; a fault is
 * reported. */
bool settings_take_text(struct settings_taking *taking);

/* Reports that the key takes something else: the name of what it got, or NULL when that is of the
 * right kind and out of range. */
void settings_take_refuse(struct settings_taking *taking, const char *got);

/* Reports a fault about the key: the pattern's first '$' is its name, the second is more. */
void settings_take_fault(struct settings_taking *taking, const char *pattern, struct span more);

#endif
