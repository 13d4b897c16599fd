/* An export's place: kept over restarts, damaged in every way, and never ahead of the disk. */
#include "core/record/record_cursor.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_store.h"

#define SECOND_US 1000000u

static struct record_journal journal;
static struct record_cursor cursor;
static uint64_t now_us;

static void start(void)
{
    memset(&journal, 0, sizeof(journal));
    memset(&cursor, 0, sizeof(cursor));
    record_journal_init(&journal, PORT_LOG_ERROR);
    CU_ASSERT(record_journal_load(&journal));
    CU_ASSERT(record_cursor_load(&cursor, &journal));
}

static void fresh(void)
{
    unit_store_clear();
    now_us = 100 * SECOND_US;
    start();
}

static void turn(uint64_t us)
{
    now_us += us;
    for (int i = 0; i < 2; i++) {
        store_poll();
        record_journal_run(&journal, now_us);
        record_cursor_run(&cursor, &journal, now_us);
    }
    store_poll();
}

/* Adds records, and says that all of them were delivered. */
static void deliver(int count)
{
    for (int i = 0; i < count; i++) {
        struct record record;
        record_clear(&record);
        CU_ASSERT(record_journal_add(&journal, &record, now_us));
    }
    record_cursor_move(&cursor, record_journal_end(&journal), record_journal_end_number(&journal));
}

static void kept(void)
{
    fresh();
    CU_ASSERT_EQUAL(cursor.at, 0);
    CU_ASSERT_EQUAL(record_cursor_due_us(&cursor, &journal), UINT64_MAX);
    deliver(7);
    uint64_t at = cursor.at;
    turn(2 * SECOND_US);
    turn(0);
    turn(RECORD_CURSOR_GAP_US);
    CU_ASSERT_FALSE(cursor.dirty);
    start();
    CU_ASSERT_EQUAL(cursor.at, at);
    CU_ASSERT_EQUAL(cursor.number, 7);
    record_cursor_move(&cursor, cursor.at, cursor.number);
    CU_ASSERT_FALSE(cursor.dirty); /* flash is not written without need */
}

/* What is not yet on the disk may be gone after a power loss, and its place be given again. */
static void not_ahead_of_the_disk(void)
{
    fresh();
    deliver(3);
    CU_ASSERT_EQUAL(record_cursor_due_us(&cursor, &journal), UINT64_MAX);
    record_cursor_run(&cursor, &journal, now_us + 100 * SECOND_US);
    CU_ASSERT_EQUAL(unit_store_writes, 0);
    start();
    CU_ASSERT_EQUAL(cursor.at, 0);
}

/* Without a place that can be read everything is delivered again. */
static void damaged(void)
{
    fresh();
    deliver(3);
    turn(2 * SECOND_US);
    turn(RECORD_CURSOR_GAP_US);
    size_t len;
    char *bytes = unit_store_blob("journal.cursor", &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    CU_ASSERT_EQUAL_FATAL(len, RECORD_CURSOR_BYTES);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
        start();
        CU_ASSERT_EQUAL(cursor.at, 0);
        CU_ASSERT_EQUAL(cursor.number, 0);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    start();
    CU_ASSERT_EQUAL(cursor.number, 3);
}

/* The newest segment is lost, the place is not: what is added then is still to be delivered. */
static void beyond_the_end(void)
{
    fresh();
    deliver(3);
    turn(2 * SECOND_US);
    uint64_t at = cursor.at;
    journal.fresh = true; /* the next write begins a segment */
    deliver(4);
    turn(2 * SECOND_US);
    turn(RECORD_CURSOR_GAP_US);
    size_t len;
    char *bytes = unit_store_blob("journal.2", &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memset(bytes, 0, len);
    start();
    CU_ASSERT_EQUAL(record_journal_end(&journal), at);
    CU_ASSERT_EQUAL(cursor.at, at);
    CU_ASSERT_EQUAL(cursor.number, 3);
    CU_ASSERT(cursor.dirty);
    turn(RECORD_CURSOR_GAP_US);
    CU_ASSERT_FALSE(cursor.dirty);
    start();
    CU_ASSERT_EQUAL(cursor.at, at);
    CU_ASSERT_FALSE(cursor.dirty);
}

static void paced(void)
{
    fresh();
    int of_journal = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t safe = record_journal_safe_end(&journal);
        deliver(1);
        turn(SECOND_US);
        of_journal += record_journal_safe_end(&journal) > safe;
    }
    int writes = unit_store_writes - of_journal;
    CU_ASSERT(writes >= 18 && writes <= 21);
}

static void refused(void)
{
    fresh();
    deliver(2);
    turn(2 * SECOND_US);
    deliver(1);
    turn(2 * SECOND_US);
    unit_store_refuse(PORT_FULL);
    turn(RECORD_CURSOR_GAP_US);
    CU_ASSERT(cursor.dirty);
    CU_ASSERT_EQUAL(record_cursor_due_us(&cursor, &journal), now_us + RECORD_CURSOR_RETRY_US);
    unit_store_refuse(0);
    turn(RECORD_CURSOR_RETRY_US);
    CU_ASSERT_FALSE(cursor.dirty);
}

static void flushed_at_the_end(void)
{
    fresh();
    deliver(5);
    record_journal_flush(&journal, now_us);
    record_cursor_flush(&cursor, &journal);
    start();
    CU_ASSERT_EQUAL(cursor.number, 5);
    record_cursor_flush(&cursor, &journal);
    CU_ASSERT_EQUAL(unit_store_writes, 2);
}

static const struct unit_test tests[] = {
    {"kept", kept},
    {"not ahead of the disk", not_ahead_of_the_disk},
    {"damaged", damaged},
    {"beyond the end", beyond_the_end},
    {"paced", paced},
    {"refused", refused},
    {"flushed at the end", flushed_at_the_end},
};

UNIT_MAIN("record_cursor", tests)
