/* Prometheus' text: each family headed once, each row a sample, whatever names hold; and a client
 * that takes it slowly. */
#include "core/gateway/gateway_exposition.h"

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_gateway.h"

#include <string.h>

#define G (&unit_gateway)

static void fresh(const char *model)
{
    unit_gateway_fresh(false);
    memset(&G->metrics, 0, sizeof(G->metrics));
    unit_gateway_settings.models[0].name = model;
    unit_gateway_settings.wildcard = -1;
    G->clients[0].request = -1;
    G->clients[0].cursor = 0;
}

/* Everything, the client taking n bytes (0: all) whenever nothing more has room. */
static struct unit_gateway_answer expose(size_t n)
{
    for (int i = 0; i < 100000 && !G->clients[0].ended; i++) {
        gateway_exposition_some(G, 0);
        unit_gateway_read(n == 0 ? SIZE_MAX : n);
    }
    return unit_gateway_answer();
}

static bool has(struct span text, const char *part)
{
    for (size_t i = 0; i + strlen(part) <= text.len; i++)
        if (memcmp(text.at + i, part, strlen(part)) == 0)
            return true;
    return false;
}

/* Every line is a comment, or a sample whose name begins as the last comment's. */
static void check_lines(struct span text)
{
    while (text.len > 0) {
        size_t end = span_find(text, '\n');
        struct span line = {text.at, end};
        CU_ASSERT_TRUE_FATAL(end < text.len);
        CU_ASSERT_TRUE(span_starts(line, SPAN("moongate_")) || span_starts(line, SPAN("# ")));
        text = span_skip(text, end + 1);
    }
}

static void nothing_yet(void)
{
    fresh("mini");
    struct unit_gateway_answer answer = expose(0);
    CU_ASSERT_EQUAL(answer.status, 200);
    CU_ASSERT_TRUE(answer.whole);
    CU_ASSERT_TRUE(has(answer.head, "text/plain; version=0.0.4"));
    check_lines(answer.body);
    CU_ASSERT_TRUE(has(answer.body, "# TYPE moongate_requests_total counter\n"));
    CU_ASSERT_TRUE(has(answer.body, "moongate_pool_size{pool=\"clients\"} "));
    CU_ASSERT_TRUE(has(answer.body, "moongate_build_info{version=\"" MOONGATE_VERSION "\"} 1\n"));
    CU_ASSERT_FALSE(has(answer.body, "moongate_requests_total{"));
}

static void what_was_counted(void)
{
    const struct record_series series = {.status = 502, .outcome = RECORD_OUTCOME_FAILED,
                                         .model = 0, .provider = -1};
    fresh("mini");
    record_metrics_request(&G->metrics, &series);
    record_metrics_time(&G->metrics, RECORD_TIME_TLS, 0, 1234567);
    record_metrics_time(&G->metrics, RECORD_TIME_TLS, 0, 300000001);
    struct unit_gateway_answer answer = expose(0);
    CU_ASSERT_TRUE(has(answer.body, "moongate_requests_total{route=\"chat\",model=\"mini\","
                                    "provider=\"\",status=\"502\",outcome=\"failed\"} 1\n"));
    CU_ASSERT_TRUE(has(answer.body, "moongate_tls_handshake_seconds_bucket{model=\"mini\","
                                    "le=\"1\"} 0\n"));
    CU_ASSERT_TRUE(has(answer.body, "_bucket{model=\"mini\",le=\"2.5\"} 1\n"));
    CU_ASSERT_TRUE(has(answer.body, "_bucket{model=\"mini\",le=\"300\"} 1\n"));
    CU_ASSERT_TRUE(has(answer.body, "_bucket{model=\"mini\",le=\"+Inf\"} 2\n"));
    CU_ASSERT_TRUE(has(answer.body, "seconds_sum{model=\"mini\"} 301.234568\n"));
    CU_ASSERT_TRUE(has(answer.body, "seconds_count{model=\"mini\"} 2\n"));
}

/* Two models may have a provider of the same name: no sample occurs twice. */
static void providers(void)
{
    fresh("mini");
    struct settings *settings = &unit_gateway_settings;
    memset(G->circuits, 0, sizeof(G->circuits));
    settings->model_count = settings->provider_count = 2;
    settings->models[1].name = "other";
    settings->providers[0].url.host = "a.example";
    settings->providers[1] = settings->providers[0];
    settings->providers[1].model = 1;
    G->circuits[1].state = GATEWAY_CIRCUIT_HALF_OPEN;
    for (int kind = 0; kind < GATEWAY_FAILURE_UNUSABLE; kind++)
        record_metrics_failure(&G->metrics, 1, kind);
    record_metrics_failure(&G->metrics, 0, GATEWAY_FAILURE_OWN - 1);
    struct unit_gateway_answer answer = expose(0);
    check_lines(answer.body);
    CU_ASSERT(has(answer.body, "moongate_circuit_state{provider=\"main\",model=\"mini\"} 0\n"));
    CU_ASSERT(has(answer.body, "moongate_circuit_state{provider=\"main\",model=\"other\"} 2\n"));
    CU_ASSERT(has(answer.body, "{provider=\"main\",model=\"mini\",kind=\"own\"} 1\n"));
    CU_ASSERT(has(answer.body, "{provider=\"main\",model=\"other\",kind=\"own\"} 1\n"));
    CU_ASSERT(has(answer.body, "{provider=\"main\",model=\"other\",kind=\"unusable\"} 1\n"));
}

static void the_journal(void)
{
    static struct gateway_records records;
    fresh("mini");
    records.journal.records = 12;
    records.journal.dropped = 3;
    G->records = &records;
    unit_gateway_settings.observability.enabled = true;
    struct unit_gateway_answer answer = expose(0);
    check_lines(answer.body);
    CU_ASSERT(has(answer.body, "moongate_journal_records_total 12\n"));
    CU_ASSERT(has(answer.body, "moongate_journal_dropped_total 3\n"));
    unit_gateway_settings.observability.enabled = false;
    fresh("mini");
    answer = expose(0);
    CU_ASSERT_FALSE(has(answer.body, "moongate_journal_records_total 12"));
    G->records = NULL;
}

static void names_are_escaped(void)
{
    fresh("a\"b\\c\nd");
    record_metrics_tokens(&G->metrics, RECORD_TOKENS_INPUT, 0, 5);
    struct unit_gateway_answer answer = expose(0);
    check_lines(answer.body);
    CU_ASSERT_TRUE(has(answer.body, "{model=\"a\\\"b\\\\c\\nd\",kind=\"input\"} 5\n"));
}

/* What was counted; behind it stands what the answer itself changes. */
static struct span counted(struct span text)
{
    struct span heading = SPAN("# HELP moongate_pool_in_use");
    size_t len = 0;
    while (len < text.len && !span_starts(span_skip(text, len), heading))
        len++;
    CU_ASSERT_TRUE(len < text.len);
    return (struct span){text.at, len};
}

/* The same bytes however slowly they are taken, with the longest name and everything counted. */
static void a_slow_client(void)
{
    static char name[LIMIT_NAME_BYTES];
    static char first[65536];
    memset(name, '"', sizeof(name) - 1);
    size_t len = 0;
    for (size_t n = 0; n < 3; n++) {
        fresh(name);
        for (int time = 0; time < RECORD_TIMES; time++)
            record_metrics_time(&G->metrics, (enum record_time)time, 0, 77);
        struct unit_gateway_answer answer = expose(n == 0 ? 0 : n == 1 ? 999 : LIMIT_OUT_BYTES);
        CU_ASSERT_TRUE_FATAL(answer.whole && answer.body.len < sizeof(first));
        struct span said = counted(answer.body);
        if (n == 0)
            memcpy(first, said.at, len = said.len);
        CU_ASSERT_TRUE(span_equal(said, (struct span){first, len}));
        check_lines(answer.body);
    }
}

static void without_pages_it_is_cut(void)
{
    fresh("mini");
    unit_gateway_leave_pages(0);
    gateway_exposition_some(G, 0);
    unit_gateway_give_pages();
    CU_ASSERT_TRUE(G->clients[0].ended);
    CU_ASSERT_TRUE(G->clients[0].close);
}

static const struct unit_test tests[] = {
    {"nothing yet", nothing_yet},
    {"what was counted", what_was_counted},
    {"providers", providers},
    {"the journal", the_journal},
    {"names are escaped", names_are_escaped},
    {"a slow client", a_slow_client},
    {"without pages it is cut", without_pages_it_is_cut},
};

UNIT_MAIN("gateway_exposition", tests)
