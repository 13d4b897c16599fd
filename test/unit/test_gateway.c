/* The gateway as a whole: its start, its loop that never spins, many at once, its end. */
#include "core/gateway/gateway.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define U (&unit_live.gateway.upstreams)

#define FEW_TURNS 20
#define CONFIG                                                                                     \
    "[models.m]\nretries=0\n"                                                                      \
    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"                            \
    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n"

static int listener;

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    unit_live_start(CONFIG, port);
}

static struct unit_wire *take(void)
{
    struct unit_wire_message request;
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    return service;
}

static void check(struct unit_wire *client, int status, const char *words)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT(answer.whole);
    CU_ASSERT_EQUAL(answer.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, words));
}

/* ---- start ---- */

static void addresses(void)
{
    static const struct {
        struct settings_url url;
        bool tls_12_only;
        int16_t address;
    } rows[] = {
        {{"a.example", "/x", 443, true, NULL}, false, 0},
        {{"A.Example", "/y", 443, true, NULL}, false, 0},
        {{"a.example", "/x", 444, true, NULL}, false, 2},
        {{"a.example", "/x", 443, false, NULL}, false, 3},
        {{"a.example", "/x", 443, true, NULL}, true, 4},
        {{NULL, NULL, 0, false, NULL}, false, 5},
        {{NULL, NULL, 0, false, NULL}, false, 6},
        {{"b.example", "/x", 443, true, NULL}, false, 7},
        {{"a.example", "", 443, true, NULL}, false, 0},
        {{"a.example", "", 443, true, NULL}, true, 4},
    };
    static struct settings settings;
    settings.provider_count = sizeof(rows) / sizeof(rows[0]);
    for (int i = 0; i < settings.provider_count; i++) {
        settings.providers[i].url = rows[i].url;
        settings.providers[i].tls_12_only = rows[i].tls_12_only;
        settings.providers[i].protocol = SETTINGS_LOOPBACK;
    }
    unit_live_forget();
    gateway_init(G, &settings, NULL);
    for (int i = 0; i < settings.provider_count; i++)
        CU_ASSERT_EQUAL(G->address_of[i], rows[i].address);
    unit_live_check_pools(G);
}

static void listeners(void)
{
    char bytes[300];
    uint16_t port;
    struct text why = text_over(bytes, sizeof(bytes));
    int taken = unit_wire_listen(&port);
    unit_live_prepare("\n");
    unit_live.settings.listener_count = 2;
    unit_live.settings.listeners[1] = unit_live.settings.listeners[0];
    unit_live.settings.listeners[1].port = port;
    CU_ASSERT_FALSE(gateway_listen(G, &why));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&why), "cannot listen on 127.0.0.1 port "));
    CU_ASSERT_PTR_NOT_NULL(strstr(bytes, port_why_text(PORT_WHY_IN_USE)));
    CU_ASSERT_EQUAL(G->listener_count, 1);
    unit_wire_unlisten(taken);
    unit_live_end();
}

/* ---- the loop ---- */

/* It comes back when it must, and not before. */
static void sleeps(void)
{
    set_up();
    unit_live_settle();
    CU_ASSERT(unit_live_turns_in(300) <= 5);
    struct unit_wire *client = unit_live_chat("m", false);
    unit_live_serve(listener);
    check(client, 200, "Hello");
    CU_ASSERT(unit_live_turns_in(300) <= FEW_TURNS); /* both connections are kept, and idle */
    CU_ASSERT_EQUAL(U->idle_count, 1);
    uint64_t begin_ms = unit_clock_real_ms();
    gateway_step(G, 100000);
    uint64_t slept_ms = unit_clock_real_ms() - begin_ms;
    CU_ASSERT(slept_ms >= 90 && slept_ms < 1000);
    unit_clock_skip_ms(2 * GATEWAY_UPSTREAM_IDLE_MS);
    unit_live_settle();
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    CU_ASSERT_EQUAL(G->client_index.in_use, 0);
    unit_live_end();
}

/* A step that may sleep for seconds ends soon. */
static void check_wakes(void)
{
    uint64_t begin_ms = unit_clock_real_ms();
    gateway_step(G, 5000000);
    uint64_t slept_ms = unit_clock_real_ms() - begin_ms;
    CU_ASSERT(slept_ms >= 30 && slept_ms < 1000);
}

static uint64_t soon_us(void)
{
    return port_now_us() + 40000;
}

/* Whatever is due first ends the sleep. */
static void wakes_for_each(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    unit_live_serve(listener);
    check(client, 200, "Hello");
    unit_live_settle();
    unit_clock_skip_ms(2 * GATEWAY_TRIM_US / 1000);
    unit_live_settle();
    CU_ASSERT(unit_live_saved());
    CU_ASSERT_EQUAL(G->trim_us, UINT64_MAX);
    G->trim_us = soon_us();
    check_wakes();
    CU_ASSERT_EQUAL(G->trim_us, UINT64_MAX);
    G->state.flush_us = soon_us();
    check_wakes();
    CU_ASSERT_EQUAL(G->state.flush_us, UINT64_MAX);
    timers_set(&U->timers, 0, soon_us());
    check_wakes();
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    G->catalogs.models.catalogs[0].users = 1;
    G->catalogs.models.catalogs[0]._due_us = soon_us();
    check_wakes();
    CU_ASSERT_NOT_EQUAL(G->catalogs.fetches[0].catalog, MODEL_CATALOG_NONE);
    unit_wire_close(take());
    unit_live_settle();
    G->catalogs.models.catalogs[0].users = 0;
    timers_set(&G->client_timers, 0, soon_us());
    check_wakes();
    CU_ASSERT_EQUAL(G->client_index.in_use, 0);
    unit_live_end();
}

static void wakes_for_the_stop(void)
{
    set_up();
    unit_live_chat("m", true);
    take();
    gateway_stop(G);
    unit_live_settle();
    G->stop_us = soon_us();
    check_wakes();
    CU_ASSERT(gateway_stopped(G));
    unit_live_end();
}

/* What a service says is with the client in one turn. */
static void in_one_turn(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    unit_live_settle();
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    gateway_step(G, 1000000);
    CU_ASSERT(unit_wire_read(client, SIZE_MAX) > 0);
    unit_live_end();
}

/* After a burst, once all is quiet, memory goes back: nobody needs what is in it. */
static void trims(void)
{
    set_up();
    unit_live_settle();
    CU_ASSERT_EQUAL(G->trim_us, UINT64_MAX);
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = take();
    unit_clock_skip_ms(5000);
    unit_live_settle();
    CU_ASSERT(G->trim_us > G->now_us); /* a request is under way */
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    unit_wire_close(service);
    check(client, 200, "Hello");
    unit_live_settle();
    CU_ASSERT(G->trim_us != UINT64_MAX);
    unit_clock_skip_ms(GATEWAY_TRIM_US / 1000);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->trim_us, UINT64_MAX);
    CU_ASSERT_EQUAL(G->scratch.bytes[100], (char)0xA5); /* as unit_clock leaves it */
    unit_live_chat_on(client, "m", false);
    unit_live_serve(listener);
    check(client, 200, "Hello");
    unit_live_end();
}

/* One that pours does not keep others waiting. */
static void fair(void)
{
    static char event[60000];
    set_up();
    struct unit_wire *pours = unit_live_chat("m", true);
    struct unit_wire *service = take();
    memset(event, 'x', sizeof(event) - 1);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
    for (int i = 0; i < 100; i++) {
        unit_wire_say(service, "data: ");
        unit_wire_say(service, event);
        unit_wire_say(service, "\n\n");
    }
    CU_ASSERT(unit_live_read(pours, "xxxx"));
    struct unit_wire *other = unit_wire_connect(unit_live_port());
    unit_wire_say(other, "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    for (int i = 0; i < 4 && other->in_len == 0; i++) {
        unit_live_turn();
        unit_wire_read(pours, SIZE_MAX);
        unit_wire_read(other, SIZE_MAX);
    }
    CU_ASSERT(other->in_len > 0);
    CU_ASSERT_EQUAL(G->request_index.in_use, 1);
    unit_wire_say(service, UNIT_LIVE_FINISH);
    for (int i = 0; i < 3000 && G->request_index.in_use > 0; i++) {
        unit_live_turn();
        unit_wire_read(pours, SIZE_MAX);
    }
    /* all of it is read, though no event tells again */
    CU_ASSERT_EQUAL(G->request_index.in_use, 0);
    unit_live_end();
}

#define MANY 100

static void many_at_once(void)
{
    struct unit_wire *clients[MANY];
    set_up();
    for (int round = 0; round < 2; round++) {
        struct unit_wire *services[MANY];
        for (int i = 0; i < MANY; i++)
            clients[i] = unit_live_chat("m", i % 2 == 0);
        for (int i = 0; i < MANY; i++)
            services[i] = unit_live_accept(listener);
        for (int i = 0; i < MANY; i++)
            unit_live_serve_on(services[MANY - 1 - i]);
        for (int i = 0; i < MANY; i++)
            check(clients[i], 200, "Hello");
        unit_live_settle();
        CU_ASSERT_EQUAL(U->idle_count, unit_live.settings.upstream.idle_connections);
        CU_ASSERT_EQUAL(U->index.in_use, U->idle_count);
        CU_ASSERT_EQUAL(G->request_index.in_use, 0);
        unit_live_end();
        set_up();
    }
    unit_live_end();
}

/* ---- the end ---- */

/* Connecting to where it listened is refused. */
static void check_closed(uint16_t port)
{
    int slot = port_connect("127.0.0.1", port, 0);
    struct port_event events[8];
    unsigned kinds = 0;
    CU_ASSERT_FATAL(slot >= 0);
    for (int i = 0; i < 1000 && (kinds & (PORT_EVENT_OPEN | PORT_EVENT_FAILED)) == 0; i++) {
        int count = port_wait(events, 8, port_now_us() + 1000);
        for (int e = 0; e < count; e++)
            kinds |= events[e].slot == slot ? events[e].kinds : 0;
    }
    CU_ASSERT_NOT_EQUAL(kinds & PORT_EVENT_FAILED, 0);
    port_close(slot);
}

static void stops_at_once(void)
{
    set_up();
    struct unit_wire *idle = unit_wire_connect(unit_live_port());
    CU_ASSERT(unit_live_until(&G->client_index.in_use, 1));
    uint16_t port = unit_live_port();
    CU_ASSERT_FALSE(gateway_stopped(G));
    gateway_stop(G);
    CU_ASSERT(unit_live_ended(idle));
    CU_ASSERT(gateway_stopped(G));
    CU_ASSERT_EQUAL(G->listener_count, 0);
    check_closed(port);
    unit_live_end();
}

static void drains(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    gateway_stop(G);
    CU_ASSERT(unit_live_turns_in(200) <= FEW_TURNS);
    CU_ASSERT_FALSE(gateway_stopped(G));
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
    CU_ASSERT(unit_live_read(client, "Hello"));
    CU_ASSERT(unit_live_read(client, "connection: close\r\n"));
    unit_wire_say_chunk(service, UNIT_LIVE_FINISH);
    unit_wire_say_chunk(service, "");
    check(client, 200, "[DONE]");
    CU_ASSERT(unit_live_ended(client));
    unit_wire_close(client);
    CU_ASSERT(unit_live_until(&G->client_index.in_use, 0));
    CU_ASSERT(gateway_stopped(G));
    CU_ASSERT_EQUAL(U->index.in_use, 0); /* nothing is kept */
    unit_live_end();
}

static void drains_no_longer(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    take();
    gateway_stop(G);
    unit_clock_skip_ms(GATEWAY_DRAIN_US / 1000 - 500);
    unit_live_settle();
    CU_ASSERT_FALSE(gateway_stopped(G));
    uint64_t begin_ms = unit_clock_real_ms();
    while (!gateway_stopped(G) && unit_clock_real_ms() - begin_ms < 3000)
        gateway_step(G, 60000000); /* it wakes by itself */
    CU_ASSERT(gateway_stopped(G));
    CU_ASSERT(unit_clock_real_ms() - begin_ms < 1500);
    unit_wire_close(client);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"addresses that providers share", addresses},
    {"listeners", listeners},
    {"sleeps", sleeps},
    {"wakes for whatever is due", wakes_for_each},
    {"wakes for the end of a stop", wakes_for_the_stop},
    {"from the service to the client in one turn", in_one_turn},
    {"trims when all is quiet", trims},
    {"one that pours, and another", fair},
    {"many at once", many_at_once},
    {"stops at once", stops_at_once},
    {"drains", drains},
    {"drains no longer than that", drains_no_longer},
};

UNIT_MAIN("gateway", tests)
