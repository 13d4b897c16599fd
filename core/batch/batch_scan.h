/* Reads a file line by line through a piece of memory, however long its lines are. */
#ifndef MOONGATE_BATCH_SCAN_H
#define MOONGATE_BATCH_SCAN_H

#include "core/batch/batch_index.h"
#include "core/batch/batch_result.h"

/* The piece, which most lines are shorter than. */
#define BATCH_SCAN_BYTES (LIMIT_BATCH_PIECE_BYTES < 65536 ? LIMIT_BATCH_PIECE_BYTES : 65536)

enum batch_scan_result {
    BATCH_SCAN_WAIT, /* for the disk */
    BATCH_SCAN_LINE,
    BATCH_SCAN_END,
    BATCH_SCAN_BROKEN /* the disk does not give it; the next call tries again */
};

struct batch_scan {
    /* The line that was found last. */
    uint64_t number;   /* from 1 on */
    uint64_t line_at;  /* in the file, */
    uint64_t line_len; /* without its line end */
    bool is_whole;     /* its line end was there */
    struct span text;  /* at NULL: it is longer than the piece */
    struct span front; /* its first BATCH_RESULT_MARK_BYTES, or all of it */

    struct batch_blob _blob;
    bool _reading; /* a job is under way, or its end was not looked at */
    bool _ended;
    uint64_t _end; /* as much of the file counts */
    uint64_t _at;  /* where the piece begins in it */
    uint64_t _long_len; /* of the line in hand, in front of the piece */
    uint32_t _len, _used; /* of the piece */
    char _mark[BATCH_RESULT_MARK_BYTES];
    char _piece[BATCH_SCAN_BYTES];
};

/* Begins at the front, no job being under way; end: as much of the file counts. */
void batch_scan_begin(struct batch_scan *scan, uint64_t end);

/* Whether a job is under way: the scan cannot begin anew. */
bool batch_scan_is_busy(const struct batch_scan *scan);

/* The next line; what was found before is gone. file is the same at each call. */
enum batch_scan_result batch_scan_next(struct batch_scan *scan, const struct batch_file *file);

/* Whether the line is white space alone, and so none. */
bool batch_scan_is_blank(const struct batch_scan *scan);

#endif
