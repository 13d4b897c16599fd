/* See record_cursor.h. */
#include "core/record/record_cursor.h"

#include <string.h>

#include "core/base/crc32.h"
#include "core/base/little.h"

#define NAME "journal.cursor"
#define MARK "mgcursr1"
#define MARK_BYTES 8
#define CRC_AT (RECORD_CURSOR_BYTES - 4)

static void begin(struct record_cursor *cursor, enum port_store_kind kind)
{
    cursor->job.job = (struct port_store_job){
        .kind = kind, .name = NAME, .data = cursor->bytes, .len = RECORD_CURSOR_BYTES};
    store_begin(&cursor->job);
}

static void read_place(struct record_cursor *cursor)
{
    const char *bytes = cursor->bytes;
    bool good = memcmp(bytes, MARK, MARK_BYTES) == 0 &&
                little_get(bytes + CRC_AT, 4) == crc32_of((struct span){bytes, CRC_AT});
    if (good) {
        cursor->at = little_get(bytes + 8, 8);
        cursor->number = little_get(bytes + 16, 8);
    }
}

/* The disk may have lost the newest part of the journal, and kept the place: what is added next
 * stands in front of it. */
static void clamp(struct record_cursor *cursor, const struct record_journal *journal)
{
    if (cursor->at > record_journal_end(journal))
        record_cursor_move(cursor, record_journal_end(journal),
                           record_journal_end_number(journal));
}

bool record_cursor_load(struct record_cursor *cursor, const struct record_journal *journal)
{
    struct record_run oldest = record_journal_oldest(journal);
    cursor->at = oldest.at;
    cursor->number = oldest.number;
    if (LIMIT_JOURNAL_SEGMENTS == 0)
        return true;
    begin(cursor, PORT_STORE_READ);
    if (!store_wait(&cursor->job, RECORD_JOURNAL_LOAD_US))
        return false;
    if (cursor->job.job.result == RECORD_CURSOR_BYTES)
        read_place(cursor);
    clamp(cursor, journal);
    return true;
}

void record_cursor_move(struct record_cursor *cursor, uint64_t at, uint64_t number)
{
    cursor->dirty = cursor->dirty || at != cursor->at;
    cursor->at = at;
    cursor->number = number;
}

uint64_t record_cursor_due_us(const struct record_cursor *cursor,
                              const struct record_journal *journal)
{
    bool wanted = cursor->dirty && !cursor->writing && LIMIT_JOURNAL_SEGMENTS > 0 &&
                  cursor->at <= record_journal_safe_end(journal);
    return wanted ? cursor->free_us : UINT64_MAX;
}

static void begin_write(struct record_cursor *cursor)
{
    memcpy(cursor->bytes, MARK, MARK_BYTES);
    little_put(cursor->bytes + 8, cursor->at, 8);
    little_put(cursor->bytes + 16, cursor->number, 8);
    little_put(cursor->bytes + CRC_AT, crc32_of((struct span){cursor->bytes, CRC_AT}), 4);
    cursor->dirty = false;
    cursor->writing = true;
    begin(cursor, PORT_STORE_REPLACE);
}

static void end_write(struct record_cursor *cursor, uint64_t now_us)
{
    cursor->writing = false;
    if (cursor->job.job.result >= 0)
        return;
    cursor->dirty = true;
    cursor->free_us = now_us + RECORD_CURSOR_RETRY_US;
}

void record_cursor_run(struct record_cursor *cursor, const struct record_journal *journal,
                       uint64_t now_us)
{
    if (cursor->writing && !cursor->job.busy)
        end_write(cursor, now_us);
    if (now_us < record_cursor_due_us(cursor, journal))
        return;
    cursor->free_us = now_us + RECORD_CURSOR_GAP_US;
    begin_write(cursor);
}

void record_cursor_flush(struct record_cursor *cursor, const struct record_journal *journal)
{
    if (cursor->writing && !store_wait(&cursor->job, RECORD_JOURNAL_LOAD_US))
        return;
    if (cursor->writing)
        end_write(cursor, 0);
    cursor->free_us = 0;
    if (record_cursor_due_us(cursor, journal) == UINT64_MAX)
        return;
    begin_write(cursor);
    if (store_wait(&cursor->job, RECORD_JOURNAL_LOAD_US))
        end_write(cursor, 0);
}
