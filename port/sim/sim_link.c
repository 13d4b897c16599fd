/* Connections between the daemon and its peers, both ends of them. */
#include "port/promise.h"
#include "port/sim/sim_inside.h"

static struct sim_inside_link links[SIM_LINKS];

static struct sim_inside_link *at(int link)
{
    PROMISE(link >= 0 && link < SIM_LINKS && links[link].used);
    return &links[link];
}

void sim_inside_links_begin(void)
{
    for (int i = 0; i < SIM_LINKS; i++)
        links[i].used = false;
}

static uint32_t draw_room(void)
{
    uint32_t room = sim_chance_size(&sim_inside.chance, sim_inside.faults.pipe_bytes);
    return room > sim_inside.faults.pipe_least ? room : sim_inside.faults.pipe_least;
}

int sim_inside_link(void)
{
    struct sim_chance *chance = &sim_inside.chance;
    const struct sim_faults *faults = &sim_inside.faults;
    int link = 0;
    while (link < SIM_LINKS && links[link].used)
        link++;
    if (link == SIM_LINKS)
        return SIM_NONE;
    struct sim_inside_link *l = &links[link];
    l->used = l->core_open = l->peer_open = true;
    l->loses = sim_inside_fault(SIM_LOSES);
    l->latency_us = sim_chance_size(chance, faults->latency_us);
    sim_pipe_open(&l->to_core, draw_room());
    sim_pipe_open(&l->to_peer, draw_room());
    return link;
}

struct sim_inside_link *sim_inside_link_at(int link)
{
    return at(link);
}

static uint64_t arrival_us(const struct sim_inside_link *l)
{
    struct sim_chance *chance = &sim_inside.chance;
    uint64_t at_us = sim_inside.now_us + l->latency_us;
    if (sim_inside_fault(SIM_SLOW_WAVE))
        at_us += sim_chance_size(chance, sim_inside.faults.slow_us);
    return at_us;
}

static void free_when_done(struct sim_inside_link *l)
{
    if (!l->core_open && !l->peer_open)
        l->used = false;
}

/* A side closes: what it has not read tells the other that something was lost. */
static void close_side(const struct sim_inside_link *l, struct sim_pipe *in, struct sim_pipe *out)
{
    if (in->len > 0)
        sim_pipe_break(out, arrival_us(l));
    else
        sim_pipe_end(out, arrival_us(l));
}

/* Writes to a side that is gone come back as a reset. */
static uint32_t write(struct sim_inside_link *l, struct sim_pipe *out, const void *bytes,
                      uint32_t len)
{
    bool gone = out == &l->to_core ? !l->core_open : !l->peer_open;
    uint32_t room = sim_pipe_room(out);
    len = len < room ? len : room;
    if (gone)
        sim_pipe_break(out == &l->to_core ? &l->to_peer : &l->to_core,
                       arrival_us(l) + l->latency_us);
    else if (len > 0)
        sim_pipe_write(out, bytes, len, arrival_us(l));
    return len;
}

/* ---- the daemon's side ---- */

uint32_t sim_inside_link_send(int link, const void *bytes, uint32_t len)
{
    struct sim_inside_link *l = at(link);
    PROMISE(l->core_open);
    return write(l, &l->to_peer, bytes, len);
}

void sim_inside_link_close(int link)
{
    struct sim_inside_link *l = at(link);
    PROMISE(l->core_open);
    close_side(l, &l->to_core, &l->to_peer);
    l->core_open = false;
    free_when_done(l);
}

void sim_inside_link_break(int link)
{
    struct sim_inside_link *l = at(link);
    PROMISE(l->core_open);
    sim_pipe_break(&l->to_peer, arrival_us(l));
    l->core_open = false;
    free_when_done(l);
}

void sim_inside_link_shut(int link)
{
    struct sim_inside_link *l = at(link);
    sim_pipe_end(&l->to_peer, arrival_us(l));
}

/* ---- the peer's side ---- */

/* How many bytes sim_write takes now. */
static uint32_t room_of(int link)
{
    const struct sim_inside_link *l = at(link);
    bool ended = l->to_core.end_us != SIM_NEVER || sim_state(link) == SIM_BROKEN;
    return ended ? 0 : sim_pipe_room(&l->to_core);
}

uint32_t sim_write(int link, const void *bytes, uint32_t len)
{
    struct sim_inside_link *l = at(link);
    PROMISE(l->peer_open);
    return room_of(link) == 0 ? 0 : write(l, &l->to_core, bytes, len);
}

uint32_t sim_read(int link, void *out, uint32_t cap)
{
    struct sim_inside_link *l = at(link);
    bool lost = sim_pipe_broken(&l->to_peer, sim_inside.now_us) && l->loses;
    return lost ? 0 : sim_pipe_read(&l->to_peer, out, cap);
}

enum sim_state sim_state(int link)
{
    const struct sim_inside_link *l = at(link);
    bool broken = sim_pipe_broken(&l->to_peer, sim_inside.now_us);
    if (broken && (l->loses || l->to_peer.here == 0))
        return SIM_BROKEN;
    return sim_pipe_ended(&l->to_peer, sim_inside.now_us) ? SIM_ENDED : SIM_OPEN;
}

bool sim_is_held(int link)
{
    return at(link)->core_open;
}

bool sim_is_accepted(int link)
{
    return !sim_inside_sockets_waits(link);
}

void sim_shut(int link)
{
    struct sim_inside_link *l = at(link);
    sim_pipe_end(&l->to_core, arrival_us(l));
}

void sim_close(int link)
{
    struct sim_inside_link *l = at(link);
    PROMISE(l->peer_open);
    close_side(l, &l->to_peer, &l->to_core);
    l->peer_open = false;
    free_when_done(l);
}

void sim_reset(int link)
{
    struct sim_inside_link *l = at(link);
    PROMISE(l->peer_open);
    sim_pipe_break(&l->to_core, arrival_us(l));
    l->peer_open = false;
    free_when_done(l);
}

/* ---- time ---- */

/* Bytes that reach a side which has closed come back as a reset. */
static void bounce(struct sim_inside_link *l)
{
    if (!l->core_open && l->to_core.here > 0)
        sim_pipe_break(&l->to_peer, sim_inside.now_us + l->latency_us);
    if (!l->peer_open && l->to_peer.here > 0)
        sim_pipe_break(&l->to_core, sim_inside.now_us + l->latency_us);
}

void sim_inside_links_move(void)
{
    for (int i = 0; i < SIM_LINKS; i++) {
        if (!links[i].used)
            continue;
        sim_pipe_move(&links[i].to_core, sim_inside.now_us);
        sim_pipe_move(&links[i].to_peer, sim_inside.now_us);
        bounce(&links[i]);
    }
}

uint64_t sim_inside_links_due_us(void)
{
    uint64_t due_us = SIM_NEVER;
    for (int i = 0; i < SIM_LINKS; i++) {
        if (!links[i].used)
            continue;
        uint64_t in_us = sim_pipe_due_us(&links[i].to_core, sim_inside.now_us);
        uint64_t out_us = sim_pipe_due_us(&links[i].to_peer, sim_inside.now_us);
        due_us = in_us < due_us ? in_us : due_us;
        due_us = out_us < due_us ? out_us : due_us;
    }
    return due_us;
}
