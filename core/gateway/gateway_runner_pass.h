/* Goes through a batch's input from front to end: to judge a new one's lines, or to write an error
 * line for each that had no turn. */
#ifndef MOONGATE_GATEWAY_RUNNER_PASS_H
#define MOONGATE_GATEWAY_RUNNER_PASS_H

#include <stdbool.h>

#include "core/base/result.h"
#include "core/batch/batch_index.h"
#include "core/batch/batch_line.h"

struct gateway;

/* Begins, no job of the scan being under way. */
void gateway_runner_pass_begin(struct gateway *g);

/* Goes on. DONE: there is more to do in this turn. MORE: the disk tells. *over: it is through, and
 * runner->pass_fault is what is wrong with the file as a whole (GOOD: nothing). */
enum result gateway_runner_pass_run(struct gateway *g, bool *over);

/* Notes what is wrong with a line, 0: with the file as a whole, where there is room for it. */
void gateway_runner_pass_note(struct batch *batch, uint64_t line, enum batch_line_fault fault);

/* Breaks it off, as soon as that is possible. False: not yet. */
bool gateway_runner_pass_stop(struct gateway *g);

#endif
