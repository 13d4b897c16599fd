/*
 * The bench's clients: N of them in a closed loop, each with its next request when it has the
 * answer to the last.
 * load --port N [--clients N] (--ms N [--warm MS] | --each N) [--spread MS] [--path PATH]
 *      [--model NAME] [--body BYTES] [--order DELTAS,INTERVAL_MS,FIRST_MS] [--stream] [--tls]
 *      [--fresh [--resume]] [--wait MS]
 *
 * --ms stops after that time, --each after so many requests of each client. --warm MS: what ends in
 * that time before is made, and counted in `all` alone. --spread: how long it takes until the last
 * client has begun. --fresh: a connection for each request; --resume: with the
 * TLS session of the one before. --wait: longer than this an answer may not take.
 * The last line is one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/bench/reply.h"
#include "test/bench/samples.h"
#include "test/bench/wire.h"

enum { EVENT_COUNT = 512, READ_CAP = 65536, SAMPLE_COUNT = 4000000 };

struct client {
    struct wire wire;
    bool over;                 /* has made all its requests, or has not begun */
    size_t sent_len;
    long done;
    uint64_t begun_ns, last_ns; /* this request; the last event of its answer */
    struct reply reply;
};

static struct {
    struct sockaddr_in to;
    SSL_CTX *tls;
    SSL_SESSION *session;
    bool fresh, resume, stream;
    long client_count, ms, each, warm_ms, spread_ms, wait_ms;
    size_t marks;
    char *request;
    size_t request_len;
} how;

static struct {
    int epoll;
    struct client *clients;
    long begun, running;
    uint64_t start_ns, warm_ns, end_ns; /* counted is what ends between the last two */
    long all, good, failed, resumed, deltas;
    char why[160]; /* of the first failure */
    struct samples whole, first, gap;
} now;

/* ---- the request ---- */

static void write_request(const char *path, const char *model, const char *order, long body_len)
{
    char open[512];
    static const char close[] = "\"}]}";
    int open_len = snprintf(open, sizeof open,
                            "{\"model\":\"%s\",%s\"messages\":"
                            "[{\"role\":\"user\",\"content\":\"%s%s ",
                            model, how.stream ? "\"stream\":true," : "", order != NULL ? "@@" : "",
                            order != NULL ? order : "");
    long fill = body_len - open_len - (long)sizeof close + 1;
    fill = fill > 0 ? fill : 1;
    size_t cap = (size_t)fill + 2048;
    how.request = malloc(cap);
    if (how.request == NULL)
        exit(1);
    int len = snprintf(how.request, cap,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       path, (size_t)open_len + (size_t)fill + sizeof close - 1, open);
    char *at = how.request + len;
    for (long i = 0; i < fill; i++)
        at[i] = "a word and another "[i % 19];
    memcpy(at + fill, close, sizeof close - 1);
    how.request_len = (size_t)len + (size_t)fill + sizeof close - 1;
}

/* ---- a client ---- */

static void fail(struct client *client, const char *why)
{
    now.failed++;
    if (now.why[0] == '\0')
        snprintf(now.why, sizeof now.why, "%s, status %d, %zu bytes, %zu deltas", why,
                 client->reply.status, client->reply.body_len, client->reply.marks);
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    if (!how.resume)
        return 0;
    SSL_SESSION_free(how.session);
    how.session = session;
    return 1;
}

static bool connect_client(struct client *client)
{
    client->wire.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->wire.fd < 0)
        return false;
    int failed = connect(client->wire.fd, (struct sockaddr *)&how.to, sizeof how.to);
    if (failed != 0 && errno != EINPROGRESS)
        return false;
    if (how.tls != NULL) {
        client->wire.ssl = SSL_new(how.tls);
        SSL_set_fd(client->wire.ssl, client->wire.fd);
        SSL_set_connect_state(client->wire.ssl);
        if (how.resume && how.session != NULL)
            SSL_set_session(client->wire.ssl, how.session);
    }
    return wire_watch(&client->wire, now.epoll, client);
}

static void step(struct client *client);

static void begin(struct client *client)
{
    reply_begin(&client->reply);
    client->sent_len = 0;
    client->begun_ns = wire_now_ns();
    client->last_ns = 0;
    if (client->wire.fd < 0 && !connect_client(client)) {
        /* The next look at the deadlines tries again: nothing here spins. */
        wire_close(&client->wire);
        fail(client, "cannot connect");
        client->done++;
    }
}

static void end(struct client *client, const char *why)
{
    uint64_t at = wire_now_ns();
    if (how.ms > 0 && at > now.end_ns) {
        /* Nobody counts what the time's end cut off. */
    } else if (why != NULL) {
        fail(client, why);
    } else if (++now.all && at >= now.warm_ns) {
        now.good++;
        now.deltas += (long)client->reply.marks;
        now.resumed += client->wire.ssl != NULL && SSL_session_reused(client->wire.ssl);
        samples_add(&now.whole, at - client->begun_ns);
    }
    client->done++;
    if (why != NULL || how.fresh || client->reply.closes)
        wire_close(&client->wire);
    client->over = how.ms > 0 ? at > now.end_ns : client->done >= how.each;
    if (client->over) {
        now.running--;
        wire_close(&client->wire);
    } else {
        begin(client);
    }
}

static void note_events(struct client *client, size_t before)
{
    uint64_t at = wire_now_ns();
    if (client->reply.body_len == before || client->reply.marks == 0 || at < now.warm_ns)
        return;
    if (client->last_ns == 0)
        samples_add(&now.first, at - client->begun_ns);
    else if (client->reply.phase != REPLY_DONE)
        samples_add(&now.gap, at - client->last_ns);
    client->last_ns = at;
}

static bool send_rest(struct client *client)
{
    while (client->sent_len < how.request_len) {
        int done = wire_write(&client->wire, how.request + client->sent_len,
                              how.request_len - client->sent_len);
        if (done <= 0)
            return done == WIRE_AGAIN;
        client->sent_len += (size_t)done;
    }
    return true;
}

/* Reads what there is; NULL while the answer goes on, else "" or what went wrong. */
static const char *read_some(struct client *client)
{
    static char bytes[READ_CAP];
    for (;;) {
        int len = wire_read(&client->wire, bytes, sizeof bytes);
        if (len == WIRE_AGAIN)
            return NULL;
        if (len == WIRE_END)
            return "the connection ended";
        size_t before = client->reply.body_len;
        reply_take(&client->reply, bytes, (size_t)len);
        note_events(client, before);
        if (client->reply.phase == REPLY_BAD)
            return "not HTTP";
        if (client->reply.phase == REPLY_DONE)
            return reply_good(&client->reply, how.marks, how.stream) ? "" : "not the whole answer";
    }
}

static void step(struct client *client)
{
    for (;;) {
        long done = client->done;
        if (client->over || client->wire.fd < 0)
            return;
        /* An answer may come before all is sent, and say why. */
        bool sent = send_rest(client);
        const char *said = read_some(client);
        if (said == NULL && !sent)
            said = "cannot send";
        if (said == NULL)
            return;
        end(client, *said != '\0' ? said : NULL);
        if (client->done == done)
            return;
    }
}

/* ---- the loop ---- */

static void begin_due(void)
{
    uint64_t passed_ms = (wire_now_ns() - now.start_ns) / 1000000;
    while (now.begun < how.client_count &&
           (uint64_t)(now.begun * how.spread_ms / how.client_count) <= passed_ms) {
        struct client *client = &now.clients[now.begun++];
        client->over = false;
        now.running++;
        begin(client);
    }
}

static void judge_deadlines(void)
{
    uint64_t at = wire_now_ns();
    for (long i = 0; i < now.begun; i++) {
        struct client *client = &now.clients[i];
        if (client->over)
            continue;
        if (client->wire.fd < 0 && how.each > 0 && client->done >= how.each) {
            client->over = true;
            now.running--;
        } else if (client->wire.fd < 0 && at < now.end_ns) {
            begin(client);
        } else if (how.ms > 0 && at > now.end_ns) {
            end(client, "the time is over");
        } else if (at > client->begun_ns + (uint64_t)how.wait_ms * 1000000) {
            end(client, "no answer in time");
        }
    }
}

static void run(void)
{
    struct epoll_event events[EVENT_COUNT];
    uint64_t judged_ns = now.start_ns;
    while (now.begun < how.client_count || now.running > 0) {
        begin_due();
        int wait_ms = now.begun < how.client_count ? 1 : 10;
        int count = epoll_wait(now.epoll, events, EVENT_COUNT, wait_ms);
        for (int i = 0; i < count; i++)
            step(events[i].data.ptr);
        if (wire_now_ns() < judged_ns + 10000000)
            continue;
        judge_deadlines();
        judged_ns = wire_now_ns();
    }
}

static void report(double seconds)
{
    printf("{\"all\":%ld,\"good\":%ld,\"failed\":%ld,\"why\":\"%s\",\"seconds\":%.4f,\"rate\":%.1f,"
           "\"deltas\":%ld,\"resumed\":%ld",
           now.all, now.good, now.failed, now.why, seconds, (double)now.good / seconds, now.deltas,
           now.resumed);
    samples_print(&now.whole, "whole");
    samples_print(&now.first, "first");
    samples_print(&now.gap, "gap");
    printf("}\n");
}

static void read_options(char **argv)
{
    const char *order = wire_option(argv, "order", NULL);
    how.to = (struct sockaddr_in){.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)wire_number(argv, "port", 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    how.client_count = wire_number(argv, "clients", 1);
    how.each = wire_number(argv, "each", 0);
    how.ms = how.each > 0 ? 0 : wire_number(argv, "ms", 1000);
    how.warm_ms = how.each > 0 ? 0 : wire_number(argv, "warm", 0);
    how.spread_ms = wire_number(argv, "spread", 0);
    how.wait_ms = wire_number(argv, "wait", 60000);
    how.fresh = wire_flag(argv, "fresh");
    how.resume = wire_flag(argv, "resume");
    how.stream = wire_flag(argv, "stream");
    how.marks = how.stream && order != NULL ? strtoul(order, NULL, 10) : 1;
    write_request(wire_option(argv, "path", "/v1/chat/completions"),
                  wire_option(argv, "model", "bench"), order, wire_number(argv, "body", 0));
    if (!wire_flag(argv, "tls"))
        return;
    how.tls = SSL_CTX_new(TLS_client_method());
    if (how.tls == NULL || !wire_same_cipher(how.tls))
        exit(1);
    SSL_CTX_set_session_cache_mode(how.tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(how.tls, keep_session);
}

int main(int argc, char **argv)
{
    (void)argc;
    wire_prepare();
    read_options(argv);
    now.clients = calloc((size_t)how.client_count, sizeof *now.clients);
    if (now.clients == NULL)
        return 1;
    for (long i = 0; i < how.client_count; i++)
        now.clients[i] = (struct client){.wire.fd = -1, .over = true};
    samples_init(&now.whole, SAMPLE_COUNT);
    samples_init(&now.first, SAMPLE_COUNT);
    samples_init(&now.gap, SAMPLE_COUNT);
    now.epoll = epoll_create1(EPOLL_CLOEXEC);
    now.start_ns = wire_now_ns();
    now.warm_ns = now.start_ns + (uint64_t)how.warm_ms * 1000000;
    now.end_ns = how.ms > 0 ? now.warm_ns + (uint64_t)how.ms * 1000000 : UINT64_MAX;
    run();
    report((double)((how.ms > 0 ? now.end_ns : wire_now_ns()) - now.warm_ns) / 1e9);
    return 0;
}
