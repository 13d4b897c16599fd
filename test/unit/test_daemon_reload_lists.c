/* SIGHUP while a list of what is configured is being sent: it is waited for, and not for ever. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/daemon_reload.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define D (&unit_live)
#define CONFIG "[models.m.providers.p]\ntype='loopback'\n"

static char path[512];

/* The daemon, and a client in the midst of a list. */
static struct gateway_client *start(struct unit_wire **wire)
{
    char text[1024];
    unit_live_start(CONFIG);
    snprintf(path, sizeof(path), "%s", unit_live_path("moongate.toml"));
    snprintf(text, sizeof(text), "[gateway]\nstate_dir='%s'\nlog_level='error'\n" CONFIG,
             unit_live_path("state"));
    unit_live_write("moongate.toml", text);
    D->path = path;
    *wire = unit_wire_connect(unit_live_port());
    CU_ASSERT_FATAL(unit_live_until(&G->client_index.in_use, 1));
    struct gateway_client *client = &G->clients[0];
    client->state = GATEWAY_CLIENT_ANSWER;
    client->route = GATEWAY_ROUTE_MODELS;
    return client;
}

static void turn(void)
{
    G->trim_us = 0; /* so that it does not sleep */
    CU_ASSERT(daemon_step(D));
}

static bool has_new(void)
{
    return G->settings == &D->spare;
}

static void ask(void)
{
    raise(SIGHUP);
    turn();
}

static void end(struct unit_wire *wire)
{
    unit_wire_close(wire);
    unit_live_end();
}

static void a_list_ends_whole(void)
{
    struct unit_wire *wire;
    struct gateway_client *client = start(&wire);
    ask();
    CU_ASSERT_FALSE(has_new());
    CU_ASSERT_EQUAL(daemon_reload_wait_us(D), GATEWAY_ERA_LOOK_US);
    client->ended = true;
    turn();
    CU_ASSERT_TRUE(has_new());
    CU_ASSERT_EQUAL(daemon_reload_wait_us(D), DAEMON_WAIT_US);
    CU_ASSERT_NOT_EQUAL(client->state, GATEWAY_CLIENT_FREE);
    end(wire);
}

/* Asking once more does not make it longer. */
static void a_list_without_end(void)
{
    struct unit_wire *wire;
    const struct gateway_client *client = start(&wire);
    ask();
    unit_clock_skip_ms(DAEMON_RELOAD_LISTS_US / 1000 - 1000);
    ask();
    CU_ASSERT_FALSE(has_new());
    CU_ASSERT_NOT_EQUAL(client->state, GATEWAY_CLIENT_FREE);
    unit_clock_skip_ms(1000);
    turn();
    CU_ASSERT_TRUE(has_new());
    CU_ASSERT_EQUAL(client->state, GATEWAY_CLIENT_FREE);
    end(wire);
}

/* It has its time from when nothing else is waited for. */
static void behind_an_era(void)
{
    struct unit_wire *wire;
    struct gateway_client *client = start(&wire);
    client->state = GATEWAY_CLIENT_HEAD;
    ask();
    CU_ASSERT_TRUE_FATAL(has_new());
    client->state = GATEWAY_CLIENT_ANSWER;
    G->eras.look_us = UINT64_MAX;
    ask();
    unit_clock_skip_ms(DAEMON_RELOAD_LISTS_US / 1000 + 1000);
    turn();
    G->eras.look_us = 0; /* the era before is over */
    turn();
    CU_ASSERT_FALSE(gateway_era_lasts(G));
    CU_ASSERT_TRUE(has_new());
    client->ended = true;
    turn();
    CU_ASSERT_FALSE(has_new());
    end(wire);
}

static const struct unit_test tests[] = {
    {"a list ends whole", a_list_ends_whole},
    {"a list without end", a_list_without_end},
    {"behind an era", behind_an_era},
};

UNIT_MAIN("daemon_reload_lists", tests)
