/*
 * The world that a test makes around the daemon: time that stands still unless somebody waits,
 * peers inside this process, faults drawn from one seed. The port's own functions (port/port.h) are
 * the daemon's side of it, these are the world's.
 */
#ifndef MOONGATE_SIM_H
#define MOONGATE_SIM_H

#include "port/port.h"
#include "port/sim/sim_chance.h"
#include "port/sim/sim_pipe.h"

#define SIM_LINKS 64
#define SIM_BLOBS 96 /* a day's accounts have a model list each */
#define SIM_NONE (-1)
#define SIM_NEVER SIM_PIPE_NEVER

enum sim_fault {
    SIM_SHORT_RECV,   /* a recv gives less than there is */
    SIM_SHORT_SEND,
    SIM_AGAIN,        /* recv or send say PORT_AGAIN for a moment without cause */
    SIM_SPURIOUS,     /* an event without cause */
    SIM_HELD_BACK,    /* an event is told in a later wait */
    SIM_SLOW_WAVE,    /* some bytes take slow_us longer than the others */
    SIM_ACCEPT_FULL,  /* no descriptor is free */
    SIM_CONNECT_FULL,
    SIM_JOB_FAILED,   /* the disk refuses to write, */
    SIM_READ_FAILED,  /* or to read, */
    SIM_JOB_SLOW,     /* or takes up to job_slow_us */
    SIM_LOSES,        /* a reset takes unread bytes with it */
    SIM_WALL_JUMP,    /* of the wall clock, at a look at it */
    SIM_FAULTS
};

/* How often something goes wrong: once in so many times, 0: never; and how far it goes. */
struct sim_faults {
    uint32_t every[SIM_FAULTS];
    uint32_t latency_us;    /* at most, drawn for each connection */
    uint32_t slow_us;
    uint32_t job_slow_us;
    uint32_t pipe_bytes;    /* what a connection holds at most, drawn for each direction, */
    uint32_t pipe_least;    /* and this at the least */
};

/* How a dial of the daemon's ends. */
struct sim_dial {
    enum port_why why; /* PORT_WHY_NONE: connected */
    uint64_t after_us; /* SIM_NEVER: nobody answers */
    int service;       /* the world's number of who is connected to */
};

/* What the world is asked and told; all of it from within port_wait, but for dial and log. */
struct sim_hooks {
    void (*turn)(void);       /* time has gone on, or something has come: peers may act */
    uint64_t (*due_us)(void); /* when a peer acts next of its own; SIM_NEVER */
    struct sim_dial (*dial)(const char *host, uint16_t port, unsigned flags);
    void (*connected)(int service, int link);
    void (*log)(enum port_level level, const char *line, size_t len);
    void (*panic)(const char *file, int line); /* does not return */
    void (*fault)(enum sim_fault fault);       /* something goes wrong; or NULL */
};

/* What a link looks like from the peer's side. */
enum sim_state {
    SIM_OPEN,
    SIM_ENDED, /* the daemon ended its side, and all that it sent was read */
    SIM_BROKEN
};

/* Forgets the world before, but for what is stored, and begins one. The hooks and faults stay the
 * caller's. */
void sim_begin(uint64_t seed, const struct sim_faults *faults, const struct sim_hooks *hooks);

/* The daemon dies as by a power cut: its connections break, jobs of the store under way are done or
 * not. Time goes on. */
void sim_power_cut(void);

/* An orderly end of the process: its connections end, what was sent is delivered. */
void sim_exit(void);

/* How many waits in a row returned at once and nothing was done between them. */
uint32_t sim_spins(void);

/* Counts what the daemon did; for sim_spins. */
void sim_busy(void);

/* A signal for the daemon (enum port_signal). */
void sim_signal(unsigned signals);

/* A file as the daemon sees it; NULL: there is none. It stays the caller's. */
void sim_file(const char *path, const void *bytes, size_t len);

/* The file that can be read but for its second half; NULL: none. */
void sim_file_break(const char *path);

/* ---- peers ---------------------------------------------------------------------------------- */

/* A connection from an address to the daemon's listener on port: a link, or SIM_NONE when it is
 * refused. */
int sim_call(uint16_t port, const struct port_address *from);

/* How many slots the daemon holds. */
int sim_slots_in_use(void);

/* Sends at most len bytes, as many as there is room for; returns how many. */
uint32_t sim_write(int link, const void *bytes, uint32_t len);

/* Reads what has come, at most cap bytes; 0: nothing. */
uint32_t sim_read(int link, void *out, uint32_t cap);

/* Whether the daemon's side still is. */
enum sim_state sim_state(int link);

/* Whether the daemon still holds it, which no peer can know. */
bool sim_is_held(int link);

/* Whether the daemon has taken it from the listener. */
bool sim_is_accepted(int link);

/* Ends the peer's sending side. */
void sim_shut(int link);

/* Closes in order; with unread bytes it breaks, as TCP does. The link is the peer's no more. */
void sim_close(int link);

/* Breaks it at once. */
void sim_reset(int link);

/* ---- what is stored ------------------------------------------------------------------------- */

/* Forgets all that is stored. */
void sim_store_forget(void);

/* How often the blob was replaced to the end. */
uint32_t sim_store_replaced(const char *name);

/* Damages the blob: one byte of it changes, or it is cut. False: there is none. */
bool sim_store_damage(const char *name);

#endif
