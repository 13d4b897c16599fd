/* Chats whose client leaves, in each state, and chats whose time is over, in each phase. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_net.h"

#define G UNIT_LIVE_GATEWAY
#define U (&unit_live.gateway.upstreams)
#define R (&unit_live.gateway.requests[0])
#define TIMEOUTS (&unit_live.settings.timeouts)

#define FEW_TURNS 25
#define CONFIG                                                                                     \
    "[models.m]\nretries=1\n"                                                                      \
    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"                            \
    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n"                                      \
    "[models.box.providers.b]\ntype='loopback'\nstream_delay_ms=1000\n"

static int listener;
static uint16_t taken[LIMIT_PAGES];
static int taken_count;

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    taken_count = 0;
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
    CU_ASSERT_EQUAL(answer.status, status);
    if (strstr(answer.body, words) == NULL)
        printf("wanted %s\ngot %s%s\n", words, answer.head, answer.body);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, words));
}

static void until_state(enum gateway_request_state state)
{
    for (int i = 0; i < 3000 && R->state != state; i++)
        unit_live_turn();
    CU_ASSERT_EQUAL_FATAL(R->state, state);
}

static void leave_pages(int n)
{
    while (index_free(&G->pages.index) > n)
        taken[taken_count++] = (uint16_t)index_take(&G->pages.index);
}

static void give_pages(void)
{
    while (taken_count > 0)
        index_give(&G->pages.index, taken[--taken_count]);
}

/* ---- the client leaves ---- */

/* It is gone in the turn in which the gateway learns of it, and so is all that it had. */
static void leaves(struct unit_wire *client)
{
    CU_ASSERT(unit_live_turns_in(50) <= FEW_TURNS); /* nothing spins before */
    CU_ASSERT_EQUAL(G->request_index.in_use, 1);
    unit_wire_close(client);
    for (int i = 0; i < 1000 && G->client_index.in_use > 0; i++) {
        CU_ASSERT_EQUAL(G->request_index.in_use, 1);
        unit_live_turn();
    }
    CU_ASSERT_EQUAL(G->client_index.in_use, 0);
    CU_ASSERT_EQUAL(G->request_index.in_use, 0);
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    CU_ASSERT_EQUAL(timers_count(&G->exchange_timers), 0);
}

/* It connects, and nobody answers. */
static void while_it_connects(void)
{
    uint16_t port = 0;
    int extra;
    int hang = unit_net_hang("127.0.0.1", &port, &extra);
    unit_live_start(CONFIG, port);
    struct unit_wire *client = unit_live_chat("m", true);
    until_state(GATEWAY_REQUEST_TRY);
    unit_live_settle();
    CU_ASSERT_EQUAL(U->all[0].state, GATEWAY_UPSTREAM_CONNECT);
    leaves(client);
    close(hang);
    close(extra);
    unit_live_end();
}

static void before_the_head(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = take();
    leaves(client);
    CU_ASSERT(unit_live_ended(service));
    unit_live_end();
}

static void in_the_answer(void)
{
    for (int stream = 0; stream < 2; stream++) {
        set_up();
        struct unit_wire *client = unit_live_chat("m", stream == 1);
        struct unit_wire *service = take();
        unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
        unit_live_settle();
        leaves(client);
        CU_ASSERT(unit_live_ended(service));
        unit_live_end();
    }
}

/* It only shuts its sending side: that is leaving too. */
static void shuts_its_side(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    unit_wire_shut(client);
    CU_ASSERT(unit_live_ended(service));
    CU_ASSERT_EQUAL(G->request_index.in_use, 0);
    unit_live_end();
}

static void in_the_wait_for_a_round(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    unit_wire_close(take());
    until_state(GATEWAY_REQUEST_BACKOFF);
    R->wake_us += 10000000;
    gateway_request_set_timer(G, 0);
    leaves(client);
    unit_live_end();
}

static void in_a_local_answer(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("box", true);
    CU_ASSERT(unit_live_read(client, "\"content\":\"This\""));
    leaves(client);
    unit_live_end();
}

static void before_the_end_has_room(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = take();
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    unit_live_settle();
    leave_pages(3);
    unit_wire_say(service, UNIT_LIVE_FINISH);
    until_state(GATEWAY_REQUEST_FINISH);
    leaves(client);
    give_pages();
    unit_live_end();
}

/* While the rest of the body is drained it has all it wants: the connection is kept. */
static void in_the_drain(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = take();
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    check(client, 200, "Hello");
    unit_wire_close(client);
    CU_ASSERT(unit_live_until(&G->client_index.in_use, 0));
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_DRAIN);
    unit_wire_say_chunk(service, "");
    CU_ASSERT(unit_live_until(&U->idle_count, 1));
    unit_live_end();
}

/* ---- time ---- */

static void connect_in_time(void)
{
    uint16_t port = 0;
    int extra;
    int hang = unit_net_hang("127.0.0.1", &port, &extra);
    unit_live_start(CONFIG, port);
    struct unit_wire *client = unit_live_chat("m", false);
    until_state(GATEWAY_REQUEST_TRY);
    unit_live_settle();
    unit_clock_skip_ms(TIMEOUTS->connect_ms - 200);
    unit_live_settle();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_TRY);
    unit_clock_skip_ms(201);
    until_state(GATEWAY_REQUEST_BACKOFF); /* nothing was sent: it may be tried again */
    unit_clock_skip_ms(250);
    until_state(GATEWAY_REQUEST_TRY);
    unit_live_settle();
    unit_clock_skip_ms(TIMEOUTS->connect_ms + 1);
    check(client, 504, "(connect_ms)");
    close(hang);
    close(extra);
    unit_live_end();
}

static void handshake_in_time(void)
{
    set_up();
    unit_live_secure(0);
    struct unit_wire *client = unit_live_chat("m", false);
    for (int i = 0; i < 2; i++) {
        until_state(GATEWAY_REQUEST_TRY);
        unit_live_accept(listener);
        unit_live_settle();
        CU_ASSERT_EQUAL(U->handshakes, 1);
        CU_ASSERT(unit_live_turns_in(50) <= FEW_TURNS);
        unit_clock_skip_ms(TIMEOUTS->tls_ms + 1);
        if (i == 0)
            until_state(GATEWAY_REQUEST_BACKOFF);
        unit_clock_skip_ms(250);
    }
    check(client, 504, "(tls_ms)");
    CU_ASSERT_EQUAL(U->handshakes, 0);
    unit_live_end();
}

/* The first byte has a deadline of its own for a client that streams; others have the whole. */
static void first_byte_in_time(void)
{
    set_up();
    TIMEOUTS->ping_ms = 0;
    struct unit_wire *client = unit_live_chat("m", true);
    take();
    unit_clock_skip_ms(TIMEOUTS->first_byte_ms - 200);
    unit_live_settle();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_TRY);
    unit_clock_skip_ms(201);
    check(client, 504, "(first_byte_ms)");
    client = unit_live_chat("m", false);
    take();
    unit_clock_skip_ms(TIMEOUTS->total_ms - 200);
    unit_live_settle();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_TRY);
    unit_clock_skip_ms(201);
    check(client, 504, "(total_ms)");
    unit_live_end();
}

/* A model's own figures go before the common ones. */
static void models_own_times(void)
{
    set_up();
    TIMEOUTS->ping_ms = 0;
    unit_live.settings.models[0].streaming_ttft_ms = 500;
    unit_live.settings.models[0].streaming_total_ms = 2000;
    unit_live.settings.models[0].non_streaming_total_ms = 3000;
    struct unit_wire *client = unit_live_chat("m", true);
    take();
    unit_clock_skip_ms(501);
    check(client, 504, "(first_byte_ms)");
    client = unit_live_chat("m", true);
    unit_wire_say(take(), UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    unit_live_settle();
    unit_clock_skip_ms(2001);
    check(client, 200, "(total_ms)");
    client = unit_live_chat("m", false);
    take();
    unit_clock_skip_ms(2500);
    unit_live_settle();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_TRY);
    unit_clock_skip_ms(501);
    check(client, 504, "(total_ms)");
    unit_live_end();
}

/* Each byte begins the silence anew. */
static void silence_in_the_answer(void)
{
    set_up();
    TIMEOUTS->ping_ms = 0;
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE);
    for (int i = 0; i < 2; i++) {
        unit_live_settle();
        unit_clock_skip_ms(TIMEOUTS->idle_ms - 200);
        unit_wire_say(service, UNIT_LIVE_HELLO);
    }
    unit_live_settle();
    CU_ASSERT_EQUAL(R->state, GATEWAY_REQUEST_TRY);
    unit_clock_skip_ms(TIMEOUTS->idle_ms + 1);
    check(client, 200, "(idle_ms)");
    CU_ASSERT_EQUAL(client->in_len, 0);
    CU_ASSERT(unit_live_ended(client)); /* without [DONE] */
    CU_ASSERT(unit_live_ended(service));
    unit_live_end();
}

static void total_in_each_state(void)
{
    set_up();
    TIMEOUTS->total_ms = 100000;
    TIMEOUTS->ping_ms = 0;
    struct unit_wire *client = unit_live_chat("box", true);
    CU_ASSERT(unit_live_read(client, "\"content\":\"This\""));
    unit_clock_skip_ms(100001);
    check(client, 200, "(total_ms)");
    client = unit_live_chat("m", false);
    unit_wire_close(take());
    until_state(GATEWAY_REQUEST_BACKOFF);
    R->wake_us += 200000000;
    gateway_request_set_timer(G, 0);
    unit_clock_skip_ms(100001);
    check(client, 504, "(total_ms)");
    client = unit_live_chat("m", false);
    unit_wire_say(take(), UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_HELLO);
    unit_live_settle();
    leave_pages(2);
    unit_clock_skip_ms(100001);
    check(client, 504, "(total_ms)");
    give_pages();
    unit_live_end();
}

/* The end has no room until all time is over: the answer is cut, and not told as a whole one. */
static void total_before_the_end(void)
{
    struct unit_wire_message answer;
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    CU_ASSERT(unit_live_read(client, "Hello"));
    leave_pages(3);
    unit_wire_say(service, UNIT_LIVE_FINISH);
    until_state(GATEWAY_REQUEST_FINISH);
    unit_clock_skip_ms(TIMEOUTS->total_ms + 1);
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "(total_ms)"));
    CU_ASSERT_PTR_NULL(strstr(answer.body, "[DONE]"));
    give_pages();
    unit_live_end();
}

/* ---- pings ---- */

static int count_pings(struct unit_wire *client)
{
    int count = 0;
    unit_wire_read(client, SIZE_MAX);
    for (const char *at = client->in; at != NULL && (at = strstr(at, ": ping\n\n")) != NULL; at++)
        count++;
    return count;
}

static void pings(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = take();
    for (int i = 0; i < 3; i++) {
        unit_clock_skip_ms(TIMEOUTS->ping_ms - 500);
        unit_live_settle();
        CU_ASSERT_EQUAL(count_pings(client), i);
        unit_clock_skip_ms(501);
        unit_live_settle();
        CU_ASSERT_EQUAL(count_pings(client), i + 1);
    }
    CU_ASSERT(unit_live_turns_in(100) <= FEW_TURNS);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO);
    CU_ASSERT(unit_live_read(client, "Hello"));
    unit_clock_skip_ms(TIMEOUTS->ping_ms + 1);
    unit_live_settle();
    CU_ASSERT_EQUAL(count_pings(client), 4);
    unit_wire_say(service, UNIT_LIVE_FINISH);
    check(client, 200, "[DONE]");
    client = unit_live_chat("m", false); /* a whole answer has no place for one */
    take();
    unit_clock_skip_ms(2 * TIMEOUTS->ping_ms);
    unit_live_settle();
    CU_ASSERT_EQUAL(unit_wire_read(client, SIZE_MAX), 0);
    unit_live_end();
}

static void no_pings(void)
{
    set_up();
    TIMEOUTS->ping_ms = 0;
    struct unit_wire *client = unit_live_chat("m", true);
    take();
    unit_clock_skip_ms(100000);
    unit_live_settle();
    CU_ASSERT_EQUAL(unit_wire_read(client, SIZE_MAX), 0);
    CU_ASSERT_EQUAL(R->relay.state, GATEWAY_RELAY_QUIET);
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"the client leaves while it connects", while_it_connects},
    {"before the head", before_the_head},
    {"in the answer", in_the_answer},
    {"shuts its side", shuts_its_side},
    {"in the wait for a round", in_the_wait_for_a_round},
    {"in a local answer", in_a_local_answer},
    {"before the end has room", before_the_end_has_room},
    {"in the drain", in_the_drain},
    {"connect in time", connect_in_time},
    {"the handshake in time", handshake_in_time},
    {"the first byte in time", first_byte_in_time},
    {"a model's own times", models_own_times},
    {"silence in the answer", silence_in_the_answer},
    {"the total in each state", total_in_each_state},
    {"the total before the end has room", total_before_the_end},
    {"pings", pings},
    {"no pings", no_pings},
};

UNIT_MAIN("gateway_request_life", tests)
