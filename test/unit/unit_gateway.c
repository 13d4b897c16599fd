/* See unit_gateway.h. */
#include "test/unit/unit_gateway.h"

#include "core/gateway/gateway_news.h"
#include "core/http/http_parse.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_BYTES (8 * 1048576)

struct gateway unit_gateway;
struct settings unit_gateway_settings;

static char wire[WIRE_BYTES]; /* what the client has read */
static size_t wire_len;
static char body[WIRE_BYTES];
static char decoded[WIRE_BYTES];
static uint16_t taken[LIMIT_PAGES];
static int taken_count;

static void set_up_settings(void)
{
    struct settings *s = &unit_gateway_settings;
    *s = (struct settings){.model_count = 1, .provider_count = 1, .route_count = 1,
                           .wildcard = -1, .key_count = 1};
    s->models[0] = (struct settings_model){.name = "mini", .route_count = 1};
    s->providers[0] = (struct settings_provider){
        .name = "main", .type = "rust-proxy", .model_name = "gpt-4.1-mini",
        .protocol = SETTINGS_RUST_PROXY};
    s->keys[0] = (struct settings_key){.name = "one", .all_models = true};
    s->timeouts.client_idle_ms = 75000;
    s->timeouts.ping_ms = 15000;
}

static void set_up_pools(struct gateway *g)
{
    rope_pool_init(&g->pages);
    memset(g->client_run_next, 0, sizeof(g->client_run_next));
    memset(g->client_run_prev, 0, sizeof(g->client_run_prev));
    queue_init(&g->client_run, g->client_run_next, g->client_run_prev);
    timers_init(&g->client_timers, g->client_timer_heap, g->client_timer_place,
                g->client_timer_due, LIMIT_CLIENTS);
    for (int i = 0; i < SETTINGS_PROVIDERS; i++)
        g->catalogs.of_provider[i] = MODEL_CATALOG_NONE;
    memset(g->benches, 0, sizeof(g->benches));
    for (int i = 0; i < GATEWAY_STATE_SEAL_BYTES; i++)
        g->state.seal[i] = (uint8_t)(i * 7 + 1);
}

void unit_gateway_ask(const char *name)
{
    struct gateway_chat *chat = &unit_gateway.requests[0].chat;
    struct text text = text_over(chat->model, sizeof(chat->model));
    text_add_str(&text, name);
    text_str(&text);
}

void unit_gateway_client(int key)
{
    struct gateway_client *client = &unit_gateway.clients[0];
    *client = (struct gateway_client){.state = GATEWAY_CLIENT_ANSWER, .slot = -1, .head = -1,
                                      .body = -1, .key = (int16_t)key, .out = rope_empty()};
    memcpy(client->request_id, "req-1", 6);
    wire_len = 0;
}

void unit_gateway_fresh(bool stream)
{
    struct gateway *g = &unit_gateway;
    taken_count = 0;
    g->settings = &unit_gateway_settings;
    g->now_us = 5000000;
    set_up_settings();
    set_up_pools(g);
    unit_gateway_client(-1);
    g->exchanges[0] = (struct gateway_exchange){.sent_whole = true, .upstream = -1, .large = -1};
    g->exchanges[0].call.provider = &unit_gateway_settings.providers[0];
    g->requests[0] = (struct gateway_request){
        .state = GATEWAY_REQUEST_TRY, .attempts = 1, .settings = g->settings};
    g->requests[0].chat.stream = stream;
    unit_gateway_ask("mini");
    gateway_relay_begin(g, 0);
}

void unit_gateway_read(size_t n)
{
    struct gateway *g = &unit_gateway;
    struct rope *out = &g->clients[0].out;
    while (n > 0 && out->len > 0) {
        struct span front = rope_front(&g->pages, out);
        size_t len = front.len < n ? front.len : n;
        CU_ASSERT_TRUE_FATAL(wire_len + len <= WIRE_BYTES);
        memcpy(wire + wire_len, front.at, len);
        wire_len += len;
        n -= len;
        rope_take(&g->pages, out, len);
    }
}

/* ---- the relay ---- */

/* True: there was something to read, and more can be queued. */
static bool read_some(size_t n)
{
    uint32_t before = unit_gateway.clients[0].out.len;
    unit_gateway_read(n > 0 ? n : SIZE_MAX);
    return before > 0;
}

enum result unit_gateway_say(enum provider_news_kind kind, struct span text, bool raw, size_t n)
{
    const struct provider_news news = {.kind = kind, .text = text, .raw = raw};
    enum result result;
    gateway_relay_take(&unit_gateway, 0, &news);
    do {
        result = gateway_relay_pump(&unit_gateway, 0);
    } while (result == RESULT_MORE && read_some(n));
    return result;
}

enum result unit_gateway_finish(size_t n)
{
    enum result result;
    do {
        result = gateway_relay_finish(&unit_gateway, 0);
    } while (result == RESULT_MORE && read_some(n));
    return result;
}

/* ---- HTTP ---- */

static struct span behind(struct span text, struct span mark)
{
    for (size_t i = 0; i + mark.len <= text.len; i++)
        if (span_starts(span_skip(text, i), mark))
            return span_skip(text, i + mark.len);
    return (struct span){NULL, 0};
}

static bool has(struct span text, const char *mark)
{
    return behind(text, span_of(mark)).at != NULL;
}

/* Takes the framing away. True: the last chunk is there, and nothing behind it. */
static bool unchunk(struct span rest, size_t *body_len)
{
    *body_len = 0;
    for (;;) {
        struct span data = behind(rest, SPAN("\r\n"));
        if (data.at == NULL)
            return false;
        size_t len = (size_t)strtoul(rest.at, NULL, 16);
        if (len == 0)
            return data.len == 2 && memcmp(data.at, "\r\n", 2) == 0;
        size_t there = len < data.len ? len : data.len;
        memcpy(body + *body_len, data.at, there);
        *body_len += there;
        if (data.len < len + 2)
            return false;
        CU_ASSERT_EQUAL_FATAL(memcmp(data.at + len, "\r\n", 2), 0);
        rest = span_skip(data, len + 2);
    }
}

struct unit_gateway_answer unit_gateway_answer(void)
{
    struct unit_gateway_answer answer = {0};
    unit_gateway_read(SIZE_MAX);
    wire[wire_len < WIRE_BYTES ? wire_len : WIRE_BYTES - 1] = '\0';
    struct span all = {wire, wire_len};
    struct span rest = behind(all, SPAN("\r\n\r\n"));
    if (rest.at == NULL)
        return answer;
    answer.status = atoi(wire + 9);
    answer.head = behind((struct span){wire, (size_t)(rest.at - wire) - 2}, SPAN("\r\n"));
    struct span length = behind(answer.head, SPAN("content-length: "));
    answer.chunked = has(answer.head, "transfer-encoding: chunked\r\n");
    answer.body = (struct span){body, 0};
    if (answer.chunked) {
        answer.whole = unchunk(rest, &answer.body.len);
    } else {
        memcpy(body, rest.at, rest.len);
        answer.body.len = rest.len;
        answer.whole = length.at != NULL && strtoul(length.at, NULL, 10) == rest.len;
    }
    return answer;
}

struct span unit_gateway_event(struct span text, int i)
{
    while (text.len > 0) {
        struct span rest = behind(text, SPAN("\n\n"));
        CU_ASSERT_PTR_NOT_NULL_FATAL(rest.at);
        struct span event = {text.at, (size_t)(rest.at - text.at) - 2};
        CU_ASSERT_EQUAL(span_find(event, '\n'), event.len);
        text = rest;
        if (event.at[0] == ':')
            continue;
        CU_ASSERT_TRUE_FATAL(span_starts(event, SPAN("data: ")));
        if (i-- == 0)
            return span_skip(event, 6);
    }
    return (struct span){NULL, 0};
}

/* ---- pages ---- */

void unit_gateway_leave_pages(int n)
{
    while (index_free(&unit_gateway.pages.index) > n)
        taken[taken_count++] = (uint16_t)index_take(&unit_gateway.pages.index);
}

void unit_gateway_give_pages(void)
{
    while (taken_count > 0)
        index_give(&unit_gateway.pages.index, taken[--taken_count]);
}

/* ---- JSON ---- */

bool unit_gateway_is_json(struct span text)
{
    struct json_rules rules;
    json_rules_init(&rules);
    bool good = json_rules_take(&rules, text) != RESULT_FAULT &&
                json_rules_end(&rules) == RESULT_DONE;
    if (!good)
        printf("no JSON at %d: %s: %.*s\n", (int)rules.offset, rules.why,
               (int)(text.len < 500 ? text.len : 500), text.at);
    return good;
}

static struct span element(struct span json, size_t number)
{
    struct span inside = json_walk_inside(json);
    struct span one = {NULL, 0};
    for (size_t i = 0; i <= number; i++)
        if (!json_walk_element(&inside, &one))
            return (struct span){NULL, 0};
    return one;
}

struct span unit_gateway_at(struct span json, const char *path)
{
    struct span rest = span_of(path);
    while (rest.len > 0 && json.at != NULL) {
        struct span name = {rest.at, span_find(rest, '.')};
        uint64_t number;
        if (span_number(name, 1000, &number))
            json = element(json, (size_t)number);
        else
            json = json_walk_find(json, name);
        rest = span_skip(rest, name.len + (name.len < rest.len));
    }
    return json;
}

struct span unit_gateway_string(struct span json, const char *path)
{
    struct span value = unit_gateway_at(json, path);
    if (json_walk_kind(value) != JSON_STRING)
        return (struct span){NULL, 0};
    struct span raw = json_walk_string(value);
    return (struct span){decoded, json_string_decode(raw, decoded, sizeof(decoded))};
}

uint32_t unit_gateway_chance(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

void unit_gateway_answered(enum settings_protocol protocol, enum provider_api api,
                           const char *type)
{
    struct gateway *g = &unit_gateway;
    struct gateway_exchange *exchange = &g->exchanges[0];
    static char bytes[128];
    struct text head = text_over(bytes, sizeof(bytes));
    unit_gateway_settings.providers[0].protocol = protocol;
    unit_gateway_settings.timeouts.idle_ms = 1000;
    queue_init(&g->exchange_run, g->exchange_run_next, g->exchange_run_prev);
    queue_init(&g->page_wait, g->page_wait_next, g->page_wait_prev);
    exchange->state = GATEWAY_EXCHANGE_BODY;
    exchange->status = 200;
    exchange->call.asked.api = (uint8_t)api;
    exchange->call.asked.stream = g->requests[0].chat.stream;
    exchange->is_event_stream = strstr(type, "event-stream") != NULL;
    exchange->is_json = strstr(type, "json") != NULL;
    http_sse_init(&exchange->sse);
    text_add_str(&head, "HTTP/1.1 200 OK\r\ncontent-type: ");
    text_add_str(&head, type);
    text_add_str(&head, "\r\n\r\n");
    http_parse_response(text_span(&head), &g->scratch.head);
    CU_ASSERT_EQUAL(gateway_news_head(g, 0), RESULT_DONE);
}

enum result unit_gateway_feed(const char *text, size_t step)
{
    struct gateway *g = &unit_gateway;
    struct gateway_exchange *exchange = &g->exchanges[0];
    char *window = g->windows.small[0];
    struct span rest = span_of(text);
    enum result result = RESULT_DONE;
    while (rest.len > 0 && result == RESULT_DONE) {
        size_t len = rest.len < step ? rest.len : step;
        uint32_t kept = exchange->end - exchange->begin;
        memmove(window, window + exchange->begin, kept);
        memcpy(window + kept, rest.at, len);
        exchange->begin = 0;
        exchange->end = kept + (uint32_t)len;
        rest = span_skip(rest, len);
        result = gateway_news_body(g, 0);
    }
    return result;
}
