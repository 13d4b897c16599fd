/* What a request counts when it is over, and how a flood of refusals is told. */
#include "core/gateway/gateway_metrics.h"

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)
#define M (&unit_gateway.metrics)
#define REQUEST (&unit_gateway.requests[0])

static void fresh(void)
{
    unit_gateway_fresh(false);
    memset(M, 0, sizeof(*M));
    REQUEST->model = 0;
    REQUEST->provider = 0;
    REQUEST->begun_us = G->now_us;
    G->now_us += 3000;
}

static void a_complete_one(void)
{
    fresh();
    REQUEST->first_content_us = REQUEST->begun_us + 1000;
    REQUEST->relay.usage = (struct provider_usage){.has_input = true, .has_output = true,
                                                   .input = 7, .output = 9};
    G->clients[0].queue_us = 250;
    gateway_metrics_end(G, 0, RECORD_OUTCOME_COMPLETE, 200);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_QUEUE][0].sum_us, 250);
    CU_ASSERT_EQUAL(M->series_count, 1);
    CU_ASSERT_EQUAL(M->series[0].status, 200);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_REQUEST][0].sum_us, 3000);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_FIRST_CONTENT][0].sum_us, 1000);
    CU_ASSERT_EQUAL(M->tokens[0][RECORD_TOKENS_INPUT], 7);
    CU_ASSERT_EQUAL(M->tokens[0][RECORD_TOKENS_OUTPUT], 9);
    CU_ASSERT_EQUAL(M->tokens[0][RECORD_TOKENS_ESTIMATED_OUTPUT], 0);
}

static void one_without_a_model(void)
{
    fresh();
    REQUEST->model = REQUEST->provider = -1;
    REQUEST->relay.said_bytes = 400;
    gateway_metrics_end(G, 0, RECORD_OUTCOME_FAILED, 404);
    CU_ASSERT_EQUAL(M->series[0].model, -1);
    CU_ASSERT_EQUAL(M->series[0].outcome, RECORD_OUTCOME_FAILED);
    REQUEST->model = 0;
    gateway_metrics_end(G, 0, RECORD_OUTCOME_CUT, 502);
    CU_ASSERT_EQUAL(M->tokens[0][RECORD_TOKENS_ESTIMATED_OUTPUT], 100);
    CU_ASSERT_EQUAL(M->series_count, 2);
}

/* A request of the era before counts for its model's number of now, whatever it counts. */
static void one_of_the_era_before(void)
{
    if (!FEATURE_RELOAD)
        return;
    fresh();
    G->eras.now = 1;
    G->eras.models[0] = 2;
    G->eras.providers[0] = 1;
    REQUEST->era = 0;
    REQUEST->first_content_us = REQUEST->begun_us + 1000;
    REQUEST->relay.said_bytes = 40;
    G->clients[0].queue_us = 250;
    gateway_metrics_end(G, 0, RECORD_OUTCOME_COMPLETE, 200);
    G->eras.now = 0;
    CU_ASSERT_EQUAL(M->series[0].model, 2);
    CU_ASSERT_EQUAL(M->series[0].provider, 1);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_REQUEST][2].sum_us, 3000);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_QUEUE][2].sum_us, 250);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_QUEUE][0].sum_us, 0);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_FIRST_CONTENT][2].sum_us, 1000);
    CU_ASSERT_EQUAL(M->tokens[2][RECORD_TOKENS_ESTIMATED_OUTPUT], 10);
}

static void failed_tries(void)
{
    struct gateway_failure failure;
    fresh();
    gateway_failure_cut(&failure, "host", "why");
    gateway_metrics_failed(G, 0, &failure);
    CU_ASSERT_EQUAL(M->failures[0][GATEWAY_FAILURE_CUT - 1], 1);
}

static void gaps(void)
{
    fresh();
    gateway_metrics_event(G, 0);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_EVENT_GAP][0].counts[0], 0);
    G->now_us += 40;
    gateway_metrics_event(G, 0);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_EVENT_GAP][0].counts[0], 1);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_EVENT_GAP][0].sum_us, 40);
}

static void times_of_fetches_are_nobodys(void)
{
    fresh();
    gateway_metrics_time(G, LIMIT_REQUESTS, RECORD_TIME_CONNECT, 5);
    gateway_metrics_time(G, -1, RECORD_TIME_CONNECT, 5);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_CONNECT][0].sum_us, 0);
    gateway_metrics_time(G, 0, RECORD_TIME_CONNECT, 5);
    CU_ASSERT_EQUAL(M->times[RECORD_TIME_CONNECT][0].sum_us, 5);
}

static void refused(void)
{
    const struct gateway_error error = gateway_error(404, "There is nothing there");
    fresh();
    for (int i = 0; i < 10; i++)
        gateway_metrics_refused(G, 0, &error);
    CU_ASSERT_EQUAL(M->refusals[record_metrics_reason(404)], 10);
    CU_ASSERT_EQUAL(M->refusal_told_us[record_metrics_reason(404)], G->now_us);
}

static const struct unit_test tests[] = {
    {"a complete one", a_complete_one},
    {"one without a model", one_without_a_model},
    {"one of the era before", one_of_the_era_before},
    {"failed tries", failed_tries},
    {"gaps", gaps},
    {"times of fetches are nobody's", times_of_fetches_are_nobodys},
    {"refused", refused},
};

UNIT_MAIN("gateway_metrics", tests)
