/*
 * Readiness. lwip_poll shows levels; what core was told already is not asked for again until a
 * call has answered PORT_AGAIN, and so a level becomes an edge. That a peer left while unread
 * bytes wait is seen in the state of its connection.
 */
#include <lwip/api.h>
#include <lwip/priv/sockets_priv.h>
#include <lwip/sockets.h>
#include <lwip/tcp.h>

#include "config/bounds.h"
#include "port/dial.h"
#include "port/lwip/bare.h"
#include "port/lwip/board.h"
#include "port/port.h"
#include "port/promise.h"
#include "port/sockets.h"

#define FDS MEMP_NUM_NETCONN

struct watch {
    bool used;
    int16_t slot;
    uint32_t key;
};

static struct watch watches[FDS]; /* by descriptor */
static bool woken;
static unsigned signals;

bool sockets_watch(int fd, int slot, uint32_t key)
{
    int number = fd - LWIP_SOCKET_OFFSET;
    PROMISE(number >= 0 && number < FDS);
    watches[number] = (struct watch){.used = true, .slot = (int16_t)slot, .key = key};
    return true;
}

void bare_forget(int fd)
{
    watches[fd - LWIP_SOCKET_OFFSET].used = false;
}

void bare_wake(void)
{
    woken = true;
}

unsigned port_signals(void)
{
    unsigned told = signals | board_signals();
    signals = 0;
    return told;
}

/* ---- what a descriptor shows ---- */

static bool has_left(int fd)
{
    const struct lwip_sock *sock = lwip_socket_dbg_get_socket(fd);
    if (sock == NULL || sock->conn == NULL)
        return false;
    const struct tcp_pcb *pcb = sock->conn->pcb.tcp;
    return pcb == NULL || pcb->state >= CLOSE_WAIT;
}

static short asked_of(unsigned wanted)
{
    unsigned read = (wanted & PORT_EVENT_READ) != 0 ? POLLIN : 0;
    unsigned write = (wanted & PORT_EVENT_WRITE) != 0 ? POLLOUT : 0;
    return (short)(read | write);
}

/* Whoever waits for something must wake up when the connection breaks. */
static unsigned kinds_of(short shown, bool left)
{
    unsigned kinds = 0;
    if ((shown & (POLLIN | POLLHUP | POLLERR)) != 0)
        kinds |= PORT_EVENT_READ;
    if ((shown & (POLLOUT | POLLHUP | POLLERR)) != 0)
        kinds |= PORT_EVENT_WRITE;
    if (left || (shown & (POLLHUP | POLLERR)) != 0)
        kinds |= PORT_EVENT_LEFT;
    return kinds;
}

/* True when *out is an event for core. */
static bool take(const struct watch *watch, unsigned kinds, struct port_event *out)
{
    int dial = sockets_dial_of(watch->slot, watch->key);
    if (dial >= 0) {
        if ((kinds & PORT_EVENT_WRITE) != 0)
            dial_ready(dial, SOCKETS_KEY_TRY(watch->key), kinds);
        return false;
    }
    *out = (struct port_event){watch->slot, sockets_ready(watch->slot, watch->key, kinds)};
    return out->kinds != 0;
}

/* Looks at all descriptors once; returns how many events there are. */
static int look(struct port_event *events, int cap)
{
    static struct pollfd polls[FDS];
    unsigned wanted[FDS];
    int n = 0;
    for (int i = 0; i < FDS; i++) {
        const struct watch *w = &watches[i];
        wanted[i] = w->used ? sockets_wanted(w->slot, w->key) : 0;
        polls[i] = (struct pollfd){.fd = -1};
        if (wanted[i] != 0)
            polls[i] = (struct pollfd){i + LWIP_SOCKET_OFFSET, asked_of(wanted[i]), 0};
    }
    (void)lwip_poll(polls, FDS, 0);
    for (int i = 0; i < FDS && n < cap; i++) {
        bool left = (wanted[i] & PORT_EVENT_LEFT) != 0 && has_left(i + LWIP_SOCKET_OFFSET);
        unsigned kinds = kinds_of(polls[i].revents, left);
        if (watches[i].used && kinds != 0 && take(&watches[i], kinds, &events[n]))
            n++;
    }
    return n;
}

/* ---- waiting ---- */

static int turn(struct port_event *events, int cap)
{
    bare_turn();
    dial_take_answers();
    int n = look(events, cap);
    dial_step();
    return n + dial_tell(events + n, cap - n);
}

int port_wait(struct port_event *events, int cap, uint64_t until_us)
{
    PROMISE(cap > 0);
    sockets_settle();
    for (;;) {
        int n = turn(events, cap);
        signals |= board_signals();
        if (n > 0 || woken || signals != 0 || port_now_us() >= until_us) {
            woken = false;
            return n;
        }
        board_sleep();
    }
}
