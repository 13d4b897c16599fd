/*
 * Sockets, against the calls that POSIX and lwIP share. A slot is a number, a descriptor and what
 * core has not been told yet.
 */
#define _GNU_SOURCE
#include "port/sockets.h"

#include <limits.h>
#include <string.h>

#include "port/dial.h"
#include "port/numbers.h"
#include "port/promise.h"
#include "port/system.h"
#include "port/why.h"

enum state { FREE, LISTENS, DIALS, OPEN, BROKEN };

struct slot {
    int fd;        /* -1 without one */
    uint32_t key;
    int16_t dial;  /* whose end was not told yet, or -1 */
    uint8_t state;
    uint8_t armed; /* kinds that core is to be told when they come */
    uint8_t why;
};

static struct slot slots[LIMIT_SOCKETS];
static uint16_t free_numbers[LIMIT_SOCKETS];
static struct numbers numbers = {._free = free_numbers, .cap = LIMIT_SOCKETS};

/* A ring of the slots closed since the last port_wait. */
static struct {
    uint16_t slots[LIMIT_SOCKETS];
    uint16_t first;
    uint16_t count;
} resting;

static struct slot *at(int slot)
{
    PROMISE(slot >= 0 && slot < LIMIT_SOCKETS && slots[slot].state != FREE);
    return &slots[slot];
}

/* ---- slots ---------------------------------------------------------------------------------- */

static int take_resting(void)
{
    if (resting.count == 0)
        return -1;
    int slot = resting.slots[resting.first];
    resting.first = (uint16_t)((resting.first + 1) % LIMIT_SOCKETS);
    resting.count--;
    return slot;
}

/* A resting slot is better than none, the one that rests longest first. */
static int take(enum state state)
{
    int slot = numbers_take(&numbers);
    if (slot < 0)
        slot = take_resting();
    if (slot < 0)
        return -1;
    uint32_t key = slots[slot].key - slots[slot].key % SOCKETS_KEY_TRIES + SOCKETS_KEY_TRIES;
    slots[slot] = (struct slot){.fd = -1, .key = key, .dial = -1, .state = (uint8_t)state};
    slots[slot].armed = PORT_EVENT_READ | PORT_EVENT_WRITE | PORT_EVENT_LEFT;
    return slot;
}

static void give(int slot)
{
    slots[slot].state = FREE;
    resting.slots[(resting.first + resting.count) % LIMIT_SOCKETS] = (uint16_t)slot;
    resting.count++;
}

void sockets_settle(void)
{
    for (int slot = take_resting(); slot >= 0; slot = take_resting())
        numbers_give(&numbers, slot);
}

/* ---- addresses ------------------------------------------------------------------------------ */

static socklen_t to_system(const struct resolve_address *from, uint16_t port,
                           struct sockaddr_storage *to)
{
    memset(to, 0, sizeof(*to));
    if (address_is_ipv4(from->bytes)) {
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)to;
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        memcpy(&ipv4->sin_addr, from->bytes + ADDRESS_IPV4_AT, sizeof(ipv4->sin_addr));
        return sizeof(*ipv4);
    }
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)to;
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    ipv6->sin6_scope_id = from->scope;
    memcpy(&ipv6->sin6_addr, from->bytes, sizeof(ipv6->sin6_addr));
    return sizeof(*ipv6);
}

static struct port_address of_system(const struct sockaddr_storage *from)
{
    struct port_address to;
    if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)from;
        memcpy(to.bytes, &ipv6->sin6_addr, sizeof(to.bytes));
        to.port = ntohs(ipv6->sin6_port);
        return to;
    }
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)from;
    address_map(&ipv4->sin_addr, to.bytes);
    to.port = ntohs(ipv4->sin_port);
    return to;
}

/* ---- listeners ------------------------------------------------------------------------------ */

static bool is_any(const struct resolve_address *address)
{
    static const uint8_t any[ADDRESS_BYTES];
    return memcmp(address->bytes, any, sizeof(any)) == 0;
}

/* "::" is to take both families: without IPv6 in the system that is IPv4 alone. */
static int family_socket(struct resolve_address *address)
{
    static const uint8_t any_ipv4[4];
    bool ipv4 = address_is_ipv4(address->bytes);
    int fd = system_socket(ipv4 ? AF_INET : AF_INET6);
    if (fd < 0 && errno == EAFNOSUPPORT && is_any(address)) {
        address_map(any_ipv4, address->bytes);
        return system_socket(AF_INET);
    }
    if (fd >= 0 && !ipv4)
        system_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_any(address) ? 0 : 1);
    return fd;
}

static enum port_why why_not_listening(int error)
{
    bool address = error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EINVAL;
    return address ? PORT_WHY_ADDRESS : why_of(error);
}

static int listening(struct resolve_address *address, uint16_t port, int slot)
{
    struct sockaddr_storage where;
    int fd = family_socket(address);
    if (fd < 0)
        return -1;
    socklen_t len = to_system(address, port, &where);
    system_tune(fd);
    system_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(fd, (struct sockaddr *)&where, len) != 0 || listen(fd, SYSTEM_BACKLOG) != 0 ||
        !sockets_watch(fd, slot, slots[slot].key)) {
        int error = errno;
        system_close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int port_listen(const char *host, uint16_t port)
{
    struct resolve_address address = {.scope = 0};
    why_keep(PORT_WHY_ADDRESS);
    if (!address_read(host, address.bytes))
        return PORT_FAILED;
    int slot = take(LISTENS);
    if (slot < 0)
        return PORT_FULL;
    slots[slot].fd = listening(&address, port, slot);
    if (slots[slot].fd >= 0) {
        why_keep(PORT_WHY_NONE);
        return slot;
    }
    int error = errno;
    give(slot);
    why_keep(why_not_listening(error));
    return why_is_full(error) ? PORT_FULL : PORT_FAILED;
}

uint16_t port_listen_number(int listener)
{
    struct sockaddr_storage where = {.ss_family = AF_INET};
    socklen_t len = sizeof(where);
    if (getsockname(at(listener)->fd, (struct sockaddr *)&where, &len) != 0)
        return 0;
    return of_system(&where).port;
}

/* Accept tells of connections that broke while they waited; the next one may be sound. */
static bool is_of_one(int error)
{
    return error == EINTR || error == EPROTO || why_of(error) != PORT_WHY_OTHER;
}

static int next_connection(int fd, struct sockaddr_storage *from)
{
    int got;
    do {
        socklen_t len = sizeof(*from);
        got = system_accept(fd, (struct sockaddr *)from, &len);
    } while (got < 0 && is_of_one(errno));
    if (got >= 0)
        return got;
    return why_is_full(errno) ? PORT_FULL : PORT_AGAIN;
}

int port_accept(int listener, struct port_address *peer)
{
    struct sockaddr_storage from;
    struct slot *l = at(listener);
    PROMISE(l->state == LISTENS);
    l->armed |= PORT_EVENT_READ;
    int slot = take(OPEN);
    if (slot < 0)
        return PORT_FULL;
    int fd = next_connection(l->fd, &from);
    if (fd >= 0 && sockets_watch(fd, slot, slots[slot].key)) {
        slots[slot].fd = fd;
        *peer = of_system(&from);
        return slot;
    }
    if (fd >= 0) {
        system_close(fd);
        fd = PORT_FULL;
    }
    slots[slot].state = FREE;
    numbers_give(&numbers, slot);
    return fd;
}

/* ---- dialling ------------------------------------------------------------------------------- */

int sockets_take(int dial)
{
    int slot = take(DIALS);
    if (slot >= 0)
        slots[slot].dial = (int16_t)dial;
    return slot;
}

int sockets_try(int slot, int number, const struct resolve_address *to, uint16_t port,
                enum port_why *why)
{
    struct sockaddr_storage where;
    socklen_t len = to_system(to, port, &where);
    int fd = system_socket(where.ss_family);
    if (fd < 0) {
        *why = why_of(errno);
        return -1;
    }
    system_tune(fd);
    bool begun = connect(fd, (struct sockaddr *)&where, len) == 0 || errno == EINPROGRESS;
    if (begun && sockets_watch(fd, slot, at(slot)->key + (uint32_t)number))
        return fd;
    *why = why_of(errno);
    system_close(fd);
    return -1;
}

enum port_why sockets_outcome(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    /* lwIP has no other words for a refusal and for silence. */
    if (error == ECONNRESET)
        return PORT_WHY_REFUSED;
    if (error == ECONNABORTED)
        return PORT_WHY_TIMEOUT;
    return error == 0 ? PORT_WHY_NONE : why_of(error);
}

unsigned sockets_open(int slot, int fd, int number, unsigned kinds)
{
    struct slot *s = at(slot);
    s->fd = fd;
    s->key += (uint32_t)number;
    s->state = OPEN;
    return sockets_ready(slot, s->key, kinds);
}

void sockets_fail(int slot, enum port_why why)
{
    struct slot *s = at(slot);
    s->why = (uint8_t)why;
    s->state = BROKEN;
}

void sockets_forget_dial(int slot)
{
    at(slot)->dial = -1;
}

int sockets_dial_of(int slot, uint32_t key)
{
    const struct slot *s = &slots[slot];
    return s->state == DIALS && key - s->key < SOCKETS_KEY_TRIES ? s->dial : -1;
}

/* ---- connections ---------------------------------------------------------------------------- */

unsigned sockets_wanted(int slot, uint32_t key)
{
    const struct slot *s = &slots[slot];
    if (sockets_dial_of(slot, key) >= 0)
        return PORT_EVENT_WRITE;
    if (s->key != key || (s->state != OPEN && s->state != LISTENS))
        return 0;
    return s->state == OPEN ? s->armed : s->armed & (unsigned)PORT_EVENT_READ;
}

unsigned sockets_ready(int slot, uint32_t key, unsigned kinds)
{
    struct slot *s = &slots[slot];
    if (s->key != key || (s->state != OPEN && s->state != LISTENS))
        return 0;
    kinds &= s->state == OPEN ? s->armed : s->armed & (unsigned)PORT_EVENT_READ;
    s->armed &= (uint8_t)~kinds;
    return kinds;
}

/* What a call without a count answers; kind is what core will wait for. */
static int no_count(struct slot *s, int error, unsigned kind)
{
    if (error == EAGAIN || error == EWOULDBLOCK) {
        s->armed |= (uint8_t)kind;
        return PORT_AGAIN;
    }
    s->why = (uint8_t)why_of(error);
    return PORT_FAILED;
}

/* A dial that still runs has neither input nor room; one that failed never will. */
static int no_connection(const struct slot *s)
{
    PROMISE(s->state == DIALS || s->state == BROKEN);
    return s->state == DIALS ? PORT_AGAIN : PORT_FAILED;
}

static size_t countable(size_t len)
{
    return len < INT_MAX ? len : INT_MAX;
}

int port_recv(int slot, void *out, size_t cap)
{
    struct slot *s = at(slot);
    ssize_t got;
    PROMISE(cap > 0);
    if (s->state != OPEN)
        return no_connection(s);
    do {
        got = system_recv(s->fd, out, countable(cap));
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return no_count(s, errno, PORT_EVENT_READ);
    /* A short count tells that there is no more, and so does the next edge that more has come. */
    if ((size_t)got < cap)
        s->armed |= PORT_EVENT_READ;
    return got > 0 ? (int)got : PORT_CLOSED;
}

int port_send(int slot, const void *bytes, size_t len, bool more)
{
    struct slot *s = at(slot);
    int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    ssize_t sent;
    PROMISE(len > 0);
    if (s->state != OPEN)
        return no_connection(s);
    do {
        sent = send(s->fd, bytes, countable(len), flags);
    } while (sent < 0 && errno == EINTR);
    if (sent <= 0)
        return no_count(s, sent < 0 ? errno : EAGAIN, PORT_EVENT_WRITE);
    if ((size_t)sent < len)
        s->armed |= PORT_EVENT_WRITE;
    return (int)sent;
}

void port_shut(int slot)
{
    struct slot *s = at(slot);
    if (s->state == OPEN)
        (void)shutdown(s->fd, SHUT_WR);
}

void port_close(int slot)
{
    struct slot *s = at(slot);
    if (s->dial >= 0)
        dial_cancel(s->dial);
    if (s->fd >= 0)
        system_close(s->fd);
    s->fd = -1;
    give(slot);
}

void port_reset(int slot)
{
    if (at(slot)->fd >= 0)
        system_break(at(slot)->fd);
    port_close(slot);
}

enum port_why port_why(int slot)
{
    return slot < 0 ? why_kept() : (enum port_why)at(slot)->why;
}
