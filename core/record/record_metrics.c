/* See record_metrics.h. */
#include "core/record/record_metrics.h"

#include "core/base/assert.h"
#include "core/base/rows.h"

#define TELL_US 1000000u /* a flood of refusals is not to fill a flash log */

const uint64_t record_metrics_bounds_us[RECORD_BUCKETS] = {
    50,     100,     250,     1000,    5000,    25000,    100000,   250000,
    500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000, 300000000};

const char *const record_metrics_bounds[RECORD_BUCKETS] = {
    "0.00005", "0.0001", "0.00025", "0.001", "0.005", "0.025", "0.1", "0.25",
    "0.5",     "1",      "2.5",     "5",     "10",    "30",    "60",  "300"};

static bool same(const struct record_series *a, const struct record_series *b)
{
    return a->route == b->route && a->outcome == b->outcome && a->status == b->status &&
           a->model == b->model && a->provider == b->provider;
}

void record_metrics_request(struct record_metrics *metrics, const struct record_series *series)
{
    int i = 0;
    while (i < metrics->series_count && !same(&metrics->series[i], series))
        i++;
    if (i == LIMIT_METRIC_SERIES) {
        metrics->series_lost++;
        return;
    }
    if (i == metrics->series_count) {
        metrics->series[i] = *series;
        metrics->series[i].count = 0;
        metrics->series_count++;
    }
    metrics->series[i].count++;
}

void record_metrics_time(struct record_metrics *metrics, enum record_time time, int model,
                         uint64_t us)
{
    ASSERT(time < RECORD_TIMES && model < SETTINGS_MODELS);
    if (model < 0)
        return;
    struct record_histogram *histogram = &metrics->times[time][model];
    int i = 0;
    while (i < RECORD_BUCKETS && us > record_metrics_bounds_us[i])
        i++;
    histogram->counts[i]++;
    histogram->sum_us += us;
}

void record_metrics_failure(struct record_metrics *metrics, int provider, int kind)
{
    ASSERT(provider < SETTINGS_PROVIDERS && kind >= 0 && kind < RECORD_FAILURES);
    if (provider >= 0)
        metrics->failures[provider][kind]++;
}

static const struct {
    uint16_t status;
    const char *word;
} reasons[RECORD_REFUSALS] = {
    {400, "bad_request"},       {401, "no_key"},          {403, "forbidden"},
    {404, "not_found"},         {405, "method"},          {408, "too_slow"},
    {411, "no_length"},         {413, "too_large"},       {414, "target_too_long"},
    {415, "content_type"},      {417, "expectation"},     {421, "host"},
    {431, "head_too_large"},    {501, "transfer_coding"}, {503, "busy"},
    {505, "http_version"},      {0, "other"},
};

int record_metrics_reason(uint16_t status)
{
    int row = 0;
    while (row < RECORD_REFUSALS - 1 && reasons[row].status != status)
        row++;
    return row;
}

const char *record_metrics_reason_word(int row)
{
    ASSERT(row >= 0 && row < RECORD_REFUSALS);
    return reasons[row].word;
}

bool record_metrics_refusal(struct record_metrics *metrics, uint16_t status, uint64_t now_us)
{
    int i = record_metrics_reason(status);
    metrics->refusals[i]++;
    uint64_t told_us = metrics->refusal_told_us[i];
    if (told_us != 0 && now_us - told_us < TELL_US)
        return false;
    metrics->refusal_told_us[i] = now_us;
    return true;
}

void record_metrics_tokens(struct record_metrics *metrics, enum record_tokens kind, int model,
                           uint64_t count)
{
    ASSERT(kind < RECORD_TOKENS && model < SETTINGS_MODELS);
    if (model >= 0)
        metrics->tokens[model][kind] += count;
}

#if FEATURE_METRICS && FEATURE_RELOAD
/* False: it is gone. What was of nobody still is. */
static bool move(int16_t *number, const int16_t *to)
{
    bool nobody = *number < 0;
    *number = nobody ? *number : to[*number];
    return nobody || *number >= 0;
}

static void move_series(struct record_metrics *metrics, const int16_t *models,
                        const int16_t *providers)
{
    uint16_t kept = 0;
    for (uint16_t i = 0; i < metrics->series_count; i++) {
        struct record_series series = metrics->series[i];
        if (move(&series.model, models) && move(&series.provider, providers))
            metrics->series[kept++] = series;
    }
    metrics->series_count = kept;
}

void record_metrics_move(struct record_metrics *metrics, const int16_t *models,
                         const int16_t *providers)
{
    move_series(metrics, models, providers);
    rows_move(metrics->failures, sizeof(metrics->failures[0]), providers, SETTINGS_PROVIDERS);
    rows_move(metrics->tokens, sizeof(metrics->tokens[0]), models, SETTINGS_MODELS);
    for (int i = 0; i < RECORD_TIMES; i++)
        rows_move(metrics->times[i], sizeof(metrics->times[i][0]), models, SETTINGS_MODELS);
}
#endif
