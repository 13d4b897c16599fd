/*
 * System calls as they are. musl's own know what to do on kernels of before 2008, or of before
 * 2038's time, and give this program nothing for it.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, int what, ...)
{
    va_list rest;
    va_start(rest, what);
    void *about = va_arg(rest, void *);
    va_end(rest);
    return (int)syscall(SYS_ioctl, fd, what, about);
}

int socket(int family, int type, int protocol)
{
    return (int)syscall(SYS_socket, family, type, protocol);
}

int accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict len, int flags)
{
    return (int)syscall(SYS_accept4, fd, from, len, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
    return (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    return syscall(SYS_recvmsg, fd, message, flags);
}

int epoll_create1(int flags)
{
    return (int)syscall(SYS_epoll_create1, flags);
}

int epoll_ctl(int fd, int what, int about, struct epoll_event *event)
{
    return (int)syscall(SYS_epoll_ctl, fd, what, about, event);
}

int epoll_wait(int fd, struct epoll_event *events, int cap, int timeout_ms)
{
    return (int)syscall(SYS_epoll_wait, fd, events, cap, timeout_ms);
}
