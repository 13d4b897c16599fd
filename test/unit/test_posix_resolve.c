/* port_connect by name: what is asked, how often, and what is kept while nobody answers. */
#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "config/bounds.h"
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

static void names_that_fail(void)
{
    char long_name[LIMIT_NAME_BYTES + 1];
    memset(long_name, 'a', LIMIT_NAME_BYTES);
    long_name[LIMIT_NAME_BYTES] = '\0';
    unit_net_fails("", number, 0, PORT_WHY_NAME);
    unit_net_fails(long_name, number, 0, PORT_WHY_NAME);
    unit_net_fails("never", number, 0, PORT_WHY_NAME);
    unit_dns_says(EAI_AGAIN, NULL);
    unit_net_fails("down.test", number, 0, PORT_WHY_NAME_SERVER);
    unit_dns_says(EAI_FAIL, NULL);
    unit_net_fails("down.test", number, 0, PORT_WHY_NAME_SERVER);
}

static void kept_for_a_minute(void)
{
    open_listener("127.0.0.1");
    int before = unit_dns_calls();
    UNIT_DNS_SAYS("127.0.0.1");
    unit_net_opens("kept.test", number, 0);
    unit_dns_pass_ms(59000);
    unit_net_opens("kept.test", number, 0);
    CU_ASSERT_EQUAL(unit_dns_calls(), before + 1);
    unit_dns_pass_ms(2000);
    unit_net_opens("kept.test", number, 0);
    CU_ASSERT_EQUAL(unit_dns_calls(), before + 2);
    close_listener();
}

static void good_while_dns_is_down(void)
{
    open_listener("127.0.0.1");
    UNIT_DNS_SAYS("127.0.0.1");
    unit_net_opens("once.test", number, 0);
    unit_dns_pass_ms(3600 * 1000);
    unit_dns_says(EAI_AGAIN, NULL);
    int before = unit_dns_calls();
    unit_net_opens("once.test", number, 0);
    unit_net_opens("once.test", number, 0); /* not asked again at once */
    CU_ASSERT_EQUAL(unit_dns_calls(), before + 1);
    unit_dns_pass_ms(31000);
    unit_net_opens("once.test", number, 0);
    CU_ASSERT_EQUAL(unit_dns_calls(), before + 2);
    unit_dns_pass_ms(31000);
    unit_dns_says(EAI_NONAME, NULL); /* now it is known to be gone */
    unit_net_fails("once.test", number, 0, PORT_WHY_NAME);
    unit_net_fails("once.test", number, 0, PORT_WHY_NAME);
    close_listener();
}

static void good_while_dns_is_silent(void)
{
    open_listener("127.0.0.1");
    UNIT_DNS_SAYS("127.0.0.1");
    unit_net_opens("quiet.test", number, 0);
    unit_dns_pass_ms(61000);
    unit_dns_is_silent();
    uint64_t begun_us = port_now_us();
    int slot = port_connect("quiet.test", number, 0);
    for (uint64_t i = 0; i < DIAL_STALE_AFTER; i++) {
        unit_net_not_yet(slot, begun_us + DIAL_STALE_AFTER * DIAL_HEAD_START_US);
        unit_dns_pass_ms(250);
    }
    CU_ASSERT_TRUE(unit_net_told(slot, PORT_EVENT_OPEN));
    port_close(slot);
    unit_net_opens("quiet.test", number, 0); /* the next one does not wait */
    unit_dns_says(EAI_NONAME, NULL); /* a late answer is an answer */
    for (int tries = 0; tries < 500 && unit_dns_at_once() > 0; tries++)
        unit_net_look(5);
    unit_net_look(50);
    unit_net_fails("quiet.test", number, 0, PORT_WHY_NAME);
    close_listener();
}

/* Nobody waits for what others have waited for in vain, and the first answer heals it. */
static void at_once_while_dns_is_silent(void)
{
    open_listener("127.0.0.1");
    unit_dns_is_silent();
    int first = port_connect("mute.test", number, 0);
    unit_net_look(20);
    CU_ASSERT_EQUAL(unit_net_times(first), 0);
    unit_dns_pass_ms(1100);
    int before = unit_dns_calls();
    unit_net_fails("mute.test", number, 0, PORT_WHY_NAME_SERVER);
    CU_ASSERT_EQUAL(unit_dns_calls(), before);
    unit_dns_says(EAI_AGAIN, NULL);
    CU_ASSERT_TRUE(unit_net_told(first, PORT_EVENT_FAILED));
    port_close(first);
    unit_net_fails("mute.test", number, 0, PORT_WHY_NAME_SERVER);
    UNIT_DNS_SAYS("127.0.0.1");
    bool good = false;
    for (int tries = 0; tries < 100 && !good; tries++) {
        int slot = port_connect("mute.test", number, 0);
        unit_net_look(20);
        good = (unit_net_kinds(slot) & PORT_EVENT_OPEN) != 0;
        port_close(slot);
        unit_net_look(0);
        unit_net_forget();
    }
    CU_ASSERT_TRUE(good);
    close_listener();
}

static void asked_once_at_a_time(void)
{
    enum { MANY = 40 };
    int slots[MANY];
    open_listener("127.0.0.1");
    unit_dns_is_silent();
    int before = unit_dns_calls();
    for (int i = 0; i < MANY; i++)
        slots[i] = port_connect("same.test", number, 0);
    unit_net_look(20);
    UNIT_DNS_SAYS("127.0.0.1");
    for (int i = 0; i < MANY; i++) {
        CU_ASSERT_TRUE(unit_net_told(slots[i], PORT_EVENT_OPEN));
        port_close(slots[i]);
    }
    CU_ASSERT_EQUAL(unit_dns_calls(), before + 1);
    close_listener();
}

/* More names than there is room for: few are asked for at a time, one finds no place. */
static void many_names(void)
{
    static int slots[LIMIT_PROVIDERS + 1];
    open_listener("127.0.0.1");
    unit_dns_is_silent();
    for (int i = 0; i <= LIMIT_PROVIDERS; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "host-%d.test", i);
        slots[i] = port_connect(name, number, 0);
    }
    CU_ASSERT_TRUE(unit_net_told(slots[LIMIT_PROVIDERS], PORT_EVENT_FAILED));
    CU_ASSERT_EQUAL(port_why(slots[LIMIT_PROVIDERS]), PORT_WHY_OTHER);
    for (int tries = 0; tries < 500 && unit_dns_most_at_once() < 4; tries++)
        unit_net_look(5);
    unit_net_look(20);
    CU_ASSERT_EQUAL(unit_dns_most_at_once(), 4);
    UNIT_DNS_SAYS("127.0.0.1");
    for (int i = 0; i < LIMIT_PROVIDERS; i++)
        CU_ASSERT_TRUE(unit_net_told(slots[i], PORT_EVENT_OPEN));
    for (int i = 0; i <= LIMIT_PROVIDERS; i++)
        port_close(slots[i]);
    unit_net_look(0);
    unit_net_forget();
    unit_net_opens("one-more.test", number, 0); /* an old name gives way */
    close_listener();
}

static void closed_while_resolving(void)
{
    open_listener("127.0.0.1");
    unit_dns_is_silent();
    int before = unit_dns_calls() + 1;
    int slot = port_connect("late.test", number, 0);
    for (int tries = 0; tries < 500 && unit_dns_calls() < before; tries++)
        unit_net_look(5);
    port_close(slot);
    UNIT_DNS_SAYS("127.0.0.1");
    unit_net_look(50);
    CU_ASSERT_EQUAL(unit_net_times(slot), 0);
    unit_net_opens("late.test", number, 0); /* and the answer was kept */
    CU_ASSERT_EQUAL(unit_dns_calls(), before);
    close_listener();
}

static const struct unit_test tests[] = {
    {"names that fail", names_that_fail},
    {"kept for a minute", kept_for_a_minute},
    {"good while dns is down", good_while_dns_is_down},
    {"good while dns is silent", good_while_dns_is_silent},
    {"at once while dns is silent", at_once_while_dns_is_silent},
    {"asked once at a time", asked_once_at_a_time},
    {"many names", many_names},
    {"closed while resolving", closed_while_resolving},
};

int main(void)
{
    posix_start();
    return unit_run("posix_resolve", tests, sizeof(tests) / sizeof(tests[0]));
}
