/*
 * Ten exchanges that are always the same, with the whole daemon over port/sim: what they cost is
 * counted in instructions (test/bench/guard.py), which no other program on the machine changes.
 * exchanges NAME: that one, once to warm up and then measured. Without a name: the names.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/daemon.h"
#include "port/sim/sim.h"
#include "test/bench/reply.h"

enum { REQUEST_CAP = 8192, ANSWER_CAP = 32768, VISITS = 8, TIMES = 8, EVENTS = 64 };
#define STEPS_MAX 100000
#define SIGNAL_NONE 4u /* ends a wait, and means nothing to the daemon */

struct exchange {
    const char *name, *method, *path, *model;
    int status;
    bool stream;
    size_t body_len; /* at least; 0: none */
};

static const struct exchange exchanges[] = {
    {"health", "GET", "/health", NULL, 200, false, 0},
    {"models", "GET", "/v1/models", NULL, 200, false, 0},
    {"chat", "POST", "/v1/chat/completions", "open", 200, false, 200},
    {"chat-long", "POST", "/v1/chat/completions", "open", 200, false, 7000},
    {"chat-stream", "POST", "/v1/chat/completions", "open", 200, true, 200},
    {"rust", "POST", "/v1/chat/completions", "rust", 200, false, 200},
    {"rust-stream", "POST", "/v1/chat/completions", "rust", 200, true, 200},
    {"messages", "POST", "/v1/messages", "open", 200, false, 200},
    {"messages-stream", "POST", "/v1/messages", "open", 200, true, 200},
    {"refused", "POST", "/v1/chat/completions", "nobody", 404, false, 200},
};

static const char config[] = "[gateway]\nbind_address = '127.0.0.1:3000'\nstate_dir = '/state'\n"
                             "state_flush_s = 60\nlog_level = 'warn'\n"
                             "[models.open.providers.up]\ntype = 'openai'\nmodel_name = 'bench'\n"
                             "api_base = 'http://open.example.lan:8000/v1'\n"
                             "api_key_location = 'none'\nmodels_ttl_s = 604800\n"
                             "[models.rust.providers.up]\ntype = 'rust-proxy'\n"
                             "model_name = 'bench'\nmodels_ttl_s = 604800\n"
                             "api_endpoint = 'http://rust.example.lan:8001/api/v1/stream/chat'\n";

/* A connection of the daemon's to a service. */
struct visit {
    int link; /* SIM_NONE: none */
    size_t in_len, out_len, out_from;
    char in[REQUEST_CAP + 4096];
    char out[ANSWER_CAP];
};

static struct {
    struct daemon daemon;
    struct visit visits[VISITS];
    int link; /* the client's */
    char request[REQUEST_CAP + 1024];
    size_t request_len, sent_len;
    struct reply reply;
} all;

/* ---- the services ---- */

__attribute__((format(printf, 2, 3))) static void say(struct visit *v, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    v->out_len += (size_t)vsnprintf(v->out + v->out_len, ANSWER_CAP - v->out_len, format,
                                    arguments);
    va_end(arguments);
    if (v->out_len >= ANSWER_CAP)
        abort();
}

static void say_whole(struct visit *v, const char *body)
{
    say(v, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
}

static void say_chunk(struct visit *v, const char *body)
{
    say(v, "%zx\r\n%s\r\n", strlen(body), body);
}

static void say_stream(struct visit *v, const char *event, const char *end)
{
    say(v, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
           "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < EVENTS; i++)
        say_chunk(v, event);
    say_chunk(v, end);
    say(v, "0\r\n\r\n");
}

#define CHUNK(delta, finish)                                                                       \
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"    \
    "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish  \
    "}]}\n\n"

static void answer(struct visit *v)
{
    if (strncmp(v->in, "GET /v1/models ", 15) == 0)
        say_whole(v, "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\","
                     "\"created\":1700000000,\"owned_by\":\"bench\"}]}");
    else if (strncmp(v->in, "GET ", 4) == 0)
        say_whole(v, "[{\"displayName\":\"bench\",\"modelName\":\"bench\",\"modelType\":\"base\","
                     "\"isNew\":false,\"usageLeft\":0,\"icon\":null}]");
    else if (strncmp(v->in, "POST /api/v1/stream/chat ", 25) == 0)
        say_stream(v, "event: message\ndata: ~word\n\n", "event: finish\ndata: {}\n\n");
    else if (memmem(v->in, v->in_len, "\"stream\":true", 13) != NULL)
        say_stream(v, CHUNK("{\"content\":\"~word\"}", "null"),
                   CHUNK("{}", "\"stop\"") "data: [DONE]\n\n");
    else
        say_whole(v, "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\","
                     "\"created\":1700000000,\"model\":\"bench\",\"choices\":[{\"index\":0,"
                     "\"message\":{\"role\":\"assistant\",\"content\":\"~ a small answer\"},"
                     "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"
                     "\"completion_tokens\":4,\"total_tokens\":13}}");
}

static bool is_whole(const struct visit *v)
{
    const char *end = memmem(v->in, v->in_len, "\r\n\r\n", 4);
    if (end == NULL)
        return false;
    const char *length = strcasestr(v->in, "\r\ncontent-length:");
    size_t body = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
    return v->in_len >= (size_t)(end - v->in) + 4 + body;
}

static void visit_turn(struct visit *v)
{
    v->in_len += sim_read(v->link, v->in + v->in_len, (uint32_t)(sizeof v->in - 1 - v->in_len));
    v->in[v->in_len] = '\0';
    if (is_whole(v)) {
        answer(v);
        v->in_len = 0;
    }
    v->out_from += sim_write(v->link, v->out + v->out_from, (uint32_t)(v->out_len - v->out_from));
    if (v->out_from == v->out_len)
        v->out_from = v->out_len = 0;
    if (sim_state(v->link) != SIM_OPEN) {
        sim_close(v->link);
        v->link = SIM_NONE;
    }
}

/* ---- the world ---- */

static void client_turn(void)
{
    char bytes[4096];
    uint32_t len;
    all.sent_len += sim_write(all.link, all.request + all.sent_len,
                              (uint32_t)(all.request_len - all.sent_len));
    while ((len = sim_read(all.link, bytes, sizeof bytes)) > 0)
        reply_take(&all.reply, bytes, len);
    if (all.reply.phase == REPLY_DONE)
        sim_signal(SIGNAL_NONE); /* else the wait would last until some timer is due */
}

static void turn(void)
{
    if (all.link != SIM_NONE)
        client_turn();
    for (int i = 0; i < VISITS; i++)
        if (all.visits[i].link != SIM_NONE)
            visit_turn(&all.visits[i]);
}

/* Peers have always more to say while they have not said all. */
static uint64_t due_us(void)
{
    if (all.link != SIM_NONE && all.sent_len < all.request_len)
        return port_now_us() + 1000;
    for (int i = 0; i < VISITS; i++)
        if (all.visits[i].link != SIM_NONE && all.visits[i].out_from < all.visits[i].out_len)
            return port_now_us() + 1000;
    return SIM_NEVER;
}

static struct sim_dial dial(const char *host, uint16_t port, unsigned flags)
{
    (void)host;
    (void)port;
    (void)flags;
    return (struct sim_dial){.why = PORT_WHY_NONE};
}

static void connected(int service, int link)
{
    (void)service;
    for (int i = 0; i < VISITS; i++)
        if (all.visits[i].link == SIM_NONE) {
            all.visits[i] = (struct visit){.link = link};
            return;
        }
    abort();
}

static void take_log(enum port_level level, const char *line, size_t len)
{
    (void)level;
    fprintf(stderr, "%.*s\n", (int)len, line);
}

static void panic(const char *file, int line)
{
    fprintf(stderr, "exchanges: assertion at %s:%d\n", file, line);
    exit(3);
}

static const struct port_address box = {.bytes = {[10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 1}};

static const struct sim_hooks hooks = {.turn = turn,
                                       .due_us = due_us,
                                       .dial = dial,
                                       .connected = connected,
                                       .log = take_log,
                                       .panic = panic};

static void start(void)
{
    static const struct sim_faults none = {.latency_us = 1,
                                           .slow_us = 1,
                                           .job_slow_us = 1,
                                           .pipe_bytes = SIM_PIPE_BYTES,
                                           .pipe_least = SIM_PIPE_BYTES};
    for (int i = 0; i < VISITS; i++)
        all.visits[i].link = SIM_NONE;
    all.link = SIM_NONE;
    sim_begin(1, &none, &hooks);
    sim_store_forget();
    sim_file("/config", config, sizeof config - 1);
    if (!daemon_load(&all.daemon, "/config") || !daemon_prepare(&all.daemon, NULL) ||
        !daemon_listen(&all.daemon)) {
        fprintf(stderr, "exchanges: %s %s\n", all.daemon.report.faults[0].text, all.daemon.why);
        exit(3);
    }
}

/* ---- the exchanges ---- */

static void write_request(const struct exchange *e)
{
    static char body[REQUEST_CAP];
    body[0] = '\0';
    if (e->body_len > 0) {
        int len = snprintf(body, sizeof body,
                           "{\"model\":\"%s\",\"max_tokens\":100,%s\"messages\":"
                           "[{\"role\":\"user\",\"content\":\"",
                           e->model, e->stream ? "\"stream\":true," : "");
        char *at = body + len;
        while ((size_t)(at - body) < e->body_len)
            at = stpcpy(at, "a word \\u00e9 ");
        stpcpy(at, "\"}]}");
    }
    all.request_len = (size_t)snprintf(all.request, sizeof all.request,
                                       "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                       "Content-Type: application/json\r\n"
                                       "Content-Length: %zu\r\n\r\n%s",
                                       e->method, e->path, strlen(body), body);
}

static void once(const struct exchange *e)
{
    all.sent_len = 0;
    reply_begin(&all.reply);
    for (int steps = 0; all.reply.phase < REPLY_DONE && steps < STEPS_MAX; steps++)
        daemon_step(&all.daemon);
    if (all.reply.phase == REPLY_DONE && all.reply.status == e->status)
        return;
    fprintf(stderr, "exchanges: %s: phase %d, status %d, %zu bytes\n%.*s\n", e->name,
            (int)all.reply.phase, all.reply.status, all.reply.body_len, (int)all.reply.head_len,
            all.reply.head);
    exit(3);
}

/* What is counted: callgrind is told this name. */
__attribute__((noinline)) static void exchanges_measured(const struct exchange *e)
{
    for (int i = 0; i < TIMES; i++)
        once(e);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
        const struct exchange *e = &exchanges[i];
        if (argc < 2)
            printf("%s\n", e->name);
        if (argc < 2 || strcmp(argv[1], e->name) != 0)
            continue;
        start();
        /* The model lists come first. */
        uint64_t until_us = port_now_us() + 3000000;
        for (int steps = 0; port_now_us() < until_us && steps < STEPS_MAX; steps++)
            daemon_step(&all.daemon);
        all.link = sim_call(3000, &box);
        write_request(e);
        once(e);
        exchanges_measured(e);
        return 0;
    }
    return argc < 2 ? 0 : 2;
}
