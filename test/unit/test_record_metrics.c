/* Counters: each at its border, and what finds no room. */
#include "core/record/record_metrics.h"

#include "test/unit/unit.h"

#include <string.h>

static struct record_metrics metrics;

static void fresh(void)
{
    memset(&metrics, 0, sizeof(metrics));
}

static void every_bucket(void)
{
    for (int i = 0; i < RECORD_BUCKETS; i++) {
        const uint64_t *counts = metrics.times[RECORD_TIME_QUEUE][1].counts;
        fresh();
        record_metrics_time(&metrics, RECORD_TIME_QUEUE, 1, record_metrics_bounds_us[i]);
        record_metrics_time(&metrics, RECORD_TIME_QUEUE, 1, record_metrics_bounds_us[i] + 1);
        CU_ASSERT_EQUAL(counts[i], 1);
        CU_ASSERT_EQUAL(counts[i + 1], 1);
        CU_ASSERT_EQUAL(metrics.times[RECORD_TIME_QUEUE][1].sum_us,
                        2 * record_metrics_bounds_us[i] + 1);
    }
    record_metrics_time(&metrics, RECORD_TIME_QUEUE, -1, 5);
    CU_ASSERT_EQUAL(metrics.times[RECORD_TIME_QUEUE][0].sum_us, 0);
}

/* A bound and its text say the same. */
static void bounds_and_words(void)
{
    for (int i = 0; i < RECORD_BUCKETS; i++) {
        uint64_t us = 0;
        uint64_t unit = 0;
        for (const char *at = record_metrics_bounds[i]; *at != '\0'; at++) {
            if (*at == '.') {
                unit = 1000000;
            } else {
                us = us * 10 + (uint64_t)(*at - '0');
                unit /= 10;
            }
        }
        us *= strchr(record_metrics_bounds[i], '.') == NULL ? 1000000 : unit;
        CU_ASSERT_EQUAL(us, record_metrics_bounds_us[i]);
        CU_ASSERT_TRUE(i == 0 || us > record_metrics_bounds_us[i - 1]);
    }
}

static void series_by_all_their_labels(void)
{
    const struct record_series one = {.status = 200, .model = 1, .provider = 2};
    struct record_series others[5];
    fresh();
    for (int i = 0; i < 5; i++)
        others[i] = one;
    others[0].route = 1;
    others[1].outcome = 1;
    others[2].status = 201;
    others[3].model = -1;
    others[4].provider = -1;
    for (int i = 0; i < 5; i++) {
        record_metrics_request(&metrics, &one);
        record_metrics_request(&metrics, &others[i]);
    }
    CU_ASSERT_EQUAL(metrics.series_count, 6);
    CU_ASSERT_EQUAL(metrics.series[0].count, 5);
    CU_ASSERT_EQUAL(metrics.series[5].count, 1);
}

static void more_series_than_room(void)
{
    fresh();
    for (int i = 0; i < LIMIT_METRIC_SERIES + 3; i++) {
        const struct record_series series = {.status = (uint16_t)i};
        record_metrics_request(&metrics, &series);
    }
    CU_ASSERT_EQUAL(metrics.series_count, LIMIT_METRIC_SERIES);
    CU_ASSERT_EQUAL(metrics.series_lost, 3);
    record_metrics_request(&metrics, &metrics.series[7]);
    CU_ASSERT_EQUAL(metrics.series[7].count, 2);
}

/* Each is counted; one of a kind is told in a second. */
static void refusals(void)
{
    const uint64_t second_us = 1000000;
    fresh();
    CU_ASSERT_TRUE(record_metrics_refusal(&metrics, 404, second_us));
    CU_ASSERT_TRUE(record_metrics_refusal(&metrics, 400, second_us));
    for (uint64_t i = 0; i < 1000; i++)
        CU_ASSERT_FALSE(record_metrics_refusal(&metrics, 404, second_us + i * 999));
    CU_ASSERT_TRUE(record_metrics_refusal(&metrics, 404, 2 * second_us));
    CU_ASSERT_EQUAL(metrics.refusals[record_metrics_reason(404)], 1002);
    CU_ASSERT_EQUAL(metrics.refusals[record_metrics_reason(400)], 1);
}

/* Each status that is told apart has a row of its own, all others have the last one. */
static void reasons(void)
{
    uint64_t told_apart = 0;
    fresh();
    for (uint16_t status = 0; status < 1000; status++) {
        int row = record_metrics_reason(status);
        told_apart += row < RECORD_REFUSALS - 1;
        record_metrics_refusal(&metrics, status, 1);
    }
    CU_ASSERT_EQUAL(told_apart, RECORD_REFUSALS - 1);
    for (int row = 0; row < RECORD_REFUSALS; row++)
        CU_ASSERT_EQUAL(metrics.refusals[row],
                        row < RECORD_REFUSALS - 1 ? 1 : 1000 - told_apart);
    CU_ASSERT_STRING_EQUAL(record_metrics_reason_word(record_metrics_reason(503)), "busy");
    CU_ASSERT_STRING_EQUAL(record_metrics_reason_word(record_metrics_reason(599)), "other");
}

static void failures_and_tokens(void)
{
    fresh();
    record_metrics_failure(&metrics, 3, 2);
    record_metrics_failure(&metrics, -1, 2);
    record_metrics_tokens(&metrics, RECORD_TOKENS_OUTPUT, 2, 40);
    record_metrics_tokens(&metrics, RECORD_TOKENS_OUTPUT, 2, 2);
    record_metrics_tokens(&metrics, RECORD_TOKENS_OUTPUT, -1, 2);
    CU_ASSERT_EQUAL(metrics.failures[3][2], 1);
    CU_ASSERT_EQUAL(metrics.tokens[2][RECORD_TOKENS_OUTPUT], 42);
}

static const struct unit_test tests[] = {
    {"every bucket", every_bucket},
    {"bounds and words", bounds_and_words},
    {"series by all their labels", series_by_all_their_labels},
    {"more series than room", more_series_than_room},
    {"refusals", refusals},
    {"reasons", reasons},
    {"failures and tokens", failures_and_tokens},
};

UNIT_MAIN("record_metrics", tests)
