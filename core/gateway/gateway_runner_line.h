/* A line of a batch on its way: read, marked as begun, asked, its result written down. */
#ifndef MOONGATE_GATEWAY_RUNNER_LINE_H
#define MOONGATE_GATEWAY_RUNNER_LINE_H

#include "core/batch/batch_index.h"
#include "core/batch/batch_line.h"

struct gateway;

#define GATEWAY_RUNNER_LINE_TRIES 3

enum gateway_runner_line_state {
    GATEWAY_RUNNER_LINE_FREE,
    GATEWAY_RUNNER_LINE_WANTED,  /* for its turn, its time, and room for it */
    GATEWAY_RUNNER_LINE_READING,
    GATEWAY_RUNNER_LINE_MARKING, /* that it has begun is to be on the disk first */
    GATEWAY_RUNNER_LINE_ASKED,
    GATEWAY_RUNNER_LINE_RESULT,  /* which is to be written, */
    GATEWAY_RUNNER_LINE_WRITING  /* and is being so */
};

/* One of LIMIT_BATCH_RUNS, beside the gateway_inner_run of that number. */
struct gateway_runner_line {
    uint8_t state;  /* enum gateway_runner_line_state */
    uint8_t tries;  /* that failed */
    uint8_t marked; /* 0; 1: the write under way has it; 2: it is on the disk */
    bool is_error;  /* its result is for the error file */
    int16_t body;
    uint16_t id_len;
    uint32_t number; /* from 1 on */
    uint32_t len;
    uint64_t at; /* in the file */
    uint64_t due_us; /* not before */
    uint32_t result_at, result_len; /* in the answer's place */
    struct batch_blob blob;
    char custom_id[BATCH_LINE_ID_BYTES];
};

/* A free one gets the line that the scan has found. */
void gateway_runner_line_begin(struct gateway *g, int run);

/* Whether nobody waits for a body, and beside what is taken (one of that class, or -1: none) one of
 * each class stays free for whoever comes. */
bool gateway_runner_line_has_body(const struct gateway *g, int class);

/* Goes on with all of them. may_begin: lines that wait may have their turn. */
void gateway_runner_line_run(struct gateway *g, bool may_begin);

/* Those that nothing has been asked for, and those that wait for another try, are given up; of a
 * cancelled batch also those whose results have no room on the disk. */
void gateway_runner_line_drop(struct gateway *g);

/* How many are under way. */
int gateway_runner_line_count(const struct gateway *g);

#endif
