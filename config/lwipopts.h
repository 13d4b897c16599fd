/*
 * How lwIP is compiled: IPv4, TCP and its sockets, DHCP, DNS, SNTP; no threads, no heap but its
 * own. Frames that come in are kept in small blocks, so that memory follows the bytes and not the
 * number of segments: a stream of tiny events takes no more than a download.
 */
#ifndef MOONGATE_LWIPOPTS_H
#define MOONGATE_LWIPOPTS_H

#include "config/bounds.h"

/* ---- how it runs: one context, every wait turns the network (port/lwip/sys_arch.c) ---- */
#define NO_SYS 0
#define LWIP_TCPIP_CORE_LOCKING 1
#define LWIP_TCPIP_CORE_LOCKING_INPUT 1
#define TCPIP_THREAD_TEST /* gives tcpip_thread_poll_one */
#define SYS_LIGHTWEIGHT_PROT 1 /* frames are taken in the interrupt */
#define LWIP_NETCONN 1
#define LWIP_SOCKET 1
#define LWIP_SOCKET_SELECT 0
#define LWIP_SOCKET_POLL 1
#define LWIP_COMPAT_SOCKETS 1
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_TIMEVAL_PRIVATE 0
#define LWIP_NETIF_API 0
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_RAW 0
#define LWIP_HOOK_FILENAME "port/lwip/bare_chance.h"

/* ---- protocols ---- */
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_ICMP 1
#define LWIP_DNS 1
#define DNS_TABLE_SIZE 2 /* the port keeps its own; these are questions under way */
#define DNS_MAX_NAME_LENGTH LIMIT_NAME_BYTES
#define SNTP_SERVER_DNS 1
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* it takes seven seconds */
#define LWIP_ACD 0
#define LWIP_AUTOIP 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define ARP_QUEUEING 1 /* else all but one frame for an unknown neighbour are lost */
#define ARP_TABLE_SIZE 6
#define ARP_QUEUE_LEN 3
#define SNTP_GET_SERVERS_FROM_DHCP 0
#define SNTP_STARTUP_DELAY 1
#define SNTP_STARTUP_DELAY_FUNC 500 /* ms; by then there is an address */
#define SNTP_SET_SYSTEM_TIME(s) bare_clock_set(s)

/* ---- TCP ---- */
#define TCP_MSS 1460
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 8
#define TCP_SNDLOWAT TCP_MSS
#define TCP_SNDQUEUELOWAT 4
#define TCP_OVERSIZE 0 /* a segment takes the room of its bytes */
#define TCP_QUEUE_OOSEQ 0
#define TCP_LISTEN_BACKLOG 1
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_TCP_RTO_TIME 1000 /* RFC 6298 section 2.1 */
#define TCP_TMR_INTERVAL 100   /* half of it at the most is how long an answer's ACK is put off */
#define TCP_MSL 5000           /* a closed connection's port numbers rest twice that long */
#define SO_REUSE 1
#define LWIP_SO_LINGER 1
#define LWIP_SO_RCVTIMEO 0
#define LWIP_SO_SNDTIMEO 0
#define LWIP_SO_RCVBUF 0

/* ---- memory ---- */
#ifndef LIMIT_LWIP_HEAP_BYTES /* what goes out and is not yet acknowledged */
#define LIMIT_LWIP_HEAP_BYTES 12288
#endif
#ifndef LIMIT_LWIP_BLOCKS /* of 256 bytes, for what comes in; six take a full frame */
#define LIMIT_LWIP_BLOCKS 80
#endif
/* connections made and not yet accepted, as while a handshake computes */
#define LWIPOPTS_BACKLOG 4
#define LWIPOPTS_CONNECTIONS (LIMIT_CLIENTS + LIMIT_UPSTREAMS + LWIPOPTS_BACKLOG)
#define MEM_ALIGNMENT 4
#define MEM_SIZE LIMIT_LWIP_HEAP_BYTES
#define MEMP_NUM_NETCONN (LWIPOPTS_CONNECTIONS + LIMIT_LISTENERS)
#define MEMP_NUM_TCP_PCB (LWIPOPTS_CONNECTIONS + 4) /* some are closing still */
#define MEMP_NUM_TCP_PCB_LISTEN LIMIT_LISTENERS
#define MEMP_NUM_TCP_SEG (4 * LWIPOPTS_CONNECTIONS)
#define MEMP_NUM_UDP_PCB 3 /* DHCP, DNS, SNTP */
#define MEMP_NUM_NETBUF 1
#define MEMP_NUM_PBUF 2
#define MEMP_NUM_REASSDATA 0
#define MEMP_NUM_NETDB 0 /* getaddrinfo would wait */
#define MEMP_NUM_ARP_QUEUE 4
#define MEMP_NUM_TCPIP_MSG_API 1
#define MEMP_NUM_TCPIP_MSG_INPKT 1
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1)
#define PBUF_POOL_BUFSIZE 256
#define PBUF_POOL_SIZE LIMIT_LWIP_BLOCKS
#define TCPIP_MBOX_SIZE 2
#define DEFAULT_ACCEPTMBOX_SIZE 4
#define DEFAULT_TCP_RECVMBOX_SIZE 8
#define DEFAULT_UDP_RECVMBOX_SIZE 1

/* ---- counting ---- */
#define LWIP_STATS 1 /* the driver looks at how many blocks are left */
#define LINK_STATS 1
#define MEM_STATS 1
#define MEMP_STATS 1
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 1
#define SYS_STATS 0

#endif
