/* See gateway_exposition.h. A family is written a row at a time: a sample, or a whole histogram, so
 * that its buckets and its count are of one moment. */
#include "core/gateway/gateway_exposition.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"

#define BATCH_BYTES (LIMIT_OUT_BYTES / 4) /* of rows that are queued together */
#define FAMILY_SHIFT 24                   /* client->cursor: family, and the row that is next */
#define ROW_MASK 0xffffffu
#define PREFIX "moongate_"

/* What is told together: a row with nothing to tell writes nothing. */
struct family {
    const char *name;
    const char *type;
    const char *help;
    uint32_t rows;
    void (*write)(const struct gateway *g, const struct family *family, uint32_t row,
                  struct text *out);
    uint8_t what; /* each writer's own */
};

/* ---- samples -------------------------------------------------------------------------------- */

/* A label's value: a backslash, a quote and a line end are escaped. */
static void add_value(struct text *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            text_add_char(out, '\\');
        if (*value == '\n')
            text_add_str(out, "\\n");
        else
            text_add_char(out, *value);
    }
}

static void write_label(struct text *out, char before, const char *label, const char *value)
{
    text_add_char(out, before);
    text_add_str(out, label);
    text_add_str(out, "=\"");
    add_value(out, value);
    text_add_char(out, '"');
}

static void add_label(struct text *out, const char *label, const char *value)
{
    write_label(out, ',', label, value);
}

/* NAME{LABEL="VALUE" */
static void begin(struct text *out, const struct family *family, const char *suffix,
                  const char *label, const char *value)
{
    text_add_str(out, PREFIX);
    text_add_str(out, family->name);
    text_add_str(out, suffix);
    write_label(out, '{', label, value);
}

static void end(struct text *out, uint64_t value)
{
    text_add_str(out, "} ");
    text_add_u64(out, value);
    text_add_char(out, '\n');
}

static void write_plain(struct text *out, const struct family *family, uint64_t value)
{
    text_add_str(out, PREFIX);
    text_add_str(out, family->name);
    text_add_char(out, ' ');
    text_add_u64(out, value);
    text_add_char(out, '\n');
}

static const char *model_name(const struct gateway *g, int model)
{
    return model < 0 ? "" : g->settings->models[model].name;
}

static const char *provider_name(const struct gateway *g, int provider)
{
    return provider < 0 ? "" : g->settings->providers[provider].name;
}

/* ---- what was counted ----------------------------------------------------------------------- */

static void write_requests(const struct gateway *g, const struct family *family, uint32_t row,
                           struct text *out)
{
    const struct record_series *series = &g->metrics.series[row];
    char status[8];
    struct text digits = text_over(status, sizeof(status));
    if (row >= g->metrics.series_count)
        return;
    text_add_u64(&digits, series->status);
    begin(out, family, "", "route", gateway_request_route(series->route));
    add_label(out, "model", model_name(g, series->model));
    add_label(out, "provider", provider_name(g, series->provider));
    add_label(out, "status", text_str(&digits));
    add_label(out, "outcome", record_outcome_text(series->outcome));
    end(out, series->count);
}

static void write_lost(const struct gateway *g, const struct family *family, uint32_t row,
                       struct text *out)
{
    (void)row;
    write_plain(out, family, g->metrics.series_lost);
}

static const char *const failures[RECORD_FAILURES] = {
    [GATEWAY_FAILURE_OWN - 1] = "own",           [GATEWAY_FAILURE_CONNECT - 1] = "connect",
    [GATEWAY_FAILURE_CUT - 1] = "cut",           [GATEWAY_FAILURE_TIMEOUT - 1] = "timeout",
    [GATEWAY_FAILURE_STATUS - 1] = "status",     [GATEWAY_FAILURE_EVENT - 1] = "event",
    [GATEWAY_FAILURE_UNUSABLE - 1] = "unusable",
};

static void write_failures(const struct gateway *g, const struct family *family, uint32_t row,
                           struct text *out)
{
    int provider = (int)(row / RECORD_FAILURES);
    uint64_t count = g->metrics.failures[provider][row % RECORD_FAILURES];
    if (count == 0 || provider >= g->settings->provider_count)
        return;
    begin(out, family, "", "provider", provider_name(g, provider));
    add_label(out, "model", model_name(g, g->settings->providers[provider].model));
    add_label(out, "kind", failures[row % RECORD_FAILURES]);
    end(out, count);
}

static void write_refusals(const struct gateway *g, const struct family *family, uint32_t row,
                           struct text *out)
{
    begin(out, family, "", "reason", record_metrics_reason_word((int)row));
    end(out, g->metrics.refusals[row]);
}

static void write_tokens(const struct gateway *g, const struct family *family, uint32_t row,
                         struct text *out)
{
    static const char *const kinds[RECORD_TOKENS] = {"input", "output", "estimated_output"};
    uint64_t count = g->metrics.tokens[row / RECORD_TOKENS][row % RECORD_TOKENS];
    if (count == 0)
        return;
    begin(out, family, "", "model", model_name(g, (int)(row / RECORD_TOKENS)));
    add_label(out, "kind", kinds[row % RECORD_TOKENS]);
    end(out, count);
}

/* ---- histograms ----------------------------------------------------------------------------- */

/* Microseconds as seconds. */
static void add_seconds(struct text *out, uint64_t us)
{
    text_add_u64(out, us / 1000000);
    text_add_char(out, '.');
    for (uint64_t unit = 100000; unit > 0; unit /= 10)
        text_add_char(out, (char)('0' + us / unit % 10));
}

static void write_times(const struct gateway *g, const struct family *family, uint32_t row,
                        struct text *out)
{
    const struct record_histogram *histogram = &g->metrics.times[family->what][row];
    const char *model = model_name(g, (int)row);
    uint64_t count = 0;
    for (int i = 0; i <= RECORD_BUCKETS; i++)
        count += histogram->counts[i];
    if (count == 0)
        return;
    uint64_t below = 0;
    for (int i = 0; i <= RECORD_BUCKETS; i++) {
        below += histogram->counts[i];
        begin(out, family, "_bucket", "model", model);
        add_label(out, "le", i < RECORD_BUCKETS ? record_metrics_bounds[i] : "+Inf");
        end(out, below);
    }
    begin(out, family, "_sum", "model", model);
    text_add_str(out, "} ");
    add_seconds(out, histogram->sum_us);
    text_add_char(out, '\n');
    begin(out, family, "_count", "model", model);
    end(out, count);
}

/* ---- what is so now ------------------------------------------------------------------------- */

static void write_usage_left(const struct gateway *g, const struct family *family, uint32_t row,
                             struct text *out)
{
    int64_t left = (int)row < g->settings->model_count
                       ? gateway_models_usage_left(g, (int)row)
                       : -1;
    if (left < 0)
        return;
    begin(out, family, "", "model", model_name(g, (int)row));
    end(out, (uint64_t)left);
}

/* 0 closed, 1 open, 2 half open: of each provider that has something to open. */
static void write_circuit(const struct gateway *g, const struct family *family, uint32_t row,
                          struct text *out)
{
    if ((int)row >= g->settings->provider_count || g->settings->providers[row].url.host == NULL)
        return;
    begin(out, family, "", "provider", provider_name(g, (int)row));
    add_label(out, "model", model_name(g, g->settings->providers[row].model));
    end(out, (uint64_t)gateway_circuit_state(g, GATEWAY_ERA_FIRST(gateway_now(g)) + (int)row));
}

enum { POOL_IN_USE, POOL_HIGH, POOL_SIZE };

static const struct {
    const char *name;
    size_t at; /* of its index, in the gateway */
} pools[] = {
    {"clients", offsetof(struct gateway, client_index)},
    {"heads", offsetof(struct gateway, head_index)},
    {"bodies_small", offsetof(struct gateway, bodies.small)},
    {"bodies_medium", offsetof(struct gateway, bodies.medium)},
    {"bodies_large", offsetof(struct gateway, bodies.large)},
    {"pages", offsetof(struct gateway, pages.index)},
    {"requests", offsetof(struct gateway, request_index)},
    {"event_windows", offsetof(struct gateway, windows.index)},
    {"upstreams", offsetof(struct gateway, upstreams.index)},
};

#define POOLS (sizeof(pools) / sizeof(pools[0]))

static void write_pools(const struct gateway *g, const struct family *family, uint32_t row,
                        struct text *out)
{
    const struct index_stack *index =
        (const struct index_stack *)(const void *)((const char *)g + pools[row].at);
    begin(out, family, "", "pool", pools[row].name);
    end(out, family->what == POOL_IN_USE ? index->in_use
             : family->what == POOL_HIGH ? index->high
                                         : index->cap);
}

enum { JOURNAL_RECORDS, JOURNAL_DROPPED };

static void write_journal(const struct gateway *g, const struct family *family, uint32_t row,
                          struct text *out)
{
    (void)row;
    if (!gateway_records_on(g))
        return;
    const struct record_journal *journal = &g->records->journal;
    write_plain(out, family,
                family->what == JOURNAL_RECORDS ? journal->records : journal->dropped);
}

enum { EXPORT_ROWS, EXPORT_DROPPED, EXPORT_LAG };

static void write_export(const struct gateway *g, const struct family *family, uint32_t row,
                         struct text *out)
{
    (void)row;
    if (gateway_export_on(g))
        write_plain(out, family, family->what == EXPORT_ROWS      ? g->export->rows_total
                                 : family->what == EXPORT_DROPPED ? g->export->dropped_total
                                                                  : gateway_export_lag_s(g));
}

#if FEATURE_BATCH

enum { BATCH_LINES, BATCH_LEFT };

static void write_batches(const struct gateway *g, const struct family *family, uint32_t row,
                          struct text *out)
{
    if (g->runner == NULL)
        return;
    if (family->what == BATCH_LEFT) {
        write_plain(out, family, gateway_runner_left(g));
        return;
    }
    begin(out, family, "", "result", row == 0 ? "completed" : "failed");
    end(out, g->runner->lines_total[row]);
}

#endif

static void write_resident(const struct gateway *g, const struct family *family, uint32_t row,
                           struct text *out)
{
    uint64_t bytes = port_resident_bytes();
    (void)g;
    (void)row;
    if (bytes > 0)
        write_plain(out, family, bytes);
}

static void write_uptime(const struct gateway *g, const struct family *family, uint32_t row,
                         struct text *out)
{
    (void)row;
    write_plain(out, family, (g->now_us - g->started_us) / 1000000);
}

static void write_build(const struct gateway *g, const struct family *family, uint32_t row,
                        struct text *out)
{
    (void)g;
    (void)row;
    begin(out, family, "", "version", MOONGATE_VERSION);
    end(out, 1);
}

/* ---- all of them ---------------------------------------------------------------------------- */

#define TIMES(name, what, help) {name, "histogram", help, SETTINGS_MODELS, write_times, what}
#define EXPORT(name, type, what, help) {name, type, help, 1, write_export, what}
#define POOL(name, what, help) {name, "gauge", help, POOLS, write_pools, what}

static const struct family families[] = {
    {"requests_total", "counter", "Inferences that are over.", LIMIT_METRIC_SERIES, write_requests,
     0},
    {"requests_unlabelled_total", "counter", "Inferences whose labels found no room.", 1,
     write_lost, 0},
    {"upstream_failures_total", "counter", "Failed tries.", SETTINGS_PROVIDERS * RECORD_FAILURES,
     write_failures, 0},
    {"refusals_total", "counter", "Requests refused before anything was asked upstream.",
     RECORD_REFUSALS, write_refusals, 0},
    TIMES("request_duration_seconds", RECORD_TIME_REQUEST, "From a request's head to its end."),
    TIMES("overhead_seconds", RECORD_TIME_OVERHEAD, "Of which the gateway itself, until sent."),
    TIMES("queue_seconds", RECORD_TIME_QUEUE, "Waiting for a slot."),
    TIMES("connect_seconds", RECORD_TIME_CONNECT, "Resolving a service's name and connecting."),
    TIMES("tls_handshake_seconds", RECORD_TIME_TLS, "Handshakes with services."),
    TIMES("first_content_seconds", RECORD_TIME_FIRST_CONTENT, "From a head to the first content."),
    TIMES("event_gap_seconds", RECORD_TIME_EVENT_GAP, "Between two pieces of an answer."),
    {"tokens_total", "counter", "Tokens, as counted by services or estimated.",
     SETTINGS_MODELS * RECORD_TOKENS, write_tokens, 0},
    {"model_usage_left", "gauge", "Uses left of a model.", SETTINGS_MODELS, write_usage_left, 0},
    {"circuit_state", "gauge", "Of a provider: 0 closed, 1 open, 2 half open.", SETTINGS_PROVIDERS,
     write_circuit, 0},
    POOL("pool_in_use", POOL_IN_USE, "Slots of a pool in use."),
    POOL("pool_high", POOL_HIGH, "The most ever in use at once."),
    POOL("pool_size", POOL_SIZE, "Slots of a pool."),
    {"journal_records_total", "counter", "Records that the journal took.", 1, write_journal,
     JOURNAL_RECORDS},
    {"journal_dropped_total", "counter", "Records that it had no room for.", 1, write_journal,
     JOURNAL_DROPPED},
    EXPORT("export_rows_total", "counter", EXPORT_ROWS, "Records that ClickHouse has."),
    EXPORT("export_dropped_total", "counter", EXPORT_DROPPED,
           "Records that were gone before ClickHouse took them."),
    EXPORT("export_lag_seconds", "gauge", EXPORT_LAG,
           "For how long the oldest record has waited for ClickHouse."),
#if FEATURE_BATCH
    {"batch_lines_total", "counter", "Lines of batches that are done.", 2, write_batches,
     BATCH_LINES},
    {"batch_lines_left", "gauge", "Lines to be done of the batch in hand.", 1, write_batches,
     BATCH_LEFT},
#endif
    {"resident_bytes", "gauge", "Memory of the process.", 1, write_resident, 0},
    {"uptime_seconds", "gauge", "Since the start.", 1, write_uptime, 0},
    {"build_info", "gauge", "What runs.", 1, write_build, 0},
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

static void write_heading(struct text *out, const struct family *family)
{
    text_add_str(out, "# HELP " PREFIX);
    text_add_str(out, family->name);
    text_add_char(out, ' ');
    text_add_str(out, family->help);
    text_add_str(out, "\n# TYPE " PREFIX);
    text_add_str(out, family->name);
    text_add_char(out, ' ');
    text_add_str(out, family->type);
    text_add_char(out, '\n');
}

/* Writes rows from the cursor on, some at a time. Returns where it goes on. */
static uint32_t write_some(const struct gateway *g, uint32_t cursor, struct text *out)
{
    while (cursor >> FAMILY_SHIFT < FAMILIES && out->len < BATCH_BYTES) {
        const struct family *family = &families[cursor >> FAMILY_SHIFT];
        uint32_t row = cursor & ROW_MASK;
        if (row == 0)
            write_heading(out, family);
        family->write(g, family, row, out);
        cursor = row + 1 < family->rows ? cursor + 1 : ((cursor >> FAMILY_SHIFT) + 1)
                                                           << FAMILY_SHIFT;
    }
    ASSERT(!out->cut);
    return cursor;
}

void gateway_exposition_some(struct gateway *g, int client)
{
    struct gateway_client *c = &g->clients[client];
    const struct gateway_answer answer = {
        .status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8"};
    if (c->ended || !gateway_answer_start(g, client, &answer))
        return;
    while (c->cursor >> FAMILY_SHIFT < FAMILIES) {
        struct text batch = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
        uint32_t next = write_some(g, c->cursor, &batch);
        if (batch.len > 0 && !gateway_answer_put(g, client, text_span(&batch)))
            return;
        c->cursor = next;
    }
    gateway_answer_end(g, client, false);
}
