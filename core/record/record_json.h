/* A record as JSON for people: an entry of GET /v1/inferences. */
#ifndef MOONGATE_RECORD_JSON_H
#define MOONGATE_RECORD_JSON_H

#include "core/base/text.h"
#include "core/record/record.h"

/* Of an entry without its content: names and errors of escapes alone. */
#define RECORD_JSON_BYTES (1024 + 6 * (4 * LIMIT_NAME_BYTES + LIMIT_REQUEST_ID_BYTES + 384))

/* Writes the entry up to its content: '{' and all members but input and output, no '}'. */
void record_json_begin(struct text *out, const struct record *record);

#endif
