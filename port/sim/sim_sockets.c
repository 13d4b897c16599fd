/* The daemon's sockets: slots, what core was told of them, and what it is to be told. */
#include <string.h>

#include "config/bounds.h"
#include "port/promise.h"
#include "port/sim/sim_inside.h"
#include "port/why.h"

#define BACKLOG 16
#define AGAIN_US 3000

enum state { FREE, LISTENS, DIALS, OPEN, BROKEN };

struct slot {
    uint8_t state;
    uint8_t armed;    /* kinds that core is to be told when they come */
    uint8_t why;
    bool again;       /* one moment nothing goes, for no reason */
    bool more;        /* core said that it sends what follows in the same turn */
    uint16_t port;    /* of a listener */
    int16_t link;
    uint64_t at_us;   /* when a dial ends, or that moment */
    uint64_t held_us; /* an event is not told before */
    struct sim_dial dial;
    int16_t waiting[BACKLOG]; /* at a listener, the oldest first */
    int waiting_count;
};

static struct slot slots[LIMIT_SOCKETS];

static struct slot *at(int slot)
{
    PROMISE(slot >= 0 && slot < LIMIT_SOCKETS && slots[slot].state != FREE);
    return &slots[slot];
}

/* ---- slots ---- */

void sim_inside_sockets_begin(void)
{
    for (int i = 0; i < LIMIT_SOCKETS; i++)
        slots[i].state = FREE;
}

int sim_slots_in_use(void)
{
    int count = 0;
    for (int i = 0; i < LIMIT_SOCKETS; i++)
        count += slots[i].state != FREE;
    return count;
}

static int take(enum state state)
{
    uint32_t from = sim_chance_below(&sim_inside.chance, LIMIT_SOCKETS);
    for (uint32_t i = 0; i < LIMIT_SOCKETS; i++) {
        int slot = (int)((from + i) % LIMIT_SOCKETS);
        if (slots[slot].state != FREE)
            continue;
        slots[slot] = (struct slot){.state = (uint8_t)state, .link = SIM_NONE};
        slots[slot].armed = PORT_EVENT_READ | PORT_EVENT_WRITE | PORT_EVENT_LEFT;
        return slot;
    }
    return PORT_FULL;
}

static int open_slots(void)
{
    int count = 0;
    for (int i = 0; i < LIMIT_SOCKETS; i++)
        count += slots[i].state == OPEN;
    return count;
}

/* ---- listening ---- */

int port_listen(const char *host, uint16_t port)
{
    (void)host;
    int slot = take(LISTENS);
    if (slot >= 0)
        slots[slot].port = port;
    why_keep(PORT_WHY_NONE);
    return slot;
}

uint16_t port_listen_number(int listener)
{
    return at(listener)->port;
}

bool sim_inside_sockets_call(uint16_t port, int link)
{
    for (int i = 0; i < LIMIT_SOCKETS; i++) {
        struct slot *s = &slots[i];
        if (s->state != LISTENS || s->port != port || s->waiting_count == BACKLOG)
            continue;
        s->waiting[s->waiting_count++] = (int16_t)link;
        return true;
    }
    return false;
}

bool sim_inside_sockets_waits(int link)
{
    for (int i = 0; i < LIMIT_SOCKETS; i++)
        for (int at = 0; slots[i].state == LISTENS && at < slots[i].waiting_count; at++)
            if (slots[i].waiting[at] == link)
                return true;
    return false;
}

int sim_call(uint16_t port, const struct port_address *from)
{
    int link = sim_inside_link();
    if (link != SIM_NONE)
        sim_inside_link_at(link)->from = *from;
    if (link == SIM_NONE || sim_inside_sockets_call(port, link))
        return link;
    sim_inside_link_break(link);
    sim_close(link);
    return SIM_NONE;
}

int port_accept(int listener, struct port_address *peer)
{
    struct slot *l = at(listener);
    PROMISE(l->state == LISTENS);
    sim_busy();
    if (l->waiting_count == 0) {
        l->armed |= PORT_EVENT_READ;
        return PORT_AGAIN;
    }
    bool full = open_slots() > 0 && sim_inside_fault(SIM_ACCEPT_FULL);
    int slot = full ? PORT_FULL : take(OPEN);
    if (slot < 0)
        return PORT_FULL;
    slots[slot].link = l->waiting[0];
    l->waiting_count--;
    memmove(l->waiting, l->waiting + 1, (size_t)l->waiting_count * sizeof(l->waiting[0]));
    *peer = sim_inside_link_at(slots[slot].link)->from;
    peer->port = (uint16_t)(40000 + slots[slot].link);
    return slot;
}

/* ---- dialling ---- */

int port_connect(const char *host, uint16_t port, unsigned flags)
{
    sim_busy();
    bool full = sim_inside_fault(SIM_CONNECT_FULL);
    int slot = full ? PORT_FULL : take(DIALS);
    if (slot < 0)
        return PORT_FULL;
    slots[slot].dial = sim_inside.hooks->dial(host, port, flags);
    uint64_t after_us = slots[slot].dial.after_us;
    slots[slot].at_us = after_us == SIM_NEVER ? SIM_NEVER : sim_inside.now_us + after_us + 1;
    return slot;
}

/* A dial ends now. */
static unsigned finish_dial(struct slot *s)
{
    int link = s->dial.why == PORT_WHY_NONE ? sim_inside_link() : SIM_NONE;
    if (link == SIM_NONE) {
        s->state = BROKEN;
        s->why = (uint8_t)(s->dial.why == PORT_WHY_NONE ? PORT_WHY_REFUSED : s->dial.why);
        return PORT_EVENT_FAILED;
    }
    s->state = OPEN;
    s->link = (int16_t)link;
    s->at_us = 0;
    sim_inside.hooks->connected(s->dial.service, link);
    return PORT_EVENT_OPEN;
}

/* ---- connections ---- */

static int no_connection(const struct slot *s)
{
    PROMISE(s->state == DIALS || s->state == BROKEN);
    return s->state == DIALS ? PORT_AGAIN : PORT_FAILED;
}

static bool is_broken(const struct slot *s)
{
    const struct sim_inside_link *l = sim_inside_link_at(s->link);
    bool here = l->to_core.here > 0 && !l->loses;
    return sim_pipe_broken(&l->to_core, sim_inside.now_us) && !here;
}

static int fail(struct slot *s)
{
    s->why = PORT_WHY_RESET;
    return PORT_FAILED;
}

static int again(struct slot *s, unsigned kind)
{
    s->armed |= (uint8_t)kind;
    return PORT_AGAIN;
}

/* Nothing goes for a moment though something could. */
static bool dawdles(struct slot *s)
{
    struct sim_chance *chance = &sim_inside.chance;
    if (!s->again && sim_inside_fault(SIM_AGAIN)) {
        s->again = true;
        s->at_us = sim_inside.now_us + sim_chance_size(chance, AGAIN_US);
    }
    s->again = s->again && s->at_us > sim_inside.now_us;
    return s->again;
}

static uint32_t shortened(size_t len, enum sim_fault fault)
{
    uint32_t most = len < SIM_PIPE_BYTES ? (uint32_t)len : SIM_PIPE_BYTES;
    bool is_short = sim_inside_fault(fault);
    return is_short ? sim_chance_size(&sim_inside.chance, most) : most;
}

int port_recv(int slot, void *out, size_t cap)
{
    struct slot *s = at(slot);
    PROMISE(cap > 0);
    sim_busy();
    if (s->state != OPEN)
        return no_connection(s);
    struct sim_pipe *in = &sim_inside_link_at(s->link)->to_core;
    if (is_broken(s))
        return fail(s);
    if (sim_pipe_ended(in, sim_inside.now_us))
        return PORT_CLOSED;
    if (in->here == 0 || dawdles(s))
        return again(s, PORT_EVENT_READ);
    uint32_t got = sim_pipe_read(in, out, shortened(cap, SIM_SHORT_RECV));
    if (got < cap)
        s->armed |= PORT_EVENT_READ;
    return (int)got;
}

int port_send(int slot, const void *bytes, size_t len, bool more)
{
    struct slot *s = at(slot);
    PROMISE(len > 0);
    sim_busy();
    s->more = false;
    if (s->state != OPEN)
        return no_connection(s);
    struct sim_inside_link *l = sim_inside_link_at(s->link);
    if (sim_pipe_broken(&l->to_core, sim_inside.now_us))
        return fail(s);
    PROMISE(l->to_peer.end_us == SIM_NEVER);
    if (sim_pipe_room(&l->to_peer) == 0 || dawdles(s))
        return again(s, PORT_EVENT_WRITE);
    s->more = more;
    return (int)sim_inside_link_send(s->link, bytes,
                                     shortened(len, SIM_SHORT_SEND));
}

void port_shut(int slot)
{
    sim_busy();
    if (at(slot)->state == OPEN)
        sim_inside_link_shut(at(slot)->link);
}

static void end_slot(int slot, bool in_order)
{
    struct slot *s = at(slot);
    for (int i = 0; i < s->waiting_count; i++)
        sim_inside_link_break(s->waiting[i]);
    if (s->link != SIM_NONE && in_order)
        sim_inside_link_close(s->link);
    else if (s->link != SIM_NONE)
        sim_inside_link_break(s->link);
    s->state = FREE;
}

void port_close(int slot)
{
    sim_busy();
    end_slot(slot, true);
}

void port_reset(int slot)
{
    sim_busy();
    end_slot(slot, false);
}

void sim_inside_sockets_end(bool in_order)
{
    for (int i = 0; i < LIMIT_SOCKETS; i++)
        if (slots[i].state != FREE)
            end_slot(i, in_order);
}

enum port_why port_why(int slot)
{
    return slot < 0 ? why_kept() : (enum port_why)at(slot)->why;
}

/* ---- events ---- */

static unsigned ready_of(struct slot *s)
{
    if (s->state == LISTENS)
        return s->waiting_count > 0 ? PORT_EVENT_READ : 0;
    const struct sim_inside_link *l = sim_inside_link_at(s->link);
    bool ended = l->to_core.end_us <= sim_inside.now_us;
    bool broken = sim_pipe_broken(&l->to_core, sim_inside.now_us);
    bool waits = s->again && s->at_us > sim_inside.now_us;
    unsigned kinds = ended || broken ? PORT_EVENT_LEFT : 0;
    if (broken || (!waits && (l->to_core.here > 0 || sim_pipe_ended(&l->to_core,
                                                                    sim_inside.now_us))))
        kinds |= PORT_EVENT_READ;
    if (broken || (!waits && sim_pipe_room(&l->to_peer) > 0))
        kinds |= PORT_EVENT_WRITE;
    return kinds;
}

static unsigned events_of(struct slot *s)
{
    struct sim_chance *chance = &sim_inside.chance;
    if (s->state == DIALS)
        return s->at_us <= sim_inside.now_us ? finish_dial(s) : 0;
    if (s->state != OPEN && s->state != LISTENS)
        return 0;
    unsigned kinds = ready_of(s) & s->armed;
    if (kinds != 0 && sim_inside_fault(SIM_HELD_BACK)) {
        s->held_us = sim_inside.now_us + sim_chance_size(chance, AGAIN_US);
        return 0;
    }
    s->armed &= (uint8_t)~kinds;
    if (s->state == OPEN && kinds != 0 && sim_inside_fault(SIM_SPURIOUS))
        kinds |= PORT_EVENT_READ | PORT_EVENT_WRITE;
    return kinds;
}

int sim_inside_sockets_events(struct port_event *events, int cap)
{
    uint32_t from = sim_chance_below(&sim_inside.chance, LIMIT_SOCKETS);
    int count = 0;
    for (uint32_t i = 0; i < LIMIT_SOCKETS && count < cap; i++) {
        int slot = (int)((from + i) % LIMIT_SOCKETS);
        PROMISE(slots[slot].state == FREE || !slots[slot].more);
        unsigned kinds = slots[slot].state == FREE ? 0 : events_of(&slots[slot]);
        if (kinds != 0)
            events[count++] = (struct port_event){slot, kinds};
    }
    return count;
}

uint64_t sim_inside_sockets_due_us(void)
{
    uint64_t due_us = SIM_NEVER;
    for (int i = 0; i < LIMIT_SOCKETS; i++) {
        const struct slot *s = &slots[i];
        bool waits = s->state == DIALS || (s->state == OPEN && s->again);
        if (waits && s->at_us < due_us)
            due_us = s->at_us;
        if (s->state != FREE && s->held_us > sim_inside.now_us && s->held_us < due_us)
            due_us = s->held_us;
    }
    return due_us;
}
