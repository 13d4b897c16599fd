/*
 * Works off batches, one at a time: judges a new one's lines, then asks for one line after the
 * other while nobody else waits, and writes down each answer before it counts. A new batch is
 * judged, and one that is cancelled or has expired is ended, before an older one goes on, which
 * finds its place again by what it has written, as after a restart.
 */
#ifndef MOONGATE_GATEWAY_RUNNER_H
#define MOONGATE_GATEWAY_RUNNER_H

#include "core/batch/batch_index.h"
#include "core/batch/batch_line.h"
#include "core/batch/batch_scan.h"
#include "core/batch/batch_seen.h"
#include "core/gateway/gateway_inner.h"
#include "core/gateway/gateway_runner_line.h"
#include "core/gateway/gateway_runner_out.h"

struct gateway;

#define GATEWAY_RUNNER_MARKS "batch-begun" /* a blob */
#define GATEWAY_RUNNER_DISK_US 10000000u  /* until a disk that was full is tried again */
#define GATEWAY_RUNNER_LOOK_US 30000000u  /* hours and usage are looked at so often */
#define GATEWAY_RUNNER_ROOM_US 20000u     /* and whether people have left room */

enum gateway_runner_state {
    GATEWAY_RUNNER_IDLE,
    GATEWAY_RUNNER_JUDGE,       /* a new batch's lines */
    GATEWAY_RUNNER_BACK_OUTPUT, /* an older one's results are read, */
    GATEWAY_RUNNER_BACK_ERRORS,
    GATEWAY_RUNNER_BACK_MARKS,  /* and which lines were under way */
    GATEWAY_RUNNER_FEED,
    GATEWAY_RUNNER_EXPIRE       /* lines that had no turn become error lines */
};

/* What a batch waits for. */
enum gateway_runner_wait {
    GATEWAY_RUNNER_NOTHING,
    GATEWAY_RUNNER_DISK,
    GATEWAY_RUNNER_HOURS,
    GATEWAY_RUNNER_NETWORK,
    GATEWAY_RUNNER_QUOTA,
    GATEWAY_RUNNER_PEOPLE
};

enum gateway_runner_endpoint { /* the numbers stand in the saved index */
    GATEWAY_RUNNER_CHAT,
    GATEWAY_RUNNER_EMBEDDINGS,
    GATEWAY_RUNNER_RESPONSES,
    GATEWAY_RUNNER_ENDPOINTS
};

struct gateway_runner {
    uint8_t state; /* enum gateway_runner_state */
    uint8_t waits; /* enum gateway_runner_wait, in this turn, */
    uint8_t shown; /* and in the last one; */
    uint8_t said;  /* the log was told of that, and no line has ended since */
    uint8_t tenth; /* of the lines that the log was told of */
    bool pass_over;     /* all lines were gone through */
    uint8_t pass_fault; /* enum batch_line_fault, of the file as a whole */
    bool long_line; /* a line longer than the scan's piece is read for judging */
    bool fed;       /* the scan has reached the end */
    int16_t batch;  /* in the index, or -1 */
    int16_t body;   /* of a long line */
    uint64_t back_end; /* of the whole lines of a file of results */
    uint64_t good;  /* lines, while it is judged */
    uint64_t due_us;
    uint64_t pause_us;  /* nothing is asked before: the network is missing */
    uint64_t rate_us;   /* nor before that: requests_per_minute */
    uint32_t backoff_s; /* the last pause */
    uint32_t text_len;  /* error lines that wait to be written, in the first answer's place */
    char name[BATCH_INDEX_NAME_BYTES]; /* of the batch */
    struct batch_blob blob;            /* for reading long lines and cutting */
    struct store_job marks_job;
    bool marks_busy;
    uint64_t marks_retry_us;
    uint8_t marks[BATCH_INDEX_ID_BYTES + 4 * LIMIT_BATCH_RUNS]; /* the batch, lines under way */
    uint32_t repeated[LIMIT_BATCH_RUNS]; /* lines that were under way at a crash; 0: none */
    uint64_t lines_total[2];             /* answered, failed; since the start, for /metrics */
    struct gateway_runner_out out;
    struct gateway_runner_line lines[LIMIT_BATCH_RUNS];
    uint8_t done[LIMIT_BATCH_LINES / 8 + 1]; /* a bit each line */
    struct batch_scan scan;
    struct batch_seen seen;
    struct gateway_inner inner;
};

/* The batch in hand. */
struct batch *gateway_runner_batch(struct gateway *g);

/* Its input file in the index; -1: it is gone. */
int gateway_runner_input(struct gateway *g);

/* Begins; g->runner is the caller's, and all zero. */
void gateway_runner_init(struct gateway *g);

/* Goes on as far as it goes, once it is time or something has woken it. Behind store_poll and
 * gateway_batch_run. */
void gateway_runner_run(struct gateway *g);

/* When there is something to do; UINT64_MAX: nothing, unless the disk tells. */
uint64_t gateway_runner_due_us(const struct gateway *g);

/* Writes down the answers that are there, waiting for the disk, for a clean stop. */
void gateway_runner_flush(struct gateway *g);

/* All is quiet: memory goes back to the system. */
void gateway_runner_trim(struct gateway *g);

/* Something has happened that it may wait for: the disk is done with a job, a line is answered, a
 * batch is new or cancelled. It is looked at in this turn or the next. */
void gateway_runner_wake(struct gateway *g);

/* Lines of the batch in hand that are not done. */
uint64_t gateway_runner_left(const struct gateway *g);

/* What a batch waits for, in words; NULL: for nothing. */
const char *gateway_runner_waits_for(const struct gateway *g, int batch);

/* An endpoint's path with /v1, and its number; -1: none of them. */
const char *gateway_runner_path(int endpoint);
int gateway_runner_endpoint(struct span path);

/* ---- for the other files of the runner ---- */

/* This turn's work ends with a wait for that time, or for that thing. */
void gateway_runner_due(struct gateway_runner *runner, uint64_t us);
void gateway_runner_waits(struct gateway_runner *runner, enum gateway_runner_wait what);

/* Reads or replaces the blob of marks: runner->marks. */
void gateway_runner_marks(struct gateway_runner *runner, enum port_store_kind kind);

/* A line's result is on the disk. */
void gateway_runner_count(struct gateway *g, uint64_t line, bool is_error);

/* Whether a line is done, and that it is. */
void gateway_runner_note_done(struct gateway_runner *runner, uint64_t line);
bool gateway_runner_is_done(const struct gateway_runner *runner, uint64_t line);

#endif
