/* A line of a batch's output or error file: written, and known again after a restart. */
#ifndef MOONGATE_BATCH_RESULT_H
#define MOONGATE_BATCH_RESULT_H

#include "core/base/text.h"
#include "core/batch/batch_line.h"

#define BATCH_RESULT_MARK_BYTES 96 /* a line's first so many bytes hold its number */

/* Which line of which batch it answers. */
struct batch_result {
    const char *batch;     /* its id, as clients see it */
    uint64_t line;         /* from 1 on */
    struct span custom_id; /* between its quotes; at NULL: none is known */
};

/* What stands in front of the answer's body, and behind it. fault is GOOD or STATUS; repeated: it
 * may have been asked before, and the answer lost. */
void batch_result_head(struct text *out, const struct batch_result *result, uint16_t status,
                       const char *request_id);
void batch_result_tail(struct text *out, enum batch_line_fault fault, bool repeated);

/* A whole line for what has no answer. */
void batch_result_error(struct text *out, const struct batch_result *result,
                        enum batch_line_fault fault, bool repeated);

/* The number of the line that a result line, or its front, is for; 0: it is none of this batch. */
uint64_t batch_result_line(struct span front, const char *batch);

/* Makes one line of a JSON text: line ends can only stand between its parts. */
void batch_result_flatten(char *json, size_t len);

#endif
