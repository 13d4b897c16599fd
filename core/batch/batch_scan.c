/* See batch_scan.h. Of a line that is longer than the piece, only its front and length are kept. */
#include "core/batch/batch_scan.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/json/json_kind.h"

void batch_scan_begin(struct batch_scan *scan, uint64_t end)
{
    ASSERT(!batch_scan_is_busy(scan));
    memset(scan, 0, offsetof(struct batch_scan, _mark));
    scan->_end = end;
}

bool batch_scan_is_busy(const struct batch_scan *scan)
{
    return scan->_blob.job.busy;
}

/* False: the disk has failed. */
static bool take_read(struct batch_scan *scan)
{
    int32_t result = scan->_blob.job.job.result;
    scan->_reading = false;
    scan->_ended = result == 0;
    scan->_len += result > 0 ? (uint32_t)result : 0;
    return result >= 0;
}

static void note_front(struct batch_scan *scan, struct span text)
{
    size_t len = text.len < sizeof(scan->_mark) ? text.len : sizeof(scan->_mark);
    memcpy(scan->_mark, text.at, len);
    scan->front = (struct span){scan->_mark, len};
}

/* The line ends len bytes on, there or with the file. */
static enum batch_scan_result found(struct batch_scan *scan, size_t len, bool is_whole)
{
    struct span text = {scan->_piece + scan->_used, len};
    bool is_long = scan->_long_len > 0;
    if (!is_long)
        note_front(scan, text);
    scan->text = is_long ? (struct span){NULL, 0} : text;
    scan->line_len = scan->_long_len + len;
    scan->line_at = scan->_at + scan->_used + len - scan->line_len;
    scan->is_whole = is_whole;
    scan->number++;
    scan->_used += (uint32_t)len + (is_whole ? 1 : 0);
    scan->_long_len = 0;
    return BATCH_SCAN_LINE;
}

/* Room behind what is in the piece: what was used goes, or the front of a long line. */
static void make_room(struct batch_scan *scan)
{
    if (scan->_used == 0 && scan->_len == sizeof(scan->_piece)) {
        if (scan->_long_len == 0)
            note_front(scan, (struct span){scan->_piece, scan->_len});
        scan->_long_len += scan->_len;
        scan->_used = scan->_len;
    }
    scan->_len -= scan->_used;
    memmove(scan->_piece, scan->_piece + scan->_used, scan->_len);
    scan->_at += scan->_used;
    scan->_used = 0;
}

static void read_on(struct batch_scan *scan, const struct batch_file *file)
{
    make_room(scan);
    uint64_t from = scan->_at + scan->_len;
    uint64_t room = sizeof(scan->_piece) - scan->_len;
    size_t len = (size_t)lesser_u64(room, scan->_end - from);
    scan->_ended = len == 0;
    if (scan->_ended)
        return;
    scan->_reading = true;
    batch_index_read(&scan->_blob, file, scan->_piece + scan->_len, len, from);
}

enum batch_scan_result batch_scan_next(struct batch_scan *scan, const struct batch_file *file)
{
    if (batch_scan_is_busy(scan))
        return BATCH_SCAN_WAIT;
    if (scan->_reading && !take_read(scan))
        return BATCH_SCAN_BROKEN;
    struct span rest = {scan->_piece + scan->_used, scan->_len - scan->_used};
    size_t len = span_find(rest, '\n');
    if (len < rest.len)
        return found(scan, len, true);
    if (!scan->_ended)
        read_on(scan, file);
    if (!scan->_ended)
        return BATCH_SCAN_WAIT;
    return scan->_long_len + rest.len > 0 ? found(scan, rest.len, false) : BATCH_SCAN_END;
}

bool batch_scan_is_blank(const struct batch_scan *scan)
{
    size_t n = 0;
    while (n < scan->text.len && json_is_blank(scan->text.at[n]))
        n++;
    return scan->text.at != NULL && n == scan->text.len;
}
