/* See bare_window.h. lwIP never gives back more than was received, so a window that is small when
 * its connection begins stays so. */
#include "port/lwip/bare_window.h"

#include <lwip/api.h>
#include <lwip/priv/sockets_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcpip.h>

_Static_assert(TCP_WND == 2 * TCP_MSS, "an upstream may send two segments");

void bare_window_begin(struct tcp_pcb *pcb)
{
    if (pcb->state == SYN_RCVD)
        pcb->rcv_wnd = pcb->rcv_ann_wnd = TCP_MSS;
}

void bare_window_tell(int fd)
{
    const struct lwip_sock *socket = lwip_socket_dbg_get_socket(fd);
    struct tcp_pcb *pcb = socket->conn->pcb.tcp;
    if (pcb == NULL || pcb->rcv_ann_wnd >= TCP_MSS || pcb->rcv_ann_wnd >= pcb->rcv_wnd)
        return;
    LOCK_TCPIP_CORE();
    pcb->rcv_ann_wnd = pcb->rcv_wnd;
    tcp_ack_now(pcb);
    (void)tcp_output(pcb);
    UNLOCK_TCPIP_CORE();
}
