/* Frames: what is written is read again; cut, spoiled and foreign ones are found out. */
#include "core/record/record.h"

#include <string.h>

#include "test/unit/unit.h"

#define CAP 4096

static char frame_bytes[CAP];

static struct record example(void)
{
    struct record record;
    record_clear(&record);
    for (int i = 0; i < UUID_BYTES; i++)
        record.id[i] = (uint8_t)(0xF0 + i);
    for (int i = 0; i < RECORD_NUMBERS - 1; i++)
        record.numbers[i] = (uint64_t)i << (4 * i);
    record.numbers[1] = UINT64_MAX - 1;
    record.texts[RECORD_MODEL] = SPAN("mini");
    record.texts[RECORD_ERROR] = SPAN("");
    record.texts[RECORD_OUTPUT] = SPAN("\0\xFF\"text");
    return record;
}

static struct span example_frame(void)
{
    struct record record = example();
    return (struct span){frame_bytes, record_write(&record, frame_bytes, CAP)};
}

static void check_same(const struct record *a, const struct record *b)
{
    CU_ASSERT_EQUAL(memcmp(a->id, b->id, UUID_BYTES), 0);
    for (int i = 0; i < RECORD_NUMBERS; i++)
        CU_ASSERT_EQUAL(a->numbers[i], b->numbers[i]);
    for (int i = 0; i < RECORD_TEXTS; i++) {
        CU_ASSERT_EQUAL(a->texts[i].at == NULL, b->texts[i].at == NULL);
        CU_ASSERT(span_equal(a->texts[i], b->texts[i]));
    }
}

static void there_and_back(void)
{
    struct record first = example(), second;
    struct span frame = example_frame();
    size_t len;
    CU_ASSERT(frame.len > 0);
    frame.at = unit_guard(0, frame.at, frame.len);
    CU_ASSERT_EQUAL(record_first(frame, &len), RESULT_DONE);
    CU_ASSERT_EQUAL(len, frame.len);
    CU_ASSERT_EQUAL(record_last(frame, &len), RESULT_DONE);
    CU_ASSERT_EQUAL(len, frame.len);
    CU_ASSERT(record_read(frame, &second));
    check_same(&first, &second);
}

/* The most that a frame takes besides its texts fits into what is promised. */
static void the_largest_frame(void)
{
    struct record record;
    record_clear(&record);
    for (int i = 0; i < RECORD_NUMBERS; i++)
        record.numbers[i] = UINT64_MAX - 1;
    size_t len = record_write(&record, frame_bytes, CAP);
    CU_ASSERT(len > 0 && len + RECORD_TEXTS * 9 <= RECORD_FRAME_BYTES);
}

static void no_room(void)
{
    struct record record = example();
    size_t whole = example_frame().len;
    size_t most = RECORD_FRAME_BYTES;
    for (int i = 0; i < RECORD_TEXTS; i++)
        most += record.texts[i].len;
    CU_ASSERT(whole <= most);
    for (size_t cap = 0; cap < most; cap++)
        CU_ASSERT_EQUAL(record_write(&record, unit_guard_room(0, cap), cap), 0);
    CU_ASSERT_EQUAL(record_write(&record, unit_guard_room(0, most), most), whole);
}

/* Three frames one behind the other, from both ends. */
static void a_run_of_frames(void)
{
    struct span frame = example_frame();
    char run[3 * CAP];
    size_t len;
    for (int i = 0; i < 3; i++)
        memcpy(run + (size_t)i * frame.len, frame.at, frame.len);
    struct span rest = {run, 3 * frame.len};
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(record_first(rest, &len), RESULT_DONE);
        rest = span_skip(rest, len);
    }
    CU_ASSERT_EQUAL(record_first(rest, &len), RESULT_MORE);
    rest = (struct span){run, 3 * frame.len};
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(record_last(rest, &len), RESULT_DONE);
        rest.len -= len;
    }
    CU_ASSERT_EQUAL(record_last(rest, &len), RESULT_MORE);
}

static void cut_at_every_byte(void)
{
    struct span frame = example_frame();
    size_t len;
    for (size_t n = 0; n < frame.len; n++) {
        struct span front = {unit_guard(0, frame.at, n), n};
        CU_ASSERT_EQUAL(record_first(front, &len), RESULT_MORE);
        CU_ASSERT_EQUAL(len, n < 4 ? 0 : frame.len);
        struct span back = {unit_guard(1, frame.at + frame.len - n, n), n};
        CU_ASSERT_EQUAL(record_last(back, &len), RESULT_MORE);
        CU_ASSERT_EQUAL(len, n < 4 ? 0 : frame.len);
        CU_ASSERT_NOT_EQUAL(record_last(front, &len), RESULT_DONE);
    }
}

static void every_bit_spoiled(void)
{
    struct span frame = example_frame();
    size_t len;
    for (size_t bit = 0; bit < 8 * frame.len; bit++) {
        char *byte = &frame_bytes[bit / 8];
        *byte = (char)(*byte ^ (1 << (bit % 8)));
        CU_ASSERT_NOT_EQUAL(record_first(frame, &len), RESULT_DONE);
        CU_ASSERT_NOT_EQUAL(record_last(frame, &len), RESULT_DONE);
        *byte = (char)(*byte ^ (1 << (bit % 8)));
    }
    CU_ASSERT_EQUAL(record_first(frame, &len), RESULT_DONE);
}

/* Whatever a good checksum is over: nothing is read beyond it. */
static void spoiled_content(void)
{
    struct span frame = example_frame();
    struct record record;
    for (size_t i = 8; i + 4 < frame.len; i++) {
        char kept = frame_bytes[i];
        for (int value = 0; value < 256; value += 15) {
            frame_bytes[i] = (char)(uint8_t)value;
            record_read((struct span){unit_guard(0, frame.at, frame.len), frame.len}, &record);
            for (int text = 0; text < RECORD_TEXTS; text++)
                CU_ASSERT(record.texts[text].len <= frame.len);
        }
        frame_bytes[i] = kept;
    }
    frame_bytes[8] = 2;
    CU_ASSERT_FALSE(record_read(frame, &record));
}

static void outcomes(void)
{
    CU_ASSERT_STRING_EQUAL(record_outcome_text(RECORD_OUTCOME_COMPLETE), "complete");
    CU_ASSERT_STRING_EQUAL(record_outcome_text(RECORD_OUTCOME_CLIENT_GONE), "client_gone");
    CU_ASSERT_PTR_NULL(record_outcome_text(RECORD_OUTCOMES));
    CU_ASSERT_PTR_NULL(record_outcome_text(RECORD_NONE));
}

static const struct unit_test tests[] = {
    {"there and back", there_and_back},
    {"the largest frame", the_largest_frame},
    {"no room", no_room},
    {"a run of frames", a_run_of_frames},
    {"cut at every byte", cut_at_every_byte},
    {"every bit spoiled", every_bit_spoiled},
    {"spoiled content", spoiled_content},
    {"outcomes", outcomes},
};

UNIT_MAIN("record", tests)
