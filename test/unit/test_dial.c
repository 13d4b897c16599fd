/* port_connect: literals, private addresses, the race of addresses, many at once. */
#include <string.h>
#include <unistd.h>

#include "config/bounds.h"
#include "port/address.h"
#include "port/dial.h"
#include "port/port.h"
#include "port/posix/posix.h"
#include "test/unit/unit.h"
#include "test/unit/unit_dns.h"
#include "test/unit/unit_net.h"

static int listener;
static uint16_t number;

static void open_listener(const char *host)
{
    listener = unit_net_listen(host, &number);
}

static void close_listener(void)
{
    port_close(listener);
}

/* ---- literals and localhost ---- */

static void connects(void)
{
    char got[4];
    open_listener("127.0.0.1");
    int slot = port_connect("127.0.0.1", number, 0);
    CU_ASSERT_FATAL(slot >= 0);
    CU_ASSERT_EQUAL(port_send(slot, "x", 1, false), PORT_AGAIN); /* not before it was told */
    CU_ASSERT_EQUAL(port_recv(slot, got, 1), PORT_AGAIN);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_OPEN));
    int other = unit_net_accept(listener);
    CU_ASSERT_EQUAL(port_recv(slot, got, 4), PORT_AGAIN);
    CU_ASSERT_EQUAL(port_send(slot, "abcd", 4, false), 4);
    CU_ASSERT_TRUE(unit_net_told(other, PORT_EVENT_READ));
    CU_ASSERT_EQUAL(port_recv(other, got, 4), 4);
    unit_net_forget();
    CU_ASSERT_EQUAL(port_send(other, "efgh", 4, false), 4);
    port_shut(other);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_READ | PORT_EVENT_LEFT));
    CU_ASSERT_EQUAL(port_recv(slot, got, 4), 4);
    CU_ASSERT_EQUAL(memcmp(got, "efgh", 4), 0);
    CU_ASSERT_EQUAL(port_recv(slot, got, 4), PORT_CLOSED);
    port_close(slot);
    port_close(other);
    close_listener();
}

/* A peer that accepts and leaves within the same edge. */
static void opens_and_leaves(void)
{
    open_listener("127.0.0.1");
    int slot = port_connect("127.0.0.1", number, 0);
    struct port_address peer;
    int other = port_accept(listener, &peer);
    for (int tries = 0; tries < 1000 && other < 0; tries++)
        other = port_accept(listener, &peer); /* without port_wait */
    CU_ASSERT_FATAL(other >= 0);
    port_close(other);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_OPEN | PORT_EVENT_LEFT));
    port_close(slot);
    close_listener();
}

static void refusals(void)
{
    open_listener("127.0.0.1");
    close_listener();
    unit_net_fails("127.0.0.1", number, 0, PORT_WHY_REFUSED);
    bool has_ipv6 = unit_net_has_ipv6();
    unit_net_fails("::1", number, 0, has_ipv6 ? PORT_WHY_REFUSED : PORT_WHY_UNREACHABLE);
    unit_net_fails("::ffff:127.0.0.1", number, 0, PORT_WHY_REFUSED);
    unit_net_fails("localhost", number, 0, PORT_WHY_REFUSED);
    unit_net_fails("255.255.255.255", number, 0, PORT_WHY_UNREACHABLE);
    CU_ASSERT_EQUAL(unit_dns_calls(), 0);
}

static void localhost(void)
{
    static const char *const listeners[] = {"127.0.0.1", "::", "::1"};
    for (size_t i = 0; i < (unit_net_has_ipv6() ? 3 : 2); i++) {
        open_listener(listeners[i]);
        unit_net_opens("localhost", number, 0);
        unit_net_opens("localhost.", number, PORT_PRIVATE_ONLY);
        close_listener();
    }
    CU_ASSERT_EQUAL(unit_dns_calls(), 0);
}

static void private_addresses(void)
{
    static const struct {
        const char *text;
        bool is_private;
    } cases[] = {
        {"127.0.0.1", true},        {"127.255.255.254", true},  {"126.255.255.255", false},
        {"128.0.0.1", false},       {"10.0.0.0", true},         {"9.255.255.255", false},
        {"11.0.0.0", false},        {"172.16.0.1", true},       {"172.31.255.255", true},
        {"172.15.255.255", false},  {"172.32.0.0", false},      {"192.168.0.1", true},
        {"192.167.255.255", false}, {"192.169.0.0", false},     {"169.254.1.1", true},
        {"169.253.1.1", false},     {"0.0.0.0", false},         {"100.64.0.1", false},
        {"::1", true},              {"::", false},              {"::2", false},
        {"fc00::1", true},          {"fdff::1", true},          {"fe00::1", false},
        {"fbff::1", false},         {"fe80::1", true},          {"febf::1", true},
        {"fec0::1", false},         {"2001:db8::1", false},     {"::ffff:10.1.2.3", true},
        {"::ffff:8.8.8.8", false},  {"64:ff9b::a00:1", false},  {"::10.0.0.1", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[16];
        CU_ASSERT_TRUE_FATAL(address_read(cases[i].text, bytes));
        CU_ASSERT_EQUAL(address_is_private(bytes), cases[i].is_private);
    }
}

static void private_only(void)
{
    open_listener("127.0.0.1");
    unit_net_opens("127.0.0.1", number, PORT_PRIVATE_ONLY);
    unit_net_opens("::ffff:127.0.0.1", number, PORT_PRIVATE_ONLY);
    unit_net_fails("203.0.113.1", number, PORT_PRIVATE_ONLY, PORT_WHY_DENIED);
    unit_net_fails("::ffff:203.0.113.1", number, PORT_PRIVATE_ONLY, PORT_WHY_DENIED);
    unit_net_fails("2001:db8::1", number, PORT_PRIVATE_ONLY, PORT_WHY_DENIED);
    UNIT_DNS_SAYS("203.0.113.1", "2001:db8::1");
    unit_net_fails("public.test", number, PORT_PRIVATE_ONLY, PORT_WHY_DENIED);
    UNIT_DNS_SAYS("203.0.113.1", "127.0.0.1", "203.0.113.2");
    unit_net_opens("mixed.test", number, PORT_PRIVATE_ONLY);
    close_listener();
    unit_net_fails("mixed.test", number, PORT_PRIVATE_ONLY, PORT_WHY_REFUSED);
}

/* ---- the race ---- */

static void wait_for_descriptors(int count)
{
    for (int tries = 0; tries < 500 && unit_net_descriptors() != count; tries++)
        unit_net_look(5);
    CU_ASSERT_EQUAL(unit_net_descriptors(), count);
}

static void head_start(void)
{
    int extra;
    open_listener("127.0.0.1");
    int hang = unit_net_hang("127.0.0.2", &number, &extra);
    int before = unit_net_descriptors();
    UNIT_DNS_SAYS("127.0.0.2", "127.0.0.1");
    uint64_t begun_us = port_now_us();
    int slot = port_connect("race.test", number, 0);
    wait_for_descriptors(before + 1);
    unit_net_not_yet(slot, begun_us + DIAL_HEAD_START_US);
    unit_dns_pass_ms(250);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_OPEN));
    CU_ASSERT_EQUAL(unit_net_descriptors(), before + 1); /* the slower one is closed */
    port_close(slot);
    CU_ASSERT_EQUAL(unit_net_descriptors(), before);
    (void)close(hang);
    (void)close(extra);
    close_listener();
}

/* The second family has its turn before the first one's second address. */
static void families_take_turns(void)
{
    int extra;
    if (!unit_net_has_ipv6())
        return;
    open_listener("127.0.0.1");
    int hang = unit_net_hang("::1", &number, &extra);
    int before = unit_net_descriptors();
    UNIT_DNS_SAYS("::1", "::1", "::1", "127.0.0.1");
    uint64_t begun_us = port_now_us();
    int slot = port_connect("turns.test", number, 0);
    wait_for_descriptors(before + 1);
    unit_dns_pass_ms(250);
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_OPEN));
    CU_ASSERT(port_now_us() - begun_us < 3 * DIAL_HEAD_START_US);
    port_close(slot);
    (void)close(hang);
    (void)close(extra);
    close_listener();
}

/* The sleep ends for the next address, by the true clock. */
static void sleep_ends(void)
{
    int extra;
    open_listener("127.0.0.1");
    int hang = unit_net_hang("127.0.0.2", &number, &extra);
    struct port_event event = {-1, 0};
    int slot = port_connect("race.test", number, 0);
    uint64_t begun_us = port_now_us();
    for (int tries = 0; tries < 2 && event.slot != slot; tries++) /* the listener has one too */
        CU_ASSERT_EQUAL(port_wait(&event, 1, port_now_us() + 4000000), 1);
    uint64_t took_us = port_now_us() - begun_us;
    CU_ASSERT_EQUAL(event.slot, slot);
    CU_ASSERT_TRUE(event.kinds & PORT_EVENT_OPEN);
    CU_ASSERT(took_us >= 200000 && took_us < 2000000);
    port_close(slot);
    (void)close(hang);
    (void)close(extra);
    close_listener();
}

static void failures_do_not_wait(void)
{
    open_listener("127.0.0.1");
    UNIT_DNS_SAYS("127.0.0.2", "255.255.255.255", "::1", "127.0.0.3", "127.0.0.4", "127.0.0.1");
    uint64_t begun_us = port_now_us();
    unit_net_opens("failures.test", number, 0);
    CU_ASSERT(port_now_us() - begun_us < 3 * DIAL_HEAD_START_US);
    UNIT_DNS_SAYS("255.255.255.255", "127.0.0.2", "255.255.255.255");
    unit_net_fails("failing.test", number, 0, PORT_WHY_REFUSED);
    UNIT_DNS_SAYS("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7",
         "127.0.0.8", "127.0.0.9", "127.0.0.1");
    unit_net_fails("nine.test", number, 0, PORT_WHY_REFUSED); /* eight are tried */
    close_listener();
}

static void closed_in_the_race(void)
{
    int extra;
    open_listener("127.0.0.1");
    int hang = unit_net_hang("127.0.0.2", &number, &extra);
    int before = unit_net_descriptors();
    int slot = port_connect("race.test", number, 0);
    unit_dns_pass_ms(250);
    unit_net_look(0); /* both are under way, one has come through perhaps and was not told */
    port_close(slot);
    CU_ASSERT_EQUAL(unit_net_descriptors(), before);
    unit_net_forget();
    unit_dns_pass_ms(1000);
    unit_net_look(20);
    CU_ASSERT_EQUAL(unit_net_times(slot), 0);
    (void)close(hang);
    (void)close(extra);
    close_listener();
}

/* ---- many ---- */

static void many_dials(void)
{
    static int slots[LIMIT_UPSTREAMS];
    int before = unit_net_descriptors();
    open_listener("127.0.0.1");
    UNIT_DNS_SAYS("127.0.0.1");
    for (int i = 0; i < LIMIT_UPSTREAMS; i++) {
        slots[i] = port_connect(i % 2 == 0 ? "127.0.0.1" : "many.test", number, 0);
        CU_ASSERT_FATAL(slots[i] >= 0);
    }
    CU_ASSERT_EQUAL(port_connect("127.0.0.1", number, 0), PORT_FULL);
    port_close(listener); /* some are through, some are not: all end */
    for (int i = 0; i < LIMIT_UPSTREAMS; i++) {
        for (int tries = 0; tries < 500 && unit_net_times(slots[i]) == 0; tries++)
            unit_net_look(5);
        unsigned kinds = unit_net_kinds(slots[i]) & (PORT_EVENT_OPEN | PORT_EVENT_FAILED);
        CU_ASSERT(kinds == PORT_EVENT_OPEN || kinds == PORT_EVENT_FAILED);
    }
    for (int i = 0; i < LIMIT_UPSTREAMS; i++)
        port_close(slots[i]);
    CU_ASSERT_EQUAL(unit_net_descriptors(), before);
}

/* Ends that do not fit into one port_wait come with the next ones, and not to a closed slot. */
static void few_events_at_a_time(void)
{
    enum { MANY = 10 };
    int slots[MANY];
    int told = 0;
    unit_net_look(0);
    for (int i = 0; i < MANY; i++)
        slots[i] = port_connect("255.255.255.255", 80, 0);
    port_close(slots[0]);
    port_close(slots[5]);
    for (int i = 0; i < MANY; i++) {
        struct port_event events[3];
        int cap = 1 + i % 3;
        int count = port_wait(events, cap, 0);
        CU_ASSERT(count <= cap);
        for (int k = 0; k < count; k++) {
            CU_ASSERT(events[k].slot != slots[0] && events[k].slot != slots[5]);
            CU_ASSERT_EQUAL(events[k].kinds, PORT_EVENT_FAILED);
            port_close(events[k].slot);
        }
        told += count;
    }
    CU_ASSERT_EQUAL(told, MANY - 2);
}

static const struct unit_test tests[] = {
    {"connects", connects},
    {"opens and leaves", opens_and_leaves},
    {"refusals", refusals},
    {"localhost", localhost},
    {"private addresses", private_addresses},
    {"private only", private_only},
    {"head start", head_start},
    {"families take turns", families_take_turns},
    {"sleep ends", sleep_ends},
    {"failures do not wait", failures_do_not_wait},
    {"closed in the race", closed_in_the_race},
    {"many dials", many_dials},
    {"few events at a time", few_events_at_a_time},
};

int main(void)
{
    posix_start();
    return unit_run("dial", tests, sizeof(tests) / sizeof(tests[0]));
}
