/* A strict reader of the gateway's answers, as bytes come. */
#ifndef MOONGATE_SIM_REPLY_H
#define MOONGATE_SIM_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_HEAD_BYTES 4096
#define REPLY_BODY_BYTES 65536
#define REPLY_VALUE_BYTES 256

enum reply_state {
    REPLY_HEAD,
    REPLY_LENGTH,
    REPLY_CHUNK_SIZE,
    REPLY_CHUNK,
    REPLY_CHUNK_END,
    REPLY_LAST_LINE,
    REPLY_TO_CLOSE, /* it ends with the connection */
    REPLY_DONE
};

struct reply {
    enum reply_state state;
    bool no_body;   /* HEAD was asked */
    bool continued; /* 100 Continue came before */
    bool closes;    /* the answer says that the connection ends behind it */
    int status;
    size_t left;    /* of a length, or of a chunk */
    size_t head_len;
    size_t body_len;
    size_t line_len;
    char line[32]; /* of a chunk's size */
    char head[REPLY_HEAD_BYTES];
    char body[REPLY_BODY_BYTES + 1];
};

/* An answer is awaited. */
void reply_begin(struct reply *reply, bool no_body);

/* Takes bytes up to the answer's end; returns how many. NULL in *wrong, or what is wrong. */
size_t reply_take(struct reply *reply, const char *bytes, size_t len, const char **wrong);

/* The value of a field, "" where there is none; static. */
const char *reply_field(const struct reply *reply, const char *name);

#endif
