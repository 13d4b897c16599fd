/* See record_reader.h. */
#include "core/record/record_reader.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/record/record_log.h"

void record_reader_begin_last(struct record_reader *reader, const struct record_journal *journal)
{
    record_reader_begin_at(reader, record_journal_end(journal), 0);
}

void record_reader_begin_at(struct record_reader *reader, uint64_t at, uint64_t number)
{
    ASSERT(!reader->job.busy);
    reader->at = at;
    reader->number = number;
    reader->asked = false;
    reader->block.len = 0;
}

/* Gets a part of a run, from a place on. DONE or MORE. */
static enum result load(struct record_reader *reader, const struct record_run *run,
                        const char *bytes, uint64_t at, size_t len)
{
    ASSERT(len > 0 && len <= sizeof(reader->bytes) && at >= run->at);
    uint64_t offset = at - run->at;
    reader->block = (struct record_run){.at = at, .len = (uint32_t)len};
    if (bytes != NULL) {
        memcpy(reader->bytes, bytes + offset, len);
        return RESULT_DONE;
    }
    reader->job.job = (struct port_store_job){.kind = PORT_STORE_READ,
                                              .name = reader->name,
                                              .data = reader->bytes,
                                              .len = len,
                                              .offset = RECORD_JOURNAL_HEAD_BYTES + offset};
    reader->asked = true;
    store_begin(&reader->job);
    return RESULT_MORE;
}

/* Takes a read's result. False: the disk has it still. */
static bool take_block(struct record_reader *reader)
{
    if (reader->job.busy)
        return false;
    /* What is missing is found out as a frame that is no good. */
    if (reader->asked && reader->job.job.result != (int32_t)reader->block.len)
        memset(reader->bytes, 0, reader->block.len);
    reader->asked = false;
    return true;
}

static void say_damage(struct record_journal *journal)
{
    if (!journal->damaged)
        record_log_line(PORT_LOG_WARN, journal->log_level,
                        "a part of the journal is damaged, and passed over");
    journal->damaged = true;
}

/* ---- back ---- */

/* Looks for the frame in front of reader->at in the block. MORE: a block is needed that begins
 * earlier. FAULT: it is damaged. */
static enum result last_in_block(struct record_reader *reader, struct span *frame)
{
    size_t len;
    if (reader->at <= reader->block.at || reader->at > record_run_end(&reader->block))
        return RESULT_MORE;
    struct span bytes = {reader->bytes, (size_t)(reader->at - reader->block.at)};
    enum result result = record_last(bytes, &len);
    if (result == RESULT_DONE)
        *frame = span_skip(bytes, bytes.len - len);
    return result;
}

static enum result load_before(struct record_reader *reader, const struct record_run *run,
                               const char *bytes)
{
    size_t len = (size_t)lesser_u64(reader->at - run->at, sizeof(reader->bytes));
    return load(reader, run, bytes, reader->at - len, len);
}

enum result record_reader_back(struct record_reader *reader, struct record_journal *journal,
                               struct span *frame)
{
    bool loaded = reader->asked;
    if (!take_block(reader))
        return RESULT_MORE;
    while (reader->at > record_journal_oldest(journal).at) {
        enum result result = last_in_block(reader, frame);
        if (result == RESULT_DONE) {
            reader->at -= frame->len;
            return RESULT_DONE;
        }
        const char *bytes;
        const struct record_run *run =
            record_journal_find(journal, reader->at - 1, &bytes, reader->name);
        if (run == NULL)
            return RESULT_FAULT;
        bool whole = loaded || result == RESULT_FAULT;
        loaded = !whole;
        if (whole) {
            say_damage(journal);
            reader->at = run->at;
        } else if (load_before(reader, run, bytes) == RESULT_MORE) {
            return RESULT_MORE;
        }
    }
    return RESULT_FAULT;
}

/* ---- on ---- */

static enum result first_in_block(struct record_reader *reader, struct span *frame)
{
    size_t len;
    if (reader->at < reader->block.at || reader->at >= record_run_end(&reader->block))
        return RESULT_MORE;
    size_t offset = (size_t)(reader->at - reader->block.at);
    struct span bytes = {reader->bytes + offset, reader->block.len - offset};
    enum result result = record_first(bytes, &len);
    if (result == RESULT_DONE)
        *frame = (struct span){bytes.at, len};
    return result;
}

/* The next thing that can be read stands there. */
static void jump(struct record_reader *reader, uint64_t at, uint64_t number)
{
    reader->at = at;
    reader->number = number;
}

/* What is left of a damaged run is lost. */
static void leave(struct record_reader *reader, struct record_journal *journal,
                  const struct record_run *run)
{
    const char *bytes;
    char name[RECORD_JOURNAL_NAME_BYTES];
    uint64_t end = record_run_end(run);
    const struct record_run *next = record_journal_find(journal, end, &bytes, name);
    say_damage(journal);
    jump(reader, end, next != NULL ? next->number : record_journal_end_number(journal));
}

/* Into what there is: the ring may have overtaken it, and a power loss may have taken the end. */
static void clamp(struct record_reader *reader, const struct record_journal *journal)
{
    struct record_run oldest = record_journal_oldest(journal);
    if (reader->at < oldest.at)
        jump(reader, oldest.at, oldest.number);
    if (reader->at > record_journal_end(journal))
        jump(reader, record_journal_end(journal), record_journal_end_number(journal));
}

enum result record_reader_next(struct record_reader *reader, struct record_journal *journal,
                               struct span *frame)
{
    bool loaded = reader->asked;
    if (!take_block(reader))
        return RESULT_MORE;
    clamp(reader, journal);
    loaded = loaded && reader->at == reader->block.at;
    while (reader->at < record_journal_end(journal)) {
        enum result result = first_in_block(reader, frame);
        if (result == RESULT_DONE) {
            reader->at += frame->len;
            reader->number++;
            return RESULT_DONE;
        }
        const char *bytes;
        const struct record_run *run =
            record_journal_find(journal, reader->at, &bytes, reader->name);
        if (run == NULL)
            return RESULT_FAULT;
        bool whole = loaded || result == RESULT_FAULT;
        loaded = !whole;
        size_t len = (size_t)lesser_u64(record_run_end(run) - reader->at, sizeof(reader->bytes));
        if (whole)
            leave(reader, journal, run);
        else if (load(reader, run, bytes, reader->at, len) == RESULT_MORE)
            return RESULT_MORE;
    }
    return RESULT_FAULT;
}
