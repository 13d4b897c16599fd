/* When bodies are short: the oldest that was sent whole is given up, and its request is not tried
 * again. */
#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define U (&unit_live.gateway.upstreams)

static int listener;

/* Numbers of body slots that the test itself holds. */
static struct {
    struct index_stack *index;
    uint16_t numbers[LIMIT_BODY_SMALL];
    int count;
} taken[3];

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    memset(taken, 0, sizeof(taken));
    unit_live_start("[models.m]\nretries=3\n"
                    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"
                    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n",
                    port);
}

/* From now on there is no body slot left. */
static void take_all_bodies(void)
{
    struct index_stack *all[] = {&G->bodies.small, &G->bodies.medium, &G->bodies.large};
    for (int i = 0; i < 3; i++) {
        taken[i].index = all[i];
        while (index_free(all[i]) > 0)
            taken[i].numbers[taken[i].count++] = (uint16_t)index_take(all[i]);
    }
}

static void give_all_bodies(void)
{
    for (int i = 0; i < 3; i++)
        while (taken[i].count > 0)
            index_give(taken[i].index, taken[i].numbers[--taken[i].count]);
}

static struct unit_wire *take(void)
{
    struct unit_wire_message request;
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    return service;
}

static void check(struct unit_wire *client, int status, const char *words, const char *attempts)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT_EQUAL(answer.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, words));
    CU_ASSERT_STRING_EQUAL(unit_wire_field(answer.head, "x-moongate-attempts"), attempts);
}

static void fail(struct unit_wire *service)
{
    unit_wire_say(service, "HTTP/1.1 500 Bad\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
}

static void the_oldest_gives_way(void)
{
    set_up();
    struct unit_wire *first = unit_live_chat("m", false);
    struct unit_wire *first_service = take();
    unit_clock_skip_ms(10);
    struct unit_wire *second = unit_live_chat("m", false);
    struct unit_wire *second_service = take();
    take_all_bodies();
    struct unit_wire *third = unit_live_chat("m", false);
    struct unit_wire *third_service = take(); /* it had not to wait */
    CU_ASSERT_EQUAL(G->client_wait_body[GATEWAY_BODY_SMALL].count, 0);
    CU_ASSERT_FALSE(gateway_request_has_body(G, 0));
    CU_ASSERT(gateway_request_has_body(G, 1));
    fail(first_service);
    check(first, 502, "answered 500", "1"); /* without a further round */
    fail(second_service);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->requests[1].state, GATEWAY_REQUEST_BACKOFF);
    unit_clock_skip_ms(250);
    unit_live_serve(listener);
    check(second, 200, "Hello", "2");
    unit_wire_say(third_service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    check(third, 200, "Hello", "1");
    give_all_bodies();
    unit_live_end();
}

/* It is well answered all the same. */
static void answered_without_it(void)
{
    set_up();
    struct unit_wire *first = unit_live_chat("m", true);
    struct unit_wire *first_service = take();
    take_all_bodies();
    struct unit_wire *second = unit_live_chat("m", false);
    unit_wire_say(take(), UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    check(second, 200, "Hello", "1");
    unit_wire_say(first_service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    check(first, 200, "[DONE]", "1");
    give_all_bodies();
    unit_live_end();
}

/* A kept connection that dies cannot be replaced, for there is nothing to send again. */
static void not_replaced(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *kept = unit_live_serve(listener);
    check(client, 200, "Hello", "1");
    CU_ASSERT(unit_live_until(&U->idle_count, 1));
    unit_live_chat_on(client, "m", false);
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(kept, &request));
    take_all_bodies();
    struct unit_wire *other = unit_live_chat("m", false);
    struct unit_wire *service = take();
    unit_wire_close(kept);
    check(client, 502, "before it answered", "1");
    CU_ASSERT_PTR_NULL(unit_wire_accept(listener));
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    check(other, 200, "Hello", "1");
    give_all_bodies();
    unit_live_end();
}

#define LARGE 400000 /* more than narrow sockets hold */

/* A client whose request is larger than the service takes at once. */
static struct unit_wire *large_chat(void)
{
    static char text[LARGE];
    char head[300];
    const char *open = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    memset(text, 'x', sizeof(text));
    snprintf(head, sizeof(head),
             "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
             "content-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
             strlen(open) + sizeof(text) + 4, open);
    unit_wire_say(client, head);
    unit_wire_say_bytes(client, text, sizeof(text));
    unit_wire_say(client, "\"}]}");
    return client;
}

/* What was not yet sent is not given up: the other one waits until it is. */
static void not_before_it_is_sent(void)
{
    struct unit_wire_message request;
    const struct queue *waiting = &G->client_wait_body[GATEWAY_BODY_MEDIUM];
    set_up();
    struct unit_wire *first = large_chat();
    struct unit_wire *service = unit_live_accept(listener);
    unit_wire_room(service, UNIT_WIRE_NARROW);
    for (int i = 0; i < 10; i++)
        unit_live_settle();
    CU_ASSERT_FALSE(G->exchanges[0].sent_whole);
    take_all_bodies();
    struct unit_wire *second = large_chat();
    CU_ASSERT(unit_live_until(&waiting->count, 1));
    CU_ASSERT(gateway_request_has_body(G, 0));
    CU_ASSERT(unit_live_turns_in(100) < 25);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT(request.whole);
    CU_ASSERT_EQUAL(strspn(strstr(request.body, "User: ") + 6, "x"), LARGE);
    unit_live_settle();
    CU_ASSERT_EQUAL(waiting->count, 0);
    CU_ASSERT_FALSE(gateway_request_has_body(G, 0));
    unit_live_serve(listener);
    check(second, 200, "Hello", "1");
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    check(first, 200, "Hello", "1");
    give_all_bodies();
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"the oldest gives way", the_oldest_gives_way},
    {"it is answered all the same", answered_without_it},
    {"a dead kept connection is not replaced", not_replaced},
    {"not before it is sent", not_before_it_is_sent},
};

UNIT_MAIN("gateway_request_spare", tests)
