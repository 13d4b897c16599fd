/* One connection, plain or TLS. */
#define _GNU_SOURCE
#include "test/upstream/conn.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/upstream/stats.h"

enum { QUEUE_BYTES = 16384, READ_BYTES = 16384 };

bool conn_start(struct conn *c, int fd, SSL_CTX *tls) {
    memset(c, 0, sizeof *c);
    c->fd = fd;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls == NULL) {
        return true;
    }
    c->ssl = SSL_new(tls);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, fd) != 1 || SSL_accept(c->ssl) != 1) {
        stats_handshake(STATS_HANDSHAKE_FAILED, 0);
        return false;
    }
    bool resumed = SSL_session_reused(c->ssl) == 1;
    stats_handshake(resumed ? STATS_HANDSHAKE_RESUMED : STATS_HANDSHAKE_FULL, SSL_version(c->ssl));
    return true;
}

static ssize_t read_some(struct conn *c, void *data, int cap) {
    if (c->ssl == NULL) {
        return recv(c->fd, data, (size_t)cap, 0);
    }
    return SSL_read(c->ssl, data, cap);
}

static ssize_t write_some(struct conn *c, const void *data, int len) {
    if (c->ssl == NULL) {
        return send(c->fd, data, (size_t)len, MSG_NOSIGNAL);
    }
    return SSL_write(c->ssl, data, len);
}

bool conn_fill(struct conn *c) {
    char data[READ_BYTES];
    ssize_t got = read_some(c, data, (int)sizeof data);
    if (got <= 0) {
        c->gone = true;
        return false;
    }
    buf_add(&c->in, data, (size_t)got);
    return true;
}

void conn_put(struct conn *c, const void *data, size_t len) {
    buf_add(&c->out, data, len);
    if (c->out.len >= QUEUE_BYTES) {
        conn_flush(c);
    }
}

bool conn_flush(struct conn *c) {
    size_t done = 0;
    while (!c->gone && done < c->out.len) {
        size_t piece = c->out.len - done;
        size_t most = c->split > 0 ? (size_t)c->split : QUEUE_BYTES;
        ssize_t sent = write_some(c, c->out.at + done, (int)(piece < most ? piece : most));
        c->gone = sent <= 0;
        done += sent > 0 ? (size_t)sent : 0;
        stats_chat_sent(c->chat, sent > 0 ? (unsigned long)sent : 0);
    }
    c->out.len = 0;
    return !c->gone;
}

bool conn_wait(struct conn *c, long ms) {
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    int timeout = ms < 0 ? -1 : ms > INT_MAX ? INT_MAX : (int)ms;
    if (!c->gone && poll(&p, 1, timeout) != 0) {
        c->gone = true;
    }
    return !c->gone;
}

void conn_finish(struct conn *c, enum conn_end how) {
    if (how == CONN_RESET) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    if (c->ssl != NULL && !c->gone && how != CONN_RESET && how != CONN_CUT) {
        SSL_shutdown(c->ssl);
    }
    SSL_free(c->ssl);
    close(c->fd);
    buf_free(&c->in);
    buf_free(&c->out);
}
