/* See world.h. */
#define _GNU_SOURCE
#include "test/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "test/sim/caller.h"
#include "test/sim/edition.h"
#include "test/sim/ledger.h"
#include "test/sim/keys.h"
#include "test/sim/pools.h"
#include "test/sim/secret.h"
#include "test/sim/service.h"
#include "test/sim/tally.h"
#include "test/sim/visit.h"

#define STEPS_MAX 400000u /* in one round of clients */
#define PATIENCE_S 60
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
    WORLD_CHECK(memmem(bytes, len, "secret-of-", 10) == NULL &&
                    memmem(bytes, len, "a-key-", 6) == NULL,
                "a secret in the log: %.*s", (int)len, bytes);
    edition_note(bytes, len);
}

static void note_fault(enum sim_fault fault)
{
    tally((enum tally)fault);
}

/* ---- the world's turn ---- */

/* SIGHUP; the file is another one, or the same. */
static void reload(void)
{
    bool more = world.reloads && !world_one_in(3);
    world.reload_us = more ? world_in_ms(5000) : SIM_NEVER;
    world.reload_count++;
    if (!world_one_in(5))
        edition_change();
    edition_asked();
    sim_signal(PORT_SIGNAL_RELOAD);
}

static void turn(void)
{
    caller_turn();
    visit_turn();
    uint64_t now_us = port_now_us();
    if (world.reload_us <= now_us)
        reload();
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
    .fault = note_fault,
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
                             .every = {[SIM_SHORT_RECV] = often(20),
                                       [SIM_SHORT_SEND] = often(20),
                                       [SIM_AGAIN] = often(40),
                                       [SIM_SPURIOUS] = often(20),
                                       [SIM_HELD_BACK] = rarely(8)}};
    if (world.calm)
        return;
    f->every[SIM_SLOW_WAVE] = often(100);
    f->slow_us = sim_chance_size(&world.chance, 3000000);
    if (world.thirsty)
        f->pipe_bytes = 256;
    f->every[SIM_ACCEPT_FULL] = rarely(20);
    f->every[SIM_CONNECT_FULL] = rarely(60);
    f->every[SIM_JOB_FAILED] = rarely(10);
    f->every[SIM_READ_FAILED] = rarely(10);
    f->every[SIM_JOB_SLOW] = often(4);
    f->job_slow_us = sim_chance_size(&world.chance, 4000000);
    f->every[SIM_LOSES] = often(4);
    f->every[SIM_WALL_JUMP] = rarely(200);
}

static void draw_services(void)
{
    world.service_count = world.crowd ? 1 : 1 + (int)world_below(WORLD_SERVICES);
    world.exports = world_one_in(4);
    for (int i = 0; i < world.service_count; i++) {
        struct world_service *service = &world.services[i];
        service->kind = (enum world_kind)world_below(WORLD_KINDS);
        snprintf(service->host, sizeof(service->host), "s%d.example.lan", i);
        snprintf(service->secret, sizeof(service->secret), "secret-of-service-%d", i);
    }
    struct world_service *sink = &world.services[WORLD_SINK];
    snprintf(sink->host, sizeof(sink->host), "%s", WORLD_SINK_HOST);
    snprintf(sink->secret, sizeof(sink->secret), "%s", WORLD_SINK_SECRET);
}

static void draw(void)
{
    sim_chance_seed(&world.chance, world.seed);
    world.calm = world_one_in(10);
    world.crowd = world_bad(4);
    world.thirsty = !world.crowd && world_bad(16);
    draw_faults();
    draw_services();
}

static void draw_fate(void)
{
    world.reload_us = world_one_in(2) ? world_in_ms(20000) : SIM_NEVER;
    world.reloads = world_one_in(2);
    world.stop_us = world_bad(8) ? world_in_ms(30000) : SIM_NEVER;
    world.cut_us = world_bad(8) ? world_in_ms(30000) : SIM_NEVER;
}

/* ---- the daemon ---- */

void world_patience(void)
{
    const struct itimerval minute = {.it_value = {.tv_sec = PATIENCE_S}};
    (void)setitimer(ITIMER_VIRTUAL, &minute, NULL);
}

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
    edition_start();
    bool loaded = daemon_load(world_daemon, "/config");
    WORLD_CHECK(loaded, "the configuration: %s\n%s", world_daemon->report.faults[0].text,
                world.config);
    bool prepared = daemon_prepare(world_daemon, NULL);
    bool disk = world.faults.every[SIM_JOB_SLOW] > 0 || world.faults.every[SIM_READ_FAILED] > 0;
    WORLD_CHECK(prepared || disk, "it does not start: %s", world_daemon->why);
    tally_if(!prepared, TALLY_NO_START);
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
    int tries = 0;
    while (!start_daemon()) {
        world.restarts++;
        WORLD_CHECK(++tries < 50, "it never stays");
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
    tally_if(damaged, TALLY_IDENTITY_DAMAGED);
    tally_if(saved && !damaged, TALLY_IDENTITY_KEPT);
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
        tally(cut ? TALLY_POWER_CUT : TALLY_STOPPED);
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

/* All is given back, and the file that it was told to read is read. */
static bool is_settled(void)
{
    return pools_quiet() && edition_settled();
}

/* Everybody has gone. */
static void rest(void)
{
    uint64_t end_us = port_now_us() + QUIET_US;
    world.reload_us = world.stop_us = world.cut_us = SIM_NEVER;
    while (!is_settled() && port_now_us() < end_us && step())
        ;
    if (!is_settled() && !world.dying)
        pools_print();
    WORLD_CHECK(is_settled() || world.dying, "something is not given back");
    if (!world.dying && world.restarts == 0 && world.reload_count == 0 && !world.day)
        service_check_uses();
}

/* Some clients, until they have what they came for. */
static void live_a_round(void)
{
    world.steps_max = world.steps + STEPS_MAX;
    ledger_begin();
    visit_forget();
    edition_forget();
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
    tally_begin();
    draw();
    sim_begin(order->seed, &world.faults, &hooks);
    sim_store_forget();
    edition_begin();
    if (order->tls) {
        sim_file("/ca.pem", keys_bundle(false), strlen(keys_bundle(false)));
        sim_file("/foreign.pem", keys_bundle(true), strlen(keys_bundle(true)));
    }
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
