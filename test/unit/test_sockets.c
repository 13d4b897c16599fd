/* Sockets of the port against plain ones of the system, over loopback. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/bounds.h"
#include "port/port.h"
#include "port/posix/posix.h"
#include "port/sockets.h"
#include "test/unit/unit.h"
#include "test/unit/unit_net.h"

static int listener;
static uint16_t number;

static void open_listener(void)
{
    listener = unit_net_listen("127.0.0.1", &number);
}

/* A peer's socket and our slot. */
struct pair {
    int peer;
    int slot;
};

static struct pair open_pair(void)
{
    struct pair pair;
    pair.peer = unit_net_peer(number);
    pair.slot = unit_net_accept(listener);
    return pair;
}

static void close_pair(struct pair pair)
{
    (void)close(pair.peer);
    port_close(pair.slot);
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    (void)close(fd);
}

/* ---- listeners ---- */

static void bad_listeners(void)
{
    static const struct {
        const char *host;
        enum port_why why;
    } cases[] = {
        {"", PORT_WHY_ADDRESS},          {"localhost", PORT_WHY_ADDRESS},
        {"1.2.3", PORT_WHY_ADDRESS},     {"[::1]", PORT_WHY_ADDRESS},
        {"::g", PORT_WHY_ADDRESS},       {"127.0.0.1:80", PORT_WHY_ADDRESS},
        {"203.0.113.1", PORT_WHY_ADDRESS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CU_ASSERT_EQUAL(port_listen(cases[i].host, 0), PORT_FAILED);
        CU_ASSERT_EQUAL(port_why(-1), cases[i].why);
    }
    open_listener();
    CU_ASSERT_EQUAL(port_why(-1), PORT_WHY_NONE);
    CU_ASSERT_EQUAL(port_listen("127.0.0.1", number), PORT_FAILED);
    CU_ASSERT_EQUAL(port_why(-1), PORT_WHY_IN_USE);
    port_close(listener);
    listener = port_listen("127.0.0.1", number); /* at once, after connections or not */
    CU_ASSERT(listener >= 0);
    port_close(listener);
}

static void accepts(void)
{
    struct port_address peer;
    struct sockaddr_in own;
    socklen_t len = sizeof(own);
    static const uint8_t loopback[16] = {[10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 1};
    open_listener();
    CU_ASSERT_EQUAL(port_accept(listener, &peer), PORT_AGAIN);
    unit_net_look(0);
    CU_ASSERT_EQUAL(unit_net_times(listener), 0);
    int fd = unit_net_peer(number);
    CU_ASSERT_TRUE(unit_net_told(listener, PORT_EVENT_READ));
    int slot = port_accept(listener, &peer);
    CU_ASSERT_FATAL(slot >= 0 && slot != listener);
    CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    CU_ASSERT_EQUAL(peer.port, ntohs(own.sin_port));
    CU_ASSERT_EQUAL(memcmp(peer.bytes, loopback, sizeof(loopback)), 0);
    CU_ASSERT_EQUAL(port_accept(listener, &peer), PORT_AGAIN);
    CU_ASSERT_EQUAL(port_why(slot), PORT_WHY_NONE);
    close_pair((struct pair){fd, slot});
    port_close(listener);
}

static void both_families(void)
{
    struct port_address peer;
    int any = port_listen("::", 0);
    CU_ASSERT_FATAL(any >= 0);
    int fd = unit_net_peer(port_listen_number(any));
    int slot = port_accept(any, &peer);
    CU_ASSERT_FATAL(slot >= 0);
    CU_ASSERT_EQUAL(peer.bytes[10], 0xFF);
    close_pair((struct pair){fd, slot});
    int six = port_connect("::1", port_listen_number(any), 0);
    bool has = unit_net_has_ipv6();
    CU_ASSERT_TRUE(unit_net_told(six, has ? PORT_EVENT_OPEN : PORT_EVENT_FAILED));
    slot = has ? port_accept(any, &peer) : six;
    CU_ASSERT_FATAL(slot >= 0);
    CU_ASSERT(!has || (peer.bytes[15] == 1 && peer.bytes[10] == 0));
    port_close(slot);
    if (has)
        port_close(six);
    port_close(any);
}

/* The descriptor of the connection whose other end has this port. */
static int descriptor_to(uint16_t port)
{
    for (int fd = 3; fd < 1024; fd++) {
        struct sockaddr_in peer;
        socklen_t len = sizeof(peer);
        if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.sin_port == htons(port))
            return fd;
    }
    return -1;
}

static void check_options(int fd)
{
    static const int wanted[][2] = {{SOL_SOCKET, SO_KEEPALIVE}, {IPPROTO_TCP, TCP_NODELAY}};
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    for (size_t i = 0; i < 2; i++) {
        int value = 0;
        socklen_t len = sizeof(value);
        (void)getsockopt(fd, wanted[i][0], wanted[i][1], &value, &len);
        CU_ASSERT_EQUAL(value, 1);
    }
}

static void options(void)
{
    struct port_address peer;
    open_listener();
    int slot = port_connect("127.0.0.1", number, 0);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_OPEN));
    int other = port_accept(listener, &peer);
    check_options(descriptor_to(number));    /* the one that connected */
    check_options(descriptor_to(peer.port)); /* the one that was accepted */
    port_close(slot);
    port_close(other);
    port_close(listener);
}

/* ---- bytes ---- */

static void read_edges(void)
{
    char got[8];
    open_listener();
    struct pair pair = open_pair();
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), PORT_AGAIN);
    unit_net_look(0);
    unit_net_forget();
    (void)send(pair.peer, "hello world", 11, 0);
    CU_ASSERT_TRUE(unit_net_told(pair.slot, PORT_EVENT_READ));
    CU_ASSERT_EQUAL(unit_net_kinds(pair.slot), PORT_EVENT_READ);
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), 8);
    unit_net_forget();
    (void)send(pair.peer, "!", 1, 0);
    unit_net_look(5);
    CU_ASSERT_EQUAL(unit_net_times(pair.slot), 0); /* core has not read to the end */
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), 4);
    (void)send(pair.peer, "?", 1, 0); /* a short count says as much as PORT_AGAIN */
    CU_ASSERT_TRUE(unit_net_told(pair.slot, PORT_EVENT_READ));
    close_pair(pair);
    port_close(listener);
}

/* Sends until there is no room. */
static size_t fill(int slot)
{
    static char bytes[65536];
    size_t total = 0;
    int sent;
    while ((sent = port_send(slot, bytes, sizeof(bytes), false)) > 0)
        total += (size_t)sent;
    CU_ASSERT_EQUAL(sent, PORT_AGAIN);
    return total;
}

static void write_edges(void)
{
    static char bytes[65536];
    open_listener();
    struct pair pair = open_pair();
    CU_ASSERT_TRUE(unit_net_told(pair.slot, PORT_EVENT_WRITE)); /* once at the start */
    size_t total = fill(pair.slot);
    unit_net_look(5);
    unit_net_forget();
    for (size_t left = total; left > 0;) {
        ssize_t got = recv(pair.peer, bytes, sizeof(bytes), 0);
        CU_ASSERT_FATAL(got > 0);
        left -= (size_t)got;
    }
    CU_ASSERT_TRUE(unit_net_told(pair.slot, PORT_EVENT_WRITE));
    CU_ASSERT_EQUAL(port_send(pair.slot, "x", 1, false), 1);
    close_pair(pair);
    port_close(listener);
}

static void end_in_order(void)
{
    char got[8];
    open_listener();
    struct pair pair = open_pair();
    (void)send(pair.peer, "abc", 3, 0);
    (void)shutdown(pair.peer, SHUT_WR);
    CU_ASSERT_TRUE(unit_net_told(pair.slot, PORT_EVENT_LEFT)); /* though nothing was read */
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), 3);
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), PORT_CLOSED);
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), PORT_CLOSED);
    unit_net_look(5);
    unit_net_forget();
    CU_ASSERT_EQUAL(port_send(pair.slot, "bye", 3, false), 3); /* our side is still open */
    CU_ASSERT_TRUE(unit_net_read(pair.peer, got, 3));
    port_shut(pair.slot);
    CU_ASSERT_EQUAL(recv(pair.peer, got, 1, 0), 0);
    unit_net_look(5);
    CU_ASSERT_EQUAL(unit_net_kinds(pair.slot) & PORT_EVENT_LEFT, 0); /* told once */
    close_pair(pair);
    port_close(listener);
}

static void left_once(void)
{
    char got[4];
    int lefts = 0;
    struct port_event events[4];
    open_listener();
    struct pair pair = open_pair();
    (void)shutdown(pair.peer, SHUT_WR);
    for (int i = 0; i < 20; i++) {
        int count = port_wait(events, 4, port_now_us() + 1000);
        for (int k = 0; k < count; k++)
            lefts += events[k].slot == pair.slot && (events[k].kinds & PORT_EVENT_LEFT) != 0;
        (void)port_recv(pair.slot, got, sizeof(got));
        (void)port_send(pair.slot, "x", 1, false);
    }
    CU_ASSERT_EQUAL(lefts, 1);
    close_pair(pair);
    port_close(listener);
}

static void broken_connection(void)
{
    char got[8];
    open_listener();
    struct pair pair = open_pair();
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), PORT_AGAIN);
    (void)fill(pair.slot);
    unit_net_look(5);
    unit_net_forget();
    reset(pair.peer);
    CU_ASSERT_TRUE(unit_net_told(pair.slot,
                                 PORT_EVENT_LEFT | PORT_EVENT_READ | PORT_EVENT_WRITE));
    CU_ASSERT_EQUAL(port_recv(pair.slot, got, sizeof(got)), PORT_FAILED);
    CU_ASSERT_EQUAL(port_why(pair.slot), PORT_WHY_RESET);
    CU_ASSERT_STRING_EQUAL(port_why_text(PORT_WHY_RESET), "connection reset");
    port_close(pair.slot);
    pair = open_pair();
    port_reset(pair.slot); /* and the other way round */
    CU_ASSERT(recv(pair.peer, got, sizeof(got), 0) == -1 && errno == ECONNRESET);
    (void)close(pair.peer);
    port_close(listener);
}

/* Not even where SIGPIPE would end the program. */
static void no_signal(void)
{
    open_listener();
    struct pair pair = open_pair();
    void (*before)(int) = signal(SIGPIPE, SIG_DFL);
    reset(pair.peer);
    CU_ASSERT_TRUE(unit_net_told(pair.slot, PORT_EVENT_LEFT));
    CU_ASSERT_EQUAL(port_send(pair.slot, "x", 1, false), PORT_FAILED);
    CU_ASSERT_EQUAL(port_send(pair.slot, "x", 1, false), PORT_FAILED);
    CU_ASSERT_EQUAL(port_why(pair.slot), PORT_WHY_RESET);
    (void)signal(SIGPIPE, before);
    port_close(pair.slot);
    port_close(listener);
}

static void close_delivers(void)
{
    static char bytes[65536];
    open_listener();
    struct pair pair = open_pair();
    size_t total = fill(pair.slot);
    port_close(pair.slot);
    size_t got = 0;
    for (ssize_t n = 1; n > 0; got += (size_t)n)
        n = recv(pair.peer, bytes, sizeof(bytes), 0);
    CU_ASSERT_EQUAL(got, total);
    (void)close(pair.peer);
    port_close(listener);
}

/* ---- slots ---- */

/* Events of the old connection lie in the system when its slot is closed and taken again. */
static void no_stale_events(void)
{
    char got[4];
    int seen = 0;
    open_listener();
    for (int round = 0; round < 50; round++) {
        struct pair old = open_pair();
        (void)send(old.peer, "x", 1, 0);
        (void)shutdown(old.peer, SHUT_WR);
        close_pair(old);
        unit_net_look(0);
        unit_net_forget();
        struct pair new = open_pair();
        seen += new.slot == old.slot;
        unit_net_look(0);
        CU_ASSERT_EQUAL(unit_net_kinds(new.slot) & ~(unsigned)PORT_EVENT_WRITE, 0);
        CU_ASSERT_EQUAL(port_recv(new.slot, got, sizeof(got)), PORT_AGAIN);
        close_pair(new);
    }
    CU_ASSERT_EQUAL(seen, 50); /* else this shows nothing */
    port_close(listener);
}

/* What core holds of one port_wait may still name a slot that it has closed since. */
static void closed_slots_rest(void)
{
    open_listener();
    unit_net_look(0);
    struct pair first = open_pair();
    port_close(first.slot);
    struct pair second = {unit_net_peer(number), -1};
    struct port_address peer;
    second.slot = port_accept(listener, &peer);
    CU_ASSERT_FATAL(second.slot >= 0);
    CU_ASSERT_NOT_EQUAL(second.slot, first.slot);
    unit_net_look(0);
    struct pair third = open_pair();
    CU_ASSERT_EQUAL(third.slot, first.slot);
    (void)close(first.peer);
    close_pair(second);
    close_pair(third);
    port_close(listener);
}

/* The key of the use that a slot is in; it has one kind at least that was not told. */
static uint32_t key_of(int slot)
{
    uint32_t key = 0;
    while (key < 1u << 20 && sockets_ready(slot, key, PORT_EVENT_READ) == 0)
        key++;
    CU_ASSERT_FATAL(key < 1u << 20);
    return key;
}

/* Whatever the system still says of an earlier use. */
static void old_keys(void)
{
    unit_net_look(0);
    int slot = port_listen("127.0.0.1", 0);
    uint32_t old = key_of(slot);
    port_close(slot);
    CU_ASSERT_EQUAL(sockets_ready(slot, old, PORT_EVENT_READ), 0);
    unit_net_look(0);
    CU_ASSERT_EQUAL(port_listen("127.0.0.1", 0), slot);
    CU_ASSERT_EQUAL(sockets_ready(slot, old, PORT_EVENT_READ), 0);
    CU_ASSERT_NOT_EQUAL(key_of(slot), old);
    port_close(slot);
    unit_net_look(0);
    CU_ASSERT_EQUAL(port_connect("255.255.255.255", 1, 0), slot);
    CU_ASSERT_EQUAL(sockets_dial_of(slot, old), -1);
    CU_ASSERT_EQUAL(sockets_ready(slot, old, PORT_EVENT_READ), 0);
    port_close(slot);
}

static int listen_until_full(int *slots)
{
    static bool seen[LIMIT_SOCKETS];
    int count = 0;
    int slot = port_listen("127.0.0.1", 0);
    for (; slot >= 0; slot = port_listen("127.0.0.1", 0)) {
        CU_ASSERT_FALSE_FATAL(seen[slot]);
        seen[slot] = true;
        slots[count++] = slot;
    }
    CU_ASSERT_EQUAL(slot, PORT_FULL);
    return count;
}

static void with_no_slot_free(int *slots, int count)
{
    struct port_address peer;
    CU_ASSERT_EQUAL(port_connect("127.0.0.1", 1, 0), PORT_FULL);
    int fd = unit_net_peer(port_listen_number(slots[0]));
    CU_ASSERT_EQUAL(port_accept(slots[0], &peer), PORT_FULL);
    port_close(slots[count - 1]);
    int slot = port_accept(slots[0], &peer); /* at once, for want of another */
    CU_ASSERT_EQUAL(slot, slots[count - 1]);
    (void)close(fd);
}

static void all_slots(void)
{
    static int slots[LIMIT_SOCKETS];
    struct rlimit limit;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    unit_net_look(0);
    int count = listen_until_full(slots);
    if (limit.rlim_cur >= LIMIT_SOCKETS + 64) {
        CU_ASSERT_EQUAL(count, LIMIT_SOCKETS);
        with_no_slot_free(slots, count);
    }
    while (count > 0)
        port_close(slots[--count]);
    unit_net_look(0);
}

static void no_descriptors(void)
{
    struct port_address peer;
    struct rlimit before, none;
    open_listener();
    int fd = unit_net_peer(number);
    CU_ASSERT_TRUE(unit_net_told(listener, PORT_EVENT_READ));
    (void)getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    (void)setrlimit(RLIMIT_NOFILE, &none);
    CU_ASSERT_EQUAL(port_accept(listener, &peer), PORT_FULL);
    CU_ASSERT_EQUAL(port_listen("127.0.0.1", 0), PORT_FULL);
    int slot = port_connect("127.0.0.1", number, 0);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_FAILED));
    CU_ASSERT_EQUAL(port_why(slot), PORT_WHY_OTHER);
    port_close(slot);
    (void)setrlimit(RLIMIT_NOFILE, &before);
    slot = port_accept(listener, &peer);
    CU_ASSERT_FATAL(slot >= 0);
    close_pair((struct pair){fd, slot});
    port_close(listener);
}

static void nothing_left_open(void)
{
    static int before = -1;
    int now = unit_net_descriptors();
    CU_ASSERT(before < 0 || now == before);
    before = now;
}

static const struct unit_test tests[] = {
    {"count descriptors", nothing_left_open},
    {"bad listeners", bad_listeners},
    {"accepts", accepts},
    {"both families", both_families},
    {"options", options},
    {"read edges", read_edges},
    {"write edges", write_edges},
    {"end in order", end_in_order},
    {"left once", left_once},
    {"broken connection", broken_connection},
    {"no signal", no_signal},
    {"close delivers", close_delivers},
    {"no stale events", no_stale_events},
    {"closed slots rest", closed_slots_rest},
    {"old keys", old_keys},
    {"all slots", all_slots},
    {"no descriptors", no_descriptors},
    {"nothing left open", nothing_left_open},
};

int main(void)
{
    posix_start();
    return unit_run("sockets", tests, sizeof(tests) / sizeof(tests[0]));
}
