/* The world's clock and chance, and the small things of port.h. */
#include "port/sim/sim.h"

#include <string.h>

#include "port/promise.h"
#include "port/sim/sim_inside.h"

#define FILES 8
#define BUILT_MS 1700000000000u /* the wall clock at the world's begin, or a bit later */
#define JUMP_S 100000u
#define TRIM_PAGE 64

struct sim_inside sim_inside;

static struct {
    struct sim_chance random; /* what the daemon is given */
    struct sim_chance trim;   /* of memory: how much there is of it depends on worlds before */
    uint32_t spins;
    bool did_something;
    bool wall_known;
    uint64_t wall_from_us;
    uint64_t wall_ms;
    enum port_why why;
} world;

static struct {
    const char *path;
    const uint8_t *bytes;
    size_t len;
} files[FILES];

static const char *broken_path; /* of the file that cannot be read whole */

bool sim_inside_fault(enum sim_fault fault)
{
    bool happens = sim_chance_one_in(&sim_inside.chance, sim_inside.faults.every[fault]);
    if (happens && sim_inside.hooks->fault != NULL)
        sim_inside.hooks->fault(fault);
    return happens;
}

/* ---- begin and end ---- */

/* The wall clock shows this at now and goes on from there; 0: it does not know the time. */
static void wall_set(uint64_t wall_ms)
{
    world.wall_known = wall_ms != 0;
    world.wall_ms = wall_ms;
    world.wall_from_us = sim_inside.now_us;
}

void sim_begin(uint64_t seed, const struct sim_faults *faults, const struct sim_hooks *hooks)
{
    memset(&world, 0, sizeof(world));
    memset(files, 0, sizeof(files));
    broken_path = NULL;
    sim_inside = (struct sim_inside){.now_us = 1000000, .hooks = hooks, .faults = *faults};
    sim_chance_seed(&sim_inside.chance, seed ^ 0x6661756C7473u);
    sim_chance_seed(&world.random, seed ^ 0x72616E646F6Du);
    sim_chance_seed(&world.trim, seed ^ 0x7472696Du);
    wall_set(BUILT_MS + sim_chance_below(&sim_inside.chance, JUMP_S) * (uint64_t)1000);
    sim_inside_links_begin();
    sim_inside_sockets_begin();
    sim_inside_store_begin();
}

void sim_power_cut(void)
{
    sim_inside_sockets_end(false);
    sim_inside_store_cut();
    sim_inside.signals = 0;
}

void sim_exit(void)
{
    sim_inside_sockets_end(true);
    sim_inside_store_cut();
    sim_inside.signals = 0;
}

/* ---- time and chance ---- */

uint64_t port_now_us(void)
{
    return sim_inside.now_us;
}

uint64_t port_wall_ms(void)
{
    struct sim_chance *chance = &sim_inside.chance;
    if (sim_inside_fault(SIM_WALL_JUMP)) {
        bool lost = sim_chance_one_in(chance, 4);
        wall_set(lost ? 0 : BUILT_MS + sim_chance_size(chance, JUMP_S * 100) * (uint64_t)1000);
    }
    if (!world.wall_known)
        return 0;
    return world.wall_ms + (sim_inside.now_us - world.wall_from_us) / 1000;
}

int port_local_hour(void)
{
    return world.wall_known ? (int)(port_wall_ms() / 3600000u % 24u) : -1;
}

void port_random(void *out, size_t len)
{
    uint8_t *to = out;
    while (len > 0) {
        uint64_t bits = sim_chance_next(&world.random);
        size_t n = len < sizeof(bits) ? len : sizeof(bits);
        memcpy(to, &bits, n);
        to += n;
        len -= n;
    }
}

/* ---- waiting ---- */

uint32_t sim_spins(void)
{
    return world.spins;
}

void sim_busy(void)
{
    world.did_something = true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t due_us(void)
{
    uint64_t due = sim_inside.hooks->due_us();
    due = earlier(due, sim_inside_links_due_us());
    due = earlier(due, sim_inside_sockets_due_us());
    return earlier(due, sim_inside_store_due_us());
}

/* The world goes on at this moment; what peers do may reach the daemon at once. */
static int look(struct port_event *events, int cap)
{
    sim_inside_links_move();
    sim_inside.hooks->turn();
    sim_inside_links_move();
    sim_inside_store_run();
    return sim_inside_sockets_events(events, cap);
}

static bool wakes(void)
{
    return sim_inside_store_ready() || sim_inside.signals != 0;
}

int port_wait(struct port_event *events, int cap, uint64_t until_us)
{
    PROMISE(cap > 0);
    bool sleeps = until_us > sim_inside.now_us;
    sim_inside.now_us += sim_chance_below(&sim_inside.chance, 20);
    int count = look(events, cap);
    world.spins = !sleeps && count == 0 && !world.did_something ? world.spins + 1 : 0;
    world.did_something = count > 0;
    while (count == 0 && !wakes() && sim_inside.now_us < until_us) {
        uint64_t next_us = due_us();
        next_us = next_us > sim_inside.now_us ? next_us : sim_inside.now_us + 1;
        sim_inside.now_us = earlier(next_us, until_us);
        count = look(events, cap);
    }
    return count;
}

void sim_signal(unsigned signals)
{
    sim_inside.signals |= signals;
}

unsigned port_signals(void)
{
    unsigned signals = sim_inside.signals;
    sim_inside.signals = 0;
    return signals;
}

/* ---- files and environment ---- */

void sim_file(const char *path, const void *bytes, size_t len)
{
    int i = 0;
    while (i < FILES && files[i].path != NULL && strcmp(files[i].path, path) != 0)
        i++;
    PROMISE(i < FILES);
    files[i].path = path;
    files[i].bytes = bytes;
    files[i].len = len;
}

void sim_file_break(const char *path)
{
    broken_path = path;
}

int port_file_open(const char *path)
{
    for (int i = 0; i < FILES; i++)
        if (files[i].bytes != NULL && strcmp(files[i].path, path) == 0)
            return i;
    return PORT_FAILED;
}

int port_file_read(int file, uint64_t at, void *out, size_t cap)
{
    PROMISE(file >= 0 && file < FILES && files[file].bytes != NULL && cap > 0);
    if (broken_path != NULL && at >= files[file].len / 2 &&
        strcmp(files[file].path, broken_path) == 0)
        return PORT_FAILED;
    if (at >= files[file].len)
        return 0;
    size_t left = files[file].len - (size_t)at;
    size_t len = left < cap ? left : cap;
    if (len > 1)
        len = sim_chance_range(&sim_inside.chance, 1, (uint32_t)len);
    memcpy(out, files[file].bytes + at, len);
    return (int)len;
}

bool port_file_shared(int file)
{
    (void)file;
    return false;
}

void port_file_close(int file)
{
    PROMISE(file >= 0 && file < FILES && files[file].bytes != NULL);
}

/* There are none. */
const char *port_env(const char *name)
{
    (void)name;
    return NULL;
}

/* ---- the rest ---- */

void port_log(enum port_level level, const char *line, size_t len)
{
    sim_inside.hooks->log(level, line, len);
}

/* Some of it comes back as zero, and some as it was. */
void port_trim(void *start, size_t len)
{
    uint8_t *bytes = start;
    uint64_t bits = sim_chance_next(&world.trim);
    for (size_t at = 0; at < len; at += TRIM_PAGE, bits = (bits >> 1) | (bits << 63))
        if ((bits & 1) != 0)
            memset(bytes + at, 0, len - at < TRIM_PAGE ? len - at : TRIM_PAGE);
}

uint64_t port_resident_bytes(void)
{
    return 0;
}

_Noreturn void port_panic(const char *file, int line)
{
    sim_inside.hooks->panic(file, line);
    for (;;)
        ;
}
