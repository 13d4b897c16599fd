/* A batch's place is found again: by the results that it has written, and the lines that it had
 * under way. */
#ifndef MOONGATE_GATEWAY_RUNNER_BACK_H
#define MOONGATE_GATEWAY_RUNNER_BACK_H

#include <stdbool.h>

#include "core/base/result.h"

struct gateway;

/* Begins, no job of the scan being under way. */
void gateway_runner_back_begin(struct gateway *g);

/* Goes on. DONE: there is more to do in this turn. MORE: the disk tells. *over: it is through. */
enum result gateway_runner_back_run(struct gateway *g, bool *over);

#endif
