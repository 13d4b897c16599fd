/* gateway_crowd: how many connections one address may have, and which of them gives way. */
#define _GNU_SOURCE
#include "core/gateway/gateway_crowd.h"

#include "core/gateway/gateway.h"
#include "test/unit/unit.h"
#include "test/unit/unit_front.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHARE LIMIT_CLIENTS_PER_ADDRESS

static struct gateway *const g = &unit_front;
static uint8_t comes_from; /* the last byte of 10.0.0.x; 0: loopback, as is true */

/* Takes the place of the system's: whoever comes may be said to come from elsewhere. */
int accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict len, int flags)
{
    int got = (int)syscall(SYS_accept4, fd, from, len, flags);
    struct sockaddr_in *address = (struct sockaddr_in *)(void *)from;
    if (got >= 0 && comes_from != 0)
        address->sin_addr.s_addr = htonl(0x0A000000u | comes_from);
    return got;
}

static struct port_address v4(uint8_t a, uint8_t d)
{
    return (struct port_address){.bytes = {[10] = 0xFF, [11] = 0xFF, a, 0, 0, d}, .port = 1};
}

static struct port_address v6(uint8_t last)
{
    return (struct port_address){.bytes = {0xFD, [15] = last}, .port = 1};
}

/* So many clients of that address in the midst of a request. */
static void fill(struct port_address peer, int count)
{
    unit_front_fresh();
    for (int i = 0; i < count; i++) {
        int number = index_take(&g->client_index);
        peer.port++;
        g->clients[number] = (struct gateway_client){.state = GATEWAY_CLIENT_ANSWER, .slot = -1,
                                                     .peer = peer};
    }
}

static void empty(void)
{
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        if (g->clients[i].state != GATEWAY_CLIENT_FREE)
            index_give(&g->client_index, i);
        g->clients[i].state = GATEWAY_CLIENT_FREE;
    }
    unit_front_all_free();
}

static void the_share(void)
{
    struct port_address seven = v4(10, 7), eight = v4(10, 8), local = v4(127, 1), far = v6(2);
    struct port_address own = {.bytes = {[15] = 1}};
    fill(seven, SHARE - 1);
    CU_ASSERT_TRUE(gateway_crowd_admits(g, &seven));
    empty();
    fill(seven, SHARE);
    CU_ASSERT_FALSE(gateway_crowd_admits(g, &seven));
    CU_ASSERT_TRUE(gateway_crowd_admits(g, &eight));
    CU_ASSERT_TRUE(gateway_crowd_admits(g, &far));
    CU_ASSERT_TRUE(gateway_crowd_admits(g, &own));
    CU_ASSERT_EQUAL(g->metrics.refusals[record_metrics_reason(503)], FEATURE_METRICS);
    empty();
    fill(local, SHARE);
    CU_ASSERT_TRUE(gateway_crowd_admits(g, &local));
    empty();
    fill(far, SHARE);
    CU_ASSERT_FALSE(gateway_crowd_admits(g, &far));
    CU_ASSERT_TRUE(gateway_crowd_admits(g, &seven));
    empty();
}

/* Its oldest idle connection gives way, whoever else has older ones. */
static void who_gives_way(void)
{
    struct port_address local = v4(127, 1), seven = v4(10, 7);
    unit_front_fresh();
    int fd[3];
    for (int i = 0; i < 3; i++) {
        fd[i] = unit_front_peer();
        unit_front_pass(10);
    }
    CU_ASSERT_EQUAL_FATAL(g->client_index.in_use, 3);
    int numbers[3];
    for (int i = 0, n = 0; i < LIMIT_CLIENTS && n < 3; i++)
        if (g->clients[i].state != GATEWAY_CLIENT_FREE)
            numbers[n++] = i;
    g->clients[numbers[1]].peer = g->clients[numbers[2]].peer = seven;
    CU_ASSERT_TRUE(memcmp(g->clients[numbers[0]].peer.bytes, local.bytes, 16) == 0);
    for (int i = 2; i < SHARE; i++) {
        int number = index_take(&g->client_index);
        g->clients[number] = (struct gateway_client){.state = GATEWAY_CLIENT_ANSWER, .slot = -1,
                                                     .peer = seven};
    }
    bool second_older = g->clients[numbers[1]].wait_us <= g->clients[numbers[2]].wait_us;
    CU_ASSERT_TRUE(gateway_crowd_admits(g, &seven));
    CU_ASSERT_EQUAL(g->clients[numbers[second_older ? 1 : 2]].state, GATEWAY_CLIENT_FREE);
    CU_ASSERT_NOT_EQUAL(g->clients[numbers[0]].state, GATEWAY_CLIENT_FREE);
    for (int i = 0; i < 3; i++)
        unit_front_close(fd[i]);
    empty();
}

/* With every place taken, a flood of one address does not drive out who is idle; another may. */
static void a_flood_takes_no_place(void)
{
    fill(v4(10, 7), SHARE);
    unit_front_settings.limits.max_clients = SHARE + 1;
    int idle = unit_front_peer();
    unit_front_pass(2000);
    CU_ASSERT_EQUAL_FATAL(g->client_index.in_use, SHARE + 1);
    bool ended;
    comes_from = 7;
    for (int i = 0; i < 3; i++) {
        int flood = unit_front_peer();
        unit_front_read(flood, &ended);
        CU_ASSERT_TRUE(ended);
        unit_front_close(flood);
    }
    CU_ASSERT_EQUAL(unit_front_count(GATEWAY_CLIENT_HEAD), 1);
    unit_front_read(idle, &ended);
    CU_ASSERT_FALSE(ended);
    comes_from = 8;
    int other = unit_front_peer();
    unit_front_read(other, &ended);
    CU_ASSERT_FALSE(ended);
    unit_front_read(idle, &ended);
    CU_ASSERT_TRUE(ended);
    comes_from = 0;
    unit_front_close(idle);
    unit_front_close(other);
    empty();
}

static const struct unit_test tests[] = {
    {"the share of an address", the_share},
    {"who gives way", who_gives_way},
    {"a flood takes no place", a_flood_takes_no_place},
};

UNIT_MAIN("gateway_crowd", tests)
