/* See unit_net.h. */
#define _GNU_SOURCE
#include "test/unit/unit_net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/bounds.h"
#include "port/port.h"
#include "test/unit/unit.h"

static unsigned kinds_told[LIMIT_SOCKETS];
static int times_told[LIMIT_SOCKETS];

static bool look_once(uint64_t timeout_us)
{
    struct port_event events[LIMIT_EVENTS];
    int count = port_wait(events, LIMIT_EVENTS, port_now_us() + timeout_us);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_FATAL(events[i].slot >= 0 && events[i].slot < LIMIT_SOCKETS);
        CU_ASSERT_NOT_EQUAL(events[i].kinds, 0);
        kinds_told[events[i].slot] |= events[i].kinds;
        times_told[events[i].slot]++;
    }
    return count > 0;
}

bool unit_net_told(int slot, unsigned kinds)
{
    for (int tries = 0; tries < 500; tries++) {
        if ((kinds_told[slot] & kinds) == kinds)
            return true;
        (void)look_once(10000);
    }
    return (kinds_told[slot] & kinds) == kinds;
}

void unit_net_look(unsigned ms)
{
    while (look_once(ms * 1000u))
        ;
}

unsigned unit_net_kinds(int slot)
{
    return kinds_told[slot];
}

int unit_net_times(int slot)
{
    return times_told[slot];
}

void unit_net_forget(void)
{
    memset(kinds_told, 0, sizeof(kinds_told));
    memset(times_told, 0, sizeof(times_told));
}

int unit_net_peer(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

int unit_net_accept(int listener)
{
    struct port_address peer;
    int slot = port_accept(listener, &peer);
    for (int tries = 0; tries < 500 && slot == PORT_AGAIN; tries++) {
        (void)look_once(10000);
        slot = port_accept(listener, &peer);
    }
    CU_ASSERT_FATAL(slot >= 0);
    return slot;
}

bool unit_net_read(int fd, void *out, int len)
{
    return recv(fd, out, (size_t)len, MSG_WAITALL) == len;
}

static socklen_t address_of(const char *host, uint16_t port, struct sockaddr_storage *out)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, host, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        return sizeof(*ipv4);
    }
    CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, host, &ipv6->sin6_addr), 1);
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    return sizeof(*ipv6);
}

int unit_net_hang(const char *host, uint16_t *port, int *extra)
{
    struct sockaddr_storage at;
    socklen_t len = address_of(host, *port, &at);
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&at, len), 0);
    CU_ASSERT_EQUAL_FATAL(listen(fd, 0), 0); /* room for one, which is taken here */
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(((struct sockaddr_in *)&at)->sin_port); /* at the same place for IPv6 */
    *extra = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(connect(*extra, (struct sockaddr *)&at, len), 0);
    return fd;
}

bool unit_net_has_ipv6(void)
{
    struct sockaddr_storage at;
    socklen_t len = address_of("::1", 0, &at);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0;
    if (fd >= 0)
        (void)close(fd);
    return has;
}

int unit_net_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 8192; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            count++;
    return count;
}

int unit_net_listen(const char *host, uint16_t *number)
{
    unit_net_look(0);
    unit_net_forget();
    int listener = port_listen(host, 0);
    CU_ASSERT_FATAL(listener >= 0);
    *number = port_listen_number(listener);
    CU_ASSERT_FATAL(*number > 0);
    return listener;
}

static void close_and_forget(int slot)
{
    port_close(slot);
    unit_net_look(0);
    unit_net_forget();
}

void unit_net_opens(const char *host, uint16_t number, unsigned flags)
{
    int slot = port_connect(host, number, flags);
    CU_ASSERT_FATAL(slot >= 0);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_OPEN));
    CU_ASSERT_EQUAL(unit_net_kinds(slot) & PORT_EVENT_FAILED, 0);
    CU_ASSERT_EQUAL(port_why(slot), PORT_WHY_NONE);
    close_and_forget(slot);
}

void unit_net_fails(const char *host, uint16_t number, unsigned flags, enum port_why why)
{
    char byte = 0;
    int slot = port_connect(host, number, flags);
    CU_ASSERT_FATAL(slot >= 0);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_FAILED));
    CU_ASSERT_EQUAL(unit_net_kinds(slot), PORT_EVENT_FAILED);
    CU_ASSERT_EQUAL(unit_net_times(slot), 1);
    CU_ASSERT_EQUAL(port_why(slot), why);
    CU_ASSERT_EQUAL(port_recv(slot, &byte, 1), PORT_FAILED);
    CU_ASSERT_EQUAL(port_send(slot, &byte, 1, false), PORT_FAILED);
    close_and_forget(slot);
}

void unit_net_not_yet(int slot, uint64_t until_us)
{
    unit_net_look(5);
    bool open = (unit_net_kinds(slot) & PORT_EVENT_OPEN) != 0;
    CU_ASSERT(!open || port_now_us() >= until_us);
}
