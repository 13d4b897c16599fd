/*
 * A segment is a head and frames. It is begun by a replace of its file, all or nothing, and grows
 * by appends. Its length on the disk does not count: where the next one begins, it ends. So bytes
 * that a power loss or a failing disk left behind a segment's last good frame harm nobody, as long
 * as nothing is added there any more.
 */
#include "core/record/record_journal.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/crc32.h"
#include "core/base/little.h"
#include "core/record/record_log.h"

#define MARK "mgjrnl1\n"
#define MARK_BYTES 8
#define CRC_AT (RECORD_JOURNAL_HEAD_BYTES - 4)
#define SEGMENTS (LIMIT_JOURNAL_SEGMENTS > 0 ? LIMIT_JOURNAL_SEGMENTS : 1)
#define ON_DISK (LIMIT_JOURNAL_SEGMENTS > 0)
#define MINUTE_US 60000000u

_Static_assert(LIMIT_JOURNAL_SEGMENTS != 1, "the newest segment is not the oldest");
_Static_assert(LIMIT_JOURNAL_BUFFER_BYTES + RECORD_JOURNAL_HEAD_BYTES <=
                   LIMIT_JOURNAL_SEGMENT_BYTES, "a write fits a segment");
_Static_assert(LIMIT_JOURNAL_BUFFER_BYTES <= LIMIT_JOURNAL_MINUTE_BYTES, "a write fits a minute");

/* ---- heads of segments ---- */

static uint32_t crc_of_head(const char *head)
{
    return crc32_of((struct span){head, CRC_AT});
}

static void write_head(char *head, const struct record_run *run, uint32_t segment)
{
    memcpy(head, MARK, MARK_BYTES);
    little_put(head + 8, run->at, 8);
    little_put(head + 16, run->number, 8);
    little_put(head + 24, segment, 4);
    little_put(head + CRC_AT, crc_of_head(head), 4);
}

/* The segment's number, or 0 when it is no head. */
static uint32_t read_head(const char *head, struct record_run *run)
{
    if (memcmp(head, MARK, MARK_BYTES) != 0 || little_get(head + CRC_AT, 4) != crc_of_head(head))
        return 0;
    run->at = little_get(head + 8, 8);
    run->number = little_get(head + 16, 8);
    return (uint32_t)little_get(head + 24, 4);
}

static void write_name(char name[RECORD_JOURNAL_NAME_BYTES], uint32_t slot)
{
    struct text text = text_over(name, RECORD_JOURNAL_NAME_BYTES);
    text_add_str(&text, "journal.");
    text_add_u64(&text, slot);
    text_str(&text);
}

/* ---- places ---- */

static struct record_run *written_buffer(struct record_journal *journal)
{
    return &journal->buffers[journal->gathering ^ 1];
}

uint64_t record_journal_end(const struct record_journal *journal)
{
    return record_run_end(&journal->buffers[journal->gathering]);
}

uint64_t record_journal_end_number(const struct record_journal *journal)
{
    const struct record_run *gathering = &journal->buffers[journal->gathering];
    return gathering->number + gathering->count;
}

uint64_t record_journal_safe_end(const struct record_journal *journal)
{
    const struct record_run *written = &journal->buffers[journal->gathering ^ 1];
    return written->len > 0 ? written->at : journal->buffers[journal->gathering].at;
}

struct record_run record_journal_oldest(const struct record_journal *journal)
{
    const struct record_run *written = &journal->buffers[journal->gathering ^ 1];
    struct record_run oldest = journal->buffers[journal->gathering];
    if (written->len > 0)
        oldest = *written;
    for (uint32_t i = 0; i < SEGMENTS && i < journal->newest; i++) {
        const struct record_run *run = &journal->segments[(journal->newest - i) % SEGMENTS];
        if (run->len == 0 || record_run_end(run) != oldest.at)
            break;
        oldest = *run;
    }
    return oldest;
}

static bool has(const struct record_run *run, uint64_t at)
{
    return at >= run->at && at < record_run_end(run);
}

const struct record_run *record_journal_find(const struct record_journal *journal, uint64_t at,
                                             const char **bytes,
                                             char name[RECORD_JOURNAL_NAME_BYTES])
{
    for (int i = 0; i < 2; i++) {
        *bytes = journal->bytes[i] + RECORD_JOURNAL_HEAD_BYTES;
        if (has(&journal->buffers[i], at))
            return &journal->buffers[i];
    }
    *bytes = NULL;
    for (uint32_t slot = 0; slot < SEGMENTS; slot++) {
        write_name(name, slot);
        if (has(&journal->segments[slot], at))
            return &journal->segments[slot];
    }
    return NULL;
}

/* ---- the start ---- */

void record_journal_init(struct record_journal *journal, enum port_level log_level)
{
    journal->log_level = log_level;
    journal->buffers[0].number = journal->buffers[1].number = 0;
}

static void log_number(const struct record_journal *journal, enum port_level level,
                       const char *event, const char *name, uint64_t number)
{
    struct record_log log;
    record_log_begin(&log, level, event);
    record_log_add_u64(&log, name, number);
    record_log_end(&log, journal->log_level);
}

/* Reads at most len bytes of a segment into the first buffer: how many, or PORT_AGAIN: the disk
 * does not answer. A file that cannot be read has none. */
static int32_t read_some(struct record_journal *journal, uint32_t slot, uint64_t offset, size_t len)
{
    write_name(journal->name, slot);
    journal->job.job = (struct port_store_job){.kind = PORT_STORE_READ,
                                               .name = journal->name,
                                               .data = journal->bytes[0],
                                               .len = len,
                                               .offset = offset};
    store_begin(&journal->job);
    if (!store_wait(&journal->job, RECORD_JOURNAL_LOAD_US))
        return PORT_AGAIN;
    return journal->job.job.result > 0 ? journal->job.job.result : 0;
}

/* Finds which segments there are: numbers[slot], 0 for none. */
static bool read_heads(struct record_journal *journal, uint32_t *numbers)
{
    for (uint32_t slot = 0; slot < SEGMENTS; slot++) {
        int32_t got = read_some(journal, slot, 0, RECORD_JOURNAL_HEAD_BYTES);
        if (got < 0)
            return false;
        uint32_t number = got == RECORD_JOURNAL_HEAD_BYTES
                              ? read_head(journal->bytes[0], &journal->segments[slot])
                              : 0;
        numbers[slot] = number % SEGMENTS == slot ? number : 0;
        if (numbers[slot] > journal->newest)
            journal->newest = numbers[slot];
    }
    return true;
}

/* Counts the good frames at the front of len bytes; returns how many bytes they take. */
static size_t count_frames(struct record_run *run, const char *bytes, size_t len)
{
    struct span rest = {bytes, len};
    size_t frame;
    while (record_first(rest, &frame) == RESULT_DONE) {
        rest = span_skip(rest, frame);
        run->count++;
    }
    return len - rest.len;
}

/* Reads the newest segment up to its last good frame. False: the disk does not answer. */
static bool read_newest(struct record_journal *journal)
{
    const size_t cap = sizeof(journal->bytes[0]);
    uint32_t slot = journal->newest % SEGMENTS;
    struct record_run *run = &journal->segments[slot];
    size_t good = 1;
    int32_t got = 0;
    run->len = run->count = 0;
    while (good > 0) {
        got = read_some(journal, slot, RECORD_JOURNAL_HEAD_BYTES + (uint64_t)run->len, cap);
        if (got < 0)
            return false;
        good = count_frames(run, journal->bytes[0], (size_t)got);
        run->len += (uint32_t)good;
        if (good == (size_t)got && good < cap)
            break;
    }
    size_t torn = (size_t)got - good;
    journal->fresh = torn > 0 || run->len == 0;
    if (torn > 0)
        log_number(journal, PORT_LOG_WARN, "the journal ends with a torn record, which is left out",
                   "bytes", torn);
    return true;
}

/* An older segment ends where the one behind it begins; one that is missing ends the journal. */
static void chain_segments(struct record_journal *journal, const uint32_t *numbers)
{
    uint64_t end = journal->segments[journal->newest % SEGMENTS].at;
    bool whole = true;
    for (uint32_t i = 1; i < SEGMENTS; i++) {
        uint32_t slot = (journal->newest + SEGMENTS - i) % SEGMENTS;
        struct record_run *run = &journal->segments[slot];
        whole = whole && journal->newest > i && numbers[slot] == journal->newest - i &&
                run->at < end && end - run->at <= LIMIT_JOURNAL_SEGMENT_BYTES;
        run->len = whole ? (uint32_t)(end - run->at) : 0;
        end = run->at;
    }
}

bool record_journal_load(struct record_journal *journal)
{
    uint32_t numbers[SEGMENTS];
    if (!ON_DISK)
        return true;
    if (!read_heads(journal, numbers))
        return false;
    if (journal->newest == 0)
        return true;
    if (!read_newest(journal))
        return false;
    chain_segments(journal, numbers);
    const struct record_run *run = &journal->segments[journal->newest % SEGMENTS];
    journal->buffers[0].at = journal->buffers[1].at = record_run_end(run);
    journal->buffers[0].number = journal->buffers[1].number = run->number + run->count;
    return true;
}

/* ---- adding ---- */

/* The other buffer gathers, behind this one. */
static void swap(struct record_journal *journal)
{
    const struct record_run *full = &journal->buffers[journal->gathering];
    journal->gathering ^= 1;
    journal->buffers[journal->gathering] =
        (struct record_run){.at = record_run_end(full), .number = full->number + full->count};
}

static size_t add(struct record_journal *journal, const struct record *record)
{
    const struct record_run *run = &journal->buffers[journal->gathering];
    char *bytes = journal->bytes[journal->gathering] + RECORD_JOURNAL_HEAD_BYTES;
    return record_write(record, bytes + run->len, LIMIT_JOURNAL_BUFFER_BYTES - run->len);
}

static void say_drops(struct record_journal *journal, uint64_t now_us)
{
    if (journal->said_us != 0 && now_us < journal->said_us + RECORD_JOURNAL_GAP_US)
        return;
    log_number(journal, PORT_LOG_WARN, "the journal takes no more: records are dropped", "records",
               journal->dropped - journal->dropped_said);
    journal->dropped_said = journal->dropped;
    journal->said_us = now_us;
}

static void drop(struct record_journal *journal, uint64_t now_us)
{
    journal->dropped++;
    say_drops(journal, now_us);
}

bool record_journal_drops(struct record_journal *journal, uint64_t now_us)
{
    uint32_t room = LIMIT_JOURNAL_BUFFER_BYTES - journal->buffers[journal->gathering].len;
    bool full = ON_DISK && room < RECORD_FRAME_BYTES;
    if (full)
        drop(journal, now_us);
    return full;
}

bool record_journal_add(struct record_journal *journal, const struct record *record,
                        uint64_t now_us)
{
    size_t len = add(journal, record);
    if (len == 0 && !ON_DISK) { /* the older half gives way */
        swap(journal);
        len = add(journal, record);
    }
    if (len == 0) {
        drop(journal, now_us);
        return false;
    }
    struct record_run *run = &journal->buffers[journal->gathering];
    if (run->len == 0)
        journal->since_us = now_us;
    run->len += (uint32_t)len;
    run->count++;
    journal->records++;
    return true;
}

/* ---- writing ---- */

uint64_t record_journal_due_us(const struct record_journal *journal)
{
    const struct record_run *gathering = &journal->buffers[journal->gathering];
    const struct record_run *written = &journal->buffers[journal->gathering ^ 1];
    uint32_t len = written->len > 0 ? written->len : gathering->len;
    if (!ON_DISK || journal->writing || len == 0)
        return UINT64_MAX;
    uint64_t due_us = written->len > 0
                          ? 0
                          : journal->since_us + (uint64_t)LIMIT_JOURNAL_WAIT_MS * 1000;
    if (due_us < journal->free_us)
        due_us = journal->free_us;
    bool much = len > LIMIT_JOURNAL_MINUTE_BYTES - journal->minute_bytes;
    if (much && due_us < journal->minute_us + MINUTE_US)
        due_us = journal->minute_us + MINUTE_US;
    return due_us;
}

/* The buffer's bytes go behind those of the newest segment, or begin the next one, for which the
 * oldest gives way. */
static void begin_write(struct record_journal *journal)
{
    if (written_buffer(journal)->len == 0)
        swap(journal);
    const struct record_run *run = written_buffer(journal);
    char *bytes = journal->bytes[journal->gathering ^ 1];
    uint32_t used = journal->segments[journal->newest % SEGMENTS].len;
    journal->fresh = journal->fresh || journal->newest == 0 ||
                     used + run->len > LIMIT_JOURNAL_SEGMENT_BYTES - RECORD_JOURNAL_HEAD_BYTES;
    uint32_t segment = journal->newest + journal->fresh;
    write_name(journal->name, segment % SEGMENTS);
    journal->job.job = (struct port_store_job){.kind = PORT_STORE_APPEND,
                                               .name = journal->name,
                                               .data = bytes + RECORD_JOURNAL_HEAD_BYTES,
                                               .len = run->len};
    if (journal->fresh) {
        write_head(bytes, run, segment);
        journal->segments[segment % SEGMENTS].len = 0;
        journal->job.job.kind = PORT_STORE_REPLACE;
        journal->job.job.data = bytes;
        journal->job.job.len += RECORD_JOURNAL_HEAD_BYTES;
    }
    journal->writing = true;
    store_begin(&journal->job);
}

static void count_write(struct record_journal *journal, uint64_t now_us)
{
    if (now_us >= journal->minute_us + MINUTE_US || journal->minute_us == 0) {
        journal->minute_us = now_us;
        journal->minute_bytes = 0;
    }
    journal->minute_bytes += (uint32_t)journal->job.job.len;
    if (journal->minute_bytes > LIMIT_JOURNAL_MINUTE_BYTES)
        journal->minute_bytes = LIMIT_JOURNAL_MINUTE_BYTES;
}

static void end_write(struct record_journal *journal, uint64_t now_us)
{
    struct record_run *run = written_buffer(journal);
    journal->writing = false;
    if (journal->job.job.result < 0) {
        /* Nobody knows what became of it: it is written again, into a segment of its own. */
        journal->fresh = true;
        journal->free_us = now_us + RECORD_JOURNAL_RETRY_US;
        log_number(journal, PORT_LOG_ERROR,
                   journal->job.job.result == PORT_FULL ? "no room on the disk for the journal"
                                                        : "the journal cannot be written",
                   "waiting_bytes", (uint64_t)run->len + journal->buffers[journal->gathering].len);
        return;
    }
    if (journal->fresh) {
        journal->newest++;
        journal->segments[journal->newest % SEGMENTS] =
            (struct record_run){.at = run->at, .number = run->number};
    }
    journal->segments[journal->newest % SEGMENTS].len += run->len;
    journal->fresh = false;
    *run = (struct record_run){.at = record_run_end(run), .number = run->number + run->count};
}

void record_journal_run(struct record_journal *journal, uint64_t now_us)
{
    if (journal->writing && !journal->job.busy)
        end_write(journal, now_us);
    if (now_us < record_journal_due_us(journal))
        return;
    begin_write(journal);
    count_write(journal, now_us);
    journal->free_us = now_us + RECORD_JOURNAL_GAP_US;
}

void record_journal_flush(struct record_journal *journal, uint64_t now_us)
{
    for (int i = 0; i < 3 && ON_DISK; i++) {
        if (journal->writing && !store_wait(&journal->job, RECORD_JOURNAL_LOAD_US))
            return;
        if (journal->writing)
            end_write(journal, now_us);
        bool some = written_buffer(journal)->len > 0 ||
                    journal->buffers[journal->gathering].len > 0;
        if (i == 2 || !some)
            return;
        begin_write(journal);
    }
}

void record_journal_trim(struct record_journal *journal)
{
    for (int i = 0; i < 2; i++)
        if (journal->buffers[i].len == 0)
            port_trim(journal->bytes[i], sizeof(journal->bytes[i]));
}
