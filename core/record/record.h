/*
 * The record of one inference, and its form in the journal: a frame of its length, its checksum,
 * its content, and its length again, so that a run of frames can be read from either end.
 */
#ifndef MOONGATE_RECORD_H
#define MOONGATE_RECORD_H

#include "config/bounds.h"
#include "core/base/result.h"
#include "core/base/span.h"
#include "core/base/uuid.h"

#define RECORD_NONE UINT64_MAX /* a number that is not known */
#define RECORD_BATCH_BYTES 40  /* of a batch's id */

enum record_outcome {
    RECORD_OUTCOME_COMPLETE,
    RECORD_OUTCOME_FAILED,     /* before any content went out */
    RECORD_OUTCOME_CUT,        /* behind some content */
    RECORD_OUTCOME_CLIENT_GONE,
    RECORD_OUTCOMES
};

/* The places of numbers and texts are part of the file format: new ones go to the end. */
enum record_number {
    RECORD_CREATED_MS, /* Unix time */
    RECORD_ATTEMPTS,
    RECORD_STATUS,
    RECORD_OUTCOME,    /* enum record_outcome */
    RECORD_STREAM,     /* 0 or 1 */
    RECORD_QUEUE_US,
    RECORD_FIRST_CONTENT_US,
    RECORD_TOTAL_US,
    RECORD_INPUT_TOKENS,
    RECORD_OUTPUT_TOKENS,
    RECORD_TOKENS_ESTIMATED, /* 0 or 1: of the output */
    RECORD_BYTES_IN,
    RECORD_BYTES_OUT,
    RECORD_STOP,       /* enum provider_stop */
    RECORD_INPUT_CUT,  /* 0 or 1: the input is longer than what was kept of it */
    RECORD_NUMBERS
};

enum record_text {
    RECORD_X_REQUEST_ID,
    RECORD_KEY,
    RECORD_MODEL,    /* as the client asked for it */
    RECORD_PROVIDER,
    RECORD_ERROR,
    RECORD_VARIANT,
    RECORD_ROUTE,    /* "/chat/completions" */
    RECORD_INPUT,    /* JSON as the client sent it */
    RECORD_OUTPUT,   /* plain text */
    RECORD_EPISODE,  /* a UUID: the client's, or one that it was given */
    RECORD_SERVED,   /* with a variant: the model that it is */
    RECORD_BATCH,    /* whose line it was: "batch_..." */
    RECORD_TEXTS
};

struct record {
    uint8_t id[UUID_BYTES];
    uint64_t numbers[RECORD_NUMBERS]; /* RECORD_NONE: not known */
    struct span texts[RECORD_TEXTS];  /* at NULL: there is none */
};

/* All that a frame has besides the bytes of texts; generous. */
#define RECORD_FRAME_BYTES (32 + UUID_BYTES + RECORD_NUMBERS * 10 + RECORD_TEXTS * 10)

/* The largest frame that the gateway makes. */
#define RECORD_MAX_BYTES                                                                           \
    (RECORD_FRAME_BYTES + 5 * LIMIT_NAME_BYTES + LIMIT_REQUEST_ID_BYTES + 548 +                    \
     RECORD_BATCH_BYTES + 2 * LIMIT_CONTENT_BYTES)

/* Nothing is known, there are no texts. */
void record_clear(struct record *record);

/* The word for an outcome: "complete", "failed", "cut", "client_gone". */
const char *record_outcome_text(uint64_t outcome);

/* Writes the record as a frame: its length, or 0 when cap is too small for RECORD_FRAME_BYTES and
 * its texts. */
size_t record_write(const struct record *record, char *out, size_t cap);

/* The frame at the front of bytes. DONE: *len is its length, its checksum is right. MORE: it is not
 * all there, and needs *len bytes (0: not known yet). FAULT: there is none. */
enum result record_first(struct span bytes, size_t *len);

/* The same for the frame that ends where bytes end. */
enum result record_last(struct span bytes, size_t *len);

/* Reads a frame that was found good; texts point into it. False: it is of a form that this build
 * does not know. */
bool record_read(struct span frame, struct record *record);

#endif
