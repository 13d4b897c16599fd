/* Reading while the journal is written and goes round: on from a place, damage, what was lost. */
#include "core/record/record_reader.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_store.h"

#define SECOND_US 1000000u

static struct record_journal journal;
static struct record_reader reader;
static uint64_t now_us, added;

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
    added = 0;
    start();
    memset(&reader, 0, sizeof(reader));
}

static void add(size_t len)
{
    static char text[2 * LIMIT_CONTENT_BYTES];
    struct record record;
    record_clear(&record);
    record.numbers[RECORD_CREATED_MS] = added++;
    record.texts[RECORD_OUTPUT] = (struct span){text, len};
    CU_ASSERT_FATAL(record_journal_add(&journal, &record, now_us));
}

static void write(void)
{
    now_us += 61 * SECOND_US;
    for (int i = 0; i < 2; i++) {
        record_journal_run(&journal, now_us);
        store_poll();
    }
    record_journal_run(&journal, now_us);
}

/* The number of the next record; UINT64_MAX: there is none. */
static uint64_t next(void)
{
    struct span frame;
    struct record record;
    enum result result = record_reader_next(&reader, &journal, &frame);
    while (result == RESULT_MORE) {
        store_poll();
        result = record_reader_next(&reader, &journal, &frame);
    }
    if (result != RESULT_DONE)
        return UINT64_MAX;
    CU_ASSERT(record_read(frame, &record));
    return record.numbers[RECORD_CREATED_MS];
}

static uint64_t back(void)
{
    struct span frame;
    struct record record;
    enum result result = record_reader_back(&reader, &journal, &frame);
    while (result == RESULT_MORE) {
        store_poll();
        result = record_reader_back(&reader, &journal, &frame);
    }
    if (result != RESULT_DONE)
        return UINT64_MAX;
    CU_ASSERT(record_read(frame, &record));
    return record.numbers[RECORD_CREATED_MS];
}

/* From memory, from a write under way, from the disk: each record once, in order. */
static void on_while_it_grows(void)
{
    fresh();
    uint64_t wanted = 0;
    record_reader_begin_at(&reader, 0, 0);
    CU_ASSERT_EQUAL(next(), UINT64_MAX);
    for (int i = 0; i < 300; i++) {
        add((size_t)i * 97 % LIMIT_CONTENT_BYTES);
        if (i % 3 == 0)
            write();
        unit_store_hold(i % 7 == 0);
        record_journal_run(&journal, now_us += SECOND_US);
        unit_store_hold(false);
        if (i % 2 == 0)
            CU_ASSERT_EQUAL(next(), wanted++);
    }
    while (wanted < added)
        CU_ASSERT_EQUAL_FATAL(next(), wanted++);
    CU_ASSERT_EQUAL(next(), UINT64_MAX);
    CU_ASSERT_EQUAL(reader.number, added);
    for (int i = 300; i > 0; i--)
        CU_ASSERT_EQUAL_FATAL(back(), (uint64_t)i - 1);
    CU_ASSERT_EQUAL(back(), UINT64_MAX);
}

/* A reader that comes back after a restart goes on where it was. */
static void on_after_a_restart(void)
{
    fresh();
    for (int i = 0; i < 20; i++)
        add(100);
    write();
    record_reader_begin_at(&reader, 0, 0);
    for (uint64_t i = 0; i < 12; i++)
        CU_ASSERT_EQUAL(next(), i);
    uint64_t at = reader.at, number = reader.number;
    start();
    record_reader_begin_at(&reader, at, number);
    for (uint64_t i = 12; i < 20; i++)
        CU_ASSERT_EQUAL(next(), i);
    CU_ASSERT_EQUAL(next(), UINT64_MAX);
    record_reader_begin_at(&reader, at + 1000000, 77); /* a place that a power loss took */
    CU_ASSERT_EQUAL(next(), UINT64_MAX);
    CU_ASSERT_EQUAL(reader.number, 20);
}

/* The ring overtakes a reader: it goes on with the oldest there is, and knows how many are gone. */
static void overtaken(void)
{
    fresh();
    record_reader_begin_at(&reader, 0, 0);
    add(100);
    CU_ASSERT_EQUAL(next(), 0);
    while (record_journal_oldest(&journal).number < 10) {
        add(LIMIT_CONTENT_BYTES);
        write();
    }
    uint64_t oldest = record_journal_oldest(&journal).number;
    CU_ASSERT_EQUAL(next(), oldest);
    CU_ASSERT_EQUAL(reader.number, oldest + 1);
    uint64_t got = oldest + 1;
    while (next() == got)
        got++;
    CU_ASSERT_EQUAL(got, added);
    CU_ASSERT_EQUAL(reader.number, added);
}

/* The same while the disk is asked. */
static void overtaken_while_it_reads(void)
{
    struct span frame;
    fresh();
    while (journal.newest < LIMIT_JOURNAL_SEGMENTS) {
        add(LIMIT_CONTENT_BYTES);
        write();
    }
    record_reader_begin_at(&reader, 0, 0);
    CU_ASSERT_EQUAL(record_reader_next(&reader, &journal, &frame), RESULT_MORE);
    while (record_journal_oldest(&journal).number == 0) {
        add(LIMIT_CONTENT_BYTES);
        write();
    }
    uint64_t oldest = record_journal_oldest(&journal).number;
    CU_ASSERT_EQUAL(next(), oldest);
    CU_ASSERT_EQUAL(reader.number, oldest + 1);
}

/* A bad place in one segment costs what is in front of it there, or behind it, and nothing else. */
static void damage(void)
{
    fresh();
    while (journal.newest < 3) {
        add(5000);
        write();
    }
    write();
    size_t len;
    uint64_t second = journal.segments[2].number, third = journal.segments[3].number;
    char *bytes = unit_store_blob("journal.2", &len);
    bytes[len / 2] = (char)(bytes[len / 2] ^ 0x10);
    record_reader_begin_at(&reader, 0, 0);
    uint64_t got = 0;
    while (next() == got)
        got++;
    CU_ASSERT(got > second && got < third);
    CU_ASSERT_EQUAL(reader.number, third + 1);
    CU_ASSERT(journal.damaged);
    record_reader_begin_last(&reader, &journal);
    uint64_t before = back();
    CU_ASSERT_EQUAL(before, added - 1);
    uint64_t step = back();
    while (step == before - 1)
        before = step, step = back();
    CU_ASSERT(before > got && before < third);
    CU_ASSERT_EQUAL(step, second - 1);
    while (step > 0 && step != UINT64_MAX)
        step = back();
    CU_ASSERT_EQUAL(step, 0);
    CU_ASSERT_EQUAL(back(), UINT64_MAX);
}

/* A file that is gone. */
static void missing(void)
{
    fresh();
    while (journal.newest < 3) {
        add(5000);
        write();
    }
    struct store_job job = {.job = {.kind = PORT_STORE_REMOVE, .name = "journal.2"}};
    store_begin(&job);
    store_poll();
    record_reader_begin_last(&reader, &journal);
    uint64_t step = back(), count = 0;
    for (; step != UINT64_MAX; step = back())
        count++;
    CU_ASSERT_EQUAL(count, added - (journal.segments[3].number - journal.segments[2].number));
}

static const struct unit_test tests[] = {
    {"on while it grows", on_while_it_grows},
    {"on after a restart", on_after_a_restart},
    {"overtaken", overtaken},
    {"overtaken while it reads", overtaken_while_it_reads},
    {"damage", damage},
    {"missing", missing},
};

UNIT_MAIN("record_reader", tests)
