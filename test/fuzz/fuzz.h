/* What every fuzz target shares. A target is one file fuzz_NAME.c with a fuzz_one; its corpus is
 * corpus/NAME. The outside is fuzz_port.c: no files, no network, time that stands still. */
#ifndef MOONGATE_FUZZ_H
#define MOONGATE_FUZZ_H

#include "core/base/span.h"

/* Stops the program, so that the input is kept, where what must hold does not. */
#define FUZZ_CHECK(promise) ((promise) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #promise))

_Noreturn void fuzz_fail(const char *file, int line, const char *promise);

/* The target: one input, whose last byte is the last that may be read. */
void fuzz_one(struct span input);

/* Takes a byte off the front; 0 when there is none. */
uint8_t fuzz_byte(struct span *input);

/* Takes the next pieces of input, cut where its front byte says: a first one, and all the rest. */
struct span fuzz_cut(struct span *input);

/* A copy whose last byte is the last that may be touched; the one before it is gone. */
char *fuzz_copy(struct span bytes);

/* Whether part lies in whole; so do spans of nothing. */
bool fuzz_inside(struct span part, struct span whole);

/* Whether json is one value, no deeper than depth, in UTF-8: by a judge that has nothing in common
 * with core's (fuzz_judge.c). */
bool fuzz_is_json(struct span json, int depth);

/* A blob of the store, until the next input; it can be read and replaced. */
void fuzz_blob(const char *name, struct span bytes);

#endif
