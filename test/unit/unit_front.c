/* See unit_front.h. */
#define _GNU_SOURCE
#include "test/unit/unit_front.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/gateway/gateway_wait.h"
#include "port/posix/posix.h"
#include "test/unit/unit.h"

#define PATIENCE_US 1000 /* the system delivers at once, or nearly so */
#define READ_BYTES (16 * 1048576)

struct gateway unit_front;
struct settings unit_front_settings;
struct span unit_front_body;

static struct tls no_tls;
static char bytes_read[READ_BYTES + 1];
static char body[READ_BYTES];
static int listener = -1;
static bool serves;

/* ---- the gateway ---- */

static void set_up_settings(void)
{
    struct settings *s = &unit_front_settings;
    *s = (struct settings){.base_path = "",
                           .log_level = PORT_LOG_ERROR,
                           .wildcard = -1,
                           .model_count = 1,
                           .provider_count = 1,
                           .route_count = 1,
                           .hash = "0123456789abcdef"};
    s->models[0] = (struct settings_model){.name = "box", .route_count = 1};
    s->providers[0] = (struct settings_provider){
        .name = "own", .type = "loopback", .protocol = SETTINGS_LOOPBACK};
    s->limits = (struct settings_limits){.max_body_bytes = LIMIT_BODY_LARGE_BYTES,
                                         .max_clients = LIMIT_CLIENTS,
                                         .max_active_requests = LIMIT_REQUESTS,
                                         .queue_ms = 10000};
    s->timeouts = (struct settings_timeouts){.client_head_ms = 10000,
                                             .client_body_ms = 60000,
                                             .client_idle_ms = 75000,
                                             .first_byte_ms = 120000,
                                             .idle_ms = 300000,
                                             .total_ms = 900000};
}

static void set_up_gateway(void)
{
    posix_start();
    gateway_init(&unit_front, &unit_front_settings, &no_tls);
    listener = port_listen("127.0.0.1", 0);
    CU_ASSERT_FATAL(listener >= 0);
    unit_front.slots[listener] = (struct gateway_slot){GATEWAY_SLOT_LISTENER, 0};
    unit_front.listeners[0] = (int16_t)listener;
    unit_front.listener_count = 1;
}

void unit_front_fresh(void)
{
    set_up_settings();
    if (listener < 0)
        set_up_gateway();
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        if (unit_front.clients[i].state != GATEWAY_CLIENT_FREE)
            gateway_client_close(&unit_front, i);
    }
    unit_front.stopping = false;
    unit_front.accept_again = false;
    unit_front.now_us = 1000000000;
    unit_front.started_us = 1000000000;
    serves = true;
}

void unit_front_serve(bool serve)
{
    serves = serve;
}

void unit_front_event(int client, unsigned kinds)
{
    gateway_client_event(&unit_front, client, kinds);
    queue_add(&unit_front.client_run, client);
}

static void take_event(const struct port_event *event)
{
    struct gateway_slot slot = unit_front.slots[event->slot];
    if (slot.kind == GATEWAY_SLOT_LISTENER)
        gateway_client_accept(&unit_front, event->slot);
    else if (slot.kind == GATEWAY_SLOT_CLIENT)
        unit_front_event(slot.number, event->kinds);
}

/* One turn of a loop. False: nothing happened. */
static bool turn(uint64_t wait_us)
{
    struct gateway *g = &unit_front;
    static struct port_event events[LIMIT_EVENTS];
    int count = port_wait(events, LIMIT_EVENTS, port_now_us() + wait_us);
    for (int i = 0; i < count; i++)
        take_event(&events[i]);
    bool busy = count > 0 || g->client_run.count > 0;
    for (int left = g->client_run.count; left > 0 && g->client_run.count > 0; left--)
        gateway_client_run(g, queue_take(&g->client_run));
    for (int left = g->exchange_run.count; serves && left > 0; left--) {
        gateway_request_run(g, queue_take(&g->exchange_run));
        busy = true;
    }
    gateway_client_accept_again(g);
    return busy || g->client_run.count > 0;
}

static void run(uint64_t patience_us)
{
    int quiet = 0;
    while (quiet < 2)
        quiet = turn(quiet == 0 ? 0 : patience_us) ? 0 : quiet + 1;
}

void unit_front_run(void)
{
    run(PATIENCE_US);
}

void unit_front_pass(uint64_t ms)
{
    int number;
    unit_front_run();
    unit_front.now_us += ms * 1000;
    gateway_wait_press(&unit_front);
    while ((number = timers_take_due(&unit_front.client_timers, unit_front.now_us)) !=
           TIMERS_NONE)
        gateway_client_due(&unit_front, number);
    unit_front_run();
}

int unit_front_client(void)
{
    for (int i = 0; i < LIMIT_CLIENTS; i++) {
        if (unit_front.clients[i].state != GATEWAY_CLIENT_FREE)
            return i;
    }
    return -1;
}

int unit_front_count(enum gateway_client_state state)
{
    int count = 0;
    for (int i = 0; i < LIMIT_CLIENTS; i++)
        count += unit_front.clients[i].state == state;
    return count;
}

void unit_front_all_free(void)
{
    const struct gateway *g = &unit_front;
    unit_front_run();
    CU_ASSERT_EQUAL(g->client_index.in_use, 0);
    CU_ASSERT_EQUAL(g->head_index.in_use, 0);
    CU_ASSERT_EQUAL(g->request_index.in_use, 0);
    CU_ASSERT_EQUAL(g->pages.index.in_use, 0);
    CU_ASSERT_EQUAL(g->bodies.small.in_use + g->bodies.medium.in_use + g->bodies.large.in_use, 0);
    CU_ASSERT_EQUAL(timers_count(&g->client_timers), 0);
    CU_ASSERT_EQUAL(g->client_run.count + g->client_wait.count + g->client_wait_head.count, 0);
    CU_ASSERT_EQUAL(g->client_linger.count + g->client_idle.count, 0);
}

/* ---- its clients ---- */

int unit_front_knock(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int on = 1;
    to.sin_port = htons(port_listen_number(listener));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int unit_front_peer(void)
{
    int fd = unit_front_knock();
    unit_front_run();
    return fd;
}

void unit_front_send(int fd, struct span bytes)
{
    int refused = 0; /* twice: the other side takes no more */
    while (bytes.len > 0 && refused < 2) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        run(sent < 0 ? PATIENCE_US : 0);
        refused = sent < 0 ? refused + 1 : 0;
        bytes = span_skip(bytes, sent < 0 ? 0 : (size_t)sent);
    }
}

void unit_front_send_str(int fd, const char *text)
{
    unit_front_send(fd, span_of(text));
}

void unit_front_drip(int fd, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        unit_front_send(fd, (struct span){bytes.at + i, 1});
}

struct span unit_front_read(int fd, bool *ended)
{
    size_t len = 0;
    ssize_t got;
    unit_front_run();
    do {
        got = recv(fd, bytes_read + len, READ_BYTES - len, MSG_DONTWAIT);
        len += got > 0 ? (size_t)got : 0;
        run(0);
    } while (got > 0 && len < READ_BYTES);
    bytes_read[len] = '\0';
    if (ended != NULL) {
        *ended = got == 0 || errno == ECONNRESET;
    }
    return (struct span){bytes_read, len};
}

static struct span behind(struct span text, const char *mark)
{
    size_t len = strlen(mark);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.at + i, mark, len) == 0)
            return span_skip(text, i + len);
    }
    return (struct span){NULL, 0};
}

bool unit_front_has(struct span text, const char *mark)
{
    return behind(text, mark).at != NULL;
}

/* Takes the chunks off the front of *rest. */
static size_t unchunk(struct span *rest)
{
    size_t len = 0;
    for (;;) {
        struct span data = behind(*rest, "\r\n");
        CU_ASSERT_PTR_NOT_NULL_FATAL(data.at);
        size_t size = (size_t)strtoul(rest->at, NULL, 16);
        CU_ASSERT_FATAL(data.len >= size + 2 && memcmp(data.at + size, "\r\n", 2) == 0);
        memcpy(body + len, data.at, size);
        len += size;
        *rest = span_skip(data, size + 2);
        if (size == 0)
            return len;
    }
}

int unit_front_answer(struct span bytes, struct span *rest)
{
    struct span behind_head = behind(bytes, "\r\n\r\n");
    unit_front_body = (struct span){body, 0};
    if (behind_head.at == NULL)
        return 0;
    struct span head = {bytes.at, (size_t)(behind_head.at - bytes.at)};
    struct span length = behind(head, "content-length: ");
    if (unit_front_has(head, "transfer-encoding: chunked")) {
        unit_front_body.len = unchunk(&behind_head);
    } else {
        size_t len = length.at != NULL ? (size_t)strtoul(length.at, NULL, 10) : behind_head.len;
        CU_ASSERT_FATAL(len <= behind_head.len);
        memcpy(body, behind_head.at, len);
        unit_front_body.len = len;
        behind_head = span_skip(behind_head, len);
    }
    if (rest != NULL) {
        *rest = behind_head;
    }
    CU_ASSERT_TRUE_FATAL(span_starts(bytes, SPAN("HTTP/1.1 ")));
    return atoi(bytes.at + 9);
}

int unit_front_ask(const char *request)
{
    int fd = unit_front_peer();
    unit_front_send_str(fd, request);
    int status = unit_front_answer(unit_front_read(fd, NULL), NULL);
    unit_front_close(fd);
    return status;
}

void unit_front_shut(int fd)
{
    (void)shutdown(fd, SHUT_WR);
    unit_front_run();
}

void unit_front_close(int fd)
{
    (void)close(fd);
    unit_front_run();
}
