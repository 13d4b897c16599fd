/* SIGHUP with real signals, files and connections: what takes over, what stays, what is wiped. */
#define _GNU_SOURCE
#include "core/daemon_reload.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"
#include "test/unit/unit_live.h"
#include "test/unit/unit_peer.h"

#define G UNIT_LIVE_GATEWAY
#define D (&unit_live)

#define SERVICE                                                                                    \
    "[models.%s]\nretries=0\n[models.%s.providers.p]\ntype='openai'\nmodel_name='x'\n"             \
    "api_base='http://127.0.0.1:%d/v1'\napi_key_location='path::%s'\n"
#define FILES                                                                                      \
    "[gateway.tls]\ncert_file='%s/%s.pem'\nkey_file='%s/%s.key'\n"                                 \
    "[gateway.upstream]\nca_file='%s/%s'\n"                                                        \
    "[models.m.providers.p]\ntype='openai'\nmodel_name='x'\napi_key_location='none'\n"            \
    "api_base='https://127.0.0.1:1/v1'\n"
#define KEY "[keys.%s]\nsecret='%s'\n"
#define ONE "0123456789abcdef0123456789abcdef"
#define TWO "fedcba9876543210fedcba9876543210"

#define STREAM                                                                                     \
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
#define HELLO                                                                                      \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n"
#define FINISH                                                                                     \
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"              \
    "data: [DONE]\n\n"

static uint16_t port_a, port_b;
static int service_a, service_b;
static const char *bind = "127.0.0.1:0";
static const char *state = "state";

static void write_file(const char *format, va_list arguments)
{
    static char text[8192];
    int len = snprintf(text, sizeof(text),
                       "[gateway]\nbind_address='%s'\nstate_dir='%s'\nlog_level='error'\n", bind,
                       unit_live_path(state));
    vsnprintf(text + len, sizeof(text) - (size_t)len, format, arguments);
    unit_live_write("moongate.toml", text);
}

/* The path of a file with a secret of that name; of several in one call each has another name. */
static const char *secret(const char *name)
{
    char text[64];
    snprintf(text, sizeof(text), "value-of-%s\n", name);
    unit_live_write(name, text);
    return unit_live_path(name);
}

static void listen_twice(void)
{
    service_a = unit_wire_listen(&port_a);
    service_b = unit_wire_listen(&port_b);
}

static void start(const char *format, ...)
{
    static char path[512];
    va_list arguments;
    va_start(arguments, format);
    write_file(format, arguments);
    va_end(arguments);
    unit_live_forget();
    snprintf(path, sizeof(path), "%s", unit_live_path("moongate.toml"));
    bool loaded = daemon_load(D, path);
    for (int i = 0; i < D->report.fault_count; i++)
        printf("line %d: %s\n", D->report.faults[i].line, D->report.faults[i].text);
    CU_ASSERT_FATAL(loaded);
    CU_ASSERT_FATAL(daemon_prepare(D, NULL));
    CU_ASSERT_FATAL(daemon_listen(D));
}

/* True: it was taken over. */
static bool reload(const char *format, ...)
{
    const struct settings *before = G->settings;
    va_list arguments;
    va_start(arguments, format);
    write_file(format, arguments);
    va_end(arguments);
    raise(SIGHUP);
    unit_live_settle();
    G->trim_us = 0; /* so that it does not sleep */
    CU_ASSERT(daemon_step(D));
    return G->settings != before;
}

/* Some time passes, in which the era before may be found over. */
static void pass(void)
{
    unit_live_settle();
    unit_clock_skip_ms(GATEWAY_ERA_LOOK_US / 1000);
    unit_live_turn();
    daemon_reload_run(D, false);
}

/* A chat that a service is asked for; who wants its list of models gets none. */
static struct unit_wire *asked(int listener, struct unit_wire_message *request)
{
    for (;;) {
        struct unit_wire *service = unit_live_accept(listener);
        CU_ASSERT_FATAL(unit_live_message(service, request));
        if (strncmp(request->head, "GET ", 4) != 0)
            return service;
        unit_wire_say(service, "HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        unit_wire_close(service);
    }
}

static struct unit_wire *chat(const char *model, const char *key)
{
    char text[512];
    char body[256];
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    snprintf(body, sizeof(body),
             "{\"model\":\"%s\",\"stream\":true,"
             "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
             model);
    snprintf(text, sizeof(text),
             "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %s\r\n"
             "content-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
             key, strlen(body), body);
    unit_wire_say(client, text);
    return client;
}

static int status_of(struct unit_wire *client)
{
    struct unit_wire_message answer;
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    return answer.status;
}

static void finish(struct unit_wire *service, struct unit_wire *client)
{
    struct unit_wire_message answer;
    unit_wire_say_chunk(service, FINISH);
    unit_wire_say_chunk(service, "");
    CU_ASSERT_FATAL(unit_live_message(client, &answer));
    CU_ASSERT(answer.whole);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "Hello"));
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.body, "[DONE]"));
    unit_wire_close(client);
}

/* Begins a chat that is not over: the service that it is with. */
static struct unit_wire *begin(int listener, struct unit_wire *client)
{
    struct unit_wire_message request;
    struct unit_wire *service = asked(listener, &request);
    unit_wire_say(service, STREAM);
    unit_wire_say_chunk(service, HELLO);
    CU_ASSERT(unit_live_read(client, "Hello"));
    return service;
}

static bool holds(const struct settings *settings, const char *text)
{
    return memmem(settings, sizeof(*settings), text, strlen(text)) != NULL;
}

/* ---- tests ---- */

static void streams_finish(void)
{
    listen_twice();
    start(SERVICE, "m", "m", port_a, secret("old"));
    struct unit_wire *first = chat("m", ONE);
    struct unit_wire *old = begin(service_a, first);
    char hash[SETTINGS_HASH_BYTES];
    memcpy(hash, G->settings->hash, sizeof(hash));
    CU_ASSERT(reload(SERVICE, "m", "m", port_b, secret("new")));
    CU_ASSERT_STRING_NOT_EQUAL(G->settings->hash, hash);
    struct unit_wire *second = chat("m", ONE);
    struct unit_wire *new = begin(service_b, second);
    pass();
    CU_ASSERT(gateway_era_lasts(G));
    CU_ASSERT(holds(&D->settings, "value-of-old"));
    finish(new, second);
    finish(old, first);
    pass();
    CU_ASSERT_FALSE(gateway_era_lasts(G));
    CU_ASSERT_FALSE(holds(&D->settings, "value-of-old"));
    CU_ASSERT(holds(&D->spare, "value-of-new"));
    CU_ASSERT_FALSE(memmem(&D->scratch, sizeof(D->scratch), "value-of", 8) != NULL);
    CU_ASSERT(unit_live_ended(old)); /* nobody knows its address any more */
    unit_live_end();
}

static void models_come_and_go(void)
{
    listen_twice();
    start(SERVICE SERVICE, "m", "m", port_a, secret("m"), "n", "n", port_b, secret("n"));
    CU_ASSERT(reload(SERVICE SERVICE, "o", "o", port_b, secret("o"), "m", "m", port_a,
                     secret("m")));
    CU_ASSERT_EQUAL(status_of(chat("n", ONE)), 404);
    struct unit_wire *client = chat("o", ONE);
    finish(begin(service_b, client), client);
    client = chat("m", ONE);
    finish(begin(service_a, client), client);
    unit_live_end();
}

static void keys_rotate(void)
{
    listen_twice();
    start(SERVICE KEY KEY, "m", "m", port_a, secret("m"), "ann", ONE, "bob", TWO);
    struct unit_wire *first = chat("m", TWO);
    struct unit_wire *service = begin(service_a, first);
    CU_ASSERT_EQUAL(G->keys.uses[1].active, 1);
    struct unit_wire *half = unit_wire_connect(unit_live_port());
    unit_wire_say(half, "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                        "authorization: Bearer " ONE "\r\ncontent-type: application/json\r\n"
                        "content-length: 20\r\n\r\n{\"model\"");
    unit_live_settle();
    CU_ASSERT(reload(SERVICE KEY, "m", "m", port_a, secret("m"), "bob", ONE));
    CU_ASSERT_EQUAL(G->keys.uses[0].active, 1);
    CU_ASSERT_EQUAL(status_of(chat("m", TWO)), 401);
    unit_wire_say(half, ":\"m\"       }");
    CU_ASSERT_EQUAL(status_of(half), 401); /* ann is gone, and nobody else */
    struct unit_wire *second = chat("m", ONE);
    struct unit_wire *other = begin(service_a, second);
    CU_ASSERT_EQUAL(G->keys.uses[0].active, 2);
    finish(service, first);
    finish(other, second);
    CU_ASSERT_EQUAL(G->keys.uses[0].active, 0);
    unit_live_end();
}

static void a_key_that_is_gone(void)
{
    listen_twice();
    start(SERVICE KEY KEY, "m", "m", port_a, secret("m"), "ann", ONE, "bob", TWO);
    struct unit_wire *client = chat("m", ONE);
    struct unit_wire *service = begin(service_a, client);
    CU_ASSERT(reload(SERVICE KEY, "m", "m", port_a, secret("m"), "bob", TWO));
    finish(service, client);
    CU_ASSERT_EQUAL(G->keys.uses[0].active, 0);
    unit_live_end();
}

static void a_bad_file(void)
{
    listen_twice();
    start(SERVICE, "m", "m", port_a, secret("m"));
    CU_ASSERT_FALSE(reload(SERVICE "nonsense=1\n", "m", "m", port_b, secret("bad")));
    CU_ASSERT_FALSE(holds(&D->spare, "value-of-bad"));
    (void)remove(unit_live_path("moongate.toml"));
    raise(SIGHUP);
    unit_live_settle();
    G->trim_us = 0;
    CU_ASSERT(daemon_step(D));
    struct unit_wire *client = chat("m", ONE);
    finish(begin(service_a, client), client);
    CU_ASSERT(reload(SERVICE, "m", "m", port_b, secret("good")));
    client = chat("m", ONE);
    finish(begin(service_b, client), client);
    unit_live_end();
}

static void two_signals(void)
{
    listen_twice();
    start(SERVICE, "m", "m", port_a, secret("one"));
    struct unit_wire *first = chat("m", ONE);
    struct unit_wire *old = begin(service_a, first);
    CU_ASSERT(reload(SERVICE, "m", "m", port_b, secret("two")));
    CU_ASSERT_FALSE(reload(SERVICE, "n", "n", port_b, secret("three"))); /* it has to wait */
    CU_ASSERT(D->reload_waits);
    CU_ASSERT_EQUAL(status_of(chat("n", ONE)), 404);
    finish(old, first);
    pass();
    CU_ASSERT_FALSE(D->reload_waits);
    CU_ASSERT_EQUAL(status_of(chat("m", ONE)), 404);
    struct unit_wire *second = chat("n", ONE);
    finish(begin(service_b, second), second);
    pass();
    CU_ASSERT_FALSE(holds(&D->spare, "value-of-two"));
    CU_ASSERT(holds(&D->settings, "value-of-three"));
    unit_live_end();
}

/* Requests that wait for the list of a service that is gone go on without. */
static void while_a_list_comes(void)
{
    listen_twice();
    start(SERVICE, "m", "m", port_a, secret("m"));
    struct unit_wire *client = chat("m", ONE);
    struct unit_wire *fetch = unit_live_accept(service_a);
    unit_live_settle();
    CU_ASSERT_EQUAL(G->list_wait.count, 1);
    CU_ASSERT(reload(SERVICE, "m", "m", port_b, secret("m")));
    CU_ASSERT_EQUAL(G->list_wait.count, 0);
    CU_ASSERT(unit_live_ended(fetch));
    finish(begin(service_a, client), client);
    pass();
    CU_ASSERT_FALSE(gateway_era_lasts(G));
    unit_live_end();
}

static void what_is_learnt_stays(void)
{
    listen_twice();
    start(SERVICE SERVICE, "m", "m", port_a, secret("m"), "n", "n", port_b, secret("n"));
    struct gateway_error error = gateway_error(429, "enough");
    gateway_bench_set(G, 0, 100, &error);
    gateway_bench_set(G, 1, 100, &error);
    G->circuits[1].failures = 3;
    G->circuits[0].state = GATEWAY_CIRCUIT_HALF_OPEN;
    CU_ASSERT(reload(SERVICE SERVICE, "n", "n", port_b, secret("other"), "m", "m", port_a,
                     secret("m")));
    int first = GATEWAY_ERA_FIRST(gateway_now(G));
    CU_ASSERT_EQUAL(first, SETTINGS_PROVIDERS);
    CU_ASSERT_FALSE(gateway_bench_is_on(G, first, NULL)); /* its key is another */
    CU_ASSERT_EQUAL(G->circuits[first].failures, 0);
    CU_ASSERT(gateway_bench_is_on(G, first + 1, NULL));
    CU_ASSERT_EQUAL(G->circuits[first + 1].state, GATEWAY_CIRCUIT_OPEN);
    CU_ASSERT(gateway_circuit_passes(G, first + 1));
    unit_live_end();
}

static void connections_are_kept(void)
{
    struct unit_wire_message request;
    listen_twice();
    start(SERVICE SERVICE, "m", "m", port_a, secret("m"), "n", "n", port_b, secret("n"));
    struct unit_wire *client = chat("m", ONE);
    struct unit_wire *kept = begin(service_a, client);
    finish(kept, client);
    client = chat("n", ONE);
    struct unit_wire *gone = begin(service_b, client);
    finish(gone, client);
    CU_ASSERT(unit_live_until(&G->upstreams.idle_count, 2));
    CU_ASSERT(reload(SERVICE, "o", "o", port_a, secret("m")));
    CU_ASSERT_EQUAL(G->upstreams.idle_count, 1);
    CU_ASSERT(unit_live_ended(gone));
    client = chat("o", ONE);
    CU_ASSERT_FATAL(unit_live_message(kept, &request));
    CU_ASSERT_PTR_NOT_NULL(strstr(request.head, "POST /v1/chat/completions"));
    unit_wire_say(kept, STREAM);
    unit_wire_say_chunk(kept, HELLO);
    finish(kept, client);
    unit_live_end();
}

/* What was lent while others were trusted ends with its answer. */
static void connections_of_another_trust(void)
{
    listen_twice();
    start(SERVICE, "m", "m", port_a, secret("m"));
    struct unit_wire *client = chat("m", ONE);
    struct unit_wire *kept = begin(service_a, client);
    finish(kept, client);
    CU_ASSERT(unit_live_until(&G->upstreams.idle_count, 1));
    client = chat("m", ONE);
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(kept, &request));
    unit_wire_say(kept, STREAM);
    unit_wire_say_chunk(kept, HELLO);
    CU_ASSERT(unit_live_read(client, "Hello"));
    CU_ASSERT(reload("[gateway.upstream]\nallow_plain_http=true\n" SERVICE, "m", "m", port_a,
                     secret("m")));
    finish(kept, client);
    CU_ASSERT(unit_live_ended(kept));
    CU_ASSERT_EQUAL(G->upstreams.idle_count, 0);
    unit_live_end();
}

static void counts_follow_names(void)
{
    listen_twice();
    start(SERVICE SERVICE, "m", "m", port_a, secret("m"), "n", "n", port_b, secret("n"));
    struct unit_wire *client = chat("m", ONE);
    struct unit_wire *service = begin(service_a, client);
    G->metrics.tokens[0][0] = 7;
    G->metrics.tokens[1][0] = 8;
    CU_ASSERT(reload(SERVICE SERVICE, "o", "o", port_b, secret("o"), "m", "m", port_a,
                     secret("m")));
    CU_ASSERT_EQUAL(G->metrics.tokens[0][0], 0);
    CU_ASSERT_EQUAL(G->metrics.tokens[1][0], 7);
    finish(service, client);
    CU_ASSERT(unit_live_until(&G->client_index.in_use, 0));
    CU_ASSERT_EQUAL_FATAL(G->metrics.series_count, 1);
    CU_ASSERT_EQUAL(G->metrics.series[0].model, 1);
    CU_ASSERT_EQUAL(G->metrics.series[0].provider, 1);
    unit_live_end();
}

/* What was opened at the start stays. */
static void what_cannot_change(void)
{
    listen_twice();
    start(SERVICE, "m", "m", port_a, secret("m"));
    bind = "127.0.0.1:1";
    state = "elsewhere";
    CU_ASSERT(reload(SERVICE, "m", "m", port_a, secret("m")));
    bind = "127.0.0.1:0";
    state = "state";
    CU_ASSERT_EQUAL(G->settings->listeners[0].port, 0);
    CU_ASSERT_STRING_EQUAL(G->settings->listeners[0].host, "127.0.0.1");
    CU_ASSERT_STRING_EQUAL(G->settings->state_dir, unit_live_path("state"));
    struct unit_wire *client = chat("m", ONE);
    finish(begin(service_a, client), client);
    unit_live_end();
}

/* A database stays what it was, and with it all that was agreed on; content is another matter. */
static void the_database_stays(void)
{
    const char *url = "[gateway.observability]\nclickhouse_url='http://%s:1/%s'\n"
                      "content=%s\n" SERVICE;
    listen_twice();
    start(url, "ann:secret@127.0.0.1", "db", "false", "m", "m", port_a, secret("m"));
    CU_ASSERT(reload(url, "bob:other@127.0.0.2", "more", "true", "m", "m", port_a, secret("m")));
    const struct settings_observability *kept = &G->settings->observability;
    CU_ASSERT_STRING_EQUAL(kept->clickhouse.authority, "127.0.0.1:1");
    CU_ASSERT_PTR_EQUAL(kept->clickhouse.authority, kept->clickhouse.path + 1); /* not the old */
    CU_ASSERT_STRING_EQUAL(kept->clickhouse_password, "secret");
    CU_ASSERT_STRING_EQUAL(kept->clickhouse_database, "db");
    CU_ASSERT_TRUE(kept->content);
    unit_live_end();
    listen_twice();
    start(SERVICE, "m", "m", port_a, secret("m"));
    CU_ASSERT(reload(url, "ann:secret@127.0.0.1", "db", "true", "m", "m", port_a, secret("m")));
    CU_ASSERT_PTR_NULL(G->settings->observability.clickhouse.host);
    unit_live_end();
}

/* A listener that is open to the network is not left without keys. */
static void what_must_not_stand_open(void)
{
    listen_twice();
    bind = "0.0.0.0:0";
    start(SERVICE KEY, "m", "m", port_a, secret("m"), "ann", ONE);
    bind = "127.0.0.1:0";
    CU_ASSERT_FALSE(reload(SERVICE, "m", "m", port_a, secret("m")));
    CU_ASSERT_EQUAL(status_of(chat("m", TWO)), 401);
    CU_ASSERT(reload(SERVICE KEY, "m", "m", port_a, secret("m"), "bob", TWO));
    CU_ASSERT_EQUAL(status_of(chat("m", ONE)), 401);
    unit_live_end();
}

/* What is read for TLS is taken over whole, or not at all. */
static void certificates(void)
{
    static const struct {
        const char *cert, *key, *anchors;
        bool good;
    } rows[] = {{"server", "server-rsa", "selfsigned.pem", false},
                {"server-rsa", "server-rsa", "server.key", false},
                {"server-rsa", "server-rsa", "selfsigned.pem", true}};
    const char *folder = unit_peer_certs();
    if (!FEATURE_HTTPS_LISTENER)
        return;
    start(FILES, folder, "server", folder, "server", folder, "ca.pem");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(reload(FILES, folder, rows[i].cert, folder, rows[i].key, folder,
                               rows[i].anchors),
                        rows[i].good);
        CU_ASSERT_EQUAL(G->secure.now, rows[i].good);
        CU_ASSERT_EQUAL(D->tls.anchors.changes, rows[i].good);
        CU_ASSERT_FALSE(gateway_secure_renews(G));
    }
    unit_live_end();
    tls_server_free(&G->secure.servers[1]);
    tls_anchors_close(&D->tls.anchors);
    unit_peer_end();
}

static const struct unit_test tests[] = {
    {"streams finish", streams_finish},
    {"models come and go", models_come_and_go},
    {"keys rotate", keys_rotate},
    {"a key that is gone", a_key_that_is_gone},
    {"a bad file", a_bad_file},
    {"two signals", two_signals},
    {"while a list comes", while_a_list_comes},
    {"what is learnt stays", what_is_learnt_stays},
    {"connections are kept", connections_are_kept},
    {"connections of another trust", connections_of_another_trust},
    {"counts follow names", counts_follow_names},
    {"what cannot change", what_cannot_change},
    {"the database stays", the_database_stays},
    {"what must not stand open", what_must_not_stand_open},
    {"certificates", certificates},
};

UNIT_MAIN("daemon_reload", tests)
