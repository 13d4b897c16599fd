/* The network: one interface, its address by DHCP, the time by SNTP where the board has none. */
#include "port/lwip/bare.h"

#include <lwip/apps/sntp.h>
#include <lwip/dhcp.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <lwip/timeouts.h>

#include "port/lwip/board.h"
#include "port/promise.h"

static struct netif interface;

static void ask_for_time(void)
{
    const char *server = board_time_server();
    if (server == NULL || board_wall_ms() != 0)
        return;
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_setservername(0, server);
    sntp_init();
}

static void tell_address(struct netif *netif)
{
    if (!ip4_addr_isany(netif_ip4_addr(netif)))
        board_net_up((const uint8_t *)&netif_ip4_addr(netif)->addr);
}

void bare_start(void)
{
    tcpip_init(NULL, NULL);
    PROMISE(netif_add_noaddr(&interface, NULL, board_net_start, tcpip_input) != NULL);
    netif_set_default(&interface);
    netif_set_status_callback(&interface, tell_address);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    PROMISE(dhcp_start(&interface) == ERR_OK);
    ask_for_time();
}

void bare_turn(void)
{
    board_net_take(&interface);
    while (tcpip_thread_poll_one() != 0)
        ;
    sys_check_timeouts();
}
