/* Clients that wait for a slot, and clients that give way to others. */
#include "core/gateway/gateway_client.h"
#include "core/gateway/gateway_wait.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"

#include <stdio.h>
#include <string.h>
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

/* ---- waiting for slots ---- */

static void test_request_slots(void)
{
    int fd[3];
    bool ended;
    unit_front_fresh();
    unit_front_settings.limits.max_active_requests = 1;
    unit_front_serve(false);
    for (int i = 0; i < 3; i++) {
        fd[i] = unit_front_peer();
        unit_front_send_str(fd[i], CHAT);
    }
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_ANSWER), 1);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_REQUEST_WAIT), 2);
    unit_front_pass(5000);
    unit_front_close(fd[0]);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_REQUEST_WAIT), 1);
    unit_front_pass(4999);
    CU_ASSERT_TRUE(is_quiet(fd[2]));
    unit_front_pass(1);
    struct span answer = unit_front_read(fd[2], &ended);
    CU_ASSERT_EQUAL(unit_front_answer(answer, NULL), 503);
    CU_ASSERT_TRUE(unit_front_has(answer, "\r\nretry-after: 1\r\n"));
    CU_ASSERT_FALSE(ended);
    unit_front_serve(true);
    CU_ASSERT_EQUAL(status(fd[1], NULL), 200);
    unit_front_send_str(fd[2], CHAT);
    CU_ASSERT_EQUAL(status(fd[2], NULL), 200);
    unit_front_close(fd[1]);
    unit_front_close(fd[2]);
    unit_front_all_free();
}

/* Whoever leaves the queue is not missed, and holds nothing. */
static void test_left_waiting(void)
{
    int fd[3];
    unit_front_fresh();
    unit_front_settings.limits.max_active_requests = 1;
    unit_front_serve(false);
    for (int i = 0; i < 3; i++) {
        fd[i] = unit_front_peer();
        unit_front_send_str(fd[i], CHAT);
    }
    unit_front_shut(fd[1]);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_REQUEST_WAIT), 1);
    unit_front_serve(true);
    CU_ASSERT_EQUAL(status(fd[0], NULL), 200);
    CU_ASSERT_EQUAL(status(fd[2], NULL), 200);
    for (int i = 0; i < 3; i++)
        unit_front_close(fd[i]);
    unit_front_all_free();
}

static int held[GATEWAY_BODIES];
static int held_count;

static void hold_bodies(uint32_t len)
{
    int body;
    while ((body = gateway_body_take(&g->bodies, len)) != GATEWAY_BODY_NONE)
        held[held_count++] = body;
}

static void give_bodies(void)
{
    while (held_count > 0)
        gateway_body_give(&g->bodies, held[--held_count]);
    gateway_wait_admit(g);
    unit_front_run();
}

static void test_body_slots(void)
{
    bool ended;
    unit_front_fresh();
    hold_bodies(1);
    int late_fd = unit_front_peer();
    unit_front_send_str(late_fd, CHAT);
    unit_front_pass(9000);
    int fd = unit_front_peer();
    unit_front_send_str(fd, HEAD_OF("Content-Length: 59\r\nExpect: 100-continue\r\n"));
    CU_ASSERT_TRUE(is_quiet(fd));
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_BODY_WAIT), 2);
    unit_front_pass(1000);
    CU_ASSERT_EQUAL(status(late_fd, &ended), 503);
    CU_ASSERT_TRUE(ended);
    give_bodies();
    CU_ASSERT_TRUE(span_starts(unit_front_read(fd, NULL), SPAN("HTTP/1.1 100 ")));
    unit_front_pass(59999);
    unit_front_send_str(fd, BODY);
    CU_ASSERT_EQUAL(status(fd, NULL), 200);
    unit_front_close(fd);
    unit_front_close(late_fd);
    unit_front_all_free();
}

static void test_body_wait_left(void)
{
    unit_front_fresh();
    hold_bodies(1);
    int fd = unit_front_peer();
    unit_front_send_str(fd, CHAT);
    unit_front_shut(fd);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_BODY_WAIT), 0);
    CU_ASSERT_TRUE(is_closed(fd));
    give_bodies();
    unit_front_close(fd);
    unit_front_all_free();
}

/* A chunked body outgrows its slot while no larger one is free: it goes on where it stopped. */
static void test_growth_waits(void)
{
    static char chunk[70000];
    char head[32];
    unit_front_fresh();
    memset(chunk, ' ', sizeof(chunk));
    memcpy(chunk, BODY, sizeof(BODY) - 1);
    int fd = unit_front_peer();
    unit_front_send_str(fd, CHUNKED);
    hold_bodies(LIMIT_BODY_SMALL_BYTES + 1);
    snprintf(head, sizeof(head), "%zx\r\n", sizeof(chunk));
    unit_front_send_str(fd, head);
    unit_front_send(fd, (struct span){chunk, sizeof(chunk)});
    unit_front_send_str(fd, "\r\n0\r\n\r\n" HEALTH);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_BODY_WAIT), 1);
    give_bodies();
    struct span rest = unit_front_read(fd, NULL);
    CU_ASSERT_EQUAL(unit_front_answer(rest, &rest), 200);
    CU_ASSERT_EQUAL(unit_front_answer(rest, &rest), 200);
    unit_front_close(fd);
    unit_front_all_free();
}

static void test_growth_is_refused(void)
{
    static char chunk[70000];
    unit_front_fresh();
    memset(chunk, ' ', sizeof(chunk));
    int fd = unit_front_peer();
    unit_front_send_str(fd, CHUNKED "fffff\r\n");
    hold_bodies(LIMIT_BODY_SMALL_BYTES + 1);
    unit_front_send(fd, (struct span){chunk, sizeof(chunk)});
    unit_front_pass(10000);
    CU_ASSERT_EQUAL(status(fd, NULL), 503);
    give_bodies();
    unit_front_close(fd);
    unit_front_all_free();
}

/* Heads wait for a buffer like bodies for a slot; so do chunks. */
static void test_head_buffers(void)
{
    static int heads[LIMIT_HEADS];
    int count = 0;
    unit_front_fresh();
    int chunks = unit_front_peer();
    unit_front_send_str(chunks, CHUNKED);
    int idle = unit_front_peer();
    for (int head = index_take(&g->head_index); head >= 0; head = index_take(&g->head_index))
        heads[count++] = head;
    int fd = unit_front_peer();
    unit_front_send_str(fd, HEALTH);
    unit_front_send_str(chunks, "3b\r\n" BODY "\r\n0\r\n\r\n");
    CU_ASSERT_EQUAL(g->client_wait_head.count, 2);
    CU_ASSERT_TRUE(is_quiet(fd));
    index_give(&g->head_index, heads[--count]);
    gateway_wait_admit(g);
    CU_ASSERT_EQUAL(status(fd, NULL), 200);
    CU_ASSERT_EQUAL(status(chunks, NULL), 200);
    index_take(&g->head_index);
    unit_front_send_str(fd, HEALTH);
    unit_front_pass(10000);
    CU_ASSERT_EQUAL(status(fd, NULL), 503);
    CU_ASSERT_TRUE(is_closed(idle));
    index_give(&g->head_index, heads[count]);
    while (count > 0)
        index_give(&g->head_index, heads[--count]);
    unit_front_close(fd);
    unit_front_close(idle);
    unit_front_close(chunks);
    unit_front_all_free();
}

/* Whose time in the queue is over, and who has sent nothing, is not answered: it is idle. */
static void test_nothing_to_refuse(void)
{
    static int heads[LIMIT_HEADS];
    int count = 0;
    unit_front_fresh();
    unit_front_settings.limits.queue_ms = 5000;
    for (int head = index_take(&g->head_index); head >= 0; head = index_take(&g->head_index))
        heads[count++] = head;
    int fd = unit_front_peer();
    unit_front_send_str(fd, HEALTH);
    int half = unit_front_peer();
    unit_front_send_str(half, "GET /hea");
    index_give(&g->head_index, heads[--count]);
    gateway_wait_admit(g);
    CU_ASSERT_EQUAL(status(fd, NULL), 200);
    CU_ASSERT_EQUAL_FATAL(g->client_idle.count, 1);
    unit_front_event(queue_first(&g->client_idle), PORT_EVENT_READ); /* without cause */
    unit_front_pass(10);
    CU_ASSERT_EQUAL(g->client_wait_head.count, 1);
    CU_ASSERT(queue_take(&g->client_begun) != QUEUE_NONE); /* nobody presses that one */
    unit_front_pass(5000);
    CU_ASSERT_TRUE(is_quiet(fd));
    CU_ASSERT_EQUAL(g->client_wait_head.count, 0);
    CU_ASSERT_EQUAL(g->client_idle.count, 1);
    while (count > 0)
        index_give(&g->head_index, heads[--count]);
    unit_front_send_str(fd, HEALTH);
    CU_ASSERT_EQUAL(status(fd, NULL), 200);
    unit_front_close(fd);
    unit_front_close(half);
    unit_front_all_free();
}

/* All buffers are with heads that do not end: the oldest is refused for one that waits. */
static void test_slow_heads(void)
{
    static int heads[LIMIT_HEADS];
    int count = 0;
    unit_front_fresh();
    int slow[2];
    for (int i = 0; i < 2; i++) {
        slow[i] = unit_front_peer();
        unit_front_send_str(slow[i], "GET /hea");
        CU_ASSERT_TRUE(is_quiet(slow[i]));
    }
    for (int head = index_take(&g->head_index); head >= 0; head = index_take(&g->head_index))
        heads[count++] = head;
    int good = unit_front_peer();
    unit_front_send_str(good, HEALTH);
    CU_ASSERT_TRUE(is_quiet(good));
    CU_ASSERT_EQUAL(g->client_wait_head.count, 1);
    unit_front_pass(GATEWAY_WAIT_GRACE_US / 1000);
    CU_ASSERT_EQUAL(status(slow[0], NULL), 408);
    CU_ASSERT_EQUAL(status(good, NULL), 200);
    CU_ASSERT_TRUE(is_quiet(slow[1]));
    while (count > 0)
        index_give(&g->head_index, heads[--count]);
    unit_front_send_str(slow[1], "lth HTTP/1.1\r\nHost: x\r\n\r\n");
    CU_ASSERT_EQUAL(status(slow[1], NULL), 200);
    for (int i = 0; i < 2; i++)
        unit_front_close(slow[i]);
    unit_front_close(good);
    unit_front_all_free();
}

/* ---- too many ---- */

/* The one that was idle first gives way; a request under way does not. */
static void test_idle_gives_way(void)
{
    int fd[3];
    unit_front_fresh();
    unit_front_settings.limits.max_clients = 3;
    unit_front_serve(false);
    for (int i = 0; i < 3; i++) {
        fd[i] = unit_front_peer();
        unit_front_send_str(fd[i], i == 0 ? CHAT : HEALTH);
        unit_front_pass(10);
    }
    unit_front_read(fd[1], NULL);
    unit_front_read(fd[2], NULL);
    int fourth = unit_front_peer();
    CU_ASSERT_TRUE(is_closed(fd[1]));
    CU_ASSERT_TRUE(is_quiet(fd[2]));
    unit_front_send_str(fourth, HEALTH);
    CU_ASSERT_EQUAL(status(fourth, NULL), 200);
    CU_ASSERT_EQUAL(g->request_index.in_use, 1);
    for (int i = 0; i < 3; i++)
        unit_front_close(fd[i]);
    unit_front_close(fourth);
    unit_front_all_free();
}

/* One that lingers goes before one that is idle. */
static void test_lingering_gives_way(void)
{
    unit_front_fresh();
    unit_front_settings.limits.max_clients = 2;
    int idle = unit_front_peer();
    unit_front_send_str(idle, HEALTH);
    CU_ASSERT_EQUAL(status(idle, NULL), 200);
    int lingering = unit_front_peer();
    unit_front_send_str(lingering, NONE);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_LINGER), 1);
    int third = unit_front_peer();
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_LINGER), 0);
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_HEAD), 2);
    CU_ASSERT_TRUE(is_quiet(idle));
    unit_front_close(idle);
    unit_front_close(lingering);
    unit_front_close(third);
    unit_front_all_free();
}

/* When all are busy the others wait in the system's queue, and come when one has gone. */
static void test_backlog(void)
{
    int fd[2], waiting[3];
    unit_front_fresh();
    unit_front_settings.limits.max_clients = 2;
    unit_front_serve(false);
    for (int i = 0; i < 2; i++) {
        fd[i] = unit_front_peer();
        unit_front_send_str(fd[i], CHAT);
    }
    for (int i = 0; i < 3; i++) {
        waiting[i] = unit_front_peer();
        unit_front_send_str(waiting[i], LAST);
        CU_ASSERT_TRUE(is_quiet(waiting[i]));
    }
    CU_ASSERT_EQUAL(g->client_index.in_use, 2);
    unit_front_close(fd[0]);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(status(waiting[i], NULL), 200);
        unit_front_close(waiting[i]);
    }
    unit_front_close(fd[1]);
    unit_front_all_free();
}

/* A burst of new clients does not throw itself out. */
static void test_burst(void)
{
    int fd[20];
    unit_front_fresh();
    unit_front_settings.limits.max_clients = 4;
    for (int i = 0; i < 20; i++)
        fd[i] = unit_front_knock();
    unit_front_run();
    CU_ASSERT_EQUAL(g->client_index.in_use, 4);
    for (int i = 0; i < 20; i++) {
        unit_front_send_str(fd[i], LAST);
        CU_ASSERT_EQUAL(status(fd[i], NULL), 200);
    }
    for (int i = 0; i < 20; i++)
        unit_front_close(fd[i]);
    unit_front_all_free();
}

/* But one that is silent for long makes room. */
static void test_silent(void)
{
    unit_front_fresh();
    unit_front_settings.limits.max_clients = 1;
    int silent = unit_front_peer();
    unit_front_pass(1100);
    int fd = unit_front_peer();
    unit_front_send_str(fd, HEALTH);
    CU_ASSERT_EQUAL(status(fd, NULL), 200);
    CU_ASSERT_TRUE(is_closed(silent));
    unit_front_close(fd);
    unit_front_close(silent);
    unit_front_all_free();
}

static void test_all_slots(void)
{
    static int fd[LIMIT_CLIENTS];
    int count = LIMIT_CLIENTS < 900 ? LIMIT_CLIENTS : 900;
    unit_front_fresh();
    for (int i = 0; i < count; i++) {
        fd[i] = unit_front_knock();
        if (i % 100 == 0)
            unit_front_run();
    }
    unit_front_run();
    CU_ASSERT_EQUAL(g->client_index.in_use, count);
    CU_ASSERT_EQUAL(g->head_index.in_use, 0);
    for (int i = 0; i < count; i++)
        (void)close(fd[i]);
    unit_front_run();
    unit_front_all_free();
}

static const struct unit_test tests[] = {
    {"request slots", test_request_slots},
    {"left while waiting", test_left_waiting},
    {"body slots", test_body_slots},
    {"left while waiting for a body slot", test_body_wait_left},
    {"growth waits", test_growth_waits},
    {"growth is refused", test_growth_is_refused},
    {"head buffers", test_head_buffers},
    {"nothing to refuse", test_nothing_to_refuse},
    {"slow heads", test_slow_heads},
    {"the idle give way", test_idle_gives_way},
    {"the lingering give way", test_lingering_gives_way},
    {"the backlog", test_backlog},
    {"a burst", test_burst},
    {"the silent give way", test_silent},
    {"many slots", test_all_slots},
};

UNIT_MAIN("gateway_client_slots", tests)
