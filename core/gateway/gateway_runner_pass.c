/* See gateway_runner_pass.h. Error lines are gathered in the first answer's place. */
#include "core/gateway/gateway_runner_pass.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_resolve.h"
#include "core/gateway/gateway_wait.h"
#include "core/json/json_string.h"

#define LINES 64 /* in a turn */
#define LINE_BYTES 1536 /* an error line has less */
/* of them are written together */
#define GATHER_BYTES (LIMIT_BATCH_ANSWER_BYTES < 65536 ? LIMIT_BATCH_ANSWER_BYTES / 2 : 32768)

_Static_assert(GATHER_BYTES + LINE_BYTES <= GATEWAY_INNER_BYTES, "an answer's place holds them");

void gateway_runner_pass_begin(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    int file = gateway_runner_input(g);
    runner->text_len = 0;
    runner->good = 0;
    runner->pass_over = false;
    runner->long_line = false;
    runner->body = GATEWAY_BODY_NONE;
    batch_scan_begin(&runner->scan, file < 0 ? 0 : g->batch->index.files[file].bytes);
    if (runner->state == GATEWAY_RUNNER_JUDGE)
        batch_seen_begin(&runner->seen);
}

/* ---- one line ---- */

static bool has_model(const struct gateway *g, struct span model)
{
    char bytes[LIMIT_NAME_BYTES];
    struct span name = {bytes, json_string_decode(model, bytes, sizeof(bytes))};
    return gateway_resolve(g->settings, name, 0).model >= 0;
}

static enum batch_line_fault judge(struct gateway *g, struct span text, struct batch_line *line)
{
    const char *path = gateway_runner_path(gateway_runner_batch(g)->endpoint);
    enum batch_line_fault fault = batch_line_judge(text, path, line);
    bool judges = g->runner->state == GATEWAY_RUNNER_JUDGE;
    if (judges && line->custom_id.at != NULL &&
        !batch_seen_add(&g->runner->seen, line->custom_id))
        return BATCH_LINE_REPEATED;
    if (fault == BATCH_LINE_GOOD && judges && !has_model(g, line->model))
        return BATCH_LINE_MODEL;
    return fault;
}

static void add_error(struct gateway *g, struct span custom_id, enum batch_line_fault fault)
{
    struct gateway_runner *runner = g->runner;
    struct batch_result result = {runner->name, runner->scan.number, custom_id};
    struct text out = text_over(g->inner->bytes[0] + runner->text_len, LINE_BYTES);
    batch_result_error(&out, &result, fault, false);
    ASSERT(!out.cut);
    runner->text_len += (uint32_t)out.len;
    gateway_runner_count(g, runner->scan.number, true);
}

void gateway_runner_pass_note(struct batch *batch, uint64_t line, enum batch_line_fault fault)
{
    if (batch->fault_count == LIMIT_BATCH_FAULTS)
        return;
    struct batch_fault *note = &batch->faults[batch->fault_count++];
    struct text words = text_over(note->message, sizeof(note->message));
    note->line = line;
    note->code = (uint8_t)fault;
    text_add_str(&words, batch_line_words(fault));
    text_str(&words);
}

/* text.at NULL: it is too long to be read at all. */
static void take_line(struct gateway *g, struct span text)
{
    struct gateway_runner *runner = g->runner;
    struct batch *batch = gateway_runner_batch(g);
    struct batch_line line = {0};
    enum batch_line_fault fault = BATCH_LINE_TOO_LONG;
    if (text.at != NULL)
        fault = judge(g, text, &line);
    if (runner->state == GATEWAY_RUNNER_EXPIRE) {
        add_error(g, line.custom_id, BATCH_LINE_EXPIRED);
        return;
    }
    batch->total++;
    if (fault == BATCH_LINE_GOOD) {
        runner->good++;
        return;
    }
    gateway_runner_pass_note(batch, runner->scan.number, fault);
    add_error(g, line.custom_id, fault);
}

/* ---- long lines ---- */

/* They are read into a body's slot. False: none is free, or people need it. */
static bool begin_long(struct gateway *g, const struct batch_file *file)
{
    struct gateway_runner *runner = g->runner;
    uint32_t len = (uint32_t)runner->scan.line_len;
    if (!gateway_runner_line_has_body(g, (int)gateway_body_class(len)))
        return false;
    int body = gateway_body_take(&g->bodies, len);
    ASSERT(body >= 0);
    runner->body = (int16_t)body;
    batch_index_read(&runner->blob, file, gateway_body_bytes(&g->bodies, body), len,
                     runner->scan.line_at);
    return true;
}

static void drop_long(struct gateway *g)
{
    if (g->runner->body >= 0)
        gateway_body_give(&g->bodies, g->runner->body);
    g->runner->body = GATEWAY_BODY_NONE;
    g->runner->long_line = false;
    gateway_wait_admit(g);
}

/* FAULT: it is to be judged, and the disk does not give it. */
static enum result run_long(struct gateway *g, const struct batch_file *file)
{
    struct gateway_runner *runner = g->runner;
    if (runner->body < 0 && !begin_long(g, file)) {
        gateway_runner_waits(runner, GATEWAY_RUNNER_PEOPLE);
        gateway_runner_due(runner, g->now_us + GATEWAY_RUNNER_ROOM_US);
        return RESULT_MORE;
    }
    if (runner->blob.job.busy)
        return RESULT_MORE;
    struct span text = {gateway_body_bytes(&g->bodies, runner->body),
                        (size_t)runner->scan.line_len};
    bool whole = runner->blob.job.job.result == (int32_t)text.len;
    bool expires = runner->state == GATEWAY_RUNNER_EXPIRE; /* it is told of all the same */
    if (whole || expires)
        take_line(g, whole ? text : (struct span){NULL, 0});
    drop_long(g);
    return whole || expires ? RESULT_DONE : RESULT_FAULT;
}

/* ---- all of them ---- */

static bool is_wanted(const struct gateway_runner *runner)
{
    const struct batch_scan *scan = &runner->scan;
    return !batch_scan_is_blank(scan) && !gateway_runner_is_done(runner, scan->number);
}

/* A line was found. */
static enum result take_found(struct gateway *g, enum batch_line_fault *fault)
{
    struct gateway_runner *runner = g->runner;
    const struct batch_scan *scan = &runner->scan;
    if (scan->number > LIMIT_BATCH_LINES) {
        *fault = BATCH_LINE_MANY;
        return RESULT_FAULT;
    }
    if (!is_wanted(runner))
        return RESULT_DONE;
    if (scan->line_len > g->settings->limits.max_body_bytes)
        take_line(g, (struct span){NULL, 0});
    else if (scan->text.at != NULL)
        take_line(g, scan->text);
    else
        runner->long_line = true;
    return RESULT_DONE;
}

/* FAULT: it is over. */
static enum result step(struct gateway *g, const struct batch_file *file,
                        enum batch_line_fault *fault)
{
    struct gateway_runner *runner = g->runner;
    if (runner->long_line)
        return run_long(g, file);
    switch (batch_scan_next(&runner->scan, file)) {
    case BATCH_SCAN_WAIT:
        return RESULT_MORE;
    case BATCH_SCAN_LINE:
        return take_found(g, fault);
    case BATCH_SCAN_END:
        *fault = gateway_runner_batch(g)->total == 0 ? BATCH_LINE_EMPTY : BATCH_LINE_GOOD;
        return RESULT_FAULT;
    default:
        *fault = BATCH_LINE_NO_FILE;
        return RESULT_FAULT;
    }
}

/* Lines that were gathered go to the disk. */
static enum result write(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    struct span bytes = {g->inner->bytes[0], runner->text_len};
    if (runner->out.state == GATEWAY_RUNNER_OUT_IDLE)
        gateway_runner_out_begin(g, true, bytes);
    if (gateway_runner_out_run(g) != RESULT_DONE)
        return RESULT_MORE;
    runner->text_len = 0;
    return RESULT_DONE;
}

static enum result step_some(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    int number = gateway_runner_input(g);
    enum batch_line_fault fault = BATCH_LINE_NO_FILE;
    enum result result = number < 0 ? RESULT_FAULT : RESULT_DONE;
    for (int i = 0; i < LINES && result == RESULT_DONE && runner->text_len <= GATHER_BYTES; i++)
        result = step(g, &g->batch->index.files[number], &fault);
    if (result != RESULT_FAULT)
        return result;
    runner->pass_over = true;
    runner->pass_fault = (uint8_t)fault;
    return RESULT_DONE;
}

enum result gateway_runner_pass_run(struct gateway *g, bool *over)
{
    struct gateway_runner *runner = g->runner;
    bool writes = runner->out.state != GATEWAY_RUNNER_OUT_IDLE ||
                  runner->text_len > (runner->pass_over ? 0 : GATHER_BYTES);
    *over = !writes && runner->pass_over;
    if (writes)
        return write(g);
    return runner->pass_over ? RESULT_DONE : step_some(g);
}

bool gateway_runner_pass_stop(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    gateway_runner_out_drop(g);
    bool writes = runner->out.state != GATEWAY_RUNNER_OUT_IDLE;
    if ((writes && gateway_runner_out_run(g) != RESULT_DONE) || runner->blob.job.busy ||
        batch_scan_is_busy(&runner->scan))
        return false;
    drop_long(g);
    return true;
}
