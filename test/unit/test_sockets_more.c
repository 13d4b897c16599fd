/* What is sent with more behind it waits for that, and both come in one piece. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/port.h"
#include "port/posix/posix.h"
#include "test/unit/unit.h"
#include "test/unit/unit_net.h"

static int listener, peer, slot;

static void open_both(void)
{
    uint16_t number;
    listener = unit_net_listen("127.0.0.1", &number);
    peer = unit_net_peer(number);
    slot = unit_net_accept(listener);
}

static void close_both(void)
{
    (void)close(peer);
    port_close(slot);
    port_close(listener);
}

static void waits_for_more(void)
{
    char got[16];
    open_both();
    CU_ASSERT_EQUAL(port_send(slot, "abc", 3, true), 3);
    CU_ASSERT_EQUAL(recv(peer, got, sizeof(got), MSG_DONTWAIT), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    CU_ASSERT_EQUAL(port_send(slot, "def", 3, false), 3);
    CU_ASSERT_EQUAL(recv(peer, got, sizeof(got), 0), 6);
    close_both();
}

static void goes_at_the_end(void)
{
    char got[16];
    open_both();
    CU_ASSERT_EQUAL(port_send(slot, "abc", 3, true), 3);
    port_shut(slot);
    CU_ASSERT_TRUE(unit_net_read(peer, got, 3));
    CU_ASSERT_EQUAL(recv(peer, got, sizeof(got), 0), 0);
    close_both();
}

static const struct unit_test tests[] = {
    {"waits for more", waits_for_more},
    {"goes at the end", goes_at_the_end},
};

int main(void)
{
    posix_start();
    return unit_run("sockets_more", tests, sizeof(tests) / sizeof(tests[0]));
}
