/* A batch's results go to the disk: its output and error files, one append at a time. */
#ifndef MOONGATE_GATEWAY_RUNNER_OUT_H
#define MOONGATE_GATEWAY_RUNNER_OUT_H

#include "core/base/result.h"
#include "core/base/span.h"
#include "core/batch/batch_index.h"

struct gateway;

enum gateway_runner_out_state {
    GATEWAY_RUNNER_OUT_IDLE,
    GATEWAY_RUNNER_OUT_ENTRY,  /* the file is to be in the saved index first */
    GATEWAY_RUNNER_OUT_CUT,    /* what an append that failed has left is cut off */
    GATEWAY_RUNNER_OUT_APPEND,
    GATEWAY_RUNNER_OUT_PAUSE   /* there was no room */
};

struct gateway_runner_out {
    uint8_t state; /* enum gateway_runner_out_state */
    bool errors;   /* which file */
    bool torn[2];  /* its last append failed: of the output, of the errors */
    int16_t file;  /* in the index */
    uint32_t mark; /* of the index, to be saved */
    uint64_t retry_us;
    struct span bytes; /* the caller's, until they are written */
    struct batch_blob blob;
};

/* Begins to write whole lines behind the batch's output or error file; it is IDLE. */
void gateway_runner_out_begin(struct gateway *g, bool errors, struct span bytes);

/* Goes on. DONE: they are on the disk, and it is IDLE. MORE: not yet. */
enum result gateway_runner_out_run(struct gateway *g);

/* The batch is cancelled: what waits for room is given up. False: nothing did, or it is not. */
bool gateway_runner_out_drop(struct gateway *g);

/* A file of the batch in the index by its id; -1: there is none. */
int gateway_runner_out_file(const struct gateway *g, bool errors);

/* The batch has ended: clients may see its files. */
void gateway_runner_out_show(struct gateway *g);

#endif
