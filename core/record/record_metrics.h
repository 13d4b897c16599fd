/*
 * What is counted of all requests since the start, for Prometheus: numbers alone, in memory that
 * does not grow. Models and providers are numbers of the settings; -1 stands for none.
 */
#ifndef MOONGATE_RECORD_METRICS_H
#define MOONGATE_RECORD_METRICS_H

#include "config/bounds.h"
#include "config/features.h"
#include "core/record/record.h"
#include "core/settings/settings.h"

enum record_time {
    RECORD_TIME_REQUEST,       /* from its head to its end */
    RECORD_TIME_OVERHEAD,      /* of which the gateway itself: from its body to the service, but for
                                * waiting, connecting and TLS */
    RECORD_TIME_QUEUE,         /* waiting for a slot */
    RECORD_TIME_CONNECT,
    RECORD_TIME_TLS,
    RECORD_TIME_FIRST_CONTENT, /* from its head */
    RECORD_TIME_EVENT_GAP,
    RECORD_TIMES
};

enum record_tokens {
    RECORD_TOKENS_INPUT,
    RECORD_TOKENS_OUTPUT,
    RECORD_TOKENS_ESTIMATED_OUTPUT, /* about, where the service counts none */
    RECORD_TOKENS
};

#define RECORD_FAILURES 8      /* kinds of failed tries at the most */
#define RECORD_BUCKETS 16      /* of a histogram, without the last, which has no bound */
#define RECORD_REFUSALS 17     /* reasons: statuses that are told apart, and the others */

/* Requests that share all their labels. */
struct record_series {
    uint8_t route;
    uint8_t outcome;
    uint16_t status;
    int16_t model;
    int16_t provider;
    uint64_t count;
};

struct record_histogram {
    uint64_t counts[RECORD_BUCKETS + 1];
    uint64_t sum_us;
};

/* Without the feature there is nothing to count, and hardly a place for it. */
#define RECORD_METRICS_OF(count) (FEATURE_METRICS ? (count) : 1)

struct record_metrics {
    uint16_t series_count;
    uint64_t series_lost; /* requests whose labels found no room */
    uint64_t failures[RECORD_METRICS_OF(SETTINGS_PROVIDERS)][RECORD_FAILURES];
    uint64_t refusals[RECORD_METRICS_OF(RECORD_REFUSALS)];
    uint64_t refusal_told_us[RECORD_METRICS_OF(RECORD_REFUSALS)]; /* when last told in the log */
    struct record_histogram times[RECORD_METRICS_OF(RECORD_TIMES)]
                                 [RECORD_METRICS_OF(SETTINGS_MODELS)];
    uint64_t tokens[RECORD_METRICS_OF(SETTINGS_MODELS)][RECORD_TOKENS];
    struct record_series series[RECORD_METRICS_OF(LIMIT_METRIC_SERIES)];
};

/* The upper bounds of a histogram's buckets, in microseconds and as seconds in text. */
extern const uint64_t record_metrics_bounds_us[RECORD_BUCKETS];
extern const char *const record_metrics_bounds[RECORD_BUCKETS];

/* Counts a request that is over; series->count is not looked at. */
void record_metrics_request(struct record_metrics *metrics, const struct record_series *series);

/* Counts a time of a model's request. */
void record_metrics_time(struct record_metrics *metrics, enum record_time time, int model,
                         uint64_t us);

/* Counts a failed try; kind < RECORD_FAILURES. */
void record_metrics_failure(struct record_metrics *metrics, int provider, int kind);

/* The row of refusals that have this status, the last one for those that are not told apart; and
 * the word for a row. */
int record_metrics_reason(uint16_t status);
const char *record_metrics_reason_word(int row);

/* Counts a refusal of that status. True: none of it was told for a second, so this one is to be. */
bool record_metrics_refusal(struct record_metrics *metrics, uint16_t status, uint64_t now_us);

/* Models and providers get the numbers that stand at theirs, as rows_move does. What was counted of
 * those that are gone is dropped. */
void record_metrics_move(struct record_metrics *metrics, const int16_t *models,
                         const int16_t *providers);

/* Counts tokens of a model's request. */
void record_metrics_tokens(struct record_metrics *metrics, enum record_tokens kind, int model,
                           uint64_t count);

#endif
