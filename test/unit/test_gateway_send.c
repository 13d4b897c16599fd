/* Exchanges whose request is large, whose service reads slowly or not at all, and that find no
 * page. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define U (&unit_live.gateway.upstreams)

#define LARGE 1000000 /* more than narrow sockets hold that are not read */
#define FEW_TURNS 25  /* in a fifth of a second of waiting; a loop that spins makes thousands */

static int listener;
static uint16_t taken[LIMIT_PAGES];
static int taken_count;

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    taken_count = 0;
    unit_live_start("[models.m]\nretries=0\n"
                    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='gpt-4.1'\n"
                    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n"
                    "[models.box.providers.b]\ntype='loopback'\n",
                    port);
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

/* A client that asks with a text of so many times the letter. */
static struct unit_wire *ask_for(const char *how, char letter, size_t count)
{
    static const char end[] = "\"}]}";
    static char text[LARGE];
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    char head[200], open[200];
    snprintf(open, sizeof(open),
             "{\"model\":\"m\",%s\"messages\":[{\"role\":\"user\",\"content\":\"", how);
    snprintf(head, sizeof(head),
             "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
             "content-type: application/json\r\ncontent-length: %zu\r\n\r\n",
             strlen(open) + strlen(end) + count);
    memset(text, letter, count);
    unit_wire_say(client, head);
    unit_wire_say(client, open);
    unit_wire_say_bytes(client, text, count);
    unit_wire_say(client, end);
    return client;
}

static struct unit_wire *ask(char letter, size_t count)
{
    return ask_for("", letter, count);
}

static void check_answer(struct unit_wire *client, int status, const char *words)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT(answer.whole);
    CU_ASSERT_EQUAL(answer.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, words));
}

static void check_few_turns(void)
{
    int turns = unit_live_turns_in(200);
    if (turns > FEW_TURNS)
        printf("%d turns\n", turns);
    CU_ASSERT(turns <= FEW_TURNS);
}

static void say_events(struct unit_wire *service)
{
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
    unit_wire_say_chunk(service, UNIT_LIVE_FINISH);
}

/* How many segments with bytes have come; 0 where nobody tells. */
static unsigned segments(const struct unit_wire *wire)
{
    uint32_t info[64] = {0};
    socklen_t len = sizeof(info);
    (void)getsockopt(wire->fd, IPPROTO_TCP, TCP_INFO, info, &len);
    return info[38]; /* tcpi_data_segs_in, which not every C library's header has */
}

/* Head, text and end are sent one by one. */
static void in_one_segment(void)
{
    struct unit_wire_message request;
    set_up();
    struct unit_wire *client = ask('x', 3 * LIMIT_PAGE_BYTES);
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT(request.whole);
    CU_ASSERT(segments(service) <= 1);
    say_events(service);
    check_answer(client, 200, "Hello");
    unit_live_end();
}

/* ---- slow services ---- */

/* The service has the connection, and the gateway sends no more than fits. */
static struct unit_wire *blocked(void)
{
    struct unit_wire *service = unit_live_accept(listener);
    unit_wire_room(service, UNIT_WIRE_NARROW);
    for (int i = 0; i < 10; i++)
        unit_live_settle();
    CU_ASSERT_EQUAL(G->exchanges[0].state, GATEWAY_EXCHANGE_HEAD);
    CU_ASSERT_FALSE(G->exchanges[0].sent_whole);
    return service;
}

static void through_back_pressure(void)
{
    struct unit_wire_message request;
    set_up();
    struct unit_wire *client = ask('x', LARGE);
    struct unit_wire *service = blocked();
    CU_ASSERT(G->pages.index.in_use <= 2);
    check_few_turns();
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT(request.whole);
    CU_ASSERT_EQUAL(strtoul(unit_wire_field(request.head, "content-length"), NULL, 10),
                    request.body_len);
    const char *text = strstr(request.body, "User: ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(strspn(text + 6, "x"), LARGE);
    CU_ASSERT_EQUAL(text[6 + LARGE], '"');
    say_events(service);
    check_answer(client, 200, "Hello");
    unit_live_end();
}

/* It refuses without reading, and goes: what it said must not be lost in the reset. */
static void refused_unread(void)
{
    set_up();
    struct unit_wire *client = ask('x', LARGE);
    struct unit_wire *service = blocked();
    unit_wire_say(service, "HTTP/1.1 413 Too Large\r\ncontent-length: 200\r\n\r\nso large");
    unit_live_settle();
    unit_wire_reset(service);
    check_answer(client, 413, "so large");
    unit_live_settle();
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    unit_live_end();
}

/*
 * It answers in full before it has read the request. Nothing more goes to it: the body's place may
 * be another client's already.
 */
static void answered_unread(void)
{
    set_up();
    struct unit_wire *client = ask('x', LARGE);
    struct unit_wire *service = blocked();
    say_events(service);
    check_answer(client, 200, "Hello");
    struct unit_wire *other = ask('y', LARGE);
    struct unit_wire *fresh = unit_live_accept(listener);
    CU_ASSERT(unit_live_ended(service));
    CU_ASSERT_PTR_NULL(strstr(service->in, "yyyy"));
    unit_live_serve_on(fresh);
    check_answer(other, 200, "Hello");
    unit_live_end();
}

/* The same with an answer that is whole: what was not sent makes the connection worthless. */
static void answered_whole_unread(void)
{
    set_up();
    struct unit_wire *client = ask('x', LARGE);
    struct unit_wire *service = blocked();
    say_events(service);
    unit_wire_say_chunk(service, "");
    check_answer(client, 200, "Hello");
    unit_live_settle();
    CU_ASSERT_EQUAL(U->idle_count, 0);
    CU_ASSERT_EQUAL(U->index.in_use, 0);
    unit_live_end();
}

/* The same when its answer begins to flow: the body is kept as long as it is needed. */
static void answers_while_it_reads(void)
{
    struct unit_wire_message request;
    set_up();
    struct unit_wire *client = ask_for("\"stream\":true,", 'x', LARGE);
    struct unit_wire *service = blocked();
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
    CU_ASSERT(unit_live_read(client, "Hello"));
    struct unit_wire *other = ask('y', LARGE);
    unit_live_serve(listener);
    check_answer(other, 200, "Hello");
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT(request.whole);
    CU_ASSERT_EQUAL(strspn(strstr(request.body, "User: ") + 6, "x"), LARGE);
    unit_wire_say_chunk(service, UNIT_LIVE_FINISH);
    check_answer(client, 200, "[DONE]");
    unit_live_end();
}

static void replaced_from_the_start(void)
{
    struct unit_wire_message request;
    set_up();
    struct unit_wire *client = ask('z', 10);
    struct unit_wire *first = unit_live_serve(listener);
    check_answer(client, 200, "Hello");
    CU_ASSERT(unit_live_until(&U->idle_count, 1));
    client = ask('x', 100000);
    CU_ASSERT_FATAL(unit_live_message(first, &request));
    const char *body = request.body; /* it stays with the first connection */
    unit_wire_close(first);
    struct unit_wire *second = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(second, &request));
    CU_ASSERT_STRING_EQUAL(request.body, body);
    say_events(second);
    check_answer(client, 200, "Hello");
    unit_live_end();
}

static void head_does_not_fit(void)
{
    static char words[LIMIT_PAGE_BYTES];
    memset(words, 'w', sizeof(words) - 1);
    set_up();
    unit_live.settings.providers[0].accept_language = words;
    struct unit_wire *client = ask('x', 10);
    check_answer(client, 502, "do not fit");
    unit_live_end();
}

/* ---- no pages ---- */

static void no_page_for_the_request(void)
{
    set_up();
    struct unit_wire *client = ask('x', 100000);
    struct unit_wire *service = unit_live_accept(listener);
    leave_pages(0);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->exchanges[0].state, GATEWAY_EXCHANGE_OPEN);
    CU_ASSERT_EQUAL(G->page_wait.count, 1);
    check_few_turns();
    give_pages();
    unit_live_serve_on(service);
    check_answer(client, 200, "Hello");
    unit_live_end();
}

/* Pages that come back and are too few for one lead to one try, and not to another without more. */
static void woken_by_more_pages(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = unit_live_accept(listener);
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    leave_pages(0);
    say_events(service);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->page_wait.count, 1);
    check_few_turns();
    index_give(&G->pages.index, taken[--taken_count]);
    check_few_turns();
    give_pages();
    check_answer(client, 200, "[DONE]");
    unit_live_end();
}

/* A silence that is ours is not the service's. */
static void the_clock_stands_meanwhile(void)
{
    uint32_t idle_ms;
    set_up();
    idle_ms = unit_live.settings.timeouts.idle_ms;
    unit_live.settings.timeouts.ping_ms = 0;
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = unit_live_accept(listener);
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    leave_pages(0);
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
    unit_live_settle();
    unit_clock_skip_ms(idle_ms + 1000);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->request_index.in_use, 1);
    give_pages();
    CU_ASSERT(unit_live_read(client, "Hello"));
    unit_clock_skip_ms(idle_ms - 1000);
    unit_live_settle();
    unit_wire_say_chunk(service, UNIT_LIVE_FINISH);
    check_answer(client, 200, "[DONE]");
    unit_live_end();
}

static void no_page_for_the_end(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("m", false);
    struct unit_wire *service = unit_live_accept(listener);
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
    unit_live_settle();
    leave_pages(0);
    unit_wire_say_chunk(service, UNIT_LIVE_FINISH);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->requests[0].state, GATEWAY_REQUEST_FINISH);
    check_few_turns();
    give_pages();
    check_answer(client, 200, "Hello");
    unit_live_end();
}

static void no_page_for_the_box_itself(void)
{
    set_up();
    struct unit_wire *client = unit_live_chat("box", true);
    leave_pages(0);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->requests[0].state, GATEWAY_REQUEST_LOCAL);
    check_few_turns();
    give_pages();
    check_answer(client, 200, "[DONE]");
    unit_live_end();
}

/* Who waits for pages may leave, and be late. */
static void leaves_and_late(void)
{
    set_up();
    struct unit_wire *leaves = unit_live_chat("m", true);
    struct unit_wire *service = unit_live_accept(listener);
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    struct unit_wire *late = unit_live_chat("m", true);
    struct unit_wire *other = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(other, &request));
    leave_pages(0);
    say_events(service);
    say_events(other);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->page_wait.count, 2);
    unit_wire_close(leaves);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->page_wait.count, 1);
    CU_ASSERT_EQUAL(G->request_index.in_use, 1);
    unit_clock_skip_ms(unit_live.settings.timeouts.total_ms);
    CU_ASSERT(unit_live_ended(late)); /* there is no page for an error either */
    CU_ASSERT_EQUAL(G->page_wait.count, 0);
    give_pages();
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"a request in one segment", in_one_segment},
    {"a large request through back-pressure", through_back_pressure},
    {"refused without reading it", refused_unread},
    {"answered without reading it", answered_unread},
    {"answered whole without reading it", answered_whole_unread},
    {"an answer that flows while the request is sent", answers_while_it_reads},
    {"on a new connection it goes from its start", replaced_from_the_start},
    {"a head that does not fit", head_does_not_fit},
    {"no page for the request", no_page_for_the_request},
    {"woken when more pages are free", woken_by_more_pages},
    {"the clock stands meanwhile", the_clock_stands_meanwhile},
    {"no page for the end", no_page_for_the_end},
    {"no page for the box itself", no_page_for_the_box_itself},
    {"who waits for pages leaves, and is late", leaves_and_late},
};

UNIT_MAIN("gateway_send", tests)
