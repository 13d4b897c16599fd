/* /metrics with any names: each line of it is as Prometheus reads it. */
#define _GNU_SOURCE
#include "core/gateway/gateway_exposition.h"

#include "core/gateway/gateway.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define NAMES 4

static struct gateway gateway;
static struct settings settings;
static char answer[4000000];

static void set_up(void)
{
    struct gateway *g = &gateway;
    static bool ready;
    if (!ready)
        rope_pool_init(&g->pages);
    ready = true;
    queue_init(&g->client_run, g->client_run_next, g->client_run_prev);
    timers_init(&g->client_timers, g->client_timer_heap, g->client_timer_place,
                g->client_timer_due, LIMIT_CLIENTS);
    g->settings = &settings;
    g->now_us = 5000000;
    settings.wildcard = -1;
    settings.model_count = settings.provider_count = NAMES;
    memset(&g->metrics, 0, sizeof(g->metrics));
    for (int i = 0; i < SETTINGS_PROVIDERS; i++)
        g->catalogs.of_provider[i] = MODEL_CATALOG_NONE;
    g->clients[0] = (struct gateway_client){.state = GATEWAY_CLIENT_ANSWER, .slot = -1, .head = -1,
                                            .body = -1, .request = -1, .key = -1,
                                            .out = rope_empty()};
}

static void count(int i, uint8_t how)
{
    const struct record_series series = {.route = how % 4, .outcome = how / 4 % RECORD_OUTCOMES,
                                         .status = (uint16_t)(200 + how), .model = (int16_t)i,
                                         .provider = (int16_t)i};
    record_metrics_request(&gateway.metrics, &series);
    record_metrics_time(&gateway.metrics, how % RECORD_TIMES, i, (uint64_t)how << how % 40);
    record_metrics_failure(&gateway.metrics, i, how % (RECORD_FAILURES - 1));
    record_metrics_tokens(&gateway.metrics, how % RECORD_TOKENS, i, how);
}

static size_t expose(void)
{
    size_t len = 0;
    for (int i = 0; i < 100000 && !gateway.clients[0].ended; i++) {
        gateway_exposition_some(&gateway, 0);
        while (gateway.clients[0].out.len > 0) {
            struct span front = rope_front(&gateway.pages, &gateway.clients[0].out);
            FUZZ_CHECK(front.len <= sizeof(answer) - len);
            memcpy(answer + len, front.at, front.len);
            len += front.len;
            rope_take(&gateway.pages, &gateway.clients[0].out, front.len);
        }
    }
    FUZZ_CHECK(gateway.clients[0].ended);
    return len;
}

/* Takes the framing away: the length of what is left. */
static size_t unframe(size_t len)
{
    struct span in = {answer, len};
    struct span data;
    struct http_chunked chunked;
    size_t out = 0;
    const char *end = memmem(answer, len, "\r\n\r\n", 4);
    FUZZ_CHECK(end != NULL);
    in = span_skip(in, (size_t)(end - answer) + 4);
    http_chunked_init(&chunked);
    while (http_chunked_next(&chunked, &in, &data) == RESULT_MORE && data.len > 0) {
        memmove(answer + out, data.at, data.len);
        out += data.len;
    }
    return out;
}

/* A label's value, behind its opening quote: to its closing one. */
static struct span take_value(struct span line)
{
    while (line.len > 0 && line.at[0] != '"') {
        bool escape = line.at[0] == '\\';
        FUZZ_CHECK(!escape || (line.len > 1 && memchr("\\\"n", line.at[1], 3) != NULL));
        line = span_skip(line, escape ? 2 : 1);
    }
    FUZZ_CHECK(line.len > 0);
    return span_skip(line, 1);
}

static void check_line(struct span line)
{
    size_t name = 0;
    if (span_starts(line, SPAN("# HELP ")) || span_starts(line, SPAN("# TYPE ")))
        return;
    while (name < line.len && memchr("{ ", line.at[name], 2) == NULL)
        name++;
    FUZZ_CHECK(span_starts(line, SPAN("moongate_")) && name < line.len);
    bool labels = line.at[name] == '{';
    line = span_skip(line, name + 1);
    while (labels) {
        size_t quote = span_find(line, '"');
        FUZZ_CHECK(quote < line.len && quote > 1 && line.at[quote - 1] == '=');
        line = take_value(span_skip(line, quote + 1));
        labels = span_starts(line, SPAN(","));
        FUZZ_CHECK(labels || span_starts(line, SPAN("} ")));
        line = span_skip(line, labels ? 1 : 2);
    }
    FUZZ_CHECK(line.len > 0);
    for (size_t i = 0; i < line.len; i++)
        FUZZ_CHECK(memchr("0123456789.", line.at[i], 11) != NULL);
}

void fuzz_one(struct span input)
{
    char *names[2 * NAMES];
    set_up();
    for (int i = 0; i < 2 * NAMES; i++) {
        struct span name = fuzz_cut(&input);
        names[i] = strndup(name.len > 0 ? name.at : "", name.len);
        FUZZ_CHECK(names[i] != NULL);
    }
    for (int i = 0; i < NAMES; i++) {
        settings.models[i].name = names[2 * i];
        settings.providers[i] = (struct settings_provider){.name = names[2 * i + 1], .model = i};
        count(i, fuzz_byte(&input));
    }
    struct span rest = {answer, unframe(expose())};
    while (rest.len > 0) {
        size_t end = span_find(rest, '\n');
        FUZZ_CHECK(end < rest.len);
        check_line((struct span){rest.at, end});
        rest = span_skip(rest, end + 1);
    }
    for (int i = 0; i < 2 * NAMES; i++)
        free(names[i]);
}
