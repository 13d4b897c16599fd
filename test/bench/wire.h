/* A connection of the bench's two programs that never blocks: plain, or TLS by OpenSSL. */
#ifndef MOONGATE_BENCH_WIRE_H
#define MOONGATE_BENCH_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
    int fd;
    SSL *ssl; /* NULL: plain */
};

enum { WIRE_AGAIN = 0, WIRE_END = -1 };

/* As many files as may be open; a peer that is gone is told by the write. */
void wire_prepare(void);

/* Bytes that came or went, WIRE_AGAIN, or WIRE_END at its end and after a fault. Both also do what
 * is left of a TLS handshake. */
int wire_read(struct wire *wire, void *into, size_t cap);
int wire_write(struct wire *wire, const void *from, size_t len);
void wire_close(struct wire *wire);

/* Small writes go at once; the epoll tells each change of readiness once. */
bool wire_watch(struct wire *wire, int epoll, void *owner);

/* The one cipher that every TLS row speaks, whoever offers it: without it each program would choose
 * its own. False when OpenSSL does not know it. */
bool wire_same_cipher(SSL_CTX *tls);

uint64_t wire_now_ns(void);

/* The value behind `--name` among the arguments, or `otherwise`. */
const char *wire_option(char **argv, const char *name, const char *otherwise);
long wire_number(char **argv, const char *name, long otherwise);
/* Whether `--name` is there. */
bool wire_flag(char **argv, const char *name);

#endif
