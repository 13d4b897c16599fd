/*
 * Segments of the journal, good ones, torn ones and rubbish: whatever is on the disk, it is loaded,
 * every record that is read is whole, reading ends, and new records find a place.
 */
#include "core/base/crc32.h"
#include "core/record/record_cursor.h"
#include "core/record/record_reader.h"
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#define SEGMENT_BYTES 8192
#define RECORDS_MAX 4096

static struct record_journal journal;
static struct record_reader reader;
static struct record_cursor cursor;
static char segment[SEGMENT_BYTES];

static void put(char *at, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (char)(uint8_t)(number >> (8 * i));
}

/* The segment of that number; `at` of its first byte, from the input. */
static size_t write_head(uint32_t number, uint64_t at, uint8_t how)
{
    memcpy(segment, "mgjrnl1\n", 8);
    put(segment + 8, at, 8);
    put(segment + 16, at / 64, 8);
    put(segment + 24, number, 4);
    put(segment + 28, crc32_of((struct span){segment, 28}) ^ (how == 0xFF), 4);
    return RECORD_JOURNAL_HEAD_BYTES;
}

/* A frame, perhaps with a byte of it changed, or bytes that are none. */
static size_t write_piece(struct span *input, char *out, size_t cap)
{
    struct record record;
    uint8_t how = fuzz_byte(input);
    struct span text = fuzz_cut(input);
    size_t len = text.len < cap ? text.len : cap;
    if (how % 4 == 0) {
        if (len > 0)
            memcpy(out, text.at, len);
        return len;
    }
    record_clear(&record);
    record.numbers[how % RECORD_NUMBERS] = how;
    record.texts[how % RECORD_TEXTS] = text;
    len = record_write(&record, out, cap);
    if (how % 4 == 1 && len > 0)
        out[how % len] ^= (char)(1 << (how >> 5));
    return len;
}

static void write_segments(struct span *input)
{
    uint64_t at = 0;
    uint32_t number = fuzz_byte(input);
    for (uint32_t i = 0; i < LIMIT_JOURNAL_SEGMENTS && input->len > 0; i++) {
        char name[32];
        uint8_t how = fuzz_byte(input);
        struct span pieces = fuzz_cut(input);
        size_t len = write_head(number + i, at + how % 3, how);
        while (pieces.len > 0 && len < sizeof(segment))
            len += write_piece(&pieces, segment + len, sizeof(segment) - len);
        at += len - RECORD_JOURNAL_HEAD_BYTES;
        (void)snprintf(name, sizeof(name), "journal.%u",
                       (unsigned)((number + i) % LIMIT_JOURNAL_SEGMENTS));
        fuzz_blob(name, (struct span){segment, len});
    }
}

/* Reads to the end in one direction, as often as the disk must be asked. */
static void read_all(bool back)
{
    struct span frame;
    struct record record;
    enum result result = RESULT_DONE;
    for (int i = 0; result != RESULT_FAULT; i++) {
        FUZZ_CHECK(i < RECORDS_MAX);
        result = back ? record_reader_back(&reader, &journal, &frame)
                      : record_reader_next(&reader, &journal, &frame);
        if (result == RESULT_MORE)
            store_poll();
        size_t len = 0;
        if (result == RESULT_DONE)
            FUZZ_CHECK(record_first(frame, &len) == RESULT_DONE && len == frame.len);
        if (result == RESULT_DONE && record_read(frame, &record))
            for (int n = 0; n < RECORD_TEXTS; n++)
                FUZZ_CHECK(fuzz_inside(record.texts[n], frame));
    }
}

/* A frame whose content is the input, its lengths and checksum right. */
static void read_content(struct span content)
{
    struct record record;
    size_t len;
    if (content.len < 17 || content.len > sizeof(segment) - 12)
        return;
    put(segment, content.len, 4);
    put(segment + 4, crc32_of(content), 4);
    memcpy(segment + 8, content.at, content.len);
    put(segment + 8 + content.len, content.len, 4);
    struct span frame = {segment, content.len + 12};
    frame.at = fuzz_copy(frame);
    if (record_first(frame, &len) == RESULT_DONE && record_read(frame, &record))
        for (int n = 0; n < RECORD_TEXTS; n++)
            FUZZ_CHECK(fuzz_inside(record.texts[n], frame));
}

void fuzz_one(struct span input)
{
    struct record record;
    read_content(input);
    write_segments(&input);
    memset(&journal, 0, sizeof(journal));
    memset(&cursor, 0, sizeof(cursor));
    memset(&reader, 0, sizeof(reader));
    record_journal_init(&journal, PORT_LOG_DEBUG);
    FUZZ_CHECK(record_journal_load(&journal));
    fuzz_blob("journal.cursor", input);
    FUZZ_CHECK(record_cursor_load(&cursor, &journal));
    record_reader_begin_last(&reader, &journal);
    read_all(true);
    struct record_run oldest = record_journal_oldest(&journal);
    record_reader_begin_at(&reader, oldest.at, oldest.number);
    read_all(false);
    record_clear(&record);
    FUZZ_CHECK(record_journal_add(&journal, &record, 5000000));
    record_journal_flush(&journal, 6000000);
    record_reader_begin_last(&reader, &journal);
    read_all(true);
}
