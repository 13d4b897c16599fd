/* The daemon from its file to its end: loaded, prepared, listening, signalled, discovering. */
#define _GNU_SOURCE
#include "core/daemon.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"

#define G UNIT_LIVE_GATEWAY
#define D (&unit_live)

#define CONFIG                                                                                     \
    "[models.m]\nretries=0\n"                                                                      \
    "[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='one'\n"                                \
    "api_endpoint='http://127.0.0.1:%d/api/v1/stream/chat'\n"

static int listener;

static void set_up(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    unit_live_start(CONFIG, port);
}

/* ---- its file ---- */

static bool load(const char *text)
{
    unit_live_write("moongate.toml", text);
    unit_live_forget();
    return daemon_load(D, unit_live_path("moongate.toml"));
}

static void a_good_file(void)
{
    CU_ASSERT(load("[models.m.providers.a]\ntype='loopback'\n"));
    CU_ASSERT_EQUAL(D->report.fault_total, 0);
    CU_ASSERT_EQUAL(D->settings.model_count, 1);
}

static void a_bad_file(void)
{
    CU_ASSERT_FALSE(load("[models.m.providers.a]\ntype='loopback'\nnonsense=1\n"));
    CU_ASSERT_EQUAL(D->report.fault_total, 1);
    CU_ASSERT_EQUAL(D->report.faults[0].line, 3);
    unit_live_forget();
    CU_ASSERT_FALSE(daemon_load(D, unit_live_path("nothing.toml")));
    CU_ASSERT(D->report.fault_total > 0);
}

#define LOOPBACK "[models.m.providers.a]\ntype='loopback'\n"

/* A full build does whatever the file may ask for. */
static void all_that_may_be_asked(void)
{
    CU_ASSERT_TRUE(load(LOOPBACK "[gateway]\nallow_shorthand=true\n[gateway.observability]\n"
                                 "clickhouse_url='http://127.0.0.1:8123/x'\n"));
    CU_ASSERT_EQUAL(D->report.fault_total, 0);
}

/* ---- its start ---- */

static void no_state_folder(void)
{
    CU_ASSERT(load("[models.m.providers.a]\ntype='loopback'\n"));
    D->settings.state_dir = unit_live_path("moongate.toml/state"); /* below a file */
    CU_ASSERT_FALSE(daemon_prepare(D, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(D->why, "state_dir"));
    CU_ASSERT_PTR_NOT_NULL(strstr(D->why, "moongate.toml/state cannot be written: "));
}

static void no_anchors(void)
{
    CU_ASSERT(load("[models.m.providers.a]\ntype='rust-proxy'\nmodel_name='x'\n"));
    D->settings.state_dir = unit_live_path("state");
    D->settings.upstream.ca_file = unit_live_path("no.pem");
    CU_ASSERT_FALSE(daemon_prepare(D, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(D->why, "ca_file"));
    CU_ASSERT_PTR_NOT_NULL(strstr(D->why, "no.pem: "));
    CU_ASSERT(strlen(D->why) > strlen(D->settings.upstream.ca_file) + 10);
    unit_live_write("empty.pem", "nothing\n");
    D->settings.upstream.ca_file = unit_live_path("empty.pem");
    D->why[0] = '\0';
    CU_ASSERT_FALSE(daemon_prepare(D, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(D->why, "empty.pem: "));
}

static void a_port_that_is_taken(void)
{
    uint16_t port;
    int taken = unit_wire_listen(&port);
    unit_live_prepare("[models.m.providers.a]\ntype='loopback'\n");
    D->settings.listeners[0].port = port;
    CU_ASSERT_FALSE(daemon_listen(D));
    CU_ASSERT_PTR_NOT_NULL(strstr(D->why, "cannot listen on 127.0.0.1 port "));
    unit_wire_unlisten(taken);
    CU_ASSERT(daemon_listen(D));
    unit_live_end();
}

/* ---- its end ---- */

static void stops_by_signal(void)
{
    set_up();
    (void)remove(unit_live_path("state/identity"));
    G->state.identity_dirty = true;
    raise(SIGTERM);
    while (daemon_step(D))
        ;
    CU_ASSERT(G->stopping);
    CU_ASSERT(access(unit_live_path("state/identity"), F_OK) == 0); /* what was to be saved is */
    unit_live_end();
}

static void drains_by_signal(void)
{
    struct unit_wire_message request, answer;
    set_up();
    struct unit_wire *client = unit_live_chat("m", true);
    struct unit_wire *service = unit_live_accept(listener);
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    raise(SIGINT);
    CU_ASSERT(daemon_step(D));
    CU_ASSERT(G->stopping);
    unit_wire_say(service, UNIT_LIVE_TO_CLOSE UNIT_LIVE_HELLO UNIT_LIVE_FINISH);
    unit_wire_shut(service);
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT(answer.whole);
    unit_wire_close(client);
    CU_ASSERT(unit_live_until(&G->client_index.in_use, 0));
    CU_ASSERT(gateway_stopped(G));
    unit_live_end();
}

static void a_second_signal(void)
{
    struct unit_wire_message request;
    set_up();
    unit_live_chat("m", true);
    CU_ASSERT_FATAL(unit_live_message(unit_live_accept(listener), &request));
    raise(SIGTERM);
    CU_ASSERT(daemon_step(D));
    raise(SIGTERM);
    CU_ASSERT_FALSE(daemon_step(D));
    CU_ASSERT_EQUAL(G->client_index.in_use, 1);
    unit_live_end();
}

static void time_ends_it(void)
{
    struct unit_wire_message request;
    set_up();
    unit_live_chat("m", true);
    CU_ASSERT_FATAL(unit_live_message(unit_live_accept(listener), &request));
    raise(SIGTERM);
    CU_ASSERT(daemon_step(D));
    unit_clock_skip_ms(GATEWAY_DRAIN_US / 1000 + 1);
    CU_ASSERT_FALSE(daemon_step(D));
    unit_live_end();
}

/* ---- discovery ---- */

#define LIST "[{\"modelName\":\"one\",\"modelType\":\"base\"}]"

/* A service in a thread of its own, for daemon_discover does not come back meanwhile: it answers
 * one request. */
static void *serve(void *answer)
{
    char request[4096];
    struct pollfd waits = {.fd = listener, .events = POLLIN};
    if (poll(&waits, 1, 5000) != 1)
        return NULL;
    int fd = accept(listener, NULL, NULL);
    if (recv(fd, request, sizeof(request), 0) > 0)
        (void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static bool discover(const char *answer)
{
    char text[200];
    pthread_t thread;
    snprintf(text, sizeof(text), "%s", answer);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, serve, text), 0);
    bool good = daemon_discover(D);
    pthread_join(thread, NULL);
    unit_clock_skip_ms(GATEWAY_UPSTREAM_IDLE_MS); /* while it saves it hears of no connection */
    return good;
}

static void discovers(void)
{
    uint16_t port;
    listener = unit_wire_listen(&port);
    unit_live_prepare(CONFIG "[models.m.providers.b]\ntype='loopback'\n", port);
    CU_ASSERT(discover("HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n" LIST));
    CU_ASSERT_PTR_NOT_NULL_FATAL(model_catalog_list(&G->catalogs.models, 0));
    CU_ASSERT_FALSE(G->catalogs.dirty[0]); /* it is saved */
    unit_live_end();
    /* A saved list does not do: the service is asked. */
    listener = unit_wire_listen_again(port);
    unit_live_prepare(CONFIG, port);
    CU_ASSERT_PTR_NOT_NULL(model_catalog_list(&G->catalogs.models, 0));
    CU_ASSERT_FALSE(discover("HTTP/1.1 500 Bad\r\ncontent-length: 0\r\n\r\n"));
    CU_ASSERT_PTR_NOT_NULL(model_catalog_list(&G->catalogs.models, 0));
    CU_ASSERT_EQUAL(G->catalogs.models.catalogs[0].failures, 1);
    unit_live_end();
}

static void discovers_nothing(void)
{
    unit_live_prepare("[models.m.providers.a]\ntype='loopback'\n");
    CU_ASSERT(daemon_discover(D)); /* there is nothing to ask for */
    unit_live_end();
    uint16_t port;
    unit_wire_unlisten(unit_wire_listen(&port));
    unit_live_prepare(CONFIG, port);
    CU_ASSERT_FALSE(daemon_discover(D));
    unit_live_end();
}

static const struct unit_test tests[] = {
    {"a good file", a_good_file},
    {"a bad file", a_bad_file},
    {"all that may be asked", all_that_may_be_asked},
    {"no folder for its state", no_state_folder},
    {"no trust anchors", no_anchors},
    {"a port that is taken", a_port_that_is_taken},
    {"stops by a signal", stops_by_signal},
    {"drains by a signal", drains_by_signal},
    {"a second signal", a_second_signal},
    {"time ends it", time_ends_it},
    {"discovers", discovers},
    {"discovers nothing", discovers_nothing},
};

UNIT_MAIN("daemon", tests)
