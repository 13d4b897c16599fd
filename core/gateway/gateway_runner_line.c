/* See gateway_runner_line.h. */
#include "core/gateway/gateway_runner_line.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/base/little.h"
#include "core/batch/batch_clock.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_resolve.h"
#include "core/gateway/gateway_wait.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

#define RETRY_US 2000000u /* before a second try, doubled for a third */
#define PAUSE_MIN_S 5u
#define PAUSE_MAX_S 60u

static struct gateway_runner_line *line_of(struct gateway *g, int run)
{
    return &g->runner->lines[run];
}

void gateway_runner_line_begin(struct gateway *g, int run)
{
    const struct batch_scan *scan = &g->runner->scan;
    struct gateway_runner_line *line = line_of(g, run);
    ASSERT(line->state == GATEWAY_RUNNER_LINE_FREE);
    line->state = GATEWAY_RUNNER_LINE_WANTED;
    line->tries = line->marked = 0;
    line->body = GATEWAY_BODY_NONE;
    line->id_len = 0;
    line->number = (uint32_t)scan->number;
    line->len = (uint32_t)scan->line_len;
    line->at = scan->line_at;
    line->due_us = 0;
}

static void give_body(struct gateway *g, struct gateway_runner_line *line)
{
    if (line->body < 0)
        return;
    gateway_body_give(&g->bodies, line->body);
    line->body = GATEWAY_BODY_NONE;
    gateway_wait_admit(g);
}

/* ---- its result ---- */

static bool was_begun_before(const struct gateway_runner *runner, uint32_t number)
{
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++) {
        if (runner->repeated[i] == number)
            return true;
    }
    return false;
}

/* The answer stands in its place already, where there is one. */
static void make_result(struct gateway *g, int run, enum batch_line_fault fault)
{
    struct gateway_runner_line *line = line_of(g, run);
    const struct gateway_inner_run *inner = &g->inner->runs[run];
    char *answer = gateway_inner_answer(g, run);
    char bytes[GATEWAY_INNER_HEAD_BYTES];
    struct text head = text_over(bytes, sizeof(bytes));
    struct text tail = text_over(answer + inner->len, GATEWAY_INNER_TAIL_BYTES);
    struct span id = {line->id_len > 0 ? line->custom_id : NULL, line->id_len};
    struct batch_result result = {g->runner->name, line->number, id};
    bool repeated = was_begun_before(g->runner, line->number);
    bool answered = fault == BATCH_LINE_GOOD || fault == BATCH_LINE_STATUS;
    if (answered) {
        batch_result_flatten(answer, inner->len);
        batch_result_head(&head, &result, inner->status, inner->request_id);
        batch_result_tail(&tail, fault, repeated);
    } else {
        batch_result_error(&head, &result, fault, repeated);
    }
    ASSERT(!head.cut && !tail.cut);
    memcpy(answer - head.len, bytes, head.len);
    line->result_at = (uint32_t)(GATEWAY_INNER_HEAD_BYTES - head.len);
    line->result_len = (uint32_t)(head.len + (answered ? inner->len + tail.len : 0));
    line->is_error = fault != BATCH_LINE_GOOD;
    line->state = GATEWAY_RUNNER_LINE_RESULT;
    g->inner->runs[run].state = GATEWAY_INNER_FREE;
    give_body(g, line);
}

static void wait_for(struct gateway *g, int run, uint64_t us)
{
    struct gateway_runner_line *line = line_of(g, run);
    line->due_us = g->now_us + us;
    gateway_runner_due(g->runner, line->due_us);
    line->state = GATEWAY_RUNNER_LINE_WANTED;
    g->inner->runs[run].state = GATEWAY_INNER_FREE;
    give_body(g, line);
}

/* The service is not there, or wants to be left alone: this fails no line. */
static void pause_all(struct gateway *g, uint32_t seconds)
{
    struct gateway_runner *runner = g->runner;
    if (seconds == 0) {
        runner->backoff_s = runner->backoff_s == 0 ? PAUSE_MIN_S : 2 * runner->backoff_s;
        runner->backoff_s = (uint32_t)lesser(runner->backoff_s, PAUSE_MAX_S);
        seconds = runner->backoff_s;
    }
    seconds = (uint32_t)lesser(seconds, PAUSE_MAX_S);
    runner->pause_us = greater_u64(runner->pause_us, g->now_us + seconds * 1000000ull);
}

static bool can_be_mended(const struct gateway_inner_run *inner)
{
    return inner->status == 408 || inner->status == 429 || inner->status >= 500 ||
           (inner->state == GATEWAY_INNER_CUT && !inner->too_long);
}

static void take_answer(struct gateway *g, int run)
{
    struct gateway_runner_line *line = line_of(g, run);
    const struct gateway_inner_run *inner = &g->inner->runs[run];
    struct span text = {gateway_inner_answer(g, run), inner->len};
    bool whole = inner->state == GATEWAY_INNER_ANSWERED && json_walk_document(text).len > 0;
    bool mends = can_be_mended(inner);
    if (mends && (inner->unreached || inner->retry_after_s > 0)) {
        pause_all(g, inner->unreached ? 0 : inner->retry_after_s);
        wait_for(g, run, 0);
    } else if (mends && ++line->tries < GATEWAY_RUNNER_LINE_TRIES) {
        wait_for(g, run, (uint64_t)RETRY_US << (line->tries - 1));
    } else if (!whole) {
        make_result(g, run, BATCH_LINE_ANSWER);
    } else {
        g->runner->backoff_s = 0;
        make_result(g, run, inner->status < 400 ? BATCH_LINE_GOOD : BATCH_LINE_STATUS);
    }
}

/* ---- reading ---- */

/* Clients that are idle make room for whoever comes. */
static bool has_client(const struct gateway *g)
{
    uint32_t max = g->settings->limits.max_clients;
    uint32_t quiet = (uint32_t)g->client_idle.count + g->client_linger.count;
    return index_free(&g->client_index) > 1 &&
           g->client_index.in_use + (max > 1 ? 1u : 0) < max + quiet;
}

bool gateway_runner_line_has_body(const struct gateway *g, int class)
{
    const struct gateway_bodies *bodies = &g->bodies;
    const struct index_stack *const all[] = {&bodies->small, &bodies->medium, &bodies->large};
    bool room = true;
    for (int i = 0; i < GATEWAY_BODY_CLASSES; i++)
        room = room && g->client_wait_body[i].count == 0 && index_free(all[i]) > (i == class);
    return room;
}

/* Whether nobody waits, and one of each thing that a request takes stays free for whoever comes. */
static bool has_room(const struct gateway *g, int class)
{
    uint32_t max = g->settings->limits.max_active_requests;
    return g->client_wait.count == 0 && index_free(&g->request_index) > 1 &&
           g->request_index.in_use + (max > 1 ? 1u : 0) < max &&
           index_free(&g->upstreams.index) > 1 && has_client(g) &&
           gateway_runner_line_has_body(g, class);
}

/* False: not now; what it waits for is noted. */
static bool has_turn(struct gateway *g, const struct gateway_runner_line *line)
{
    struct gateway_runner *runner = g->runner;
    uint64_t due_us = greater_u64(line->due_us, greater_u64(runner->pause_us, runner->rate_us));
    if (g->now_us < runner->pause_us)
        gateway_runner_waits(runner, GATEWAY_RUNNER_NETWORK);
    if (line->tries == 0 && g->now_us < line->due_us)
        gateway_runner_waits(runner, GATEWAY_RUNNER_QUOTA);
    if (g->now_us < due_us) {
        gateway_runner_due(runner, due_us);
        return false;
    }
    if (has_room(g, (int)gateway_body_class(line->len)))
        return true;
    gateway_runner_waits(runner, GATEWAY_RUNNER_PEOPLE);
    gateway_runner_due(runner, g->now_us + GATEWAY_RUNNER_ROOM_US);
    return false;
}

static void begin_to_read(struct gateway *g, int run)
{
    struct gateway_runner_line *line = line_of(g, run);
    int file = gateway_runner_input(g);
    if (file < 0) {
        make_result(g, run, BATCH_LINE_NO_FILE);
        return;
    }
    line->body = (int16_t)gateway_body_take(&g->bodies, line->len);
    ASSERT(line->body >= 0);
    line->state = GATEWAY_RUNNER_LINE_READING;
    g->runner->rate_us =
        batch_clock_next_us(g->now_us, g->settings->batch.requests_per_minute);
    batch_index_read(&line->blob, &g->batch->index.files[file],
                     gateway_body_bytes(&g->bodies, line->body), line->len, line->at);
}

/* Whether people's uses of a limited model stay untouched. */
static bool has_usage(const struct gateway *g, struct span model)
{
    char bytes[LIMIT_NAME_BYTES];
    struct span name = {bytes, json_string_decode(model, bytes, sizeof(bytes))};
    struct gateway_resolved resolved = gateway_resolve(g->settings, name, 0);
    int64_t left = resolved.model >= 0 ? gateway_models_usage_left(g, resolved.model) : -1;
    return left < 0 || left > (int64_t)g->settings->batch.keep_usage_left;
}

/* The line was judged before; the disk may have lost it since. */
static void take_line(struct gateway *g, int run)
{
    struct gateway_runner_line *line = line_of(g, run);
    char *bytes = gateway_body_bytes(&g->bodies, line->body);
    struct batch_line parts;
    bool whole = line->blob.job.job.result == (int32_t)line->len;
    if (!whole && ++line->tries < GATEWAY_RUNNER_LINE_TRIES) {
        wait_for(g, run, GATEWAY_RUNNER_DISK_US);
        return;
    }
    enum batch_line_fault fault =
        whole ? batch_line_judge((struct span){bytes, line->len},
                                 gateway_runner_path(gateway_runner_batch(g)->endpoint), &parts)
              : BATCH_LINE_NO_FILE;
    if (fault != BATCH_LINE_GOOD) {
        make_result(g, run, fault);
        return;
    }
    memcpy(line->custom_id, parts.custom_id.at, parts.custom_id.len);
    line->id_len = (uint16_t)parts.custom_id.len;
    if (!has_usage(g, parts.model)) {
        wait_for(g, run, GATEWAY_RUNNER_LOOK_US);
        gateway_runner_waits(g->runner, GATEWAY_RUNNER_QUOTA);
        return;
    }
    memmove(bytes, parts.body.at, parts.body.len);
    g->bodies.bodies[line->body].len = (uint32_t)parts.body.len;
    line->state = GATEWAY_RUNNER_LINE_MARKING;
}

/* ---- marks ---- */

/* There is room: lines have their turn in order, so of those from before a crash only as many wait
 * for it again as there are lines fewer under way. */
static void add_mark(uint32_t marks[LIMIT_BATCH_RUNS], uint32_t number)
{
    int i = 0;
    while (i < LIMIT_BATCH_RUNS && marks[i] != 0 && marks[i] != number)
        i++;
    if (i < LIMIT_BATCH_RUNS)
        marks[i] = number;
}

/* One blob holds the few lines that are under way, or were so at a crash and are not done. */
static void write_marks(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    uint32_t marks[LIMIT_BATCH_RUNS] = {0};
    uint8_t *at = runner->marks;
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++) {
        struct gateway_runner_line *line = &runner->lines[i];
        bool begun = line->state >= GATEWAY_RUNNER_LINE_MARKING || line->marked > 0;
        if (!begun || line->state == GATEWAY_RUNNER_LINE_FREE)
            continue;
        add_mark(marks, line->number);
        line->marked = line->marked == 0 ? 1 : line->marked;
    }
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++)
        if (!gateway_runner_is_done(runner, runner->repeated[i]))
            add_mark(marks, runner->repeated[i]);
    memcpy(at, gateway_runner_batch(g)->entry.id, BATCH_INDEX_ID_BYTES);
    at += BATCH_INDEX_ID_BYTES;
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++)
        at = little_put(at, marks[i], 4);
    runner->marks_busy = true;
    gateway_runner_marks(runner, PORT_STORE_REPLACE);
}

static void take_marks(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    bool good = runner->marks_job.job.result >= 0;
    runner->marks_busy = false;
    gateway_runner_due(runner, g->now_us);
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++) {
        if (runner->lines[i].marked == 1)
            runner->lines[i].marked = good ? 2 : 0;
    }
    runner->marks_retry_us = good ? 0 : g->now_us + GATEWAY_RUNNER_DISK_US;
}

static void run_marks(struct gateway *g)
{
    struct gateway_runner *runner = g->runner;
    bool wanted = false;
    if (runner->marks_busy && !runner->marks_job.busy)
        take_marks(g);
    for (int i = 0; i < LIMIT_BATCH_RUNS; i++)
        wanted = wanted || (runner->lines[i].state == GATEWAY_RUNNER_LINE_MARKING &&
                            runner->lines[i].marked == 0);
    if (!wanted || runner->marks_busy)
        return;
    if (g->now_us >= runner->marks_retry_us) {
        write_marks(g);
        return;
    }
    gateway_runner_waits(runner, GATEWAY_RUNNER_DISK);
    gateway_runner_due(runner, runner->marks_retry_us);
}

/* ---- asking ---- */

static int key_of(const struct gateway *g, const struct batch *batch)
{
    uint8_t key[BATCH_INDEX_KEY_BYTES];
    if (g->settings->key_count == 0)
        return -1;
    for (int i = 0; i < g->settings->key_count; i++) {
        batch_index_key(g->settings->keys[i].name, key);
        if (memcmp(key, batch->entry.key, sizeof(key)) == 0)
            return i;
    }
    return GATEWAY_KEY_GONE;
}

static void ask(struct gateway *g, int run)
{
    struct gateway_runner_line *line = line_of(g, run);
    const struct batch *batch = gateway_runner_batch(g);
    bool chat = batch->endpoint == GATEWAY_RUNNER_CHAT;
    struct gateway_inner_ask what = {.route = chat ? GATEWAY_ROUTE_CHAT : GATEWAY_ROUTE_RELAY,
                                     .path = gateway_runner_path(batch->endpoint) + 3,
                                     .key = key_of(g, batch),
                                     .body = line->body,
                                     .len = g->bodies.bodies[line->body].len};
    if (!has_room(g, -1) || !gateway_inner_open(g, run, &what)) {
        gateway_runner_due(g->runner, g->now_us + GATEWAY_RUNNER_ROOM_US);
        return;
    }
    line->body = GATEWAY_BODY_NONE;
    line->state = GATEWAY_RUNNER_LINE_ASKED;
}

/* ---- turns ---- */

static void write_result(struct gateway *g, int run)
{
    struct gateway_runner_line *line = line_of(g, run);
    struct span bytes = {g->inner->bytes[run] + line->result_at, line->result_len};
    if (g->runner->out.state != GATEWAY_RUNNER_OUT_IDLE)
        return;
    gateway_runner_out_begin(g, line->is_error, bytes);
    line->state = GATEWAY_RUNNER_LINE_WRITING;
}

static void run_out(struct gateway *g, int run)
{
    struct gateway_runner_line *line = line_of(g, run);
    if (gateway_runner_out_run(g) != RESULT_DONE)
        return;
    line->state = GATEWAY_RUNNER_LINE_FREE;
    gateway_runner_due(g->runner, g->now_us);
    gateway_runner_count(g, line->number, line->is_error);
}

static void run_one(struct gateway *g, int run, bool may_begin)
{
    struct gateway_runner_line *line = line_of(g, run);
    if (line->state == GATEWAY_RUNNER_LINE_WANTED && may_begin && has_turn(g, line))
        begin_to_read(g, run);
    if (line->state == GATEWAY_RUNNER_LINE_READING && !line->blob.job.busy)
        take_line(g, run);
    if (line->state == GATEWAY_RUNNER_LINE_MARKING && line->marked == 2)
        ask(g, run);
    if (line->state == GATEWAY_RUNNER_LINE_ASKED &&
        g->inner->runs[run].state > GATEWAY_INNER_ASKED)
        take_answer(g, run);
    if (line->state == GATEWAY_RUNNER_LINE_RESULT)
        write_result(g, run);
    if (line->state == GATEWAY_RUNNER_LINE_WRITING)
        run_out(g, run);
}

void gateway_runner_line_run(struct gateway *g, bool may_begin)
{
    for (int run = 0; run < LIMIT_BATCH_RUNS; run++)
        run_one(g, run, may_begin);
    run_marks(g);
}

void gateway_runner_line_drop(struct gateway *g)
{
    bool full = gateway_runner_out_drop(g);
    for (int run = 0; run < LIMIT_BATCH_RUNS; run++) {
        struct gateway_runner_line *line = line_of(g, run);
        bool idle = line->state == GATEWAY_RUNNER_LINE_WANTED ||
                    (full && line->state >= GATEWAY_RUNNER_LINE_RESULT) ||
                    (line->state == GATEWAY_RUNNER_LINE_MARKING && line->marked != 1);
        if (!idle)
            continue;
        give_body(g, line);
        line->state = GATEWAY_RUNNER_LINE_FREE;
    }
}

int gateway_runner_line_count(const struct gateway *g)
{
    int count = 0;
    for (int run = 0; run < LIMIT_BATCH_RUNS; run++)
        count += g->runner->lines[run].state != GATEWAY_RUNNER_LINE_FREE;
    return count;
}
