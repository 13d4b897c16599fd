/* The listener, a thread a connection, and the routes. */
#define _GNU_SOURCE
#include "test/upstream/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/upstream/anthropic.h"
#include "test/upstream/chat.h"
#include "test/upstream/models.h"
#include "test/upstream/openai.h"
#include "test/upstream/orders.h"
#include "test/upstream/stats.h"

enum { STACK_BYTES = 256 * 1024, BACKLOG = 1024 };

/* What a connection's thread is given, and frees. */
struct visit {
    int fd;
    SSL_CTX *tls;
};

int server_listen(const char *address, unsigned short *port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t len = sizeof name;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, address, &name.sin_addr) != 1) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)(const void *)&name, len) != 0 ||
        listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)(void *)&name, &len) != 0) {
        return -1;
    }
    *port = ntohs(name.sin_port);
    return fd;
}

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static enum conn_end answer_control(struct conn *c, const struct http_request *r) {
    struct buf body = {0};
    int status = 200;
    if (!c->control) {
        c->control = true;
        stats_control(c->ssl != NULL ? SSL_version(c->ssl) : 0,
                      c->ssl != NULL ? SSL_session_reused(c->ssl) : 0);
    }
    if (strcmp(r->method, "POST") == 0) {
        const char *fault = orders_take(&r->body);
        status = fault == NULL ? 200 : 400;
        buf_fmt(&body, "{\"fault\":\"%s\"}", fault == NULL ? "" : fault);
    } else {
        stats_print(&body);
    }
    http_whole(c, status, "application/json", "", &body);
    buf_free(&body);
    return CONN_KEEP;
}

static enum conn_end answer_unknown(struct conn *c) {
    struct buf body = {0};
    stats_request(STATS_OTHER);
    buf_str(&body, "{\"error\":{\"message\":\"no such route\"}}");
    http_whole(c, 404, "application/json", "", &body);
    buf_free(&body);
    return CONN_KEEP;
}

static enum conn_end answer(struct conn *c, const struct http_request *r) {
    bool get = strcmp(r->method, "GET") == 0;
    bool post = strcmp(r->method, "POST") == 0;
    if ((post && strcmp(r->path, "/control") == 0) ||
        (get && strcmp(r->path, "/control/stats") == 0)) {
        return answer_control(c, r);
    }
    if (strstr(r->path, "/anthropic/v1/") != NULL) {
        return anthropic_answer(c, r);
    }
    if (get && ends_with(r->path, "/oai/v1/models")) {
        return openai_models(c, r);
    }
    if (post && ends_with(r->path, "/oai/v1/chat/completions")) {
        return openai_chat(c, r);
    }
    if (post && strstr(r->path, "/oai/v1/") != NULL) {
        return openai_other(c, r);
    }
    if (get && ends_with(r->path, "/api/v1/models")) {
        return models_answer(c, r);
    }
    if (post && ends_with(r->path, "/api/v1/stream/chat")) {
        return chat_answer(c, r);
    }
    return answer_unknown(c);
}

static enum conn_end converse(struct conn *c) {
    enum conn_end end = CONN_KEEP;
    while (end == CONN_KEEP) {
        struct http_request r;
        enum http_got got = http_read(c, &r);
        if (got == HTTP_REQUEST) {
            end = answer(c, &r);
            end = end == CONN_KEEP && !r.keep_alive ? CONN_CLOSE : end;
        } else {
            end = got == HTTP_NONE ? CONN_CLOSE : CONN_RESET;
        }
        http_free(&r);
    }
    return end;
}

static void *visit_run(void *argument) {
    struct visit visit = *(struct visit *)argument;
    free(argument);
    struct conn c;
    stats_accepted();
    enum conn_end end = conn_start(&c, visit.fd, visit.tls) ? converse(&c) : CONN_CUT;
    conn_finish(&c, end);
    if (!c.control) {
        stats_closed();
    }
    return NULL;
}

static void visit_start(int fd, SSL_CTX *tls, const pthread_attr_t *attr) {
    pthread_t thread;
    struct visit *visit = malloc(sizeof *visit);
    if (visit == NULL) {
        close(fd);
        return;
    }
    *visit = (struct visit){fd, tls};
    if (pthread_create(&thread, attr, visit_run, visit) != 0) {
        free(visit);
        close(fd);
    }
}

void server_run(int listener, SSL_CTX *tls) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            visit_start(fd, tls, &attr);
        } else if (errno != ECONNABORTED && errno != EINTR && errno != EMFILE) {
            break;
        }
    }
    pthread_attr_destroy(&attr);
}
