/* The socket calls of Linux, where they differ from lwIP's: for port/system.h. */
#ifndef MOONGATE_POSIX_SYSTEM_H
#define MOONGATE_POSIX_SYSTEM_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/bounds.h"

/* A peer that is gone without a word is noticed after SYSTEM_KEEP_IDLE_S + COUNT * EVERY_S. */
#define SYSTEM_KEEP_IDLE_S 60
#define SYSTEM_KEEP_EVERY_S 15
#define SYSTEM_KEEP_COUNT 4

#define SYSTEM_BACKLOG 512 /* connections not yet accepted; the system may keep fewer */

static inline void system_set(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* What every connection has; those that are accepted have it from their listener. */
static inline void system_tune(int fd)
{
    if (LIMIT_SOCKET_BUFFER_BYTES > 0) {
        system_set(fd, SOL_SOCKET, SO_SNDBUF, LIMIT_SOCKET_BUFFER_BYTES);
        system_set(fd, SOL_SOCKET, SO_RCVBUF, LIMIT_SOCKET_BUFFER_BYTES);
    }
    system_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    system_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    system_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, SYSTEM_KEEP_IDLE_S);
    system_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, SYSTEM_KEEP_EVERY_S);
    system_set(fd, IPPROTO_TCP, TCP_KEEPCNT, SYSTEM_KEEP_COUNT);
}

/* A socket that does not block and does not go to another program; -1 with errno. */
static inline int system_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* The next connection, such a socket too. */
static inline int system_accept(int fd, struct sockaddr *from, socklen_t *len)
{
    return accept4(fd, from, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline ssize_t system_recv(int fd, void *out, size_t cap)
{
    return recv(fd, out, cap, 0);
}

/* From here on its close is a reset. */
static inline void system_break(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static inline void system_close(int fd)
{
    (void)close(fd);
}

#endif
