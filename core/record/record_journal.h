/*
 * The journal: frames of records one behind the other in a run that never ends, of which the last
 * part is kept. A place in it is the number of bytes in front. New records gather in one buffer
 * while the other is on its way to the disk, where a ring of files (segments) holds them; each new
 * segment takes the place of the oldest. The caller never waits for the disk.
 */
#ifndef MOONGATE_RECORD_JOURNAL_H
#define MOONGATE_RECORD_JOURNAL_H

#include "config/bounds.h"
#include "core/base/store.h"
#include "core/record/record.h"

#define RECORD_JOURNAL_HEAD_BYTES 32 /* of a segment */
#define RECORD_JOURNAL_NAME_BYTES 16
#define RECORD_JOURNAL_LOAD_US 5000000u  /* each read at the start may take that long */
#define RECORD_JOURNAL_RETRY_US 30000000u /* after a write that failed */
#define RECORD_JOURNAL_GAP_US 1000000u    /* between two writes, and two lines about drops */

/* A run of frames on the disk or in a buffer. */
struct record_run {
    uint64_t at;     /* the place of its first byte */
    uint64_t number; /* of records in front of it, since the journal was begun */
    uint32_t len;    /* 0: there is nothing in it */
    uint32_t count;  /* records; of a segment not counted */
};

/* The place behind it. */
static inline uint64_t record_run_end(const struct record_run *run)
{
    return run->at + run->len;
}

struct record_journal {
    struct record_run segments[LIMIT_JOURNAL_SEGMENTS > 0 ? LIMIT_JOURNAL_SEGMENTS : 1];
    uint32_t newest;   /* the number of the segment written last, from 1 on; 0: none. Its slot and
                        * name are the remainder by LIMIT_JOURNAL_SEGMENTS */
    bool fresh;        /* nothing may be added to it: the next write begins another */
    uint8_t gathering; /* the buffer for new records; the other one is written, or empty */
    struct record_run buffers[2];
    char bytes[2][RECORD_JOURNAL_HEAD_BYTES + LIMIT_JOURNAL_BUFFER_BYTES];
    struct store_job job;
    bool writing;      /* the job is a write whose end was not looked at */
    char name[RECORD_JOURNAL_NAME_BYTES];
    uint64_t since_us; /* the oldest record that gathers */
    uint64_t free_us;  /* nothing is written before */
    uint64_t minute_us;    /* when the minute in hand began */
    uint32_t minute_bytes; /* and what was written in it */
    uint64_t said_us;      /* drops were last logged */
    uint64_t dropped_said;
    enum port_level log_level;
    uint64_t records; /* added */
    uint64_t dropped; /* no room in the buffer, or the disk refused for too long */
    bool damaged; /* a segment that cannot be read was met */
};

/* An empty journal; all of it is zero before. */
void record_journal_init(struct record_journal *journal, enum port_level log_level);

/* Finds what is on the disk, waiting for it; what a power loss tore is left out, and
 * logged. False: the disk does not answer. */
bool record_journal_load(struct record_journal *journal);

/* Adds a record; it is on the disk a little later. False: there is no room, and it is dropped. */
bool record_journal_add(struct record_journal *journal, const struct record *record,
                        uint64_t now_us);

/* Whether it has room for no record, not even one without texts: then one is counted as dropped,
 * and need not be made. */
bool record_journal_drops(struct record_journal *journal, uint64_t now_us);

/* Takes the end of a write, begins the next one that is due. Behind store_poll. */
void record_journal_run(struct record_journal *journal, uint64_t now_us);

/* When there is something to write; UINT64_MAX while there is nothing, or a write is under way. */
uint64_t record_journal_due_us(const struct record_journal *journal);

/* Writes all there is, waiting for the disk, for a clean stop. */
void record_journal_flush(struct record_journal *journal, uint64_t now_us);

/* Gives memory that is not in use back to the system. */
void record_journal_trim(struct record_journal *journal);

/* The oldest record that is kept: its place, and its number. */
struct record_run record_journal_oldest(const struct record_journal *journal);

/* Behind the newest record; and behind the newest that a power loss leaves. */
uint64_t record_journal_end(const struct record_journal *journal);
uint64_t record_journal_safe_end(const struct record_journal *journal);

/* How many records stand in front of the end, since the journal was begun. */
uint64_t record_journal_end_number(const struct record_journal *journal);

/* The run that has the byte at that place, and its bytes when they are in memory; *bytes is NULL
 * for a segment, whose file gets name, and its bytes begin at RECORD_JOURNAL_HEAD_BYTES. NULL: no
 * run has it. */
const struct record_run *record_journal_find(const struct record_journal *journal, uint64_t at,
                                             const char **bytes,
                                             char name[RECORD_JOURNAL_NAME_BYTES]);

#endif
