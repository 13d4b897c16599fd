/* What the files of this port share: the world's clock, and the sides of a connection. */
#ifndef MOONGATE_SIM_INSIDE_H
#define MOONGATE_SIM_INSIDE_H

#include "port/sim/sim.h"

/* ---- the world (sim.c) ---- */

struct sim_inside {
    uint64_t now_us;
    struct sim_chance chance; /* of faults */
    struct sim_faults faults;
    const struct sim_hooks *hooks;
    unsigned signals;
};

/* The one world there is. */
extern struct sim_inside sim_inside;

/* Draws whether that goes wrong now. */
bool sim_inside_fault(enum sim_fault fault);

/* ---- links (sim_link.c) ---- */

struct sim_inside_link {
    bool used;
    bool core_open;
    bool peer_open;
    bool loses;          /* a reset takes unread bytes with it */
    uint32_t latency_us; /* each way */
    struct port_address from; /* who called */
    struct sim_pipe to_core, to_peer;
};

/* All links are free. */
void sim_inside_links_begin(void);

/* A new link with both sides open, or SIM_NONE. */
int sim_inside_link(void);

/* The link with that number. */
struct sim_inside_link *sim_inside_link_at(int link);

/* The daemon's side writes, what there is room for; returns how many. */
uint32_t sim_inside_link_send(int link, const void *bytes, uint32_t len);

/* The daemon's side closes, or breaks it. */
void sim_inside_link_close(int link);
void sim_inside_link_break(int link);

/* The daemon's side ends its sending. */
void sim_inside_link_shut(int link);

/* Lets everything arrive that is due. */
void sim_inside_links_move(void);

/* When something arrives next. */
uint64_t sim_inside_links_due_us(void);

/* ---- slots (sim_sockets.c) ---- */

/* All slots are free. */
void sim_inside_sockets_begin(void);

/* The process has ended: its slots close, or break. */
void sim_inside_sockets_end(bool in_order);

/* A connection from a peer, to be accepted. False: nobody listens there. */
bool sim_inside_sockets_call(uint16_t port, int link);

/* Whether it still waits at a listener. */
bool sim_inside_sockets_waits(int link);

/* Writes the events that are due. */
int sim_inside_sockets_events(struct port_event *events, int cap);

/* When a dial ends or a moment of PORT_AGAIN is over; SIM_NEVER. */
uint64_t sim_inside_sockets_due_us(void);

/* ---- the store (sim_store.c) ---- */

/* No jobs; what is stored stays. */
void sim_inside_store_begin(void);

/* Power is cut: jobs under way leave something whole behind. */
void sim_inside_store_cut(void);

/* Does the jobs that are due. */
void sim_inside_store_run(void);

/* When the next one is. */
uint64_t sim_inside_store_due_us(void);

/* True when a finished one has not been taken. */
bool sim_inside_store_ready(void);

#endif
