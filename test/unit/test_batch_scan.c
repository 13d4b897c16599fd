/* Lines around the piece's edges, in files that end with a line end and without, and what is
 * missing. */
#include "core/batch/batch_scan.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_store.h"

#define PIECE BATCH_SCAN_BYTES
#define NAME "file-00000000000000000000000000000000"

static struct batch_scan scan;
static struct batch_file file;
static char bytes[8 * PIECE];
static size_t bytes_len;

static void add_line(size_t len, char c)
{
    memset(bytes + bytes_len, c, len);
    bytes_len += len;
    bytes[bytes_len++] = '\n';
}

static void store(void)
{
    struct store_job job = {.job = {.kind = PORT_STORE_REPLACE, .name = NAME, .data = bytes,
                                    .len = bytes_len}};
    unit_store_clear();
    store_begin(&job);
    CU_ASSERT_FATAL(store_wait(&job, 1000000));
}

static enum batch_scan_result next(void)
{
    enum batch_scan_result result = batch_scan_next(&scan, &file);
    for (int i = 0; i < 100 && result == BATCH_SCAN_WAIT; i++) {
        store_poll();
        result = batch_scan_next(&scan, &file);
    }
    return result;
}

static void check(uint64_t number, uint64_t at, size_t len, char c, bool is_whole)
{
    CU_ASSERT_EQUAL_FATAL(next(), BATCH_SCAN_LINE);
    CU_ASSERT_EQUAL(scan.number, number);
    CU_ASSERT_EQUAL(scan.line_at, at);
    CU_ASSERT_EQUAL(scan.line_len, len);
    CU_ASSERT_EQUAL(scan.is_whole, is_whole);
    CU_ASSERT(len < PIECE ? scan.text.len == len : scan.text.at == NULL);
    CU_ASSERT_EQUAL(scan.front.len, len < BATCH_RESULT_MARK_BYTES ? len
                                                                  : BATCH_RESULT_MARK_BYTES);
    for (size_t i = 0; i < scan.front.len; i++)
        CU_ASSERT_EQUAL_FATAL(scan.front.at[i], c);
}

static void two_lines(size_t first, size_t second, bool ends)
{
    bytes_len = 0;
    add_line(first, 'a');
    add_line(second, 'b');
    bytes_len -= ends ? 0 : 1;
    store();
    batch_scan_begin(&scan, UINT64_MAX);
    check(1, 0, first, 'a', true);
    if (ends || second > 0)
        check(2, first + 1, second, 'b', ends);
    CU_ASSERT_EQUAL(next(), BATCH_SCAN_END);
    CU_ASSERT_EQUAL(next(), BATCH_SCAN_END);
}

static void edges(void)
{
    static const size_t lens[] = {0, 1, PIECE - 2, PIECE - 1, PIECE + 1, 3 * PIECE, 95, 97};
    const size_t count = sizeof(lens) / sizeof(lens[0]);
    for (size_t i = 0; i < count * count; i++) {
        two_lines(lens[i / count], lens[i % count], false);
        two_lines(lens[i / count], lens[i % count], true);
    }
}

/* No further than what counts. */
static void counts(void)
{
    bytes_len = 0;
    add_line(5, 'a');
    add_line(5, 'b');
    store();
    batch_scan_begin(&scan, 8);
    check(1, 0, 5, 'a', true);
    check(2, 6, 2, 'b', false);
    CU_ASSERT_EQUAL(next(), BATCH_SCAN_END);
}

static void missing(void)
{
    unit_store_clear();
    batch_scan_begin(&scan, UINT64_MAX);
    CU_ASSERT_EQUAL(next(), BATCH_SCAN_BROKEN);
    CU_ASSERT_FALSE(batch_scan_is_busy(&scan));
}

static const struct unit_test tests[] = {
    {"edges", edges},
    {"what counts", counts},
    {"missing", missing},
};

UNIT_MAIN("batch_scan", tests)
