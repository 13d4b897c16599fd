/* Benches: how long, what is said meanwhile, and which ones outlive a restart. */
#include "core/gateway/gateway_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_gateway.h"
#include "test/unit/unit_live.h"

#define G (&unit_gateway)
#define HASH_DIGITS 64
#define SECOND 1000000u

enum { ONE, TWO, OTHER, PROVIDERS };

static char blob[8192];
static size_t blob_len;

/* One and two ask the same service for different models, other another one. */
static void set_up(void)
{
    unit_gateway_fresh(false);
    struct settings_provider *providers = unit_gateway_settings.providers;
    unit_gateway_settings.provider_count = PROVIDERS;
    unit_gateway_settings.state_flush_s = 2;
    for (int i = 0; i < PROVIDERS; i++)
        providers[i] = (struct settings_provider){
            .name = "p", .protocol = SETTINGS_OPENAI, .api_key = "sk-1",
            .model_name = i == ONE ? "gpt" : "mini",
            .api_base = i == OTHER ? "https://b.example/v1" : "https://a.example/v1"};
    unit_clock_know_wall(true);
    G->state.flush_us = UINT64_MAX;
    G->state.benches_dirty = false;
}

static void bench(int provider, uint32_t seconds, const char *message)
{
    struct gateway_error error = gateway_error(429, "");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, message);
    text_str(&text);
    gateway_bench_set(G, provider, seconds, &error);
}

static void save(void)
{
    memset(blob, 0, sizeof(blob));
    blob_len = gateway_bench_save(G, blob, sizeof(blob));
}

/* Loads what was saved, on a page's end, into a gateway that has none. */
static bool load(void)
{
    memset(G->benches, 0, sizeof(G->benches));
    return gateway_bench_load(G, (struct span){unit_guard(0, blob, blob_len), blob_len});
}

static bool is_on(int provider)
{
    return gateway_bench_is_on(G, provider, NULL);
}

static uint32_t left_s(int provider)
{
    struct gateway_error error = {.retry_after_s = 0};
    gateway_bench_is_on(G, provider, &error);
    return error.retry_after_s;
}

static void its_time(void)
{
    struct gateway_error error;
    set_up();
    CU_ASSERT_FALSE(is_on(ONE));
    bench(ONE, 30, "wait");
    uint64_t since_us = G->now_us;
    CU_ASSERT(is_on(ONE) && !is_on(TWO));
    G->now_us += SECOND / 2;
    CU_ASSERT(gateway_bench_is_on(G, ONE, &error));
    CU_ASSERT_EQUAL(error.status, 429);
    CU_ASSERT_STRING_EQUAL(error.message, "wait");
    CU_ASSERT_EQUAL(error.retry_after_s, 30); /* never sooner than it ends */
    G->now_us = since_us + 30 * SECOND - 1;
    CU_ASSERT_EQUAL(left_s(ONE), 1);
    G->now_us++;
    CU_ASSERT_FALSE(is_on(ONE));
    bench(ONE, UINT32_MAX, "wait");
    CU_ASSERT_EQUAL(left_s(ONE), GATEWAY_BENCH_MAX_S);
}

/* Only what is longer than a minute is worth the flash, and it is written with a clock alone. */
static void what_is_kept(void)
{
    static const struct {
        uint32_t seconds;
        bool wall;
        bool dirty;
    } rows[] = {{60, true, false}, {61, true, true}, {UINT32_MAX, true, true}, {61, false, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up();
        unit_clock_know_wall(rows[i].wall);
        bench(ONE, rows[i].seconds, "wait");
        CU_ASSERT_EQUAL(G->state.benches_dirty, rows[i].dirty);
        CU_ASSERT_EQUAL(G->state.flush_us != UINT64_MAX, rows[i].dirty);
        save();
        unit_clock_know_wall(true);
        CU_ASSERT(load());
        CU_ASSERT_EQUAL(is_on(ONE), rows[i].dirty && rows[i].wall);
    }
}

static void kept(void)
{
    struct gateway_error error;
    set_up();
    bench(ONE, 100, "Request failed: the service answered 429: \xC3\xBC");
    bench(TWO, 30, "wait");
    bench(OTHER, 200, "wait");
    G->now_us += 10 * SECOND;
    save();
    unit_clock_skip_ms(20000);
    G->now_us = 7; /* a restart: another beginning of time */
    CU_ASSERT(load());
    CU_ASSERT(gateway_bench_is_on(G, ONE, &error));
    CU_ASSERT_EQUAL(error.status, 429);
    CU_ASSERT_STRING_EQUAL(error.message, "Request failed: the service answered 429: \xC3\xBC");
    CU_ASSERT(error.retry_after_s >= 69 && error.retry_after_s <= 70);
    CU_ASSERT_FALSE(is_on(TWO));
    CU_ASSERT(left_s(OTHER) >= 169 && left_s(OTHER) <= 170);
    unit_clock_skip_ms(71000);
    CU_ASSERT(load());
    CU_ASSERT(!is_on(ONE) && is_on(OTHER));
    unit_clock_know_wall(false); /* nobody knows whether they are over */
    CU_ASSERT(load());
    CU_ASSERT(!is_on(ONE) && !is_on(OTHER));
    unit_clock_know_wall(true);
}

/* The account and the model count, not where they stand in the file. */
static void another_file(void)
{
    struct settings_provider *providers = unit_gateway_settings.providers;
    set_up();
    bench(ONE, 100, "wait");
    save();
    struct settings_provider one = providers[ONE];
    providers[ONE] = providers[OTHER];
    providers[OTHER] = one;
    providers[OTHER].name = "renamed";
    CU_ASSERT(load());
    CU_ASSERT(is_on(OTHER) && !is_on(ONE) && !is_on(TWO));
    providers[OTHER].api_key = "sk-2"; /* a new key begins anew */
    CU_ASSERT(load());
    CU_ASSERT_FALSE(is_on(OTHER));
    CU_ASSERT_PTR_NULL(strstr(blob, "sk-1"));
    CU_ASSERT_PTR_NULL(strstr(blob, "gpt"));
}

/* As many, and as long, as there may be: what does not fit is left out. */
static void no_room(void)
{
    char words[GATEWAY_ERROR_BYTES];
    memset(words, 'w', sizeof(words));
    words[sizeof(words) - 1] = '\0';
    set_up();
    for (int i = 0; i < PROVIDERS; i++)
        bench(i, 100, words);
    for (size_t cap = 9 + HASH_DIGITS; cap < 1400; cap += 7) {
        memset(blob, 0, sizeof(blob));
        blob_len = gateway_bench_save(G, unit_guard_room(1, cap), cap);
        CU_ASSERT(blob_len <= cap);
    }
    save();
    CU_ASSERT(load());
    CU_ASSERT(is_on(ONE) && is_on(TWO) && is_on(OTHER));
}

static void damaged(void)
{
    set_up();
    bench(ONE, 100, "wait");
    bench(OTHER, 100, "wait");
    save();
    CU_ASSERT(load());
    size_t whole = blob_len;
    for (blob_len = 0; blob_len < whole; blob_len++)
        CU_ASSERT_FALSE(load());
    blob_len = whole + 1;
    CU_ASSERT_FALSE(load());
    blob_len = whole;
    for (size_t at = 0; at < whole; at++) {
        blob[at] ^= 1;
        CU_ASSERT_FALSE(load());
        CU_ASSERT(!is_on(ONE) && !is_on(OTHER));
        blob[at] ^= 1;
    }
    CU_ASSERT(load());
}

/* A clock that was set back does not make it longer. */
static void clock_set_back(void)
{
    set_up();
    unit_clock_skip_ms(1000000);
    bench(ONE, 100, "wait");
    save();
    unit_clock_skip_ms((uint64_t)-900000);
    CU_ASSERT(load());
    CU_ASSERT_EQUAL(left_s(ONE), 100);
}

/* From a request to the disk and back, with another process as it were. */
static void over_a_restart(void)
{
    uint16_t port;
    const char *config = "[models.m]\nretries=0\n[models.m.providers.a]\ntype='rust-proxy'\n"
                         "model_name='one'\napi_endpoint='http://127.0.0.1:%d/a'\n";
    struct unit_wire_message got;
    int listener = unit_wire_listen(&port);
    unit_live_start(config, port);
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &got));
    unit_wire_say(service, "HTTP/1.1 429 Many\r\nconnection: close\r\nretry-after: 3600\r\n"
                           "content-length: 4\r\n\r\nbusy");
    unit_wire_shut(service);
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "retry-after"), "3600");
    unit_clock_skip_ms(60000);
    CU_ASSERT(unit_live_saved());
    unit_live_end();
    unit_live_start(config, port);
    client = unit_live_chat("m", false);
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    CU_ASSERT_EQUAL(got.status, 429);
    CU_ASSERT_PTR_NOT_NULL(strstr(got.body, "answered 429: busy"));
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "x-moongate-attempts"), "0");
    int left = atoi(unit_wire_field(got.head, "retry-after"));
    CU_ASSERT(left > 3500 && left <= 3540);
    unit_live_end();
    unit_live_start(config, port + 1); /* another address is another account */
    client = unit_live_chat("m", false);
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    CU_ASSERT_EQUAL(got.status, 502);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"as long as it lasts", its_time},
    {"which ones are kept", what_is_kept},
    {"kept", kept},
    {"another configuration", another_file},
    {"no room", no_room},
    {"damaged", damaged},
    {"a clock that was set back", clock_set_back},
    {"over a restart", over_a_restart},
};

UNIT_MAIN("gateway_bench", tests)
