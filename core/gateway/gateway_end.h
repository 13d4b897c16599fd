/* What is written down where a request ends: a line of the log, metrics, its record. */
#ifndef MOONGATE_GATEWAY_END_H
#define MOONGATE_GATEWAY_END_H

#include "core/record/record.h"

struct gateway;
struct gateway_error;

/* Once for each request, while it still has its client. error is NULL when it did not fail. */
void gateway_end_note(struct gateway *g, int request, enum record_outcome outcome,
                      const struct gateway_error *error);

#endif
