/* See gateway_runner.h. */
#include "core/gateway/gateway_runner.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/batch/batch_clock.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_runner_back.h"
#include "core/gateway/gateway_runner_pass.h"

#define STEPS 4   /* in a turn */
#define LINES 256 /* looked at in a turn for one that is not done */
#define FLUSH_JOBS (4 * LIMIT_BATCH_RUNS + 4)

static const char *const paths[GATEWAY_RUNNER_ENDPOINTS] = {
    [GATEWAY_RUNNER_CHAT] = "/v1/chat/completions",
    [GATEWAY_RUNNER_EMBEDDINGS] = "/v1/embeddings",
    [GATEWAY_RUNNER_RESPONSES] = "/v1/responses",
};

const char *gateway_runner_path(int endpoint)
{
    ASSERT(endpoint >= 0 && endpoint < GATEWAY_RUNNER_ENDPOINTS);
    return paths[endpoint];
}

int gateway_runner_endpoint(struct span path)
{
    for (int i = 0; i < GATEWAY_RUNNER_ENDPOINTS; i++) {
        if (span_equal(path, span_of(paths[i])))
            return i;
    }
    return -1;
}

static const char *const waits_for[] = {
    [GATEWAY_RUNNER_NOTHING] = NULL,
    [GATEWAY_RUNNER_DISK] = "room on the disk",
    [GATEWAY_RUNNER_HOURS] = "its hours of the day",
    [GATEWAY_RUNNER_NETWORK] = "the network, or a service that asked for patience",
    [GATEWAY_RUNNER_QUOTA] = "uses of its model",
    [GATEWAY_RUNNER_PEOPLE] = "people's requests",
};

const char *gateway_runner_waits_for(const struct gateway *g, int batch)
{
    return g->runner->batch == batch ? waits_for[g->runner->shown] : NULL;
}

struct batch *gateway_runner_batch(struct gateway *g)
{
    ASSERT(g->runner->batch >= 0);
    return &g->batch->index.batches[g->runner->batch];
}

int gateway_runner_input(struct gateway *g)
{
    return batch_index_file(&g->batch->index, gateway_runner_batch(g)->input);
}

uint64_t gateway_runner_left(const struct gateway *g)
{
    int number = g->runner->batch;
    const struct batch *batch = &g->batch->index.batches[number >= 0 ? number : 0];
    return number < 0 ? 0 : batch->total - batch->completed - batch->failed;
}

void gateway_runner_due(struct gateway_runner *runner, uint64_t us)
{
    runner->due_us = lesser_u64(runner->due_us, us);
}

void gateway_runner_waits(struct gateway_runner *runner, enum gateway_runner_wait what)
{
    if (runner->waits == GATEWAY_RUNNER_NOTHING)
        runner->waits = (uint8_t)what;
}

void gateway_runner_marks(struct gateway_runner *runner, enum port_store_kind kind)
{
    runner->marks_job.job = (struct port_store_job){.kind = kind,
                                                    .name = GATEWAY_RUNNER_MARKS,
                                                    .data = runner->marks,
                                                    .len = sizeof(runner->marks)};
    store_begin(&runner->marks_job);
}

void gateway_runner_wake(struct gateway *g)
{
    if (g->runner != NULL)
        g->runner->due_us = 0;
}

/* ---- counting ---- */

static void log_batch(struct gateway *g, const char *event)
{
    const struct batch *batch = gateway_runner_batch(g);
    struct record_log log;
    record_log_begin(&log, PORT_LOG_INFO, event);
    record_log_add_str(&log, "batch", g->runner->name);
    record_log_add_u64(&log, "lines", batch->total);
    record_log_add_u64(&log, "completed", batch->completed);
    record_log_add_u64(&log, "failed", batch->failed);
    record_log_end(&log, g->settings->log_level);
}

/* Once until a line has ended; of people who come and go nothing. */
static void log_wait(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    struct record_log log;
    if (runner->waits == GATEWAY_RUNNER_NOTHING || runner->waits == GATEWAY_RUNNER_PEOPLE ||
        runner->waits == runner->said)
        return;
    runner->said = runner->waits;
    record_log_begin(&log, runner->waits == GATEWAY_RUNNER_DISK ? PORT_LOG_WARN : PORT_LOG_INFO,
                     "a batch waits");
    record_log_add_str(&log, "batch", runner->name);
    record_log_add_str(&log, "for", waits_for[runner->waits]);
    record_log_end(&log, g->settings->log_level);
}

bool gateway_runner_is_done(const struct gateway_runner *runner, uint64_t line)
{
    return line <= LIMIT_BATCH_LINES && (runner->done[line / 8] & (1u << (line % 8))) != 0;
}

void gateway_runner_note_done(struct gateway_runner *runner, uint64_t line)
{
    ASSERT(line <= LIMIT_BATCH_LINES);
    runner->done[line / 8] = (uint8_t)(runner->done[line / 8] | (1u << (line % 8)));
}

void gateway_runner_count(struct gateway *g, uint64_t line, bool is_error)
{
    struct gateway_runner *runner = g->runner;
    struct batch *batch = gateway_runner_batch(g);
    gateway_runner_note_done(runner, line);
    runner->said = GATEWAY_RUNNER_NOTHING;
    batch->completed += !is_error;
    batch->failed += is_error;
    runner->lines_total[is_error]++;
    uint64_t tenth = 10 * (batch->completed + batch->failed) / greater_u64(batch->total, 1);
    if (runner->state == GATEWAY_RUNNER_FEED && tenth > runner->tenth && tenth < 10) {
        runner->tenth = (uint8_t)tenth;
        log_batch(g, "a batch goes on");
    }
}

/* ---- which one ---- */

static bool has_expired(const struct batch *batch)
{
    return batch->expires_s > 0 && port_wall_ms() / 1000 >= batch->expires_s;
}

/* The window of one that was made before the box knew the time begins once it does. */
static void begin_window(struct gateway *g, struct batch *batch)
{
    uint64_t now_s = port_wall_ms() / 1000;
    if (batch->expires_s > 0 || now_s == 0)
        return;
    batch->expires_s = now_s + batch->window_s;
    batch_index_touch(&g->batch->index);
}

/* To be judged, or to be ended: that does not wait until another one is through. */
static bool is_urgent(const struct batch *batch)
{
    return batch->status != BATCH_IN_PROGRESS || has_expired(batch);
}

/* A client is to be told first of what it changed in it. */
static bool is_to_be_told(const struct gateway *g, const struct batch *batch)
{
    return batch_index_waits(&g->batch->index, batch->mark, g->now_us);
}

/* The oldest that is urgent, else the oldest that is not through; -1: none. */
static int choose(struct gateway *g)
{
    int best = -1;
    struct batch *all = g->batch->index.batches;
    for (int i = 0; i < LIMIT_BATCHES; i++) {
        if (all[i].entry.serial == 0 || batch_index_has_ended(all[i].status) ||
            is_to_be_told(g, &all[i]))
            continue;
        begin_window(g, &all[i]);
        bool urgent = is_urgent(&all[i]);
        bool older = best < 0 || all[i].entry.serial < all[best].entry.serial;
        if (best < 0 || (urgent == is_urgent(&all[best]) ? older : urgent))
            best = i;
    }
    return best;
}

static void leave(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    runner->batch = -1;
    runner->state = GATEWAY_RUNNER_IDLE;
    port_trim(&runner->seen, sizeof(runner->seen));
}

static void end(struct gateway *g, enum batch_status status)
{
    struct batch_index *index = &g->batch->index;
    gateway_runner_out_show(g);
    if (status == BATCH_COMPLETED)
        batch_index_step(index, g->runner->batch, BATCH_FINALIZING);
    batch_index_step(index, g->runner->batch, status);
    log_batch(g, status == BATCH_COMPLETED   ? "a batch is completed"
                 : status == BATCH_CANCELLED ? "a batch is cancelled"
                                             : "a batch has expired");
    leave(g);
}

/* Error lines that were written while it was judged count no more. */
static void drop_errors(struct gateway *g)
{
    struct batch *batch = gateway_runner_batch(g);
    int file = gateway_runner_out_file(g, true);
    if (file >= 0)
        batch_index_remove_file(&g->batch->index, file);
    memset(batch->errors, 0, sizeof(batch->errors));
    batch->completed = batch->failed = 0;
}

static void begin_to_judge(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    struct batch *batch = gateway_runner_batch(g);
    drop_errors(g);
    memset(runner->done, 0, sizeof(runner->done));
    batch->total = 0;
    batch->fault_count = 0;
    runner->state = GATEWAY_RUNNER_JUDGE;
    gateway_runner_pass_begin(g);
}

static enum result idle(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    int batch = choose(g);
    if (batch < 0)
        return RESULT_MORE;
    runner->batch = (int16_t)batch;
    runner->pause_us = 0;
    runner->backoff_s = 0;
    memset(runner->out.torn, 0, sizeof(runner->out.torn));
    runner->tenth = 0;
    runner->said = GATEWAY_RUNNER_NOTHING;
    memset(runner->repeated, 0, sizeof(runner->repeated));
    batch_index_name(runner->name, BATCH_INDEX_BATCHES, gateway_runner_batch(g)->entry.id);
    if (gateway_runner_batch(g)->status == BATCH_VALIDATING)
        begin_to_judge(g);
    else
        gateway_runner_back_begin(g);
    return RESULT_DONE;
}

/* ---- judging ---- */

static void begin_to_feed(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    int file = gateway_runner_input(g);
    runner->state = GATEWAY_RUNNER_FEED;
    runner->fed = false;
    batch_scan_begin(&runner->scan, file < 0 ? 0 : g->batch->index.files[file].bytes);
}

/* There is nothing to be run in it. */
static void fail(struct gateway *g)
{
    struct batch *batch = gateway_runner_batch(g);
    if (g->runner->pass_fault != BATCH_LINE_GOOD) {
        batch->fault_count = 0;
        gateway_runner_pass_note(batch, 0, g->runner->pass_fault);
    }
    drop_errors(g);
    batch_index_step(&g->batch->index, g->runner->batch, BATCH_FAILED);
    log_batch(g, "a batch failed: no line of its file can be run");
    leave(g);
}

static bool is_cancelled(struct gateway *g)
{
    return gateway_runner_batch(g)->status == BATCH_CANCELLING;
}

/* It has been gone through: a new one is judged, or one that has expired is at its end. */
static void end_pass(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    if (runner->state == GATEWAY_RUNNER_EXPIRE) {
        end(g, BATCH_EXPIRED);
        return;
    }
    if (runner->good == 0 || runner->pass_fault != BATCH_LINE_GOOD) {
        fail(g);
        return;
    }
    gateway_runner_batch(g)->fault_count = 0;
    batch_index_step(&g->batch->index, runner->batch, BATCH_IN_PROGRESS);
    log_batch(g, "a batch begins");
    if (choose(g) == runner->batch)
        begin_to_feed(g);
    else
        leave(g);
}

static enum result go_through(struct gateway *g)
{
    bool over = false;
    if (is_cancelled(g)) {
        if (!gateway_runner_pass_stop(g) || is_to_be_told(g, gateway_runner_batch(g)))
            return RESULT_MORE;
        end(g, BATCH_CANCELLED);
        return RESULT_DONE;
    }
    enum result result = gateway_runner_pass_run(g, &over);
    if (over)
        end_pass(g);
    return result;
}

static enum result go_back(struct gateway *g)
{
    bool over = false;
    enum result result = gateway_runner_back_run(g, &over);
    if (over)
        begin_to_feed(g);
    return result;
}

/* ---- feeding ---- */

/* The next line that is not done. False: there is none now. While the disk does not give the file,
 * no line is taken for the last. */
static bool find_line(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    int file = gateway_runner_input(g);
    for (int i = 0; i < LINES && !runner->fed; i++) {
        enum batch_scan_result result =
            file < 0 ? BATCH_SCAN_BROKEN
                     : batch_scan_next(&runner->scan, &g->batch->index.files[file]);
        if (result == BATCH_SCAN_BROKEN) {
            gateway_runner_waits(runner, GATEWAY_RUNNER_DISK);
            gateway_runner_due(runner, g->now_us + GATEWAY_RUNNER_DISK_US);
        }
        if (result == BATCH_SCAN_BROKEN || result == BATCH_SCAN_WAIT)
            return false;
        runner->fed = result != BATCH_SCAN_LINE;
        if (!runner->fed && !batch_scan_is_blank(&runner->scan) &&
            runner->scan.number <= LIMIT_BATCH_LINES &&
            runner->scan.line_len <= LIMIT_BODY_LARGE_BYTES &&
            !gateway_runner_is_done(runner, runner->scan.number))
            return true;
    }
    gateway_runner_due(runner, g->now_us);
    return false;
}

static void feed_lines(struct gateway *g)
{
    uint32_t runs = g->settings->batch.concurrency;
    for (int run = 0; run < LIMIT_BATCH_RUNS && (uint32_t)run < runs; run++) {
        if (g->runner->fed || g->runner->lines[run].state != GATEWAY_RUNNER_LINE_FREE)
            continue;
        if (!find_line(g))
            return;
        gateway_runner_line_begin(g, run);
    }
}

static bool is_open(struct gateway *g)
{
    const struct settings_batch *batch = &g->settings->batch;
    gateway_runner_due(g->runner, g->now_us + GATEWAY_RUNNER_LOOK_US);
    if (batch_clock_open(batch->from_hour, batch->to_hour, port_local_hour()))
        return true;
    gateway_runner_waits(g->runner, GATEWAY_RUNNER_HOURS);
    return false;
}

/* All its lines are at rest. */
static enum result end_feeding(struct gateway *g, bool leaves)
{
    struct gateway_runner *runner = g->runner;
    if (batch_scan_is_busy(&runner->scan) || runner->marks_busy ||
        is_to_be_told(g, gateway_runner_batch(g)))
        return RESULT_MORE;
    if (is_cancelled(g)) {
        end(g, BATCH_CANCELLED);
    } else if (leaves && has_expired(gateway_runner_batch(g))) {
        runner->state = GATEWAY_RUNNER_EXPIRE;
        gateway_runner_pass_begin(g);
    } else if (leaves) {
        leave(g);
    } else {
        end(g, BATCH_COMPLETED);
    }
    return RESULT_DONE;
}

static enum result feed(struct gateway *g)
{
    /* Another one comes first for a while, and this one can find back. */
    bool leaves = is_urgent(gateway_runner_batch(g)) || choose(g) != g->runner->batch;
    bool may_begin = !leaves && !g->stopping && is_open(g);
    if (leaves)
        gateway_runner_line_drop(g);
    else
        feed_lines(g);
    gateway_runner_line_run(g, may_begin);
    bool rests = gateway_runner_line_count(g) == 0;
    return rests && (leaves || g->runner->fed) ? end_feeding(g, leaves) : RESULT_MORE;
}

/* ---- turns ---- */

static enum result (*const handlers[])(struct gateway *g) = {
    [GATEWAY_RUNNER_IDLE] = idle,
    [GATEWAY_RUNNER_JUDGE] = go_through,
    [GATEWAY_RUNNER_BACK_OUTPUT] = go_back,
    [GATEWAY_RUNNER_BACK_ERRORS] = go_back,
    [GATEWAY_RUNNER_BACK_MARKS] = go_back,
    [GATEWAY_RUNNER_FEED] = feed,
    [GATEWAY_RUNNER_EXPIRE] = go_through,
};

void gateway_runner_init(struct gateway *g)
{
    if (g->runner == NULL)
        return;
    g->inner = &g->runner->inner;
    g->runner->batch = -1;
}

void gateway_runner_run(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    enum result result = RESULT_DONE;
    if (runner == NULL || g->now_us < runner->due_us ||
        (g->stopping && runner->state != GATEWAY_RUNNER_FEED))
        return;
    runner->due_us = UINT64_MAX;
    runner->waits = GATEWAY_RUNNER_NOTHING;
    for (int i = 0; i < STEPS && result == RESULT_DONE; i++)
        result = handlers[runner->state](g);
    if (result == RESULT_DONE)
        runner->due_us = g->now_us;
    runner->shown = runner->waits;
    log_wait(g);
}

uint64_t gateway_runner_due_us(const struct gateway *g)
{
    return g->runner != NULL && !g->stopping ? g->runner->due_us : UINT64_MAX;
}

static bool has_results(const struct gateway_runner *runner)
{
    bool has = false;
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++)
        has = has || runner->lines[i].state >= GATEWAY_RUNNER_LINE_RESULT;
    return has;
}

void gateway_runner_flush(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    if (runner == NULL || runner->state != GATEWAY_RUNNER_FEED)
        return;
    for (int i = 0; i < FLUSH_JOBS; i++) {
        gateway_runner_line_run(g, false);
        batch_index_run(&g->batch->index, g->now_us);
        if (!has_results(runner) || runner->out.state == GATEWAY_RUNNER_OUT_PAUSE)
            return;
        const struct store_job *job =
            runner->out.blob.job.busy ? &runner->out.blob.job : &g->batch->index.job;
        if (!store_wait(job, BATCH_INDEX_START_US))
            return;
    }
}

void gateway_runner_trim(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    if (runner == NULL || runner->state != GATEWAY_RUNNER_IDLE)
        return;
    port_trim(runner->inner.bytes, sizeof(runner->inner.bytes));
    port_trim(runner->scan._piece, sizeof(runner->scan._piece));
}
