/* A writer that knows one thing about what came before: whether a comma must follow it. */
#include "core/json/json_write.h"

#include "core/base/assert.h"
#include "core/json/json_string.h"

#include <string.h>

#define PIECE_BYTES 64 /* that are escaped at once */

void json_write_string(struct text *t, struct span plain)
{
    char piece[PIECE_BYTES];
    text_add_char(t, '"');
    while (plain.len > 0 && !t->cut) {
        size_t len = json_string_escape_some(&plain, piece, sizeof(piece));
        ASSERT(len > 0);
        text_add(t, (struct span){piece, len});
    }
    text_add_char(t, '"');
}

void json_write_str(struct text *t, const char *plain)
{
    if (plain == NULL)
        text_add_str(t, "null");
    else
        json_write_string(t, span_of(plain));
}

void json_write_name(struct text *t, const char *name)
{
    if (t->len > 0 && memchr("{[,", t->at[t->len - 1], 3) == NULL)
        text_add_char(t, ',');
    text_add_char(t, '"');
    text_add_str(t, name);
    text_add_str(t, "\":");
}

void json_write_member(struct text *t, const char *name, struct span plain)
{
    json_write_name(t, name);
    json_write_string(t, plain);
}

void json_write_member_u64(struct text *t, const char *name, uint64_t value)
{
    json_write_name(t, name);
    text_add_u64(t, value);
}

void json_write_member_bool(struct text *t, const char *name, bool value)
{
    json_write_name(t, name);
    text_add_str(t, value ? "true" : "false");
}

void json_write_member_null(struct text *t, const char *name)
{
    json_write_name(t, name);
    text_add_str(t, "null");
}
