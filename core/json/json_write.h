/* Writes JSON into a text. What does not fit sets the text's cut. */
#ifndef MOONGATE_JSON_WRITE_H
#define MOONGATE_JSON_WRITE_H

#include "core/base/text.h"

/* A string with its quotes, plain bytes escaped. */
void json_write_string(struct text *t, struct span plain);

/* The same of a C string; NULL becomes null. */
void json_write_str(struct text *t, const char *plain);

/* A name with its quotes and the colon behind it; name is plain ASCII without '"' and '\'. A comma
 * comes first unless the text is empty or ends with '{', '[' or ','. */
void json_write_name(struct text *t, const char *name);

/* name and a value: string, number, true or false, null. */
void json_write_member(struct text *t, const char *name, struct span plain);
void json_write_member_u64(struct text *t, const char *name, uint64_t value);
void json_write_member_bool(struct text *t, const char *name, bool value);
void json_write_member_null(struct text *t, const char *name);

#endif
