/*
 * One question to a gateway, asked by this program as any client would: plain HTTP/1.0, a
 * connection each, from an address of this box or of a private network alone.
 */
#ifndef MOONGATE_ASK_H
#define MOONGATE_ASK_H

#include <stdio.h>

#include "config/bounds.h"
#include "core/base/span.h"

#define ASK_KEY_BYTES 512 /* of a client's key, with its NUL */
#define ASK_BUFFER_BYTES LIMIT_HEAD_BYTES

/* What is wrong when a signal ended the wait. */
extern const char ask_stopped[];

/* Where the gateway is, and what it is shown. */
struct ask_gateway {
    char host[LIMIT_NAME_BYTES];
    uint16_t port;
    char base[LIMIT_URL_BYTES]; /* in front of every path */
    char key[ASK_KEY_BYTES];    /* "": none */
};

struct ask {
    /* the question */
    const char *method;
    const char *path;         /* "/v1/batches" */
    const char *content_type; /* NULL: there is no body; else it is before, file, after */
    struct span before;
    FILE *file;               /* at its begin, or NULL */
    uint64_t file_len;
    struct span after;
    uint64_t idle_us;         /* at most so long without a byte going or coming, */
    uint64_t total_us;        /* and so long in all */
    bool head_only;           /* the answer's status is enough, its body not waited for */
    /* where the answer goes */
    FILE *into;               /* the body of a 200; NULL, or another status: into bytes */
    char *bytes;
    size_t cap;
    /* the answer */
    unsigned status;
    size_t len;               /* of bytes; what is beyond cap is dropped */
};

/* Reads `http://HOST[:PORT][/PREFIX]`. NULL when good, else what is wrong with it or with the key,
 * in words that stay as they are. */
const char *ask_gateway(struct ask_gateway *gateway, const char *url, const char *key);

/* Asks, and waits for the whole answer. Behind posix_start. NULL: it has come, status tells; else
 * what is wrong. */
const char *ask(const struct ask_gateway *gateway, struct ask *ask);

#endif
