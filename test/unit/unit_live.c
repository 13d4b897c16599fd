/* See unit_live.h. */
#define _GNU_SOURCE
#include "test/unit/unit_live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port/posix/posix.h"
#include "test/unit/unit.h"
#include "test/unit/unit_clock.h"

#define CONFIG_BYTES 65536
#define PATIENCE_MS 5000
#define TURN_US 1000
#define SETTLE_TURNS 12

struct daemon unit_live;

/* A certificate, so that there is an anchor; no peer ever shows one. */
static const char anchor[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBkjCCATegAwIBAgIUaNtsvm/Lj56NdipTtsejbZnduIYwCgYIKoZIzj0EAwIw\n"
    "HTEbMBkGA1UEAwwSTW9vbmdhdGUgdW5pdCB0ZXN0MCAXDTI2MTEyNTE2NDEzMloY\n"
    "DzIxMjYxMTAxMTY0MTMyWjAdMRswGQYDVQQDDBJNb29uZ2F0ZSB1bml0IHRlc3Qw\n"
    "WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ+0BkxdeZ+X1Cm9q+oZFCGdW/YStzZ\n"
    "GJU0XSB4+HDK4N3mYx0StIXFhDwffRiowt7JA9U4shzb+Xd/KUW8PC6Xo1MwUTAd\n"
    "BgNVHQ4EFgQUNspvWJ6eERuoNijfi6Z+XQBE3mwwHwYDVR0jBBgwFoAUNspvWJ6e\n"
    "ERuoNijfi6Z+XQBE3mwwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBG\n"
    "AiEApHTLEQwJZBHnaPFanKO3RqEA8go4TSmcyxQfYuSyidECIQCocjhzhs6/JgAU\n"
    "Z2N8v2AHOoZ6I0FahVMgfjCC2pLpaA==\n"
    "-----END CERTIFICATE-----\n";

static char folder[256];

/* ---- start ---- */

static bool remove_path(const char *path)
{
    char command[600];
    snprintf(command, sizeof(command), "rm -rf '%s'", path);
    return system(command) == 0;
}

static void remove_folder(void)
{
    if (!remove_path(folder))
        perror(folder);
}

static void make_folder(void)
{
    const char *top = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/moongate-unit.XXXXXX", top != NULL ? top : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    atexit(remove_folder);
    posix_start();
}

const char *unit_live_path(const char *name)
{
    static char paths[4][512];
    static int turn;
    char *path = paths[turn++ % 4];
    if (folder[0] == '\0')
        make_folder();
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

void unit_live_remove_state(void)
{
    CU_ASSERT_FATAL(remove_path(unit_live_path("state")));
}

void unit_live_write(const char *name, const char *text)
{
    FILE *file = fopen(unit_live_path(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

/* Without touching what was never touched. */
static void make_zero(void *start, size_t len)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    size_t before = (size_t)(-(uintptr_t)start & (page - 1));
    size_t behind = ((uintptr_t)start + len) & (page - 1);
    char *bytes = start;
    memset(bytes, 0, before);
    memset(bytes + len - behind, 0, behind);
    CU_ASSERT_EQUAL_FATAL(madvise(bytes + before, len - before - behind, MADV_DONTNEED), 0);
}

void unit_live_forget(void)
{
    make_zero(&unit_live, sizeof(unit_live));
}

static void parse(const char *format, va_list arguments)
{
    static char text[CONFIG_BYTES];
    int len = snprintf(text, sizeof(text),
                       "[gateway]\nbind_address = '127.0.0.1:0'\nstate_dir = '%s'\n"
                       "log_level = 'error'\nstate_flush_s = 2\n",
                       unit_live_path("state"));
    len += vsnprintf(text + len, sizeof(text) - (size_t)len, format, arguments);
    CU_ASSERT_FATAL(len < CONFIG_BYTES);
    unit_live_forget();
    struct settings_report *report = &unit_live.report;
    enum result result = settings_parse(&unit_live.settings, &unit_live.scratch,
                                        (struct span){text, (size_t)len}, false, report);
    for (int i = 0; i < report->fault_count; i++)
        printf("line %d: %s\n", report->faults[i].line, report->faults[i].text);
    CU_ASSERT_EQUAL_FATAL(result, RESULT_DONE);
    bool prepared = daemon_prepare(&unit_live, NULL);
    if (!prepared)
        printf("%s\n", unit_live.why);
    CU_ASSERT_FATAL(prepared);
}

void unit_live_prepare(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    parse(format, arguments);
    va_end(arguments);
}

static void forget_lists(struct gateway *g)
{
    for (int i = 0; i < SETTINGS_PROVIDERS; i++)
        g->catalogs.of_provider[i] = MODEL_CATALOG_NONE;
    for (int i = 0; i < LIMIT_CATALOGS; i++)
        g->catalogs.models.catalogs[i].users = 0;
}

void unit_live_start(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    parse(format, arguments);
    va_end(arguments);
    forget_lists(UNIT_LIVE_GATEWAY);
    CU_ASSERT_FATAL(daemon_listen(&unit_live));
}

void unit_live_start_with_lists(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    parse(format, arguments);
    va_end(arguments);
    CU_ASSERT_FATAL(daemon_listen(&unit_live));
}

/* TLS is started once in a program. */
void unit_live_secure(int provider)
{
    static struct tls tls;
    const char *why;
    unit_live_write("anchor.pem", anchor);
    CU_ASSERT_FATAL(tls.ready || tls_start(&tls, unit_live_path("anchor.pem"), &why));
    unit_live.settings.providers[provider].url.tls = true;
    unit_live.gateway.tls = &tls;
}

uint16_t unit_live_port(void)
{
    return port_listen_number(unit_live.gateway.listeners[0]);
}

/* ---- turns ---- */

void unit_live_turn(void)
{
    unit_wire_flush();
    gateway_step(UNIT_LIVE_GATEWAY, TURN_US);
}

int unit_live_turns_in(uint64_t ms)
{
    uint64_t end_ms = unit_clock_real_ms() + ms;
    int turns = 0;
    for (uint64_t now = unit_clock_real_ms(); now < end_ms; now = unit_clock_real_ms()) {
        gateway_step(UNIT_LIVE_GATEWAY, (end_ms - now) * 1000);
        turns++;
    }
    return turns;
}

void unit_live_settle(void)
{
    for (int i = 0; i < SETTLE_TURNS; i++) {
        unit_wire_flush();
        gateway_step(UNIT_LIVE_GATEWAY, i < SETTLE_TURNS - 2 ? 0 : TURN_US);
    }
}

bool unit_live_until(const uint16_t *value, uint16_t wanted)
{
    uint64_t end_ms = unit_clock_real_ms() + PATIENCE_MS;
    while (*value != wanted && unit_clock_real_ms() < end_ms)
        unit_live_turn();
    return *value == wanted;
}

static bool is_saved(const struct gateway *g)
{
    const struct record_journal *journal = &unit_live.records.journal;
    return !g->state.busy && g->state.flush_us > port_now_us() && !journal->writing &&
           record_journal_due_us(journal) > port_now_us();
}

bool unit_live_saved(void)
{
    uint64_t end_ms = unit_clock_real_ms() + PATIENCE_MS;
    while (!is_saved(UNIT_LIVE_GATEWAY) && unit_clock_real_ms() < end_ms)
        unit_live_turn();
    return is_saved(UNIT_LIVE_GATEWAY);
}

struct unit_wire *unit_live_accept(int listener)
{
    uint64_t end_ms = unit_clock_real_ms() + PATIENCE_MS;
    struct unit_wire *peer = unit_wire_accept(listener);
    while (peer == NULL && unit_clock_real_ms() < end_ms) {
        unit_live_turn();
        peer = unit_wire_accept(listener);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(peer);
    return peer;
}

bool unit_live_message(struct unit_wire *peer, struct unit_wire_message *message)
{
    uint64_t end_ms = unit_clock_real_ms() + PATIENCE_MS;
    bool look = true; /* at what was read before */
    while (unit_clock_real_ms() < end_ms) {
        look = unit_wire_read(peer, SIZE_MAX) > 0 || peer->ended || look;
        if (look && unit_wire_take(peer, message))
            return true;
        if (peer->ended)
            return false;
        look = false;
        unit_live_turn();
    }
    return false;
}

bool unit_live_read(struct unit_wire *peer, const char *text)
{
    uint64_t end_ms = unit_clock_real_ms() + PATIENCE_MS;
    while (unit_clock_real_ms() < end_ms) {
        unit_wire_read(peer, SIZE_MAX);
        if (peer->in_len > 0 && strstr(peer->in, text) != NULL)
            return true;
        if (peer->ended)
            return false;
        unit_live_turn();
    }
    return false;
}

bool unit_live_ended(struct unit_wire *peer)
{
    uint64_t end_ms = unit_clock_real_ms() + PATIENCE_MS;
    while (!peer->ended && unit_clock_real_ms() < end_ms) {
        unit_live_turn();
        unit_wire_read(peer, SIZE_MAX);
    }
    return peer->ended;
}

/* ---- clients and services ---- */

void unit_live_chat_on(struct unit_wire *client, const char *model, bool stream)
{
    char body[512], head[256];
    snprintf(
        body, sizeof(body),
        "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        model, stream ? "true" : "false");
    snprintf(head, sizeof(head),
             "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
             "content-type: application/json\r\ncontent-length: %zu\r\n\r\n",
             strlen(body));
    unit_wire_say(client, head);
    unit_wire_say(client, body);
}

struct unit_wire *unit_live_chat(const char *model, bool stream)
{
    struct unit_wire *client = unit_wire_connect(unit_live_port());
    unit_live_chat_on(client, model, stream);
    return client;
}

void unit_live_serve_on(struct unit_wire *service)
{
    struct unit_wire_message request;
    CU_ASSERT_FATAL(unit_live_message(service, &request));
    CU_ASSERT(request.whole);
    unit_wire_say(service, UNIT_LIVE_CHUNKED);
    unit_wire_say_chunk(service, UNIT_LIVE_HELLO);
    unit_wire_say_chunk(service, UNIT_LIVE_FINISH);
    unit_wire_say_chunk(service, "");
}

struct unit_wire *unit_live_serve(int listener)
{
    struct unit_wire *service = unit_live_accept(listener);
    unit_live_serve_on(service);
    return service;
}

/* ---- the end ---- */

static void check_requests(const struct gateway *g)
{
    CU_ASSERT_EQUAL(g->request_index.in_use, 0);
    CU_ASSERT_EQUAL(g->exchange_run.count, 0);
    CU_ASSERT_EQUAL(timers_count(&g->exchange_timers), 0);
    CU_ASSERT_EQUAL(g->list_wait.count, 0);
    CU_ASSERT_EQUAL(g->windows.index.in_use, 0);
    CU_ASSERT_EQUAL(g->windows.waiting.count, 0);
    for (int i = 0; i < LIMIT_CATALOG_BUILDS; i++)
        CU_ASSERT_EQUAL(g->catalogs.fetches[i].catalog, MODEL_CATALOG_NONE);
}

static void check_upstreams(const struct gateway_upstreams *u)
{
    CU_ASSERT_EQUAL(u->index.in_use, 0);
    CU_ASSERT_EQUAL(u->handshakes, 0);
    CU_ASSERT_EQUAL(u->idle_count, 0);
    CU_ASSERT_EQUAL(u->tls_waiting.count, 0);
    CU_ASSERT_EQUAL(timers_count(&u->timers), 0);
}

static void check_clients(const struct gateway *g)
{
    CU_ASSERT_EQUAL(g->client_index.in_use, 0);
    CU_ASSERT_EQUAL(g->client_run.count, 0);
    CU_ASSERT_EQUAL(g->client_wait.count, 0);
    CU_ASSERT_EQUAL(g->client_wait_head.count, 0);
    CU_ASSERT_EQUAL(g->client_linger.count, 0);
    CU_ASSERT_EQUAL(g->client_idle.count, 0);
    CU_ASSERT_EQUAL(timers_count(&g->client_timers), 0);
    CU_ASSERT_EQUAL(g->head_index.in_use, 0);
    CU_ASSERT_EQUAL(g->bodies.small.in_use, 0);
    CU_ASSERT_EQUAL(g->bodies.medium.in_use, 0);
    CU_ASSERT_EQUAL(g->bodies.large.in_use, 0);
    CU_ASSERT_EQUAL(g->pages.index.in_use, 0);
    CU_ASSERT(g->records == NULL || g->records->content_index.in_use == 0);
}

void unit_live_check_pools(const struct gateway *g)
{
    check_clients(g);
    check_requests(g);
    check_upstreams(&g->upstreams);
}

static bool is_quiet(const struct gateway *g)
{
    return g->client_index.in_use == 0 && g->request_index.in_use == 0 &&
           g->upstreams.index.in_use == 0 && !g->state.busy;
}

void unit_live_end(void)
{
    struct gateway *g = UNIT_LIVE_GATEWAY;
    uint64_t end_ms = unit_clock_real_ms() + PATIENCE_MS;
    unit_wire_close_all();
    unit_live_settle();
    unit_clock_skip_ms(GATEWAY_LINGER_MS + 1);
    while (!is_quiet(g) && unit_clock_real_ms() < end_ms)
        unit_live_turn();
    unit_live_check_pools(g);
    gateway_state_flush(g);
    gateway_records_flush(g);
    gateway_export_flush(g);
    if (!g->stopping)
        gateway_stop(g);
    CU_ASSERT(gateway_stopped(g));
}
