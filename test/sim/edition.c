/* See edition.h. As text they are written in config.c. */
#define _GNU_SOURCE
#include "test/sim/edition.h"

#include <stdio.h>
#include <string.h>

#include "test/sim/config.h"
#include "test/sim/tally.h"
#include "test/sim/world.h"

_Static_assert(FEATURE_RELOAD, "editions are what a reload brings");

#define SECRETS 4 /* of a service, in turns */

static struct {
    struct edition all[EDITION_COUNT];
    int count;
    int now, before; /* in use */
    int file;        /* what stands on the disk */
    int sound;       /* the last one drawn that is */
    bool asked;      /* to be read, and not yet read */
    bool moved;      /* the listener */
} editions;

/* ---- drawing ---- */

/* A phase of low..high ms; in a calm world it is long enough for everything. */
static uint32_t phase(uint32_t low, uint32_t high)
{
    uint32_t ms = low + sim_chance_size(&world.chance, high - low);
    return world.calm ? 600000 : world.roomy ? high : ms;
}

static void draw_phases(struct edition *e)
{
    world.roomy = world.crowd || world_one_in(2);
    e->connect_ms = phase(100, 5000);
    e->tls_ms = phase(200, 10000);
    e->first_byte_ms = phase(100, 20000);
    e->idle_ms = phase(100, 20000);
    e->total_ms = phase(200, 60000);
    e->ping_ms = world_one_in(3) ? 0 : 100 + world_below(5000);
    e->head_ms = phase(100, 10000);
    e->body_ms = phase(100, 20000);
    e->client_idle_ms = phase(100, 20000);
    e->queue_ms = world.calm ? 600000 : sim_chance_size(&world.chance, 10000) - 1;
}

static void draw_limits(struct edition *e)
{
    bool some = world_bad(4);
    e->flush_s = world_below(4);
    e->idle_connections = world_below(LIMIT_UPSTREAMS + 1);
    e->max_clients = some ? 1 + world_below(LIMIT_CLIENTS) : 0;
    e->max_requests = some ? 1 + world_below(LIMIT_REQUESTS) : 0;
    e->concurrent = world_bad(3) ? 1 + world_below(3) : 0;
    e->per_minute = world_bad(4) ? 1 + world_below(100) : 0;
    e->tokens_a_day = world_bad(4) ? sim_chance_size(&world.chance, 5000) : 0;
}

static struct edition_route draw_route(int service)
{
    struct edition_route route = {.service = service, .real = (int)world_below(6), .least = -1};
    if (world.services[service].kind == WORLD_RUST) {
        route.session = world_one_in(2);
        route.least = world_one_in(4) ? (int)world_below(4) : -1;
    }
    route.tls_12 = world.tls && world_one_in(3);
    route.ttl_s = world_one_in(2) ? 604800 : 1 + world_below(60);
    return route;
}

static int draw_service(void)
{
    return (int)world_below((uint32_t)world.service_count);
}

static void draw_model(struct edition_model *model, int number)
{
    *model = (struct edition_model){.retries = (int)world_below(4)};
    snprintf(model->name, sizeof(model->name), "model-%d", number);
    model->route_count = 1 + (int)world_below(EDITION_ROUTES);
    for (int i = 0; i < model->route_count; i++)
        model->routes[i] = draw_route(draw_service());
}

static void draw_first(struct edition *e)
{
    draw_phases(e);
    draw_limits(e);
    e->key = world_one_in(4) ? 0 : EDITION_NO_KEY;
    e->records = !world_one_in(5);
    e->content = world_one_in(3);
    e->model_count = 1 + (int)world_below(EDITION_MODELS);
    for (int i = 0; i < e->model_count; i++)
        draw_model(&e->models[i], i);
}

/* ---- changes that nobody must notice ---- */

static bool is_alike(int service, int other)
{
    return world.services[service].kind == world.services[other].kind;
}

/* One more provider, of the same kind as the others. */
static void add_route(struct edition *e)
{
    struct edition_model *model = &e->models[world_below((uint32_t)e->model_count)];
    int service = draw_service();
    if (model->route_count == EDITION_ROUTES || !is_alike(service, model->routes[0].service))
        return;
    bool before = world_one_in(2);
    if (before)
        model->routes[1] = model->routes[0];
    model->routes[before ? 0 : 1] = draw_route(service);
    model->route_count++;
}

static void name_alias(struct edition *e)
{
    int number = (int)world_below((uint32_t)e->model_count);
    snprintf(e->models[number].alias, sizeof(e->models[number].alias), "alias-%d", number);
}

static void change_secret(struct edition *e)
{
    int service = draw_service();
    e->secrets[service] = (uint8_t)((e->secrets[service] + 1) % SECRETS);
}

static void change_port(struct edition *e)
{
    e->ports[draw_service()] ^= 1;
}

static void change_records(struct edition *e)
{
    e->records = world_one_in(2);
    e->content = world_one_in(2);
}

static void change_bind(struct edition *e)
{
    e->moves = !e->moves;
}

static void change_order(struct edition *e)
{
    e->key_first = !e->key_first;
}

/* ---- changes that are noticed ---- */

static void change_models(struct edition *e)
{
    e->model_count = 1 + (int)world_below(EDITION_MODELS);
    for (int i = 0; i < e->model_count; i++)
        draw_model(&e->models[i], i);
}

static void drop_route(struct edition *e)
{
    struct edition_model *model = &e->models[world_below((uint32_t)e->model_count)];
    if (model->route_count > 1)
        model->routes[0] = model->routes[--model->route_count];
}

static void rename_model(struct edition *e)
{
    int number = (int)world_below((uint32_t)e->model_count);
    bool renamed = strstr(e->models[number].name, "-new") != NULL;
    snprintf(e->models[number].name, sizeof(e->models[number].name), "model-%d%s", number,
             renamed ? "" : "-new");
}

static void change_key(struct edition *e)
{
    e->key = (int)world_below(3) - 1;
    e->key_name = (int)world_below(2);
}

static void change_anchors(struct edition *e)
{
    e->foreign = world.tls && !e->foreign;
}

typedef void (*change)(struct edition *e);

static void change_some(struct edition *e)
{
    static const change quiet[] = {add_route,      name_alias,  change_secret, change_port,
                                   change_records, change_bind, change_order,  draw_phases};
    static const change loud[] = {change_models, drop_route, rename_model, change_key,
                                  change_key,    draw_limits, change_anchors};
    for (uint32_t left = 1 + world_below(4); left > 0; left--)
        if (world_bad(2))
            loud[world_below(sizeof(loud) / sizeof(loud[0]))](e);
        else
            quiet[world_below(sizeof(quiet) / sizeof(quiet[0]))](e);
}

/* ---- files ---- */

static uint32_t longer(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* What clients may have to wait for is the longest of what was ever asked for. */
static void note_phases(const struct edition *e)
{
    world.patience_ms = longer(world.patience_ms, e->head_ms + e->body_ms + 2 * e->queue_ms +
                                                      e->total_ms + e->client_idle_ms);
}

static void put(int number)
{
    const struct edition *e = &editions.all[number];
    editions.file = number;
    config_write(e);
    world_trace("edition %d of the configuration, flaw %d", number, e->flaw);
    bool there = e->flaw != EDITION_MISSING;
    sim_file("/config", there ? world.config : NULL, world.config_len);
    sim_file_break(e->flaw == EDITION_UNREADABLE ? "/config" : NULL);
}

void edition_begin(void)
{
    memset(&editions, 0, sizeof(editions));
    struct edition *e = &editions.all[editions.count++];
    draw_first(e);
    note_phases(e);
    put(0);
}

void edition_forget(void)
{
    const struct edition kept[] = {editions.all[editions.before], editions.all[editions.now],
                                   editions.all[editions.sound], editions.all[editions.file]};
    if (editions.count < EDITION_COUNT / 2)
        return;
    memcpy(editions.all, kept, sizeof(kept));
    editions.before = 0;
    editions.now = 1;
    editions.sound = editions.sound == editions.file ? 3 : 2; /* numbers never go back */
    editions.file = 3;
    editions.count = 4;
}

static void draw_flaw(struct edition *e)
{
    uint32_t flaws = world.tls ? EDITION_FLAWS : EDITION_NO_ANCHORS;
    e->flaw = world_one_in(5) ? (enum edition_flaw)(1 + world_below(flaws - 1)) : EDITION_SOUND;
}

void edition_change(void)
{
    if (editions.count == EDITION_COUNT)
        return;
    struct edition *e = &editions.all[editions.count];
    *e = editions.all[editions.sound];
    e->taken = false;
    change_some(e);
    draw_flaw(e);
    if (e->flaw == EDITION_SOUND) {
        editions.sound = editions.count;
        note_phases(e);
    }
    put(editions.count++);
}

void edition_asked(void)
{
    editions.asked = true;
}

void edition_start(void)
{
    if (editions.all[editions.file].flaw != EDITION_SOUND)
        put(editions.sound);
    editions.now = editions.before = editions.file;
    editions.all[editions.now].taken = true;
    editions.asked = false;
    editions.moved = editions.all[editions.now].moves;
}

void edition_note(const char *line, size_t len)
{
    static const char taken[] = "configuration taken over";
    static const char refused[] = "the configuration stays as it was";
    enum edition_flaw flaw = editions.all[editions.file].flaw;
    if (memmem(line, len, taken, sizeof(taken) - 1) != NULL) {
        WORLD_CHECK(flaw == EDITION_SOUND, "a bad configuration is taken over: %d", flaw);
        editions.asked = false;
        editions.before = editions.now;
        editions.now = editions.file;
        editions.all[editions.now].taken = true;
        tally(editions.now == editions.before ? TALLY_RELOAD_SAME : TALLY_RELOAD_CHANGED);
    }
    if (memmem(line, len, refused, sizeof(refused) - 1) != NULL) {
        WORLD_CHECK(flaw != EDITION_SOUND, "a good configuration is refused: %s", world.config);
        editions.asked = false;
        tally(TALLY_RELOAD_REFUSED);
    }
}

bool edition_settled(void)
{
    return !editions.asked;
}

/* ---- sets ---- */

const struct edition *edition_now(void)
{
    return &editions.all[editions.now];
}

const struct edition *edition_at(int number)
{
    return &editions.all[number];
}

int edition_number(void)
{
    return editions.now;
}

uint16_t edition_since(int first)
{
    uint16_t set = 0;
    for (int i = first; i <= editions.now; i++)
        if (editions.all[i].taken)
            set |= (uint16_t)(1u << i);
    return set;
}

uint16_t edition_under_way(void)
{
    bool two = gateway_era_lasts(&world_daemon->gateway);
    return (uint16_t)((1u << editions.now) | (two ? 1u << editions.before : 0));
}

uint16_t edition_of(uint16_t set, bool (*holds)(const struct edition *edition, const void *what),
                    const void *what)
{
    for (int i = 0; i < EDITION_COUNT; i++)
        if ((set & (1u << i)) != 0 && !holds(&editions.all[i], what))
            set &= (uint16_t)~(1u << i);
    return set;
}

/* ---- what one says ---- */

const struct edition_model *edition_model(const struct edition *e, const char *name)
{
    for (int i = 0; i < e->model_count; i++)
        if (strcmp(e->models[i].name, name) == 0 || strcmp(e->models[i].alias, name) == 0)
            return &e->models[i];
    return NULL;
}

bool edition_relays(const struct edition_model *model)
{
    for (int i = 0; i < model->route_count; i++)
        if (world.services[model->routes[i].service].kind != WORLD_OPENAI)
            return false;
    return true;
}

uint16_t edition_listener(void)
{
    return WORLD_PORT + (editions.moved ? 1 : 0);
}

uint16_t edition_port(const struct edition *e, int service)
{
    return (uint16_t)(8000 + 1000 * e->ports[service] + service);
}

void edition_secret(const struct edition *e, int service, char out[40])
{
    snprintf(out, 40, "secret-of-service-%d-v%d", service, e->secrets[service]);
}

void edition_key(int number, char out[40])
{
    snprintf(out, 40, "a-key-of-the-client-%d", number);
}
