/* The socket calls of lwIP, where they differ from Linux's; for port/system.h. */
#ifndef MOONGATE_LWIP_BARE_SYSTEM_H
#define MOONGATE_LWIP_BARE_SYSTEM_H

#include <lwip/errno.h>
#include <lwip/inet.h>
#include <lwip/sockets.h>

#include "port/lwip/bare.h"
#include "port/lwip/bare_window.h"

/* A peer that is gone without a word is noticed after SYSTEM_KEEP_IDLE_S + COUNT * EVERY_S. */
#define SYSTEM_KEEP_IDLE_S 60
#define SYSTEM_KEEP_EVERY_S 15
#define SYSTEM_KEEP_COUNT 4

#define SYSTEM_BACKLOG LWIPOPTS_BACKLOG

#if !LWIP_IPV6
/* No socket ever has such an address; the code that could make one is shared. */
struct sockaddr_in6 {
    uint8_t sin6_len;
    sa_family_t sin6_family;
    in_port_t sin6_port;
    uint32_t sin6_flowinfo;
    uint8_t sin6_addr[16];
    uint32_t sin6_scope_id;
};
#define IPPROTO_IPV6 41
#define IPV6_V6ONLY 27
#endif

static inline void system_set(int fd, int level, int option, int value)
{
    (void)lwip_setsockopt(fd, level, option, &value, sizeof(value));
}

/* What every connection has. */
static inline void system_tune(int fd)
{
    system_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    system_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    system_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, SYSTEM_KEEP_IDLE_S);
    system_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, SYSTEM_KEEP_EVERY_S);
    system_set(fd, IPPROTO_TCP, TCP_KEEPCNT, SYSTEM_KEEP_COUNT);
}

static inline int system_non_blocking(int fd)
{
    if (fd >= 0)
        (void)lwip_fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* A socket that does not block; -1 with errno. */
static inline int system_socket(int family)
{
    if (family == AF_INET)
        return system_non_blocking(lwip_socket(family, SOCK_STREAM, 0));
    errno = EAFNOSUPPORT;
    return -1;
}

/* The next connection, such a socket too. */
static inline int system_accept(int fd, struct sockaddr *from, socklen_t *len)
{
    int got = system_non_blocking(lwip_accept(fd, from, len));
    if (got >= 0)
        system_tune(got);
    return got;
}

static inline ssize_t system_recv(int fd, void *out, size_t cap)
{
    ssize_t got = lwip_recv(fd, out, cap, 0);
    if (got > 0)
        bare_window_tell(fd);
    return got;
}

/* From here on its close is a reset. */
static inline void system_break(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)lwip_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static inline void system_close(int fd)
{
    bare_forget(fd);
    (void)lwip_close(fd);
}

#endif
