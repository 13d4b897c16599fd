/*
 * Reads a journal, the newest record first or the oldest, a block at a time, while it goes on being
 * written. Nothing waits for the disk.
 */
#ifndef MOONGATE_RECORD_READER_H
#define MOONGATE_RECORD_READER_H

#include "core/record/record_journal.h"

struct record_reader {
    uint64_t at;     /* its place in the journal, between two records */
    uint64_t number; /* reading on: of the record behind it */
    struct store_job job;
    bool asked;      /* the job is a read whose result was not taken */
    char name[RECORD_JOURNAL_NAME_BYTES];
    struct record_run block; /* what is in bytes; its number and count are not used */
    char bytes[RECORD_MAX_BYTES];
};

/* Begins behind the newest record. Its job must not be busy. */
void record_reader_begin_last(struct record_reader *reader, const struct record_journal *journal);

/* Begins at a place where an earlier reader of this journal was, or as near as there is something
 * left. */
void record_reader_begin_at(struct record_reader *reader, uint64_t at, uint64_t number);

/* The record before. DONE: *frame has it, until the next call. MORE: the disk is asked, call again
 * when the job is not busy. FAULT: there is none. */
enum result record_reader_back(struct record_reader *reader, struct record_journal *journal,
                               struct span *frame);

/* The next record. FAULT: there is none yet. */
enum result record_reader_next(struct record_reader *reader, struct record_journal *journal,
                               struct span *frame);

#endif
