/* See world.h. */
#define _GNU_SOURCE
#include "test/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test/sim/caller.h"
#include "test/sim/config.h"
#include "test/sim/ledger.h"
#include "test/sim/keys.h"
#include "test/sim/pools.h"
#include "test/sim/secret.h"
#include "test/sim/service.h"
#include "test/sim/visit.h"

#define STEPS_MAX 400000u /* in one round of clients */
#define DAY_US 86400000000u
#define NAP_MS 1200000u /* at most, between two rounds */
#define SPINS_MAX 2000u
#define QUIET_US 150000000u /* when everybody has gone */
#define STOP_US 20000000u   /* the drain, and what is to be saved */

struct world world;
struct daemon *world_daemon;

/* ---- telling ---- */

void world_break(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("not ok seed %llu%s: %s:%d: ", (unsigned long long)world.seed,
           world.tls ? " with TLS" : "", file, line);
    vprintf(format, arguments);
    printf("\n    at %llu us, step %llu\n", (unsigned long long)port_now_us(),
           (unsigned long long)world.steps);
    va_end(arguments);
    fflush(stdout);
    _exit(3);
}

void world_trace(const char *format, ...)
{
    va_list arguments;
    if (!world.trace)
        return;
    va_start(arguments, format);
    printf("%12llu ", (unsigned long long)port_now_us());
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

static void broken_assertion(const char *file, int line)
{
    world_break(file, line, "an assertion of the daemon's");
}

static void take_log(enum port_level level, const char *bytes, size_t len)
{
    (void)level;
    world_trace("log: %.*s", (int)len, bytes);
    for (int i = 0; i < world.service_count; i++)
        WORLD_CHECK(memmem(bytes, len, world.services[i].secret,
                           strlen(world.services[i].secret)) == NULL,
                    "a secret in the log: %.*s", (int)len, bytes);
}

/* ---- the world's turn ---- */

static void turn(void)
{
    caller_turn();
    visit_turn();
    uint64_t now_us = port_now_us();
    if (world.reload_us <= now_us) {
        world.reload_us = SIM_NEVER;
        sim_signal(PORT_SIGNAL_RELOAD);
    }
    if (world.stop_us <= now_us) {
        world.stop_us = SIM_NEVER;
        world.dying = true;
        sim_signal(PORT_SIGNAL_STOP);
    }
}

static uint64_t due_us(void)
{
    uint64_t due = caller_due_us();
    uint64_t visits = visit_due_us();
    due = visits < due ? visits : due;
    due = world.reload_us < due ? world.reload_us : due;
    due = world.cut_us < due ? world.cut_us : due;
    return world.stop_us < due ? world.stop_us : due;
}

static const struct sim_hooks hooks = {
    .turn = turn,
    .due_us = due_us,
    .dial = service_dial,
    .connected = visit_connected,
    .log = take_log,
    .panic = broken_assertion,
};

/* ---- drawing ---- */

static uint32_t often(uint32_t n)
{
    return world_one_in(2) ? 0 : sim_chance_size(&world.chance, n);
}

/* The same, and never always. */
static uint32_t rarely(uint32_t n)
{
    uint32_t times = often(n);
    return times > 0 ? times + 1 : 0;
}

static void draw_faults(void)
{
    struct sim_faults *f = &world.faults;
    *f = (struct sim_faults){.latency_us = sim_chance_size(&world.chance, 50000),
                             .pipe_bytes = SIM_PIPE_BYTES,
                             .pipe_least = world.calm ? 256 : 1,
                             .short_recv = often(20),
                             .short_send = often(20),
                             .again = often(40),
                             .spurious = often(20),
                             .held_back = rarely(8)};
    if (world.calm)
        return;
    f->slow_wave = often(100);
    f->slow_us = sim_chance_size(&world.chance, 3000000);
    f->accept_full = rarely(20);
    f->connect_full = rarely(60);
    f->job_failed = rarely(10);
    f->job_slow = often(4);
    f->job_slow_us = sim_chance_size(&world.chance, 4000000);
    f->loses = often(4);
    f->wall_jump = rarely(200);
}

static void draw(void)
{
    sim_chance_seed(&world.chance, world.seed);
    world.calm = world_one_in(10);
    world.crowd = world_bad(4);
    draw_faults();
    config_draw();
}

static void draw_fate(void)
{
    world.reload_us = world_one_in(8) ? world_in_ms(20000) : SIM_NEVER;
    world.stop_us = world_bad(8) ? world_in_ms(30000) : SIM_NEVER;
    world.cut_us = world_bad(8) ? world_in_ms(30000) : SIM_NEVER;
}

/* ---- the daemon ---- */

void world_start(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t len = (sizeof(struct daemon) + page - 1) / page * page;
    char *from = mmap(NULL, len + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (from == MAP_FAILED || mprotect(from + page, len, PROT_READ | PROT_WRITE) != 0)
        abort();
    size_t before = (len - sizeof(struct daemon)) / 64 * 64;
    world_daemon = (struct daemon *)(void *)(from + page + before);
}

/* False: it gave up, for its disk does not answer. */
static bool start_daemon(void)
{
    memset(world_daemon, 0, sizeof(*world_daemon));
    world.dying = false;
    bool loaded = daemon_load(world_daemon, "/config");
    WORLD_CHECK(loaded, "the configuration: %s\n%s", world_daemon->report.faults[0].text,
                world.config);
    bool prepared = daemon_prepare(world_daemon, NULL);
    WORLD_CHECK(prepared || world.faults.job_slow > 0, "it does not start: %s", world_daemon->why);
    WORLD_CHECK(!prepared || daemon_listen(world_daemon), "it does not listen: %s",
                world_daemon->why);
    return prepared;
}

/* What it keeps for ever: the ids that services know it by. */
static bool knows_itself(const struct gateway_state *before)
{
    const struct gateway_state *now = &world_daemon->gateway.state;
    return strcmp(now->device_id, before->device_id) == 0 &&
           strcmp(now->session_id, before->session_id) == 0 &&
           memcmp(now->seal, before->seal, sizeof(now->seal)) == 0;
}

/* Whoever watches over it starts it until it stays. */
static void start(void)
{
    while (!start_daemon()) {
        WORLD_CHECK(++world.restarts < 50, "it never stays");
        sim_exit();
        secret_bury();
    }
}

static void restart(void)
{
    static struct gateway_state before;
    uint32_t replaced = sim_store_replaced("identity");
    bool saved = replaced > world.damaged;
    bool damaged = world_one_in(6) && sim_store_damage("identity");
    if (damaged)
        world.damaged = replaced;
    before = world_daemon->gateway.state;
    world.restarts++;
    start();
    WORLD_CHECK(damaged || !saved || knows_itself(&before), "it has forgotten who it is");
}

/* A step, and what must hold behind it. False: it has stopped. */
static bool step(void)
{
    world.steps++;
    world.mark = (world.mark ^ port_now_us()) * 0x100000001B3u + (uint64_t)sim_slots_in_use();
    if (world.steps == world.steps_max)
        pools_print();
    WORLD_CHECK(world.steps < world.steps_max, "no end in sight");
    bool goes_on = daemon_step(world_daemon);
    pools_check();
    secret_check();
    WORLD_CHECK(sim_spins() < SPINS_MAX, "it turns without doing anything");
    return goes_on;
}

static void live(void)
{
    uint64_t stopping_us = SIM_NEVER;
    while (!caller_all_done()) {
        bool goes_on = step();
        if (world.dying && stopping_us == SIM_NEVER)
            stopping_us = port_now_us();
        WORLD_CHECK(!world.dying || port_now_us() - stopping_us < STOP_US, "it does not stop");
        bool cut = world.cut_us <= port_now_us();
        if (goes_on && !cut)
            continue;
        world_trace("the daemon %s", cut ? "loses its power" : "has stopped");
        if (cut)
            world.cut_us = SIM_NEVER;
        if (cut)
            sim_power_cut();
        else
            sim_exit();
        secret_bury();
        restart();
        stopping_us = SIM_NEVER;
    }
}

/* Everybody has gone: all is given back. */
static void rest(void)
{
    uint64_t end_us = port_now_us() + QUIET_US;
    world.reload_us = world.stop_us = world.cut_us = SIM_NEVER;
    while (!pools_quiet() && port_now_us() < end_us && step())
        ;
    if (!pools_quiet() && !world.dying)
        pools_print();
    WORLD_CHECK(pools_quiet() || world.dying, "something is not given back");
    if (!world.dying && world.restarts == 0 && !world.day)
        service_check_uses();
}

/* Some clients, until they have what they came for. */
static void live_a_round(void)
{
    world.steps_max = world.steps + STEPS_MAX;
    ledger_begin();
    visit_forget();
    caller_begin();
    draw_fate();
    live();
    rest();
}

static void live_a_day(void)
{
    uint64_t end_us = port_now_us() + DAY_US;
    while (port_now_us() < end_us) {
        live_a_round();
        uint64_t wake_us = world_in_ms(NAP_MS);
        world.steps_max = world.steps + STEPS_MAX;
        while (!world.dying && port_now_us() < wake_us)
            step();
    }
}

/* It stops in order. */
static void end(void)
{
    uint64_t end_us = port_now_us() + STOP_US;
    if (!world.dying)
        sim_signal(PORT_SIGNAL_STOP);
    while (step())
        WORLD_CHECK(port_now_us() < end_us, "it does not stop");
    sim_exit();
    secret_bury();
}

uint64_t world_run(const struct world_order *order)
{
    memset(&world, 0, sizeof(world));
    world.seed = order->seed;
    world.tls = order->tls;
    world.trace = order->trace;
    world.day = order->day;
    draw();
    sim_begin(order->seed, &world.faults, &hooks);
    sim_store_forget();
    sim_file("/config", world.config, world.config_len);
    if (order->tls)
        sim_file("/ca.pem", keys_bundle(), strlen(keys_bundle()));
    visit_begin();
    secret_begin();
    service_begin();
    world_trace("%s", world.config);
    world.reload_us = world.stop_us = world.cut_us = SIM_NEVER;
    caller_begin();
    start();
    if (order->day)
        live_a_day();
    else
        live_a_round();
    end();
    return world.mark;
}
