/*
 * One world: a daemon, its configuration, clients and services, all drawn from one seed, and what
 * must hold of them.
 */
#ifndef MOONGATE_SIM_WORLD_H
#define MOONGATE_SIM_WORLD_H

#include "core/daemon.h"
#include "port/sim/sim.h"
#include "test/sim/edition.h"

#define WORLD_SERVICES EDITION_SERVICES
#define WORLD_SINK WORLD_SERVICES /* the database of records, a service as well */
#define WORLD_SINK_HOST "sink.example.lan"
#define WORLD_SINK_PORT 8123
#define WORLD_SINK_SECRET "secret-of-the-sink"
#define WORLD_PORT 3000
#define WORLD_CONFIG_BYTES 8000

enum world_kind { WORLD_RUST, WORLD_OPENAI, WORLD_ANTHROPIC, WORLD_KINDS };

struct world_service {
    enum world_kind kind;
    char host[40];
    char secret[40]; /* how that begins which it must be shown, and nobody else */
};

struct world {
    uint64_t seed;
    struct sim_chance chance; /* of scripts */
    bool calm;   /* nothing goes wrong: everything must succeed */
    bool roomy;  /* deadlines are long */
    bool crowd;  /* all come at once to one service, and half of them leave */
    bool thirsty; /* all take their answers in sips, so that pages run out */
    bool tls;
    bool trace;
    bool day;
    bool dying;  /* the daemon was told to stop */
    int restarts;
    uint32_t damaged; /* so often the identity had been saved when it was last damaged */
    struct sim_faults faults;
    /* of the configuration, in all its editions */
    bool exports;         /* records go to a database */
    uint32_t patience_ms; /* the longest that a request may take */
    int service_count;
    struct world_service services[WORLD_SERVICES + 1];
    char config[WORLD_CONFIG_BYTES];
    size_t config_len;
    /* what happens to the daemon, and when */
    uint64_t reload_us, stop_us, cut_us;
    bool reloads;    /* again and again */
    int reload_count;
    uint64_t steps, steps_max;
    uint64_t mark; /* of all that happened: the same for the same seed */
};

extern struct world world;

/* The one daemon; between pages that nobody may touch. */
extern struct daemon *world_daemon;

struct world_order {
    uint64_t seed;
    bool tls;
    bool trace; /* print all that happens */
    bool day;   /* it lasts 24 hours, with clients again and again */
};

/* Runs a world to its end. A promise that breaks is printed with the seed, and ends the process
 * with status 3. Returns the world's mark. */
uint64_t world_run(const struct world_order *order);

/* From now on a world may use a minute of the processor; then the process ends. */
void world_patience(void);

/* The whole of the daemon's memory, between its guards. Once. */
void world_start(void);

/* Prints what broke, and ends the process. */
_Noreturn void world_break(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line, when the world is traced. */
void world_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define WORLD_CHECK(promise, ...)                                                                  \
    ((promise) ? (void)0 : world_break(__FILE__, __LINE__, __VA_ARGS__))

/* Draws of the world's scripts. */
static inline bool world_one_in(uint32_t n)
{
    return sim_chance_one_in(&world.chance, n);
}

static inline uint32_t world_below(uint32_t n)
{
    return sim_chance_below(&world.chance, n);
}

/* Something bad, that a calm world does not have. */
static inline bool world_bad(uint32_t n)
{
    return sim_chance_one_in(&world.chance, n) && !world.calm;
}

/* A moment of at most ms from now on, short ones more often. */
static inline uint64_t world_in_ms(uint32_t ms)
{
    return port_now_us() + (uint64_t)sim_chance_size(&world.chance, ms * 1000u);
}

#endif
