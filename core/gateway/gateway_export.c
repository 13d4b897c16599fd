/* See gateway_export.h. A batch is read twice, once for each table; the place reached moves when
 * both have it. */
#include "core/gateway/gateway_export.h"

#include "core/base/assert.h"
#include "core/base/lesser.h"
#include "core/gateway/gateway.h"

#define TARGET_BYTES 1024
#define STATEMENT_BYTES 2048

bool gateway_export_on(const struct gateway *g)
{
    return FEATURE_CLICKHOUSE && g->export != NULL && gateway_records_on(g) &&
           g->settings->observability.clickhouse.host != NULL;
}

bool gateway_export_load(struct gateway *g)
{
    if (!gateway_export_on(g))
        return true;
    g->export->provider.url = g->settings->observability.clickhouse;
    return record_cursor_load(&g->export->cursor, &g->records->journal);
}

void gateway_export_flush(struct gateway *g)
{
    if (gateway_export_on(g))
        record_cursor_flush(&g->export->cursor, &g->records->journal);
}

bool gateway_export_good(struct gateway *g)
{
    if (!gateway_export_on(g))
        return true;
    if (g->now_us - g->export->contact_us > GATEWAY_EXPORT_GAP_US)
        g->export->asked = true;
    return g->export->good;
}

uint64_t gateway_export_lag_s(const struct gateway *g)
{
    bool behind = gateway_export_on(g) && g->export->behind_us != 0;
    return behind ? (g->now_us - g->export->behind_us) / 1000000 : 0;
}

/* ---- what is asked ---- */

/* A name as part of a query (RFC 3986 section 2.1). */
static void add_escaped(struct text *out, const char *name)
{
    for (; *name != '\0'; name++) {
        struct span one = {name, 1};
        size_t before = out->len;
        text_add_safe(out, one, 1);
        if (out->len > before)
            continue;
        text_add_char(out, '%');
        text_add_hex(out, name, 1);
    }
}

static void write_target(const struct gateway *g, struct text *out)
{
    const struct gateway_export *e = g->export;
    text_add_char(out, '/');
    if (e->step <= GATEWAY_EXPORT_DATABASE)
        return;
    text_add_str(out, "?database=");
    add_escaped(out, g->settings->observability.clickhouse_database);
    if (e->step < GATEWAY_EXPORT_CHAT_ROWS)
        return;
    text_add_str(out, "&input_format_skip_unknown_fields=1");
    text_add_str(out, e->modern ? "&async_insert=1&wait_for_async_insert=1" : "");
    text_add_str(out, "&query=INSERT%20INTO%20");
    text_add_str(out, record_clickhouse_names[e->step - GATEWAY_EXPORT_CHAT_ROWS]);
    text_add_str(out, "%20FORMAT%20JSONEachRow");
}

static void write_database(struct text *out, const char *name)
{
    text_add_str(out, "CREATE DATABASE IF NOT EXISTS `");
    for (; *name != '\0'; name++) {
        if (*name == '`' || *name == '\\')
            text_add_char(out, '\\');
        text_add_char(out, *name);
    }
    text_add_char(out, '`');
}

static void write_statement(const struct gateway *g, struct text *out)
{
    const struct gateway_export *e = g->export;
    if (e->step == GATEWAY_EXPORT_PROBE)
        text_add_str(out, "SELECT 1 FROM system.settings WHERE name = 'async_insert'");
    else if (e->step == GATEWAY_EXPORT_DATABASE)
        write_database(out, g->settings->observability.clickhouse_database);
    else
        record_clickhouse_create(out, e->step - GATEWAY_EXPORT_CHAT_TABLE, e->modern);
}

/* Begins the row of the next record. FAULT: the batch has no more. */
static enum result next_row(struct gateway *g)
{
    struct gateway_export *e = g->export;
    bool first_pass = e->step == GATEWAY_EXPORT_CHAT_ROWS;
    struct record record;
    struct span frame;
    bool full = e->rows >= GATEWAY_EXPORT_ROWS ||
                e->bytes >= GATEWAY_EXPORT_BATCH_BYTES >> e->halvings;
    if (first_pass)
        e->cut = full && e->reader.at < record_journal_end(&g->records->journal);
    if (first_pass ? full : e->reader.at >= e->end_at)
        return RESULT_FAULT;
    enum result result = record_reader_next(&e->reader, &g->records->journal, &frame);
    if (result != RESULT_DONE)
        return result;
    e->has_row = record_read(frame, &record);
    if (e->has_row)
        record_clickhouse_begin(&e->row, &record, e->step - GATEWAY_EXPORT_CHAT_ROWS, e->modern);
    if (e->has_row && first_pass)
        e->rows++;
    return RESULT_DONE;
}

static enum result write_rows(struct gateway *g, char *out, size_t cap, size_t *len)
{
    struct gateway_export *e = g->export;
    enum result result = RESULT_DONE;
    while (result == RESULT_DONE && cap - *len >= RECORD_CLICKHOUSE_LEAST_BYTES) {
        size_t some = e->has_row ? record_clickhouse_some(&e->row, out + *len, cap - *len) : 0;
        *len += some;
        e->bytes += (uint32_t)some;
        if (some == 0) {
            e->has_row = false;
            result = next_row(g);
        }
    }
    return result == RESULT_FAULT ? RESULT_DONE : RESULT_MORE;
}

enum result gateway_export_body(struct gateway *g, char *out, size_t cap, size_t *len)
{
    if (g->export->step >= GATEWAY_EXPORT_CHAT_ROWS)
        return write_rows(g, out, cap, len);
    ASSERT(cap >= STATEMENT_BYTES);
    struct text text = text_over(out, cap);
    write_statement(g, &text);
    *len = text.len;
    return RESULT_DONE;
}

/* ---- what came of it ---- */

/* The number in "Code: N", with which its errors begin; 0: none. */
static uint64_t code_of(const struct gateway_export_call *call)
{
    struct span said = {call->said, call->said_len};
    uint64_t code = 0;
    if (!span_starts(said, SPAN("Code: ")))
        return 0;
    for (size_t i = 6; i < said.len && i < 12 && said.at[i] >= '0' && said.at[i] <= '9'; i++)
        code = code * 10 + (uint64_t)(said.at[i] - '0');
    return code;
}

static const struct {
    uint16_t code;
    const char *text;
} codes[] = {
    {60, "a table is missing, and this user may not make it"},
    {81, "the database is missing, and this user may not make it"},
    {164, "this user may only read"},
    {192, "the user is not known"},
    {193, "the password is wrong"},
    {194, "the user has a password, and none was given"},
    {497, "this user may not do that"},
    {516, "the user or the password is wrong"},
};

static const char *reason_of(const struct gateway_export_call *call)
{
    if (call->fault != NULL)
        return call->fault;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].code == code_of(call))
            return codes[i].text;
    return "it answers with an error";
}

/* Once for an outage, and again when it fails in another way. What the database says may hold parts
 * of rows: its code alone is told. */
static void say_failure(struct gateway *g)
{
    struct gateway_export *e = g->export;
    uint16_t kind = e->call.fault != NULL ? 1 : e->call.status;
    struct record_log log;
    if (e->said == kind)
        return;
    e->said = kind;
    record_log_begin(&log, PORT_LOG_WARN, "ClickHouse takes no records; they wait in the journal");
    record_log_add_str(&log, "host", e->provider.url.host);
    record_log_add_str(&log, "reason", reason_of(&e->call));
    if (e->call.fault == NULL) {
        record_log_add_u64(&log, "status", e->call.status);
        record_log_add_u64(&log, "code", code_of(&e->call));
    }
    record_log_end(&log, g->settings->log_level);
}

/* What a slow link, or a busy database, does not take in time comes in smaller parts. */
static void make_smaller(struct gateway_export *e)
{
    if (!e->call.slow || e->step < GATEWAY_EXPORT_CHAT_ROWS)
        return;
    if (e->halvings < GATEWAY_EXPORT_HALVINGS)
        e->halvings++;
    e->taken = 0;
}

static void make_larger(struct gateway_export *e)
{
    if (e->halvings == 0 || ++e->taken < GATEWAY_EXPORT_GROWTH)
        return;
    e->halvings--;
    e->taken = 0;
}

static void fail(struct gateway *g)
{
    struct gateway_export *e = g->export;
    say_failure(g);
    make_smaller(e);
    gateway_export_call_drop(g);
    e->state = GATEWAY_EXPORT_IDLE;
    e->step = GATEWAY_EXPORT_PROBE;
    e->good = e->ready = e->fresh = e->asked = false;
    e->pause_s = e->pause_s == 0 ? 1 : 2 * e->pause_s;
    if (e->pause_s > GATEWAY_EXPORT_PAUSE_MAX_S)
        e->pause_s = GATEWAY_EXPORT_PAUSE_MAX_S;
    e->next_us = g->now_us + e->pause_s * (uint64_t)1000000;
}

static void begin_call(struct gateway *g)
{
    struct gateway_export *e = g->export;
    char bytes[TARGET_BYTES];
    struct text target = text_over(bytes, sizeof(bytes));
    write_target(g, &target);
    e->state = GATEWAY_EXPORT_CALLING;
    if (target.cut)
        e->call.fault = "the database's name is too long";
    if (target.cut || !gateway_export_call_begin(g, text_span(&target), e->fresh))
        fail(g);
    e->fresh = false;
}

/* Rows are read from the place reached, on both passes. */
static void begin_step(struct gateway *g, enum gateway_export_step step)
{
    struct gateway_export *e = g->export;
    e->step = (uint8_t)step;
    if (step < GATEWAY_EXPORT_CHAT_ROWS) {
        begin_call(g);
        return;
    }
    e->state = GATEWAY_EXPORT_READING;
    e->has_row = false;
    e->bytes = 0;
    if (step == GATEWAY_EXPORT_CHAT_ROWS) {
        e->batch_us = g->now_us;
        e->rows = 0;
    }
    record_reader_begin_at(&e->reader, e->cursor.at, e->cursor.number);
}

static bool pending(const struct gateway *g)
{
    return g->export->cursor.at < record_journal_end(&g->records->journal);
}

static void found_good(struct gateway *g)
{
    struct gateway_export *e = g->export;
    if (e->good)
        return;
    e->good = true;
    e->pause_s = e->said = 0;
    record_log_line(PORT_LOG_INFO, g->settings->log_level, "ClickHouse takes records");
}

/* Both tables have the batch, or none of it was left. */
static void end_batch(struct gateway *g)
{
    struct gateway_export *e = g->export;
    uint64_t passed = e->end_number - e->cursor.number;
    bool behind = e->end_number >= e->cursor.number && passed >= e->rows;
    e->rows_total += e->rows;
    e->dropped_total += behind ? passed - e->rows : 0;
    record_cursor_move(&e->cursor, e->end_at, e->end_number);
    make_larger(e);
    if (!pending(g))
        e->behind_us = 0;
    else if (!e->cut) /* what is left came later than the batch began */
        e->behind_us = e->batch_us;
}

static void go_on(struct gateway *g)
{
    struct gateway_export *e = g->export;
    e->state = GATEWAY_EXPORT_IDLE;
    if (e->step == GATEWAY_EXPORT_MODEL_TABLE)
        e->ready = true;
    if (e->step == GATEWAY_EXPORT_MODEL_ROWS)
        end_batch(g);
    if (e->step == GATEWAY_EXPORT_CHAT_ROWS) {
        e->end_at = e->reader.at;
        e->end_number = e->reader.number;
        begin_step(g, GATEWAY_EXPORT_MODEL_ROWS);
    } else if (!e->ready) {
        begin_step(g, e->step + 1);
    } else if (e->step == GATEWAY_EXPORT_MODEL_ROWS || e->good || !pending(g)) {
        found_good(g);
    }
}

/* The database and the tables may be there, though the user may not make them: the next steps tell.
 * */
static bool acceptable(const struct gateway_export *e)
{
    bool makes = e->step > GATEWAY_EXPORT_PROBE && e->step < GATEWAY_EXPORT_CHAT_ROWS;
    uint64_t code = code_of(&e->call);
    return (e->call.status == 200 && e->call.sent_whole) ||
           (makes && (code == 497 || code == 164)) ||
           (e->step == GATEWAY_EXPORT_DATABASE && e->call.status >= 500);
}

static void take_answer(struct gateway *g)
{
    struct gateway_export *e = g->export;
    if (!acceptable(e)) {
        fail(g);
        return;
    }
    if (e->step == GATEWAY_EXPORT_PROBE)
        e->modern = e->call.said_len > 0 && e->call.said[0] == '1';
    e->asked = false;
    e->contact_us = g->now_us;
    gateway_export_call_drop(g);
    go_on(g);
}

/* ---- turns ---- */

static void run_call(struct gateway *g)
{
    struct gateway_export *e = g->export;
    enum result result = gateway_export_call_run(g);
    if (result == RESULT_DONE) {
        take_answer(g);
    } else if (result == RESULT_FAULT && e->call.stale && !e->reader.job.busy) {
        gateway_export_call_drop(g);
        e->fresh = true;
        begin_step(g, e->step);
    } else if (result == RESULT_FAULT) {
        fail(g);
    }
}

/* Nothing is sent before the first row is there. */
static void read_first(struct gateway *g)
{
    struct gateway_export *e = g->export;
    enum result result = RESULT_DONE;
    while (result == RESULT_DONE && !e->has_row)
        result = next_row(g);
    if (result == RESULT_DONE) {
        begin_call(g);
    } else if (result == RESULT_FAULT) {
        if (e->step == GATEWAY_EXPORT_CHAT_ROWS) {
            e->end_at = e->reader.at;
            e->end_number = e->reader.number;
        }
        e->state = GATEWAY_EXPORT_IDLE;
        end_batch(g);
    }
}

static uint64_t batch_due_us(const struct gateway *g)
{
    const struct gateway_export *e = g->export;
    if (!e->ready || e->behind_us == 0 || e->reader.job.busy)
        return UINT64_MAX;
    return greater_u64(greater_u64(e->behind_us, e->batch_us) + GATEWAY_EXPORT_GAP_US, e->next_us);
}

static uint64_t probe_due_us(const struct gateway *g)
{
    const struct gateway_export *e = g->export;
    bool soon = !e->ready || e->asked;
    return greater_u64(soon ? 0 : e->contact_us + GATEWAY_EXPORT_PING_US, e->next_us);
}

void gateway_export_run(struct gateway *g)
{
    struct gateway_export *e = g->export;
    if (!gateway_export_on(g))
        return;
    record_cursor_run(&e->cursor, &g->records->journal, g->now_us);
    if (e->behind_us == 0 && pending(g))
        e->behind_us = g->now_us;
    if (e->state == GATEWAY_EXPORT_IDLE && g->now_us >= batch_due_us(g))
        begin_step(g, GATEWAY_EXPORT_CHAT_ROWS);
    else if (e->state == GATEWAY_EXPORT_IDLE && g->now_us >= probe_due_us(g))
        begin_step(g, GATEWAY_EXPORT_PROBE);
    if (e->state == GATEWAY_EXPORT_READING && !e->reader.job.busy)
        read_first(g);
    if (e->state == GATEWAY_EXPORT_CALLING)
        run_call(g);
}

uint64_t gateway_export_due_us(const struct gateway *g)
{
    const struct gateway_export *e = g->export;
    if (!gateway_export_on(g))
        return UINT64_MAX;
    uint64_t cursor_us = record_cursor_due_us(&e->cursor, &g->records->journal);
    if (e->state == GATEWAY_EXPORT_READING)
        return e->reader.job.busy ? cursor_us : 0;
    if (e->state == GATEWAY_EXPORT_CALLING)
        return lesser_u64(cursor_us, e->call.more ? 0 : e->call.due_us);
    if (e->behind_us == 0 && pending(g))
        return 0;
    return lesser_u64(cursor_us, lesser_u64(batch_due_us(g), probe_due_us(g)));
}
