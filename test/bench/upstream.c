/*
 * The bench's stand-in for a service, as fast as one core goes: it answers small chats from memory
 * and streams deltas at an interval.
 * upstream --port N [--cert FILE --key FILE]
 *
 * A chat's text says how it is to be answered: `@@DELTAS,INTERVAL_MS,FIRST_MS`. Without it the
 * answer comes at once, and whole where the protocol has whole answers. Each delta has one `~`, and
 * nothing else has: who counts them knows whether an answer is complete.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/bench/wire.h"

enum {
    IN_CAP = 8192,      /* a head, and what of the body is looked at */
    OUT_CAP = 32768,    /* what a slow reader may owe: a whole stream of 64 deltas */
    SLOT_COUNT = 16384, /* of a millisecond each: the longest wait */
    EVENT_COUNT = 512,
    TEXT_CAP = 1024
};

struct text {
    char bytes[TEXT_CAP];
    size_t len;
};

/* What one protocol says. */
struct speech {
    struct text head;
    struct text delta;
    struct text end;
};

struct conn {
    struct wire wire;
    const struct speech *speech; /* of the stream under way */
    struct conn *next, **link;   /* in its slot of the wheel; link NULL: in none */
    size_t in_len, out_from, out_len;
    size_t body_left;
    bool reading_body;
    int deltas_left, interval_ms;
    bool begun;
    char in[IN_CAP + 1];
    char out[OUT_CAP];
};

static struct {
    int epoll;
    SSL_CTX *tls;
    struct text small, models, rust_models, not_found;
    struct speech openai, rust;
    struct conn *slots[SLOT_COUNT];
    uint64_t now_ms, waiting;
} up;

/* ---- what it says ---- */

static void whole(struct text *text, const char *status, const char *body)
{
    text->len = (size_t)snprintf(text->bytes, TEXT_CAP,
                                 "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                                 "Content-Length: %zu\r\n\r\n%s",
                                 status, strlen(body), body);
}

static void chunk(struct text *text, const char *body, const char *after)
{
    text->len = (size_t)snprintf(text->bytes, TEXT_CAP, "%zx\r\n%s\r\n%s", strlen(body), body,
                                 after);
}

#define CHUNK(delta, finish) \
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\"," \
    "\"created\":1700000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":" delta \
    ",\"finish_reason\":" finish "}]}\n\n"

static void prepare(void)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
    whole(&up.small, "200 OK",
          "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,"
          "\"model\":\"bench\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
          "\"content\":\"~ a small answer\"},\"finish_reason\":\"stop\"}],"
          "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}");
    whole(&up.models, "200 OK",
          "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\","
          "\"created\":1700000000,\"owned_by\":\"bench\"}]}");
    whole(&up.rust_models, "200 OK",
          "[{\"displayName\":\"bench\",\"modelName\":\"bench\",\"modelType\":\"base\","
          "\"isNew\":false,\"usageLeft\":0,\"icon\":null}]");
    whole(&up.not_found, "404 Not Found", "{\"error\":{\"message\":\"no such path\"}}");
    memcpy(up.openai.head.bytes, head, up.openai.head.len = sizeof head - 1);
    up.rust.head = up.openai.head;
    chunk(&up.openai.delta, CHUNK("{\"role\":\"assistant\",\"content\":\"~word\"}", "null"), "");
    chunk(&up.openai.end, CHUNK("{}", "\"stop\"") "data: [DONE]\n\n", "0\r\n\r\n");
    chunk(&up.rust.delta, "event: message\ndata: ~word\n\n", "");
    chunk(&up.rust.end, "event: finish\ndata: {}\n\n", "0\r\n\r\n");
}

/* ---- time ---- */

static void wheel_out(struct conn *conn)
{
    if (conn->link == NULL)
        return;
    *conn->link = conn->next;
    if (conn->next != NULL)
        conn->next->link = conn->link;
    conn->link = NULL;
    up.waiting--;
}

static void wheel_in(struct conn *conn, int delay_ms)
{
    uint64_t due = up.now_ms + (uint64_t)(delay_ms > 0 ? delay_ms : 1);
    struct conn **slot = &up.slots[due % SLOT_COUNT];
    wheel_out(conn);
    conn->next = *slot;
    conn->link = slot;
    if (conn->next != NULL)
        conn->next->link = &conn->next;
    *slot = conn;
    up.waiting++;
}

/* ---- answers ---- */

static void drop(struct conn *conn)
{
    wheel_out(conn);
    wire_close(&conn->wire);
    free(conn);
}

/* False: the connection is no good. */
static bool flush(struct conn *conn)
{
    while (conn->out_from < conn->out_len) {
        int done = wire_write(&conn->wire, conn->out + conn->out_from,
                              conn->out_len - conn->out_from);
        if (done <= 0)
            return done == WIRE_AGAIN;
        conn->out_from += (size_t)done;
    }
    conn->out_from = conn->out_len = 0;
    return true;
}

static bool say(struct conn *conn, const struct text *text)
{
    if (conn->out_len + text->len > OUT_CAP)
        return false;
    memcpy(conn->out + conn->out_len, text->bytes, text->len);
    conn->out_len += text->len;
    return true;
}

/* One delta of a stream, with the head before the first and the end behind the last; or, with
 * none to send, the small answer that was to come late. */
static bool go_on(struct conn *conn)
{
    bool good = true;
    if (conn->speech == NULL)
        return say(conn, &up.small) && flush(conn);
    if (!conn->begun)
        good = say(conn, &conn->speech->head);
    conn->begun = true;
    good = good && say(conn, &conn->speech->delta);
    if (--conn->deltas_left > 0)
        wheel_in(conn, conn->interval_ms);
    else
        good = good && say(conn, &conn->speech->end);
    return good && flush(conn);
}

static bool chat(struct conn *conn, bool rust)
{
    const char *order = strstr(conn->in, "@@");
    int deltas = 1, interval_ms = 0, first_ms = 0;
    if (order != NULL)
        sscanf(order, "@@%d,%d,%d", &deltas, &interval_ms, &first_ms);
    bool stream = rust || strstr(conn->in, "\"stream\":true") != NULL;
    conn->speech = !stream ? NULL : rust ? &up.rust : &up.openai;
    conn->deltas_left = deltas > 0 ? deltas : 1;
    conn->interval_ms = interval_ms;
    conn->begun = false;
    if (first_ms <= 0)
        return go_on(conn);
    wheel_in(conn, first_ms < SLOT_COUNT ? first_ms : SLOT_COUNT - 1);
    return true;
}

static bool answer(struct conn *conn)
{
    conn->in[conn->in_len] = '\0';
    const struct text *text = NULL;
    if (strncmp(conn->in, "POST /v1/chat/completions ", 26) == 0)
        return chat(conn, false);
    if (strncmp(conn->in, "POST /api/v1/stream/chat ", 25) == 0)
        return chat(conn, true);
    if (strncmp(conn->in, "GET /v1/models ", 15) == 0)
        text = &up.models;
    else
        text = strncmp(conn->in, "GET /api/v1/models ", 19) == 0 ? &up.rust_models : &up.not_found;
    return say(conn, text) && flush(conn);
}

/* ---- requests ---- */

/* Where the body begins, or 0 where the head has not ended. */
static size_t head_end(struct conn *conn)
{
    char *end = memmem(conn->in, conn->in_len, "\r\n\r\n", 4);
    return end != NULL ? (size_t)(end - conn->in) + 4 : 0;
}

static bool read_head(struct conn *conn)
{
    size_t head_len = head_end(conn);
    if (head_len == 0)
        return conn->in_len < IN_CAP;
    conn->in[conn->in_len] = '\0';
    const char *length = strcasestr(conn->in, "\r\ncontent-length:");
    if (length == NULL && strncmp(conn->in, "POST", 4) == 0)
        return false; /* nobody here sends chunks */
    size_t body = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
    size_t have = conn->in_len - head_len;
    if (have > body)
        return false; /* nor pipelines */
    conn->body_left = body - have;
    conn->reading_body = true;
    return true;
}

static bool take(struct conn *conn, size_t len)
{
    if (!conn->reading_body) {
        conn->in_len += len;
        if (!read_head(conn))
            return false;
    } else {
        if (len > conn->body_left)
            return false;
        conn->body_left -= len;
        if (conn->in_len < IN_CAP)
            conn->in_len += len;
    }
    if (!conn->reading_body || conn->body_left > 0)
        return true;
    bool good = answer(conn);
    conn->reading_body = false;
    conn->in_len = 0;
    return good;
}

static bool step(struct conn *conn)
{
    static char beyond[65536];
    if (!flush(conn))
        return false;
    for (;;) {
        bool kept = conn->in_len < IN_CAP;
        int len = wire_read(&conn->wire, kept ? conn->in + conn->in_len : beyond,
                            kept ? IN_CAP - conn->in_len : sizeof beyond);
        if (len <= 0)
            return len == WIRE_AGAIN;
        if (!take(conn, (size_t)len))
            return false;
    }
}

static void run_wheel(void)
{
    uint64_t now_ms = wire_now_ns() / 1000000;
    while (up.now_ms < now_ms) {
        up.now_ms++;
        struct conn **slot = &up.slots[up.now_ms % SLOT_COUNT];
        while (up.waiting > 0 && *slot != NULL) {
            struct conn *conn = *slot;
            wheel_out(conn);
            if (!go_on(conn))
                drop(conn);
        }
    }
}

/* ---- the loop ---- */

static void welcome(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conn *conn = calloc(1, sizeof *conn);
        if (conn == NULL) {
            close(fd);
            return;
        }
        conn->wire.fd = fd;
        if (up.tls != NULL) {
            conn->wire.ssl = SSL_new(up.tls);
            SSL_set_fd(conn->wire.ssl, fd);
            SSL_set_accept_state(conn->wire.ssl);
        }
        if (!wire_watch(&conn->wire, up.epoll, conn))
            drop(conn);
    }
}

static int listen_at(long port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0)
        return -1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    return epoll_ctl(up.epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? fd : -1;
}

static bool prepare_tls(const char *cert, const char *key)
{
    if (cert == NULL)
        return true;
    up.tls = SSL_CTX_new(TLS_server_method());
    return up.tls != NULL && wire_same_cipher(up.tls) &&
           SSL_CTX_use_certificate_chain_file(up.tls, cert) == 1 && key != NULL &&
           SSL_CTX_use_PrivateKey_file(up.tls, key, SSL_FILETYPE_PEM) == 1;
}

static void serve(int listener)
{
    struct epoll_event events[EVENT_COUNT];
    for (;;) {
        int count = epoll_wait(up.epoll, events, EVENT_COUNT, up.waiting > 0 ? 1 : -1);
        /* An idle time is skipped, not walked through. */
        if (up.waiting == 0)
            up.now_ms = wire_now_ns() / 1000000;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                welcome(listener);
            else if (!step(events[i].data.ptr))
                drop(events[i].data.ptr);
        }
        run_wheel();
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    wire_prepare();
    prepare();
    up.now_ms = wire_now_ns() / 1000000;
    up.epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_at(wire_number(argv, "port", 0));
    const char *cert = wire_option(argv, "cert", NULL), *key = wire_option(argv, "key", NULL);
    if (listener < 0 || !prepare_tls(cert, key)) {
        fprintf(stderr, "upstream: cannot listen, or the certificate is no good\n");
        return 1;
    }
    serve(listener);
}
