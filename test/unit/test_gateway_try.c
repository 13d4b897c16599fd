/* Which provider is tried, when, and for how long one is passed over. */
#include "core/gateway/gateway_try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define R (&unit_live.gateway.requests[0])

enum { A, B };

static int listeners[2];

#define PROVIDER(model, name)                                                                      \
    "[models." model ".providers." name "]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"           \
    "api_endpoint='http://127.0.0.1:%d/" name "'\n"

/* Model one has provider a; two has a and b; again the same, with two more rounds. */
#define CONFIG                                                                                     \
    "[models.one]\nretries=1\n" PROVIDER("one", "a")                                               \
    "[models.two]\nretries=0\n" PROVIDER("two", "a") PROVIDER("two", "b")                          \
    "[models.again]\nretries=2\n" PROVIDER("again", "a") PROVIDER("again", "b")                    \
    "[models.patient]\nretries=9\n" PROVIDER("patient", "a")                                       \
    "[models.box]\n" PROVIDER("box", "a") "[models.box.providers.local]\ntype='loopback'\n"

static void set_up(void)
{
    uint16_t a, b;
    listeners[A] = unit_wire_listen(&a);
    listeners[B] = unit_wire_listen(&b);
    unit_live_start(CONFIG, a, a, b, a, b, a, a);
}

/* The service takes a request. */
static struct unit_wire *take(int which)
{
    struct unit_wire_message request;
    struct unit_wire *service = unit_live_accept(listeners[which]);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT_EQUAL(strncmp(request.head, which == A ? "POST /a " : "POST /b ", 8), 0);
    return service;
}

/* It answers that with an error, and closes. */
static void refuse(int which, const char *status, const char *fields)
{
    struct unit_wire *service = take(which);
    unit_wire_say(service, "HTTP/1.1 ");
    unit_wire_say(service, status);
    unit_wire_say(service, "\r\nconnection: close\r\ncontent-length: 3\r\n");
    unit_wire_say(service, fields);
    unit_wire_say(service, "\r\nwhy");
    unit_wire_shut(service);
}

/* It answers. */
static void answer(int which)
{
    struct unit_wire *service = take(which);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    unit_wire_shut(service);
}

struct wanted {
    int status;
    const char *words;
    const char *provider;
    const char *attempts;
    const char *retry_after;
};

static void check(struct unit_wire *client, struct wanted wanted)
{
    struct unit_wire_message got;
    CU_ASSERT_FATAL(unit_live_message(client, &got));
    if (got.status != wanted.status || strstr(got.body, wanted.words) == NULL)
        printf("wanted %d %s\ngot %s%s\n", wanted.status, wanted.words, got.head, got.body);
    CU_ASSERT_EQUAL(got.status, wanted.status);
    CU_ASSERT_PTR_NOT_NULL(strstr(got.body, wanted.words));
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "x-moongate-provider"), wanted.provider);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "x-moongate-attempts"), wanted.attempts);
    CU_ASSERT_STRING_EQUAL(unit_wire_field(got.head, "retry-after"), wanted.retry_after);
}

static void nobody_is_asked(void)
{
    unit_live_settle();
    CU_ASSERT_PTR_NULL(unit_wire_accept(listeners[A]));
    CU_ASSERT_PTR_NULL(unit_wire_accept(listeners[B]));
}

static void wait_for_state(enum gateway_request_state state)
{
    for (int i = 0; i < 2000 && R->state != state; i++)
        unit_live_turn();
    CU_ASSERT_EQUAL_FATAL(R->state, state);
}

/* The request waits for its next round, which begins now. Returns for how long it would have, in
 * ms. */
static uint64_t skip_backoff(void)
{
    wait_for_state(GATEWAY_REQUEST_BACKOFF);
    uint64_t ms = (R->wake_us - G->now_us) / 1000;
    unit_clock_skip_ms(ms + 1);
    return ms;
}

/* ---- order ---- */

static void in_order(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("two", false);
    refuse(A, "500 Bad", "");
    answer(B);
    check(client, (struct wanted){200, "Hello", "b", "2", ""});
    client = unit_live_chat("two", false);
    answer(A);
    check(client, (struct wanted){200, "Hello", "a", "1", ""});
    client = unit_live_chat("two", false);
    refuse(A, "500 Bad", "");
    refuse(B, "503 Bad", "");
    check(client, (struct wanted){503, "answered 503", "b", "2", ""});
    nobody_is_asked();
    unit_live_end();
}

static void rounds(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("again", false);
    for (int round = 0; round < 3; round++) {
        refuse(A, "500 Bad", "");
        refuse(B, "429 Many", "");
        if (round == 2)
            break;
        uint64_t ms = skip_backoff();
        CU_ASSERT(ms >= 124u << round && ms < 250u << round);
    }
    check(client, (struct wanted){429, "answered 429", "b", "6", ""});
    nobody_is_asked();
    unit_live_end();
}

/* It doubles to four seconds, and never two wait quite as long. */
static void backoff_bounds(void)
{
    static const uint64_t longest[] = {250, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000};
    uint64_t sum = 0;
    set_up();
    unit_wire_unlisten(listeners[A]);
    struct unit_wire *client = unit_live_chat("patient", false);
    for (size_t i = 0; i < sizeof(longest) / sizeof(longest[0]); i++) {
        uint64_t ms = skip_backoff();
        CU_ASSERT(ms >= longest[i] / 2 - 1 && ms < longest[i]);
        sum += ms == longest[i] / 2 ? 1 : 0;
        wait_for_state(GATEWAY_REQUEST_TRY);
    }
    CU_ASSERT(sum < 3);
    check(client, (struct wanted){502, "refused", "a", "10", ""});
    unit_live_end();
}

/* A round in which nothing could be repeated is the last one. */
static void no_use_in_a_further_round(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("patient", false);
    refuse(A, "500 Bad", "");
    skip_backoff();
    refuse(A, "401 No", "");
    check(client, (struct wanted){502, "answered 401", "a", "2", ""});
    unit_live_end();
}

/* What a failed try has said is not part of the next one's answer. */
static void begins_anew(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("two", false);
    struct unit_wire *service = take(A);
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, "event: r\ndata: I think\n\n" UNIT_LIVE_HELLO);
    unit_live_settle();
    unit_wire_close(service);
    service = take(B);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE "event: c\ndata: World\n\n" UNIT_LIVE_FINISH);
    check(client,
          (struct wanted){200, "\"role\":\"assistant\",\"content\":\"World\"", "b", "2", ""});
    client = unit_live_chat("two", false);
    service = take(A);
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
    unit_live_settle();
    unit_wire_close(service);
    unit_wire_say(take(B), UNIT_LIVE_TO_CLOSE UNIT_LIVE_FINISH);
    check(client, (struct wanted){502, "empty answer", "b", "2", ""});
    unit_live_end();
}

static void faults_of_the_client(void)
{
    static const char *const rows[] = {"400 Bad", "404 None", "409 Conflict", "413 Large",
                                       "422 Unprocessable"};
    set_up();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unit_wire *client = unit_live_chat("again", false);
        refuse(A, rows[i], "");
        check(client, (struct wanted){atoi(rows[i]), "why", "a", "1", ""});
        nobody_is_asked();
    }
    unit_live_end();
}

static void an_error_event_first(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("two", true);
    struct unit_wire *service = take(A);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE "event: r\ndata:\n\nevent: error\ndata: no\n\n");
    answer(B);
    check(client, (struct wanted){200, "Hello", "b", "2", ""});
    client = unit_live_chat("two", true);
    service = take(A);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO "event: error\ndata: no\n\n");
    check(client, (struct wanted){200, "the service said: no", "a", "1", ""});
    nobody_is_asked();
    unit_live_end();
}

/* Headers and pings do not decide: another provider may still answer. */
static void pings_before(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("two", true);
    struct unit_wire *service = take(A);
    unit_clock_skip_ms(unit_live.settings.timeouts.ping_ms + 1);
    CU_ASSERT(unit_live_read(client, ": ping\n\n"));
    unit_wire_close(service);
    answer(B);
    check(client, (struct wanted){200, "Hello", "", "", ""}); /* not known with the headers */
    unit_live_end();
}

static void the_box_itself(void)
{
    set_up();
    unit_wire_unlisten(listeners[A]);
    struct unit_wire *client = unit_live_chat("box", false);
    check(client, (struct wanted){200, "loopback provider", "local", "2", ""});
    unit_live_end();
}

/* ---- patience ---- */

static void short_patience(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("one", false);
    refuse(A, "429 Many", "retry-after: 2\r\n");
    CU_ASSERT(skip_backoff() >= 1999);
    answer(A);
    check(client, (struct wanted){200, "Hello", "a", "2", ""});
    /* Another provider is asked at once; the longest wish counts before a further round. */
    client = unit_live_chat("again", false);
    refuse(A, "503 Busy", "retry-after: 2\r\n");
    refuse(B, "503 Busy", "retry-after: 1\r\n");
    CU_ASSERT(skip_backoff() >= 1999);
    refuse(A, "500 Bad", "");
    refuse(B, "500 Bad", "");
    CU_ASSERT(skip_backoff() < 500); /* it was waited for once */
    answer(A);
    check(client, (struct wanted){200, "Hello", "a", "5", ""});
    unit_live_end();
}

/* No round is left to wait for: the client may. */
static void patience_is_passed_on(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("two", false);
    refuse(A, "500 Bad", "");
    refuse(B, "429 Many", "retry-after: 2\r\n");
    check(client, (struct wanted){429, "429", "b", "2", "2"});
    unit_live_end();
}

static void long_patience(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("one", false);
    refuse(A, "429 Many", "retry-after: 30\r\n");
    check(client, (struct wanted){429, "429: why", "a", "1", "30"});
    unit_clock_skip_ms(9500);
    client = unit_live_chat("one", false);
    check(client, (struct wanted){429, "429: why", "", "0", "21"});
    nobody_is_asked();
    unit_clock_skip_ms(20000);
    client = unit_live_chat("one", false);
    check(client, (struct wanted){429, "429: why", "", "0", "1"});
    unit_clock_skip_ms(1000);
    client = unit_live_chat("one", false);
    answer(A);
    check(client, (struct wanted){200, "Hello", "a", "1", ""});
    unit_live_end();
}

static void benches(void)
{
    static const char *const rows[] = {"401 No", "402 Pay", "403 No", "301 Moved", "308 Moved"};
    set_up();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unit_wire *client = unit_live_chat("again", false);
        refuse(A, rows[i], "");
        answer(B);
        check(client, (struct wanted){200, "Hello", "b", "2", ""});
        unit_clock_skip_ms(59000);
        client = unit_live_chat("again", false);
        answer(B);
        check(client, (struct wanted){200, "Hello", "b", "1", ""});
        unit_clock_skip_ms(1001);
        client = unit_live_chat("again", false);
        answer(A);
        check(client, (struct wanted){200, "Hello", "a", "1", ""});
    }
    unit_live_end();
}

/* It is not asked again for a request that it has refused so, and other rounds go without it. */
static void benched_meanwhile(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("again", false);
    refuse(A, "401 No", "");
    refuse(B, "500 Bad", "");
    skip_backoff();
    refuse(B, "500 Bad", "");
    skip_backoff();
    refuse(B, "429 Many", "retry-after: 10\r\n");
    check(client, (struct wanted){429, "429", "b", "4", "10"});
    client = unit_live_chat("again", false); /* only benched ones are left: the first one's error */
    check(client, (struct wanted){502, "answered 401", "", "0", "60"});
    nobody_is_asked();
    unit_live_end();
}

/* ---- timeouts ---- */

static void not_again_after_a_timeout(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("again", true);
    take(A);
    unit_live.settings.timeouts.ping_ms = 0;
    unit_clock_skip_ms(unit_live.settings.timeouts.first_byte_ms + 1);
    refuse(B, "500 Bad", "");
    skip_backoff();
    refuse(B, "500 Bad", "");
    skip_backoff();
    answer(B);
    check(client, (struct wanted){200, "Hello", "b", "4", ""});
    nobody_is_asked();
    unit_live_end();
}

static void nobody_is_left_after_it(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("patient", true);
    take(A);
    unit_live.settings.timeouts.ping_ms = 0;
    unit_clock_skip_ms(unit_live.settings.timeouts.first_byte_ms + 1);
    check(client, (struct wanted){504, "(first_byte_ms)", "a", "1", ""});
    nobody_is_asked();
    unit_live_end();
}

/* A further round that would begin when all time is over is not waited for. */
static void no_time_for_a_round(void)
{
    set_up();
    unit_live.settings.timeouts.total_ms = 1500;
    struct unit_wire *client = unit_live_chat("one", false);
    refuse(A, "503 Busy", "retry-after: 2\r\n");
    check(client, (struct wanted){503, "503", "a", "1", "2"});
    unit_live_end();
}

static void all_time_is_over(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("again", false);
    take(A);
    unit_clock_skip_ms(unit_live.settings.timeouts.total_ms + 1);
    check(client, (struct wanted){504, "(total_ms)", "a", "1", ""});
    nobody_is_asked();
    unit_live_end();
}

/* Its body came so slowly that there was no time left for a try. */
static void late_before_it_began(void)
{
    set_up();
    unit_live.settings.timeouts.total_ms = 1000;
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    unit_wire_say(client, "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                          "content-type: application/json\r\ncontent-length: 61\r\n\r\n"
                          "{\"model\":\"one\",\"messages\"");
    unit_live_settle();
    unit_clock_skip_ms(1001);
    unit_wire_say(client, ":[{\"role\":\"user\",\"content\":\"hi\"}]}  ");
    check(client, (struct wanted){504, "(total_ms)", "", "", ""});
    nobody_is_asked();
    unit_live_end();
}

/* ---- what there is not ---- */

static void no_connection_is_free(void)
{
    static uint16_t taken[LIMIT_UPSTREAMS];
    struct index_stack *index = &G->upstreams.index;
    int count = 0;
    set_up();
    while (index_free(index) > 0)
        taken[count++] = (uint16_t)index_take(index);
    struct unit_wire *client = unit_live_chat("one", false);
    skip_backoff();
    check(client, (struct wanted){503, "no connection to a service is free", "a", "2", "1"});
    CU_ASSERT_EQUAL(G->circuits[0].failures, 0); /* the provider is not to blame */
    while (count > 0)
        index_give(index, taken[--count]);
    unit_live_end();
}

static void no_such_protocol(void)
{
    set_up();
    unit_live.settings.providers[0].protocol = (enum settings_protocol)0;
    struct unit_wire *client = unit_live_chat("one", false);
    check(client, (struct wanted){502, "does not speak", "", "0", ""});
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"the routing in order", in_order},
    {"further rounds", rounds},
    {"the waits between rounds", backoff_bounds},
    {"no use in a further round", no_use_in_a_further_round},
    {"each try begins anew", begins_anew},
    {"faults of the client end it", faults_of_the_client},
    {"an error event before and behind content", an_error_event_first},
    {"pings decide nothing", pings_before},
    {"the box itself as the last one", the_box_itself},
    {"a short Retry-After is waited for", short_patience},
    {"and passed on without a round", patience_is_passed_on},
    {"a long one benches", long_patience},
    {"a key at fault benches", benches},
    {"benched meanwhile", benched_meanwhile},
    {"not the same one after a timeout", not_again_after_a_timeout},
    {"nobody is left after a timeout", nobody_is_left_after_it},
    {"no time for a further round", no_time_for_a_round},
    {"all time is over", all_time_is_over},
    {"late before it began", late_before_it_began},
    {"no connection is free", no_connection_is_free},
    {"no such protocol", no_such_protocol},
};

UNIT_MAIN("gateway_try", tests)
