/* Which provider is tried when circuits are open, weights are drawn, and several have failed. */
#include <stdio.h>
#include <string.h>

#include "core/gateway/gateway_try.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define CHATS 48

enum { A, B };

static int listeners[2];

#define PROVIDER(model, name, more)                                                                \
    "[models." model ".providers." name "]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"           \
    "api_endpoint='http://127.0.0.1:%d/" name "'\n" more

#define CONFIG                                                                                     \
    "[models.two]\nretries=0\n" PROVIDER("two", "a", "") PROVIDER("two", "b", "")                  \
    "[models.one]\nretries=0\n" PROVIDER("one", "a", "")                                           \
    "[models.drawn]\nretries=0\n" PROVIDER("drawn", "a", "weight=1\n")                             \
    PROVIDER("drawn", "b", "weight=3\n") "[models.drawn.providers.box]\ntype='loopback'\n"

static void set_up(void)
{
    uint16_t a, b;
    listeners[A] = unit_wire_listen(&a);
    listeners[B] = unit_wire_listen(&b);
    unit_live_start(CONFIG, a, b, a, a, b);
}

static struct unit_wire *take(int which)
{
    struct unit_wire_message request;
    struct unit_wire *service = unit_live_accept(listeners[which]);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    return service;
}

static void refuse(int which, const char *status)
{
    char answer[200];
    struct unit_wire *service = take(which);
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 3\r\n\r\nwhy", status);
    unit_wire_say(service, answer);
    unit_wire_shut(service);
}

static void answer(int which)
{
    struct unit_wire *service = take(which);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    unit_wire_shut(service);
}

static void check(struct unit_wire *client, int status, const char *provider, const char *attempts)
{
    struct unit_wire_message got;
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    if (got.status != status)
        printf("wanted %d\ngot %s%s\n", status, got.head, got.body);
    CU_ASSERT_EQUAL(got.status, status);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "x-moongate-provider"), provider);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "x-moongate-attempts"), attempts);
    unit_wire_close(client);
}

static void nobody_is_asked(int which)
{
    unit_live_settle();
    CU_ASSERT_PTR_NULL(unit_wire_accept(listeners[which]));
}

/* What /v1/models says of a model. */
static void check_model(const char *name, const char *words)
{
    char head[200];
    struct unit_wire_message got;
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    snprintf(head, sizeof(head), "GET /v1/models/%s HTTP/1.1\r\nhost: localhost\r\n\r\n", name);
    unit_wire_say(client, head);
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    CU_ASSERT_PTR_NOT_NULL(strstr(got.body, words));
    unit_wire_close(client);
}

/* Five failures of a, one request each, and b answers. */
static void open_a(void)
{
    for (int i = 0; i < 5; i++) {
        struct unit_wire *client = unit_live_chat("two", false);
        refuse(A, "500 Bad");
        answer(B);
        check(client, 200, "b", "2");
    }
}

/* ---- circuits ---- */

static void passed_over(void)
{
    set_up();
    open_a();
    CU_ASSERT_EQUAL(gateway_circuit_state(G, A), GATEWAY_CIRCUIT_OPEN);
    struct unit_wire *client = unit_live_chat("two", false);
    answer(B);
    check(client, 200, "b", "1");
    nobody_is_asked(A);
    check_model("two", "\"available\":true,\"reason\":null");
    unit_clock_skip_ms(5001);
    client = unit_live_chat("two", false);
    answer(A);
    check(client, 200, "a", "1");
    CU_ASSERT_EQUAL(gateway_circuit_state(G, A), GATEWAY_CIRCUIT_CLOSED);
    unit_live_end();
}

static void one_probe(void)
{
    set_up();
    open_a();
    unit_clock_skip_ms(5001);
    struct unit_wire *probe = unit_live_chat("two", true);
    struct unit_wire *service = take(A);
    CU_ASSERT_EQUAL(gateway_circuit_state(G, A), GATEWAY_CIRCUIT_HALF_OPEN);
    struct unit_wire *client = unit_live_chat("two", false);
    answer(B);
    check(client, 200, "b", "1");
    /* Its first word lets the others in, long before its last one. */
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    CU_ASSERT(unit_live_read(probe, "Hello"));
    client = unit_live_chat("two", false);
    answer(A);
    check(client, 200, "a", "1");
    unit_live_end();
}

static void the_probe_leaves(void)
{
    set_up();
    open_a();
    unit_clock_skip_ms(5001);
    struct unit_wire *client = unit_live_chat("two", true);
    struct unit_wire *service = take(A);
    unit_wire_close(client);
    CU_ASSERT(unit_live_ended(service));
    CU_ASSERT_EQUAL(gateway_circuit_state(G, A), GATEWAY_CIRCUIT_OPEN);
    client = unit_live_chat("two", false);
    answer(A);
    check(client, 200, "a", "1");
    unit_live_end();
}

/* With nobody else it is tried all the same. */
static void alone(void)
{
    set_up();
    for (int i = 0; i < 7; i++) {
        check_model("one", i < 5 ? "\"available\":true" : "\"available\":false,"
                                                          "\"reason\":\"circuit_open\"");
        struct unit_wire *client = unit_live_chat("one", false);
        refuse(A, "500 Bad");
        check(client, 502, "a", "1");
    }
    unit_clock_skip_ms(5001);
    check_model("one", "\"available\":true");
    struct unit_wire *client = unit_live_chat("one", false);
    answer(A);
    check(client, 200, "a", "1");
    unit_live_end();
}

/* Both are open: the one that is due first, and only that one. */
static void due_first(void)
{
    struct unit_wire *client;
    set_up();
    for (int i = 0; i < 5; i++) {
        client = unit_live_chat("two", false);
        refuse(A, "500 Bad");
        refuse(B, "503 Bad");
        check(client, 503, "b", "2");
    }
    G->circuits[A].due_us += 1000;
    check_model("two", "\"available\":false,\"reason\":\"circuit_open\"");
    client = unit_live_chat("two", false);
    refuse(B, "500 Bad");
    check(client, 502, "b", "1");
    nobody_is_asked(A);
    G->circuits[A].due_us -= 2000;
    client = unit_live_chat("two", false);
    answer(A);
    check(client, 200, "a", "1");
    unit_live_end();
}

/* What is the request's fault, or the key's, or nobody's, opens nothing. */
static void not_its_fault(void)
{
    static const char *const rows[] = {"400 Bad", "404 None", "422 No", "401 No", "302 Moved"};
    set_up();
    for (size_t i = 0; i < 3; i++)
        for (int times = 0; times < 6; times++) {
            struct unit_wire *client = unit_live_chat("one", false);
            refuse(A, rows[i]);
            check(client, (rows[i][0] - '0') * 100 + (rows[i][1] - '0') * 10 + rows[i][2] - '0',
                  "a", "1");
        }
    for (int times = 0; times < 12; times++) {
        struct unit_wire *client = unit_live_chat("one", false);
        refuse(A, rows[3 + times % 2]);
        check(client, 502, "a", "1");
        unit_clock_skip_ms(60001);
    }
    for (int times = 0; times < 6; times++) {
        struct unit_wire *client = unit_live_chat("one", false);
        take(A);
        unit_wire_close(client);
        unit_live_settle();
    }
    CU_ASSERT_EQUAL(gateway_circuit_state(G, 2), GATEWAY_CIRCUIT_CLOSED);
    CU_ASSERT_EQUAL(G->circuits[2].failures, 0);
    unit_live_end();
}

/* A stream that breaks off behind its first word is a failure as well. */
static void cut_behind_content(void)
{
    set_up();
    for (int i = 0; i < 5; i++) {
        struct unit_wire *client = unit_live_chat("one", true);
        struct unit_wire *service = take(A);
        unit_wire_say(service, UNIT_LIVE_CHUNKED);
        unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
        CU_ASSERT(unit_live_read(client, "Hello"));
        unit_wire_close(service);
        CU_ASSERT(unit_live_read(client, "\"error\""));
        unit_wire_close(client);
    }
    CU_ASSERT_EQUAL(gateway_circuit_state(G, 2), GATEWAY_CIRCUIT_OPEN);
    unit_live_end();
}

/* ---- weights ---- */

/* Who is asked first varies; who is asked next is the other one, then who has no weight. */
static void drawn(void)
{
    int first[2] = {0, 0};
    set_up();
    for (int i = 0; i < CHATS; i++) {
        struct unit_wire *client = unit_live_chat("drawn", false);
        struct unit_wire *asked = NULL;
        int which = A;
        for (int turns = 0; asked == NULL && turns < 5000; turns++) {
            unit_live_turn();
            which = turns % 2 == 0 ? A : B;
            asked = unit_wire_accept(listeners[which]);
        }
        CU_ASSERT_PTR_NOT_NULL_FATAL(asked);
        first[which]++;
        unit_wire_close(asked);
        refuse(1 - which, "400 Bad");
        check(client, 400, which == A ? "b" : "a", "2");
        G->circuits[3].failures = G->circuits[4].failures = 0;
    }
    CU_ASSERT_EQUAL(first[A] + first[B], CHATS);
    CU_ASSERT(first[A] > 0 && first[A] < 32); /* 12 are to be expected */
    unit_wire_unlisten(listeners[A]);
    unit_wire_unlisten(listeners[B]);
    check(unit_live_chat("drawn", false), 200, "box", "3");
    unit_live_end();
}

/* ---- what is said ---- */

static void each_one_is_named(void)
{
    struct unit_wire_message got;
    set_up();
    struct unit_wire *client = unit_live_chat("two", false);
    refuse(A, "401 No");
    refuse(B, "503 Bad");
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    CU_ASSERT_EQUAL(got.status, 503);
    CU_ASSERT_PTR_NOT_NULL(strstr(got.body, "\"Request failed: a: the service answered 401: why; "
                                            "b: the service answered 503: why\""));
    client = unit_live_chat("two", false); /* a is benched, and named still */
    refuse(B, "500 Bad");
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    CU_ASSERT_EQUAL(got.status, 502);
    CU_ASSERT_PTR_NOT_NULL(strstr(got.body, "a: the service answered 401: why; b: the service "
                                            "answered 500: why"));
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "x-moongate-attempts"), "1");
    client = unit_live_chat("two", false);
    refuse(B, "404 None"); /* the request's own fault is told alone */
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    CU_ASSERT_EQUAL(got.status, 404);
    CU_ASSERT_PTR_NOT_NULL(strstr(got.body, "\"Request failed: the service answered 404: why\""));
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"an open circuit is passed over, then probed", passed_over},
    {"one probe at a time", one_probe},
    {"the probe's client leaves", the_probe_leaves},
    {"a provider alone is tried all the same", alone},
    {"all open: the one that is due first", due_first},
    {"what is not the provider's fault", not_its_fault},
    {"cut behind content", cut_behind_content},
    {"drawn by weight", drawn},
    {"each one is named", each_one_is_named},
};

UNIT_MAIN("gateway_try_circuits", tests)
