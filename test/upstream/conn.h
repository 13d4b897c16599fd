/* One connection, plain or TLS: blocking reads and writes, and how it ends. */
#ifndef MOONGATE_UPSTREAM_CONN_H
#define MOONGATE_UPSTREAM_CONN_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "test/upstream/buf.h"

/* What becomes of a connection behind an answer. */
enum conn_end {
    CONN_KEEP,   /* the next request may come */
    CONN_CLOSE,  /* orderly: close_notify, then FIN */
    CONN_CUT,    /* FIN alone, as when the other side's process died */
    CONN_RESET,  /* RST */
};

struct conn {
    int fd;
    SSL *ssl;            /* NULL: plain */
    struct buf in;       /* read and not yet used */
    struct buf out;      /* to be written */
    long split;          /* write at most that many bytes at once; 0: as it comes */
    unsigned long chat;  /* the chat whose bytes are counted; 0: none */
    bool anthropic;      /* errors are written as Anthropic's */
    bool control;        /* speaks to the control plane: left out of the counters */
    bool gone;           /* the peer left or a write failed: nothing is sent any more */
};

/* Shakes hands on an accepted socket, which the connection then owns; tls is NULL for plain HTTP.
 * False: the handshake failed (conn_finish is still due). Counts the handshake. */
bool conn_start(struct conn *c, int fd, SSL_CTX *tls);

/* Reads more into `in`, waiting for it. False: the peer closed, or reading failed. */
bool conn_fill(struct conn *c);

/* Queues bytes; a full queue is written at once. */
void conn_put(struct conn *c, const void *data, size_t len);

/* Writes what is queued. False: the peer is gone. */
bool conn_flush(struct conn *c);

/* Waits ms milliseconds (-1: for ever) or until the peer leaves. False: it left. */
bool conn_wait(struct conn *c, long ms);

/* Ends the connection as told (CONN_KEEP counts as CONN_CLOSE) and frees what it owns. */
void conn_finish(struct conn *c, enum conn_end how);

#endif
