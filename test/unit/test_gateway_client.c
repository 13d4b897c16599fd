/* The life of connections: being late, leaving, parting. */
#include "core/gateway/gateway_client.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEALTH "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define LAST "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
#define BODY "{\"model\":\"box\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define HEAD_OF(fields)                                                                            \
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"  \
    fields "\r\n"
#define HALF HEAD_OF("Content-Length: 59\r\n") "{\"model\":"
#define CHAT HEAD_OF("Content-Length: 59\r\n") BODY
#define CHUNKED HEAD_OF("Transfer-Encoding: chunked\r\n")
#define NONE "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct gateway *const g = &unit_front;

/* The status of what has come, 0: nothing; *ended as unit_front_read has it. */
static int status(int fd, bool *ended)
{
    return unit_front_answer(unit_front_read(fd, ended), NULL);
}

static bool is_closed(int fd)
{
    bool ended;
    struct span got = unit_front_read(fd, &ended);
    return ended && got.len == 0;
}

static bool is_quiet(int fd)
{
    bool ended;
    struct span got = unit_front_read(fd, &ended);
    return !ended && got.len == 0;
}

/* ---- deadlines ---- */

static const struct {
    const char *sent;
    uint64_t ms;     /* it is late then, and not before */
    int status;      /* 0: closed without a word */
    bool closes;
} late[] = {
    {"", 10000, 0, true},
    {"\r\n", 10000, 0, true},
    {"G", 10000, 408, true},
    {"GET /health HTTP/1.1\r\nHost: localhost\r\n", 10000, 408, true},
    {HALF, 60000, 408, true},
    {HEAD_OF("Content-Length: 59\r\n"), 60000, 408, true},
    {CHUNKED, 60000, 408, true},
    {CHUNKED "2\r\n{", 60000, 408, true},
};

static void test_late(void)
{
    for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        unit_front_fresh();
        int fd = unit_front_peer();
        bool ended;
        unit_front_send_str(fd, late[i].sent);
        unit_front_pass(late[i].ms - 1);
        CU_ASSERT_TRUE(is_quiet(fd));
        unit_front_pass(1);
        CU_ASSERT_EQUAL(status(fd, &ended), late[i].status);
        CU_ASSERT_EQUAL(ended, late[i].closes);
        unit_front_close(fd);
        unit_front_all_free();
    }
}

/* Bytes that drip do not move the deadline of a head, nor that of a body. */
static void test_drips(void)
{
    static const char *const begun[] = {"GET /health HTTP/1.1\r\nHost: a\r\nx: ", HALF "\"box"};
    static const uint64_t limit_ms[] = {10000, 60000};
    for (int i = 0; i < 2; i++) {
        unit_front_fresh();
        int fd = unit_front_peer();
        unit_front_send_str(fd, begun[i]);
        for (uint64_t ms = 0; ms + 1000 < limit_ms[i]; ms += 1000) {
            unit_front_pass(1000);
            if (ms / 1000 % 10 == 0)
                unit_front_send_str(fd, "b");
        }
        CU_ASSERT_TRUE(is_quiet(fd));
        unit_front_pass(1000);
        CU_ASSERT_EQUAL(status(fd, NULL), 408);
        unit_front_close(fd);
    }
}

static void test_idle(void)
{
    unit_front_fresh();
    int fd = unit_front_peer();
    for (int i = 0; i < 3; i++) {
        unit_front_pass(i == 0 ? 9000 : 74999);
        unit_front_send_str(fd, HEALTH);
        CU_ASSERT_EQUAL(status(fd, NULL), 200);
    }
    unit_front_pass(74999);
    CU_ASSERT_TRUE(is_quiet(fd));
    unit_front_pass(1);
    CU_ASSERT_TRUE(is_closed(fd));
    unit_front_close(fd);
    unit_front_all_free();
}

/* A request under way has deadlines of its own. */
static void test_under_way(void)
{
    unit_front_fresh();
    unit_front_serve(false);
    int fd = unit_front_peer();
    unit_front_send_str(fd, CHAT);
    unit_front_pass(100000);
    CU_ASSERT_TRUE(is_quiet(fd));
    CU_ASSERT_EQUAL(g->request_index.in_use, 1);
    unit_front_serve(true);
    CU_ASSERT_EQUAL(status(fd, NULL), 200);
    unit_front_close(fd);
    unit_front_all_free();
}

#define LISTS 200 /* more than sockets hold */

static void add_aliases(void)
{
    static char names[LIMIT_ALIASES][LIMIT_NAME_BYTES];
    unit_front_settings.alias_count = LIMIT_ALIASES;
    for (int i = 0; i < LIMIT_ALIASES; i++) {
        snprintf(names[i], sizeof(names[i]), "%0*d", LIMIT_NAME_BYTES - 1, i);
        unit_front_settings.aliases[i] = (struct settings_alias){names[i], 0};
    }
}

/* A client that does not read its answers: no more is made than its queue holds. When it reads, it
 * finds all of them. */
static void test_slow_reader(void)
{
    unit_front_fresh();
    add_aliases();
    int fd = unit_front_peer();
    int number = unit_front_client();
    for (int i = 0; i < LISTS; i++) {
        unit_front_send_str(fd, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
        CU_ASSERT_TRUE_FATAL(g->clients[number].out.len <= LIMIT_OUT_BYTES);
    }
    CU_ASSERT_TRUE(g->clients[number].out.len > 0);
    unit_front_pass(74999);
    struct span rest = unit_front_read(fd, NULL);
    for (int i = 0; i < LISTS; i++) {
        CU_ASSERT_EQUAL_FATAL(unit_front_answer(rest, &rest), 200);
        CU_ASSERT_TRUE(unit_front_body.len > LIMIT_ALIASES * LIMIT_NAME_BYTES);
        CU_ASSERT_TRUE(span_ends(unit_front_body, SPAN("}]}")));
    }
    CU_ASSERT_EQUAL(rest.len, 0);
    unit_front_close(fd);
    unit_front_all_free();
}

/* The same with an answer that is whole: who takes nothing for client_idle_ms is closed. */
static void test_slow_end(void)
{
    static char bytes[LIMIT_PAGE_BYTES];
    unit_front_fresh();
    int fd = unit_front_peer();
    int number = unit_front_client();
    struct gateway_answer answer = {.status = 200};
    g->clients[number].state = GATEWAY_CLIENT_ANSWER;
    queue_remove(&g->client_idle, number);
    CU_ASSERT_TRUE(gateway_answer_begin(g, number, &answer));
    for (int i = 0; i < 4000; i++)
        gateway_answer_add(g, number, (struct span){bytes, sizeof(bytes)});
    gateway_answer_end(g, number, false);
    unit_front_run();
    CU_ASSERT_TRUE(g->clients[number].out.len > 0);
    unit_front_pass(74999);
    uint32_t left = g->clients[number].out.len;
    for (int i = 0; i < 200 && g->clients[number].out.len == left; i++) {
        static char some[1048576];
        CU_ASSERT_TRUE(recv(fd, some, sizeof(some), MSG_DONTWAIT) > 0);
        unit_front_run();
    }
    unit_front_pass(1); /* there was progress */
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_ANSWER), 1);
    unit_front_pass(75000);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_ANSWER), 0);
    unit_front_all_free();
    (void)close(fd);
}

/* ---- leaving ---- */

static const struct {
    const char *sent;
    int status; /* of what is answered all the same; 0: nothing is */
} shut[] = {
    {"", 0},
    {"GET /hea", 0},
    {HALF, 0},
    {CHUNKED "3b\r\n{", 0},
    {HEALTH, 200},
    {LAST, 200},
    {HEALTH HEALTH, 200},
    {NONE, 411},
    {HEAD_OF("Content-Length: 1\r\n") "x", 400},
    {HEAD_OF("Content-Length: 2\r\n") "{}", 400},
    {CHAT, 0},
    {HEALTH CHAT, 200},
};

/* A client that shuts its side right behind what it sends. */
static void test_shut(void)
{
    for (size_t i = 0; i < sizeof(shut) / sizeof(shut[0]); i++) {
        unit_front_fresh();
        unit_front_serve(false);
        int fd = unit_front_knock();
        bool ended;
        (void)!write(fd, shut[i].sent, strlen(shut[i].sent));
        unit_front_shut(fd);
        CU_ASSERT_EQUAL(status(fd, &ended), shut[i].status);
        CU_ASSERT_TRUE(ended);
        unit_front_all_free();
        unit_front_close(fd);
    }
}

/* One that leaves later: its request ends in the same turn. */
static void test_leaves(void)
{
    for (int how = 0; how < 2; how++) {
        unit_front_fresh();
        unit_front_serve(false);
        int fd = unit_front_peer();
        unit_front_send_str(fd, CHAT HEALTH);
        CU_ASSERT_EQUAL(g->request_index.in_use, 1);
        if (how == 0)
            unit_front_shut(fd);
        else
            unit_front_close(fd);
        CU_ASSERT_EQUAL(g->request_index.in_use, 0);
        unit_front_all_free();
        if (how == 0) {
            CU_ASSERT_TRUE(is_closed(fd));
            unit_front_close(fd);
        }
    }
}

/* ---- parting ---- */

/* Nothing more is sent by the client: it is closed at once, and not waited for. */
static void test_parts_at_once(void)
{
    unit_front_fresh();
    int fd = unit_front_peer();
    unit_front_send_str(fd, LAST);
    CU_ASSERT_EQUAL(status(fd, NULL), 200);
    unit_front_all_free();
    unit_front_close(fd);
}

/* Bytes that still come do not cost the client its answer. */
static void test_lingers(void)
{
    bool ended;
    unit_front_fresh();
    int fd = unit_front_peer();
    unit_front_send_str(fd, HEAD_OF("Content-Length: 4194305\r\n"));
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_LINGER), 1);
    for (int i = 0; i < 100; i++)
        unit_front_send_str(fd, "more and more and more");
    CU_ASSERT_EQUAL(status(fd, &ended), 413);
    CU_ASSERT_TRUE(ended);
    unit_front_pass(1999);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_LINGER), 1);
    unit_front_pass(1);
    unit_front_all_free();
    unit_front_close(fd);
}

static void test_lingers_until_left(void)
{
    unit_front_fresh();
    int fd = unit_front_peer();
    unit_front_send_str(fd, NONE);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_LINGER), 1);
    unit_front_close(fd);
    unit_front_all_free();
}

/* There is an end to it: a client that never stops is closed on. */
static void test_lingers_for_so_much(void)
{
    static char bytes[65536];
    unit_front_fresh();
    int fd = unit_front_peer();
    unit_front_send_str(fd, NONE);
    for (size_t i = 1; i < GATEWAY_LINGER_BYTES / sizeof(bytes); i++)
        unit_front_send(fd, (struct span){bytes, sizeof(bytes)});
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_LINGER), 1);
    for (int i = 0; i < 3; i++)
        unit_front_send(fd, (struct span){bytes, sizeof(bytes)});
    unit_front_all_free();
    unit_front_close(fd);
}

/* A pipelined request behind the last one is not answered, and does not spoil the answer. */
static void test_pipelined_behind_last(void)
{
    bool ended;
    unit_front_fresh();
    int fd = unit_front_peer();
    unit_front_send_str(fd, LAST HEALTH);
    struct span rest = unit_front_read(fd, &ended);
    CU_ASSERT_EQUAL(unit_front_answer(rest, &rest), 200);
    CU_ASSERT_EQUAL(rest.len, 0);
    CU_ASSERT_TRUE(ended);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_LINGER), 1);
    unit_front_close(fd);
    unit_front_all_free();
}

/* ---- the end ---- */

static void test_stop(void)
{
    unit_front_fresh();
    unit_front_serve(false);
    int idle = unit_front_peer();
    int half = unit_front_peer();
    int body = unit_front_peer();
    int chat = unit_front_peer();
    unit_front_send_str(half, "GET /hea");
    unit_front_send_str(body, HALF);
    unit_front_send_str(chat, CHAT);
    g->stopping = true;
    gateway_client_stop(g);
    CU_ASSERT_TRUE(is_closed(idle));
    CU_ASSERT_TRUE(is_closed(half));
    CU_ASSERT_TRUE(is_quiet(body));
    CU_ASSERT_TRUE(is_quiet(chat));
    unit_front_serve(true);
    struct span answer = unit_front_read(chat, NULL);
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 200);
    CU_ASSERT_TRUE(unit_front_has(answer, "\r\nconnection: close\r\n"));
    CU_ASSERT_TRUE(is_closed(chat));
    unit_front_close(idle);
    unit_front_close(half);
    unit_front_close(body);
    unit_front_close(chat);
    unit_front_all_free();
}

static const struct unit_test tests[] = {
    {"late", test_late},
    {"drips", test_drips},
    {"idle", test_idle},
    {"a request under way", test_under_way},
    {"a slow reader", test_slow_reader},
    {"a slow reader at the end", test_slow_end},
    {"a side that is shut", test_shut},
    {"leaving", test_leaves},
    {"parting at once", test_parts_at_once},
    {"lingering", test_lingers},
    {"lingering until the client has left", test_lingers_until_left},
    {"lingering for so much", test_lingers_for_so_much},
    {"pipelined behind the last", test_pipelined_behind_last},
    {"a stop", test_stop},
};

UNIT_MAIN("gateway_client", tests)
