/* The journal over a store in memory: batches, the ring, torn ends, a disk that refuses. */
#include "core/record/record_journal.h"

#include <stdio.h>
#include <string.h>

#include "core/record/record_reader.h"
#include "test/unit/unit.h"
#include "test/unit/unit_store.h"

#define SECOND_US 1000000u
#define WAIT_US ((uint64_t)LIMIT_JOURNAL_WAIT_MS * 1000)

static struct record_journal journal;
static struct record_reader reader;
static uint64_t now_us;

/* As at the start of the program: what is in memory is gone. */
static void start(void)
{
    memset(&journal, 0, sizeof(journal));
    record_journal_init(&journal, PORT_LOG_ERROR);
    CU_ASSERT(record_journal_load(&journal));
}

static void fresh(void)
{
    unit_store_clear();
    now_us = 100 * SECOND_US;
    start();
}

/* A record that is number n, with so many bytes of text. */
static bool add(uint64_t n, size_t len)
{
    static char text[2 * LIMIT_CONTENT_BYTES];
    struct record record;
    record_clear(&record);
    record.numbers[RECORD_CREATED_MS] = n;
    record.texts[RECORD_OUTPUT] = (struct span){text, len};
    return record_journal_add(&journal, &record, now_us);
}

static void turn(uint64_t us)
{
    now_us += us;
    store_poll();
    record_journal_run(&journal, now_us);
    store_poll();
    record_journal_run(&journal, now_us);
}

/* The numbers of all that is there, the newest first; how many there are. */
static int count_back(uint64_t newest)
{
    struct span frame;
    struct record record;
    int count = 0;
    enum result result;
    record_reader_begin_last(&reader, &journal);
    while ((result = record_reader_back(&reader, &journal, &frame)) != RESULT_FAULT) {
        store_poll();
        if (result == RESULT_MORE)
            continue;
        CU_ASSERT_FATAL(record_read(frame, &record));
        CU_ASSERT_EQUAL(record.numbers[RECORD_CREATED_MS], newest - (uint64_t)count);
        count++;
    }
    return count;
}

/* ---- batches ---- */

static void one_batch(void)
{
    fresh();
    CU_ASSERT_EQUAL(record_journal_due_us(&journal), UINT64_MAX);
    for (uint64_t n = 1; n <= 10; n++)
        CU_ASSERT(add(n, 10));
    CU_ASSERT_EQUAL(record_journal_due_us(&journal), now_us + WAIT_US);
    turn(WAIT_US - 1);
    CU_ASSERT_EQUAL(unit_store_writes, 0);
    turn(1);
    CU_ASSERT_EQUAL(unit_store_writes, 1);
    CU_ASSERT_EQUAL(record_journal_due_us(&journal), UINT64_MAX);
    CU_ASSERT_EQUAL(record_journal_safe_end(&journal), record_journal_end(&journal));
    CU_ASSERT_EQUAL(count_back(10), 10);
    start();
    CU_ASSERT_FALSE(journal.fresh); /* nothing is torn */
    CU_ASSERT_EQUAL(count_back(10), 10);
}

/* At most one a second, whatever comes. */
static void paced(void)
{
    fresh();
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT(add((uint64_t)i, 10));
        turn(SECOND_US / 100);
    }
    CU_ASSERT(unit_store_writes >= 8 && unit_store_writes <= 11);
}

/* The loop does not wait, and what comes while the disk works is kept. */
static void a_slow_disk(void)
{
    fresh();
    add(1, 10);
    unit_store_hold(true);
    turn(WAIT_US);
    CU_ASSERT(journal.writing);
    CU_ASSERT_EQUAL(record_journal_due_us(&journal), UINT64_MAX);
    CU_ASSERT(record_journal_safe_end(&journal) < record_journal_end(&journal));
    for (uint64_t n = 2; n <= 100; n++) {
        CU_ASSERT(add(n, 10));
        turn(SECOND_US);
    }
    CU_ASSERT_EQUAL(unit_store_writes, 1);
    unit_store_hold(false);
    turn(0);
    turn(SECOND_US);
    CU_ASSERT_EQUAL(unit_store_writes, 2);
    CU_ASSERT_EQUAL(count_back(100), 100);
}

static void overflow(void)
{
    fresh();
    unit_store_hold(true);
    uint64_t n = 0;
    while (add(n + 1, 1000))
        n++;
    size_t left = LIMIT_JOURNAL_BUFFER_BYTES - journal.buffers[0].len;
    CU_ASSERT(left < journal.buffers[0].len / n + 1); /* less than one more has */
    CU_ASSERT_EQUAL(journal.dropped, 1);
    CU_ASSERT_FALSE(add(n + 2, 1000));
    CU_ASSERT_EQUAL(journal.dropped, 2);
    CU_ASSERT_EQUAL(journal.dropped_said, 1); /* once a second */
    now_us += SECOND_US;
    CU_ASSERT_FALSE(add(n + 2, 1000));
    CU_ASSERT_EQUAL(journal.dropped_said, 3);
    turn(WAIT_US);
    CU_ASSERT(add(n + 1, 1000)); /* the other buffer */
    unit_store_hold(false);
    turn(SECOND_US);
    turn(SECOND_US);
    CU_ASSERT_EQUAL(count_back(n + 1), (int)n + 1);
}

/* Who asks first makes no record in vain, and is told so only where not even one without texts has
 * room. */
static void full(void)
{
    fresh();
    unit_store_hold(true);
    uint64_t n = 0;
    while (!record_journal_drops(&journal, now_us))
        CU_ASSERT_FATAL(add(++n, 0));
    CU_ASSERT_EQUAL(journal.records, n);
    CU_ASSERT_EQUAL(journal.dropped, 1);
    CU_ASSERT_EQUAL(journal.dropped_said, 1);
    CU_ASSERT_FALSE(add(n + 1, 0));
    CU_ASSERT_EQUAL(journal.dropped, 2);
    turn(WAIT_US);
    CU_ASSERT_FALSE(record_journal_drops(&journal, now_us)); /* the other buffer */
    CU_ASSERT_EQUAL(journal.dropped, 2);
    unit_store_hold(false);
    turn(SECOND_US);
    CU_ASSERT_EQUAL(count_back(n), (int)n);
}

/* No more than so many bytes a minute. */
static void a_full_minute(void)
{
    fresh();
    uint64_t n = 0;
    for (int second = 0; second < 50; second++) {
        while (journal.buffers[journal.gathering].len < LIMIT_JOURNAL_BUFFER_BYTES / 2 &&
               add(n, LIMIT_CONTENT_BYTES))
            n++;
        turn(SECOND_US);
    }
    CU_ASSERT(unit_store_written <= LIMIT_JOURNAL_MINUTE_BYTES + 50 * RECORD_JOURNAL_HEAD_BYTES);
}

/* ---- the ring ---- */

static void round_the_ring(void)
{
    fresh();
    uint64_t n = 0;
    uint64_t bytes = 0;
    while (bytes < 3ull * LIMIT_JOURNAL_SEGMENTS * LIMIT_JOURNAL_SEGMENT_BYTES) {
        for (int i = 0; i < 10; i++)
            CU_ASSERT_FATAL(add(++n, LIMIT_CONTENT_BYTES / 3));
        bytes = record_journal_end(&journal);
        turn(61 * SECOND_US);
    }
    int there = count_back(n);
    uint64_t size = bytes / n;
    CU_ASSERT((uint64_t)there * size > (LIMIT_JOURNAL_SEGMENTS - 2) * LIMIT_JOURNAL_SEGMENT_BYTES);
    CU_ASSERT_EQUAL(record_journal_oldest(&journal).number, n - (uint64_t)there);
    for (int slot = 0; slot < LIMIT_JOURNAL_SEGMENTS; slot++) {
        char name[24];
        size_t len;
        snprintf(name, sizeof(name), "journal.%d", slot);
        CU_ASSERT_PTR_NOT_NULL_FATAL(unit_store_blob(name, &len));
        CU_ASSERT(len <= LIMIT_JOURNAL_SEGMENT_BYTES);
    }
    struct record_run oldest = record_journal_oldest(&journal);
    start();
    CU_ASSERT_EQUAL(record_journal_oldest(&journal).number, oldest.number);
    CU_ASSERT_EQUAL(count_back(n), there);
    add(n + 1, 10);
    turn(SECOND_US);
    CU_ASSERT(count_back(n + 1) >= 1);
}

/* Files of another ring, rubbish, and a hole: what hangs together with the newest is kept. */
static void a_hole(void)
{
    fresh();
    uint64_t n = 0;
    while (journal.newest < 4) {
        add(++n, LIMIT_CONTENT_BYTES);
        turn(10 * SECOND_US);
    }
    size_t len;
    unit_store_blob("journal.2", &len)[10] ^= 1;
    uint64_t wanted = n - journal.segments[3].number;
    start();
    CU_ASSERT_EQUAL(count_back(n), (int)wanted);
}

/* ---- power loss ---- */

/* Three records are on the disk, and two more are being added: whatever is there of those, the
 * three are kept, no record is there by half, and what comes next is. */
static void torn_at_every_byte(void)
{
    fresh();
    for (uint64_t n = 1; n <= 3; n++)
        add(n, 20);
    turn(WAIT_US);
    unit_store_keep();
    uint64_t before = record_journal_end(&journal);
    add(4, 30);
    add(5, 30);
    size_t two = (size_t)(record_journal_end(&journal) - before);
    for (size_t cut = 0; cut < two; cut++) {
        unit_store_back();
        start();
        add(4, 30);
        add(5, 30);
        unit_store_cut_after(cut);
        turn(2 * SECOND_US);
        unit_store_power();
        start();
        uint64_t whole = cut < two / 2 ? 3 : 4;
        CU_ASSERT_EQUAL(journal.fresh, cut > 0 && cut != two / 2); /* some is torn */
        CU_ASSERT_EQUAL(record_journal_end(&journal), before + (cut < two / 2 ? 0 : two / 2));
        CU_ASSERT_EQUAL(count_back(whole), (int)whole);
        add(whole + 1, 30);
        turn(2 * SECOND_US);
        CU_ASSERT_EQUAL(count_back(whole + 1), (int)whole + 1);
        start();
        CU_ASSERT_FALSE(journal.fresh);
        CU_ASSERT_EQUAL(count_back(whole + 1), (int)whole + 1);
    }
}

/* A segment that is being begun is there whole, or not at all; then the oldest is still there. */
static void torn_begin_of_a_segment(void)
{
    fresh();
    add(1, 20);
    unit_store_cut_after(40);
    turn(WAIT_US);
    unit_store_power();
    start();
    CU_ASSERT_EQUAL(journal.newest, 0);
    CU_ASSERT_EQUAL(count_back(0), 0);
    add(1, 20);
    turn(2 * SECOND_US);
    start();
    CU_ASSERT_EQUAL(count_back(1), 1);
}

/* ---- a disk that refuses ---- */

static void a_full_disk(void)
{
    fresh();
    add(1, 20);
    turn(WAIT_US);
    add(2, 20);
    unit_store_refuse(PORT_FULL);
    turn(2 * SECOND_US);
    CU_ASSERT_EQUAL(record_journal_due_us(&journal), now_us + RECORD_JOURNAL_RETRY_US);
    add(3, 20);
    turn(2 * SECOND_US);
    CU_ASSERT_EQUAL(count_back(3), 3); /* they are in memory */
    turn(RECORD_JOURNAL_RETRY_US);
    CU_ASSERT_EQUAL(unit_store_writes, 1);
    unit_store_refuse(0);
    turn(RECORD_JOURNAL_RETRY_US);
    turn(2 * SECOND_US);
    CU_ASSERT_EQUAL(count_back(3), 3);
    start();
    CU_ASSERT_EQUAL(count_back(3), 3);
    CU_ASSERT_EQUAL(journal.newest, 2);
}

static void flushed_at_the_end(void)
{
    fresh();
    add(1, 20);
    unit_store_hold(true);
    turn(WAIT_US);
    unit_store_hold(false);
    add(2, 20);
    record_journal_flush(&journal, now_us);
    start();
    CU_ASSERT_EQUAL(count_back(2), 2);
    record_journal_flush(&journal, now_us); /* with nothing to write */
    CU_ASSERT_EQUAL(unit_store_writes, 2);
}

/* ---- wear ---- */

/* A day of 1,000 chats, one every 86.4 s: what the README promises for a year. */
static void a_day_of_chats(void)
{
    fresh();
    for (int i = 0; i < 1000; i++) {
        struct record record;
        record_clear(&record);
        for (int k = 0; k < RECORD_NUMBERS; k++)
            record.numbers[k] = 1000000;
        record.numbers[RECORD_CREATED_MS] = 1800000000000;
        record.texts[RECORD_X_REQUEST_ID] = SPAN("01234567-89ab-7cde-8f01-23456789abcd");
        record.texts[RECORD_KEY] = SPAN("household");
        record.texts[RECORD_MODEL] = SPAN("a-model-with-quite-a-name");
        record.texts[RECORD_PROVIDER] = SPAN("rust_proxy_provider");
        record.texts[RECORD_ROUTE] = SPAN("/chat/completions");
        CU_ASSERT(record_journal_add(&journal, &record, now_us));
        turn(43200000);
        turn(43200000);
    }
    CU_ASSERT_EQUAL(unit_store_writes, 1000);
    CU_ASSERT(unit_store_written * 365 <= 80000000);
    printf("  a year of 1,000 chats a day: %llu MB in %d writes\n",
           (unsigned long long)(unit_store_written * 365 / 1000000), unit_store_writes * 365);
}

static const struct unit_test tests[] = {
    {"one batch", one_batch},
    {"paced", paced},
    {"a slow disk", a_slow_disk},
    {"overflow", overflow},
    {"full", full},
    {"a full minute", a_full_minute},
    {"round the ring", round_the_ring},
    {"a hole", a_hole},
    {"torn at every byte", torn_at_every_byte},
    {"the begin of a segment is torn", torn_begin_of_a_segment},
    {"a full disk", a_full_disk},
    {"flushed at the end", flushed_at_the_end},
    {"a day of chats", a_day_of_chats},
};

UNIT_MAIN("record_journal", tests)
