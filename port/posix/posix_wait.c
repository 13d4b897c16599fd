/*
 * Readiness by epoll, edges only. The event descriptor that ends a sleep is never read: each
 * write to it is a new edge.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "config/bounds.h"
#include "port/dial.h"
#include "port/port.h"
#include "port/posix/posix.h"
#include "port/promise.h"
#include "port/sockets.h"

#define OWN_TABLE 2u    /* CLOSE_RANGE_UNSHARE */
#define WAKE UINT64_MAX /* the event descriptor's mark; a socket's is its key and slot */

static int epoll_fd = -1;
static int wake_fd = -1;
static atomic_uint reasons;

void posix_wait_open(void)
{
    struct epoll_event edge = {.events = EPOLLIN | EPOLLET, .data.u64 = WAKE};
    PROMISE(epoll_fd < 0);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    PROMISE(epoll_fd >= 0 && wake_fd >= 0);
    PROMISE(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &edge) == 0);
}

void posix_wake(enum posix_wake_reason reason)
{
    const uint64_t one = 1;
    atomic_fetch_or(&reasons, reason);
    ssize_t written = write(wake_fd, &one, sizeof(one));
    (void)written; /* it can only be refused when 2^64 are unread */
}

void posix_leave_sockets(void)
{
    PROMISE(wake_fd >= 0);
    const unsigned kept = (unsigned)wake_fd;
    (void)syscall(POSIX_CALL_CLOSE_RANGE, kept + 1, ~0u, OWN_TABLE);
    (void)syscall(POSIX_CALL_CLOSE_RANGE, STDERR_FILENO + 1u, kept - 1, OWN_TABLE);
}

bool sockets_watch(int fd, int slot, uint32_t key)
{
    struct epoll_event edge = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    PROMISE(epoll_fd >= 0);
    edge.data.u64 = (uint64_t)key << 32 | (uint32_t)slot;
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &edge) == 0;
}

/* Whoever waits for something must wake up when the connection breaks. */
static unsigned kinds_of(uint32_t events)
{
    unsigned kinds = 0;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        kinds |= PORT_EVENT_READ;
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
        kinds |= PORT_EVENT_WRITE;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        kinds |= PORT_EVENT_LEFT;
    return kinds;
}

/* True when *out is an event for core. */
static bool take_socket(const struct epoll_event *edge, struct port_event *out)
{
    int slot = (int)(edge->data.u64 & UINT32_MAX);
    uint32_t key = (uint32_t)(edge->data.u64 >> 32);
    unsigned kinds = kinds_of(edge->events);
    int dial = sockets_dial_of(slot, key);
    if (dial >= 0) {
        dial_ready(dial, SOCKETS_KEY_TRY(key), kinds);
        return false;
    }
    *out = (struct port_event){slot, sockets_ready(slot, key, kinds)};
    return out->kinds != 0;
}

/* True when port_wait is to return. */
static bool take_wake(void)
{
    unsigned why = atomic_exchange(&reasons, 0);
    if ((why & POSIX_WAKE_ANSWER) != 0)
        dial_take_answers();
    return (why & POSIX_WAKE_CORE) != 0;
}

/* Until then, rounded up: waking before a timer is due would only mean to sleep once more. */
static int ms_until(uint64_t until_us)
{
    uint64_t now_us = until_us > 0 ? port_now_us() : 0;
    uint64_t us = until_us > now_us ? until_us - now_us : 0;
    uint64_t ms = us / 1000 + (us % 1000 != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* Sleeps once. *n counts the events; true when port_wait is to return anyhow. */
static bool look(struct port_event *events, int cap, uint64_t until_us, int *n)
{
    static struct epoll_event edges[LIMIT_EVENTS];
    bool end = false;
    int most = cap - *n < LIMIT_EVENTS ? cap - *n : LIMIT_EVENTS;
    int got = epoll_wait(epoll_fd, edges, most, ms_until(until_us));
    PROMISE(got >= 0 || errno == EINTR);
    for (int i = 0; i < got; i++) {
        if (edges[i].data.u64 == WAKE)
            end = take_wake();
        else if (take_socket(&edges[i], &events[*n]))
            (*n)++;
    }
    dial_step();
    *n += dial_tell(events + *n, cap - *n);
    return end;
}

int port_wait(struct port_event *events, int cap, uint64_t until_us)
{
    PROMISE(cap > 0 && epoll_fd >= 0);
    sockets_settle();
    int n = dial_tell(events, cap);
    bool end = n == cap;
    while (!end) {
        uint64_t due_us = n > 0 ? 0 : dial_due_us();
        end = look(events, cap, until_us < due_us ? until_us : due_us, &n);
        end = end || n > 0 || until_us == 0 || port_now_us() >= until_us;
    }
    return n;
}
