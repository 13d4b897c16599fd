/* See gateway_runner_back.h. Of a line of results its front is enough. */
#include "core/gateway/gateway_runner_back.h"

#include <string.h>

#include "core/base/little.h"
#include "core/gateway/gateway.h"

#define LINES 256 /* in a turn */

static void begin_file(struct gateway *g, enum gateway_runner_state state)
{
    g->runner->state = (uint8_t)state;
    g->runner->back_end = 0;
    batch_scan_begin(&g->runner->scan, UINT64_MAX);
}

void gateway_runner_back_begin(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    struct batch *batch = gateway_runner_batch(g);
    batch->completed = batch->failed = 0;
    memset(runner->done, 0, sizeof(runner->done));
    begin_file(g, GATEWAY_RUNNER_BACK_OUTPUT);
}

static bool is_errors(const struct gateway *g)
{
    return g->runner->state == GATEWAY_RUNNER_BACK_ERRORS;
}

static void begin_marks(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    runner->state = GATEWAY_RUNNER_BACK_MARKS;
    memset(runner->marks, 0, sizeof(runner->marks));
    gateway_runner_marks(runner, PORT_STORE_READ);
}

/* The file has been read: its length is known, and what is torn of it, or cannot be read, goes with
 * the next append. */
static void end_file(struct gateway *g, int file)
{
    if (file >= 0) {
        g->batch->index.files[file].bytes = g->runner->back_end;
        batch_index_touch(&g->batch->index);
    }
    if (is_errors(g))
        begin_marks(g);
    else
        begin_file(g, GATEWAY_RUNNER_BACK_ERRORS);
}

static void take_line(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    const struct batch_scan *scan = &runner->scan;
    uint64_t line = batch_result_line(scan->front, runner->name);
    runner->out.torn[is_errors(g)] = !scan->is_whole;
    if (!scan->is_whole)
        return;
    runner->back_end = scan->line_at + scan->line_len + 1;
    if (line == 0 || line > LIMIT_BATCH_LINES || gateway_runner_is_done(runner, line))
        return;
    gateway_runner_note_done(runner, line);
    if (is_errors(g))
        gateway_runner_batch(g)->failed++;
    else
        gateway_runner_batch(g)->completed++;
}

static enum result read_results(struct gateway *g)
{
    int file = gateway_runner_out_file(g, is_errors(g));
    enum batch_scan_result result = BATCH_SCAN_LINE;
    for (int i = 0; i < LINES && file >= 0 && result == BATCH_SCAN_LINE; i++) {
        result = batch_scan_next(&g->runner->scan, &g->batch->index.files[file]);
        if (result == BATCH_SCAN_LINE)
            take_line(g);
    }
    if (result == BATCH_SCAN_BROKEN)
        g->runner->out.torn[is_errors(g)] = true;
    if (file < 0 || result == BATCH_SCAN_END || result == BATCH_SCAN_BROKEN)
        end_file(g, file);
    return result == BATCH_SCAN_WAIT ? RESULT_MORE : RESULT_DONE;
}

/* None are known where the blob is another batch's, or missing. */
static void take_marks(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    const uint8_t *at = runner->marks + BATCH_INDEX_ID_BYTES;
    bool good = runner->marks_job.job.result == (int32_t)sizeof(runner->marks) &&
                memcmp(runner->marks, gateway_runner_batch(g)->entry.id,
                       BATCH_INDEX_ID_BYTES) == 0;
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++)
        runner->repeated[i] = good ? (uint32_t)little_get(at + 4 * i, 4) : 0;
}

enum result gateway_runner_back_run(struct gateway *g, bool *over)
{
    *over = false;
    if (g->runner->state != GATEWAY_RUNNER_BACK_MARKS)
        return read_results(g);
    if (g->runner->marks_job.busy)
        return RESULT_MORE;
    take_marks(g);
    *over = true;
    return RESULT_DONE;
}
