/* Sockets and TLS of the bench's two programs. */
#define _GNU_SOURCE
#include "test/bench/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void wire_prepare(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
}

static int judge_plain(ssize_t done)
{
    if (done > 0)
        return (int)done;
    /* A connect under way says ENOTCONN or EAGAIN. */
    bool again = done < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN);
    return again ? WIRE_AGAIN : WIRE_END;
}

static int judge_tls(SSL *ssl, int done)
{
    if (done > 0)
        return done;
    int why = SSL_get_error(ssl, done);
    bool connecting = why == SSL_ERROR_SYSCALL && (errno == ENOTCONN || errno == EAGAIN);
    bool again = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE || connecting;
    return again ? WIRE_AGAIN : WIRE_END;
}

int wire_read(struct wire *wire, void *into, size_t cap)
{
    if (wire->ssl == NULL)
        return judge_plain(recv(wire->fd, into, cap, 0));
    ERR_clear_error();
    errno = 0;
    return judge_tls(wire->ssl, SSL_read(wire->ssl, into, (int)cap));
}

int wire_write(struct wire *wire, const void *from, size_t len)
{
    if (wire->ssl == NULL)
        return judge_plain(send(wire->fd, from, len, MSG_NOSIGNAL));
    ERR_clear_error();
    errno = 0;
    return judge_tls(wire->ssl, SSL_write(wire->ssl, from, (int)len));
}

void wire_close(struct wire *wire)
{
    if (wire->ssl != NULL) {
        /* Said and not waited for: a session that is not shut down is not resumed. */
        ERR_clear_error();
        SSL_shutdown(wire->ssl);
        SSL_free(wire->ssl);
    }
    if (wire->fd >= 0)
        close(wire->fd);
    *wire = (struct wire){.fd = -1};
}

bool wire_watch(struct wire *wire, int epoll, void *owner)
{
    int yes = 1;
    setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = owner};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, wire->fd, &event) == 0;
}

bool wire_same_cipher(SSL_CTX *tls)
{
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256") == 1;
}

uint64_t wire_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static char **find(char **argv, const char *name)
{
    for (char **arg = argv + 1; *arg != NULL; arg++)
        if (strncmp(*arg, "--", 2) == 0 && strcmp(*arg + 2, name) == 0)
            return arg;
    return NULL;
}

const char *wire_option(char **argv, const char *name, const char *otherwise)
{
    char **arg = find(argv, name);
    return arg != NULL && arg[1] != NULL ? arg[1] : otherwise;
}

long wire_number(char **argv, const char *name, long otherwise)
{
    const char *value = wire_option(argv, name, NULL);
    return value != NULL ? strtol(value, NULL, 10) : otherwise;
}

bool wire_flag(char **argv, const char *name)
{
    return find(argv, name) != NULL;
}
