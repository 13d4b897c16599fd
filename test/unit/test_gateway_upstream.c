/* Connections to services: made, lent, kept, closed, over real sockets; what an exchange would do
 * is done by hand. */
#include "core/gateway/gateway_upstream.h"

#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define U (&unit_live.gateway.upstreams)

#define PROVIDER(name, url)                                                                        \
    "[models.m.providers." name "]\ntype='rust-proxy'\nmodel_name='m'\napi_endpoint='" url "'\n"

enum { SAME, AS_SAME, OTHER, SECURE }; /* providers: the first two share an address */

static int listener, secure_listener;

static void set_up(void)
{
    uint16_t port, other, secure;
    listener = unit_wire_listen(&port);
    unit_wire_listen(&other);
    secure_listener = unit_wire_listen(&secure);
    unit_live_start("[gateway.upstream]\nidle_connections=3\n"
                    PROVIDER("same", "http://127.0.0.1:%d/a")
                    PROVIDER("as_same", "http://127.0.0.1:%d/b")
                    PROVIDER("other", "http://127.0.0.1:%d/a")
                    PROVIDER("secure", "http://127.0.0.1:%d/a"),
                    port, port, other, secure);
}

static void set_up_tls(void)
{
    set_up();
    unit_live_secure(SECURE);
}

/* An event, behind which its exchange is to run. */
static void take(int number, unsigned kinds)
{
    gateway_upstream_event(G, number, kinds);
    int exchange = U->all[number].exchange;
    if (U->all[number].state != GATEWAY_UPSTREAM_FREE && exchange >= 0 &&
        exchange < GATEWAY_EXCHANGES)
        queue_add(&G->exchange_run, exchange);
}

/* Takes what the port has to tell. */
static void look(void)
{
    struct port_event events[LIMIT_EVENTS];
    int count = port_wait(events, LIMIT_EVENTS, port_now_us() + 2000);
    G->now_us = port_now_us();
    for (int i = 0; i < count; i++)
        if (G->slots[events[i].slot].kind == GATEWAY_SLOT_UPSTREAM)
            take(G->slots[events[i].slot].number, events[i].kinds);
}

static void look_often(void)
{
    for (int i = 0; i < 10; i++)
        look();
}

static void until_state(int number, enum gateway_upstream_state state)
{
    for (int i = 0; i < 1000 && U->all[number].state != state; i++)
        look();
    CU_ASSERT_EQUAL_FATAL(U->all[number].state, state);
}

static int open_one(int provider, int exchange)
{
    int number = gateway_upstream_take(G, provider, exchange, true);
    CU_ASSERT_FATAL(number >= 0);
    CU_ASSERT_EQUAL(U->all[number].state, GATEWAY_UPSTREAM_CONNECT);
    CU_ASSERT_EQUAL(gateway_upstream_open(G, number), RESULT_MORE);
    until_state(number, GATEWAY_UPSTREAM_OPEN);
    CU_ASSERT_EQUAL(gateway_upstream_open(G, number), RESULT_DONE);
    return number;
}

static void drop_runs(void)
{
    while (queue_take(&G->exchange_run) != QUEUE_NONE)
        ;
}

static void tear_down(void)
{
    drop_runs();
    unit_live_end();
}

/* ---- opening ---- */

static void opens(void)
{
    char bytes[8];
    set_up();
    int number = open_one(SAME, 5);
    struct gateway_upstream *upstream = &U->all[number];
    CU_ASSERT_EQUAL(queue_take(&G->exchange_run), 5);
    CU_ASSERT(upstream->readable && upstream->writable && !upstream->reused);
    CU_ASSERT_EQUAL(upstream->exchange, 5);
    CU_ASSERT_EQUAL(gateway_upstream_recv(G, number, bytes, sizeof(bytes)), PORT_AGAIN);
    CU_ASSERT_FALSE(upstream->readable);
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_EQUAL(gateway_upstream_send(G, number, SPAN("ping"), false), 4);
    unit_wire_say(service, "pong");
    for (int i = 0; i < 1000 && !upstream->readable; i++)
        look();
    CU_ASSERT_EQUAL(queue_take(&G->exchange_run), 5);
    CU_ASSERT_EQUAL(gateway_upstream_recv(G, number, bytes, sizeof(bytes)), 4);
    CU_ASSERT_EQUAL(memcmp(bytes, "pong", 4), 0);
    CU_ASSERT(unit_live_read(service, "ping"));
    gateway_upstream_close(G, number);
    CU_ASSERT(unit_live_ended(service));
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    tear_down();
}

static void fills_up(void)
{
    static char bytes[65536];
    set_up();
    int number = open_one(SAME, 5);
    struct unit_wire *service = unit_live_accept(listener);
    int sent;
    do {
        sent = gateway_upstream_send(G, number, (struct span){bytes, sizeof(bytes)}, false);
    } while (sent > 0);
    CU_ASSERT_EQUAL(sent, PORT_AGAIN);
    CU_ASSERT_FALSE(U->all[number].writable);
    drop_runs();
    for (int i = 0; i < 1000 && !U->all[number].writable; i++) {
        unit_wire_read(service, SIZE_MAX);
        look();
    }
    CU_ASSERT(U->all[number].writable);
    CU_ASSERT_EQUAL(queue_take(&G->exchange_run), 5);
    gateway_upstream_close(G, number);
    tear_down();
}

static void check_fault(int number, uint16_t status, const char *text)
{
    for (int i = 0; i < 1000 && U->all[number].fault.text == NULL; i++)
        look();
    CU_ASSERT_EQUAL(gateway_upstream_open(G, number), RESULT_FAULT);
    CU_ASSERT_EQUAL(U->all[number].fault.status, status);
    CU_ASSERT_PTR_NOT_NULL_FATAL(U->all[number].fault.text);
    CU_ASSERT_STRING_EQUAL(U->all[number].fault.text, text);
    gateway_upstream_close(G, number);
    CU_ASSERT_EQUAL(U->index.in_use, 0);
}

static void refused(void)
{
    set_up();
    unit_wire_unlisten(listener);
    int number = gateway_upstream_take(G, SAME, 9, false);
    CU_ASSERT_FATAL(number >= 0);
    check_fault(number, 502, port_why_text(PORT_WHY_REFUSED));
    CU_ASSERT_EQUAL(queue_take(&G->exchange_run), 9);
    /* The slot's next use begins without a fault. */
    number = open_one(OTHER, 1);
    CU_ASSERT_PTR_NULL(U->all[number].fault.text);
    gateway_upstream_close(G, number);
    tear_down();
}

/* Plain HTTP goes to private addresses alone, which is judged when the address is known. */
static void public_is_denied(void)
{
    set_up();
    unit_live.settings.providers[OTHER].url.host = "192.0.2.1";
    int number = gateway_upstream_take(G, OTHER, 9, false);
    CU_ASSERT_FATAL(number >= 0);
    check_fault(number, 502, port_why_text(PORT_WHY_DENIED));
    tear_down();
}

/* ---- keeping ---- */

static void the_last_kept_first(void)
{
    set_up();
    int first = open_one(SAME, 1);
    int second = open_one(AS_SAME, 2);
    int other = open_one(OTHER, 3);
    gateway_upstream_keep(G, first);
    gateway_upstream_keep(G, second);
    gateway_upstream_keep(G, other);
    CU_ASSERT_EQUAL(U->idle_count, 3);
    CU_ASSERT_EQUAL(gateway_upstream_take(G, SAME, 7, false), second);
    CU_ASSERT_EQUAL(U->all[second].state, GATEWAY_UPSTREAM_OPEN);
    CU_ASSERT_EQUAL(U->all[second].exchange, 7);
    CU_ASSERT(U->all[second].reused);
    CU_ASSERT_EQUAL(gateway_upstream_open(G, second), RESULT_DONE);
    CU_ASSERT_EQUAL(gateway_upstream_take(G, OTHER, 8, false), other);
    CU_ASSERT_EQUAL(gateway_upstream_take(G, AS_SAME, 9, false), first);
    CU_ASSERT_EQUAL(U->idle_count, 0);
    CU_ASSERT_EQUAL(timers_count(&U->timers), 0);
    /* None is left: a new one, which is not reused. */
    int fresh = gateway_upstream_take(G, SAME, 10, false);
    CU_ASSERT_EQUAL(U->all[fresh].state, GATEWAY_UPSTREAM_CONNECT);
    CU_ASSERT_FALSE(U->all[fresh].reused);
    gateway_upstream_close(G, fresh);
    gateway_upstream_close(G, first);
    gateway_upstream_close(G, second);
    gateway_upstream_close(G, other);
    tear_down();
}

static void fresh_is_new(void)
{
    set_up();
    int kept = open_one(SAME, 1);
    gateway_upstream_keep(G, kept);
    int fresh = gateway_upstream_take(G, SAME, 2, true);
    CU_ASSERT_NOT_EQUAL(fresh, kept);
    CU_ASSERT_EQUAL(U->all[kept].state, GATEWAY_UPSTREAM_IDLE);
    gateway_upstream_close(G, fresh);
    tear_down();
}

static void idle_too_long(void)
{
    set_up();
    int first = open_one(SAME, 1);
    int second = open_one(SAME, 2);
    uint64_t begin_us = G->now_us;
    gateway_upstream_keep(G, first);
    G->now_us = begin_us + 1000000;
    gateway_upstream_keep(G, second);
    const uint64_t idle_us = GATEWAY_UPSTREAM_IDLE_MS * 1000ull;
    gateway_upstream_due(G, begin_us + idle_us - 1);
    CU_ASSERT_EQUAL(U->idle_count, 2);
    gateway_upstream_due(G, begin_us + idle_us);
    CU_ASSERT_EQUAL(U->all[first].state, GATEWAY_UPSTREAM_FREE);
    CU_ASSERT_EQUAL(U->all[second].state, GATEWAY_UPSTREAM_IDLE);
    /* What is lent meanwhile is not closed. */
    CU_ASSERT_EQUAL(gateway_upstream_take(G, SAME, 3, false), second);
    gateway_upstream_due(G, begin_us + 10 * idle_us);
    CU_ASSERT_EQUAL(U->all[second].state, GATEWAY_UPSTREAM_OPEN);
    gateway_upstream_close(G, second);
    tear_down();
}

static void peer_ends_it(void)
{
    set_up();
    int number = open_one(SAME, 1);
    struct unit_wire *service = unit_live_accept(listener);
    gateway_upstream_keep(G, number);
    CU_ASSERT_EQUAL(U->idle_count, 1);
    drop_runs();
    unit_wire_close(service);
    until_state(number, GATEWAY_UPSTREAM_FREE);
    CU_ASSERT_EQUAL(U->idle_count, 0);
    CU_ASSERT_EQUAL(G->exchange_run.count, 0); /* nobody's exchange is run */
    tear_down();
}

/* Bytes that nobody asked for: the connection is not to be trusted any more. */
static void peer_speaks_unasked(void)
{
    set_up();
    int number = open_one(SAME, 1);
    struct unit_wire *service = unit_live_accept(listener);
    gateway_upstream_keep(G, number);
    unit_wire_say(service, "HTTP/1.1 408 Request Timeout\r\n\r\n");
    until_state(number, GATEWAY_UPSTREAM_FREE);
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    tear_down();
}

static void spoke_before_it_was_kept(void)
{
    set_up();
    int number = open_one(SAME, 1);
    struct unit_wire *service = unit_live_accept(listener);
    unit_wire_say(service, "x");
    look_often();
    CU_ASSERT(U->all[number].readable);
    gateway_upstream_keep(G, number);
    CU_ASSERT_EQUAL(U->all[number].state, GATEWAY_UPSTREAM_FREE);
    CU_ASSERT_EQUAL(U->idle_count, 0);
    tear_down();
}

static void no_more_than_configured(void)
{
    set_up();
    int numbers[4];
    for (int i = 0; i < 4; i++)
        numbers[i] = open_one(i % 2 == 0 ? SAME : OTHER, i);
    for (int i = 0; i < 4; i++) {
        G->now_us += 1000;
        gateway_upstream_keep(G, numbers[i]);
    }
    CU_ASSERT_EQUAL(U->idle_count, 3);
    CU_ASSERT_EQUAL(U->all[numbers[0]].state, GATEWAY_UPSTREAM_FREE); /* the oldest gave way */
    CU_ASSERT_EQUAL(U->all[numbers[3]].state, GATEWAY_UPSTREAM_IDLE);
    tear_down();
}

static void none_is_kept(void)
{
    set_up();
    unit_live.settings.upstream.idle_connections = 0;
    gateway_upstream_keep(G, open_one(SAME, 1));
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    unit_live.settings.upstream.idle_connections = 3;
    int number = open_one(SAME, 1);
    gateway_stop(G);
    gateway_upstream_keep(G, number);
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    tear_down();
}

/* Others are trusted from now on: the kept ones go, the lent ones when they come back, whoever had
 * them, and a new one is as good as any. */
static void distrusted(void)
{
    set_up();
    int kept = open_one(SAME, 1);
    int lent = open_one(OTHER, 2);
    int kept_database = open_one(OTHER, 3);
    int lent_database = open_one(OTHER, 4);
    if (FEATURE_CLICKHOUSE)
        U->all[kept_database].address = U->all[lent_database].address = GATEWAY_UPSTREAM_DATABASE;
    gateway_upstream_keep(G, kept);
    gateway_upstream_keep(G, kept_database);
    CU_ASSERT_EQUAL(U->idle_count, 2);
    gateway_upstream_distrust(G);
    CU_ASSERT_EQUAL(U->idle_count, 0);
    CU_ASSERT_EQUAL(U->index.in_use, 2);
    CU_ASSERT_EQUAL(U->all[lent].state, GATEWAY_UPSTREAM_OPEN);
    gateway_upstream_keep(G, lent);
    gateway_upstream_keep(G, lent_database);
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    for (int i = 0; i < 4; i++)
        gateway_upstream_keep(G, open_one(SAME, i));
    CU_ASSERT_EQUAL(U->idle_count, 3);
    tear_down();
}

/* All slots are taken: a kept connection gives way, whatever its address; else there is none. */
static void slots_run_out(void)
{
    static uint16_t taken[LIMIT_UPSTREAMS];
    int count = 0;
    set_up();
    int kept = open_one(OTHER, 1);
    gateway_upstream_keep(G, kept);
    while (index_free(&U->index) > 0)
        taken[count++] = (uint16_t)index_take(&U->index);
    int number = gateway_upstream_take(G, SAME, 2, false);
    CU_ASSERT_FATAL(number >= 0);
    CU_ASSERT_EQUAL(U->idle_count, 0);
    CU_ASSERT_EQUAL(gateway_upstream_take(G, SAME, 3, false), GATEWAY_UPSTREAM_NONE);
    CU_ASSERT_EQUAL(gateway_upstream_take(G, OTHER, 3, true), GATEWAY_UPSTREAM_NONE);
    gateway_upstream_close(G, number);
    while (count > 0)
        index_give(&U->index, taken[--count]);
    tear_down();
}

/* ---- TLS ---- */

#define MORE_THAN_FIT (LIMIT_TLS_HANDSHAKES + 3)

static int handshakes[MORE_THAN_FIT];

/* So many connections that the last three wait for their handshake. */
static void begin_handshakes(void)
{
    set_up_tls();
    for (int i = 0; i < MORE_THAN_FIT; i++) {
        handshakes[i] = gateway_upstream_take(G, SECURE, i, false);
        CU_ASSERT_FATAL(handshakes[i] >= 0);
        until_state(handshakes[i], GATEWAY_UPSTREAM_TLS_WAIT);
    }
    for (int i = 0; i < MORE_THAN_FIT; i++) {
        CU_ASSERT_EQUAL(gateway_upstream_open(G, handshakes[i]), RESULT_MORE);
        bool begun = U->all[handshakes[i]].state == GATEWAY_UPSTREAM_TLS;
        CU_ASSERT_EQUAL(begun, i < LIMIT_TLS_HANDSHAKES);
    }
    CU_ASSERT_EQUAL(U->handshakes, LIMIT_TLS_HANDSHAKES);
    CU_ASSERT_EQUAL(U->tls_waiting.count, 3);
    look_often();
    drop_runs();
}

static void end_handshakes(void)
{
    for (int i = 0; i < MORE_THAN_FIT; i++)
        if (U->all[handshakes[i]].state != GATEWAY_UPSTREAM_FREE)
            gateway_upstream_close(G, handshakes[i]);
    tear_down();
}

static void handshakes_in_turn(void)
{
    begin_handshakes();
    gateway_upstream_close(G, handshakes[4]);
    CU_ASSERT_EQUAL(U->handshakes, LIMIT_TLS_HANDSHAKES - 1);
    CU_ASSERT_EQUAL(queue_take(&G->exchange_run), LIMIT_TLS_HANDSHAKES);
    CU_ASSERT_EQUAL(gateway_upstream_open(G, handshakes[LIMIT_TLS_HANDSHAKES]), RESULT_MORE);
    CU_ASSERT_EQUAL(U->all[handshakes[LIMIT_TLS_HANDSHAKES]].state, GATEWAY_UPSTREAM_TLS);
    CU_ASSERT_EQUAL(U->handshakes, LIMIT_TLS_HANDSHAKES);
    CU_ASSERT_EQUAL(U->tls_waiting.count, 2);
    end_handshakes();
}

/* One that waits goes; two end at once: the two that are left have their turn. */
static void handshakes_end_at_once(void)
{
    const int last = MORE_THAN_FIT - 1;
    begin_handshakes();
    gateway_upstream_close(G, handshakes[LIMIT_TLS_HANDSHAKES]);
    CU_ASSERT_EQUAL(U->handshakes, LIMIT_TLS_HANDSHAKES);
    CU_ASSERT_EQUAL(U->tls_waiting.count, 2);
    gateway_upstream_close(G, handshakes[0]);
    gateway_upstream_close(G, handshakes[1]);
    for (int run = queue_take(&G->exchange_run); run != QUEUE_NONE;
         run = queue_take(&G->exchange_run))
        CU_ASSERT_EQUAL(gateway_upstream_open(G, handshakes[run]), RESULT_MORE);
    CU_ASSERT_EQUAL(U->all[handshakes[last - 1]].state, GATEWAY_UPSTREAM_TLS);
    CU_ASSERT_EQUAL(U->all[handshakes[last]].state, GATEWAY_UPSTREAM_TLS);
    CU_ASSERT_EQUAL(U->handshakes, LIMIT_TLS_HANDSHAKES);
    CU_ASSERT_EQUAL(U->tls_waiting.count, 0);
    end_handshakes();
}

static void handshake_fails(void)
{
    set_up_tls();
    int number = gateway_upstream_take(G, SECURE, 3, false);
    until_state(number, GATEWAY_UPSTREAM_TLS_WAIT);
    struct unit_wire *service = unit_live_accept(secure_listener);
    CU_ASSERT_EQUAL(gateway_upstream_open(G, number), RESULT_MORE);
    unit_wire_say(service, "HTTP/1.1 400 Bad Request\r\n\r\n");
    enum result result = RESULT_MORE;
    for (int i = 0; i < 1000 && result == RESULT_MORE; i++) {
        look();
        result = gateway_upstream_open(G, number);
    }
    CU_ASSERT_EQUAL(result, RESULT_FAULT);
    CU_ASSERT_EQUAL(U->all[number].fault.status, 502);
    CU_ASSERT_PTR_NOT_NULL(U->all[number].fault.text);
    CU_ASSERT_EQUAL(gateway_upstream_open(G, number), RESULT_FAULT); /* and stays so */
    CU_ASSERT_EQUAL(U->handshakes, 1);
    gateway_upstream_close(G, number);
    CU_ASSERT_EQUAL(U->handshakes, 0);
    tear_down();
}

static const struct unit_test tests[] = {
    {"opens, sends, receives", opens},
    {"fills up, and is writable again", fills_up},
    {"a connection refused", refused},
    {"plain HTTP to a public address", public_is_denied},
    {"kept ones by address, the last one first", the_last_kept_first},
    {"fresh is a new one", fresh_is_new},
    {"idle too long", idle_too_long},
    {"a peer ends a kept one", peer_ends_it},
    {"a peer speaks unasked", peer_speaks_unasked},
    {"a peer spoke before it was kept", spoke_before_it_was_kept},
    {"no more are kept than configured", no_more_than_configured},
    {"none is kept without a pool, or at a stop", none_is_kept},
    {"others are trusted", distrusted},
    {"slots run out", slots_run_out},
    {"handshakes in turn", handshakes_in_turn},
    {"handshakes end at once", handshakes_end_at_once},
    {"a handshake fails", handshake_fails},
};

UNIT_MAIN("gateway_upstream", tests)
