/*
 * How far an export of the journal has come, kept over restarts: what stands in front of it was
 * delivered. It never runs ahead of what the disk has of the journal, so that a place which a power
 * loss took is not mistaken for one that was delivered.
 */
#ifndef MOONGATE_RECORD_CURSOR_H
#define MOONGATE_RECORD_CURSOR_H

#include "core/record/record_journal.h"

#define RECORD_CURSOR_BYTES 28
#define RECORD_CURSOR_GAP_US 5000000u    /* between two writes */
#define RECORD_CURSOR_RETRY_US 30000000u /* after one that failed */

struct record_cursor {
    uint64_t at;     /* for record_reader_begin_at */
    uint64_t number;
    bool dirty;      /* it has moved, and was not written since */
    bool writing;    /* the job is a write whose end was not looked at */
    uint64_t free_us; /* nothing is written before */
    struct store_job job;
    char bytes[RECORD_CURSOR_BYTES];
};

/* Finds the place on the disk, waiting for it; behind record_journal_load. Without one, or with a
 * damaged one, it is that of the oldest record; beyond the journal's end, it is the end. False: the
 * disk does not answer. */
bool record_cursor_load(struct record_cursor *cursor, const struct record_journal *journal);

/* All in front of that place, where a reader is, was delivered. */
void record_cursor_move(struct record_cursor *cursor, uint64_t at, uint64_t number);

/* Takes the end of a write, begins one that is due. Behind store_poll and record_journal_run. */
void record_cursor_run(struct record_cursor *cursor, const struct record_journal *journal,
                       uint64_t now_us);

/* When there is something to write; UINT64_MAX: not before the disk tells. */
uint64_t record_cursor_due_us(const struct record_cursor *cursor,
                              const struct record_journal *journal);

/* Writes the place now, waiting for the disk, for a clean stop; behind record_journal_flush. */
void record_cursor_flush(struct record_cursor *cursor, const struct record_journal *journal);

#endif
