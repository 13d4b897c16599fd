/* Reads one answer of HTTP/1.1 as it comes, and counts what the bench's upstream put into it. */
#ifndef MOONGATE_BENCH_REPLY_H
#define MOONGATE_BENCH_REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum { REPLY_HEAD_CAP = 4096, REPLY_TAIL = 16 };

enum reply_phase {
    REPLY_HEAD,
    REPLY_LENGTH,     /* a body with Content-Length */
    REPLY_CHUNK_SIZE, /* and its line's end */
    REPLY_CHUNK,
    REPLY_CHUNK_END,  /* the line's end behind a chunk */
    REPLY_TRAILER,
    REPLY_DONE,
    REPLY_BAD
};

struct reply {
    enum reply_phase phase;
    int status;
    size_t left;             /* of the body, or of the chunk */
    size_t head_len;
    size_t line_len;         /* of the trailer's line */
    size_t body_len;
    size_t marks;            /* deltas: each has one `~` */
    bool closes;
    char tail[REPLY_TAIL];   /* the last bytes of the body */
    char head[REPLY_HEAD_CAP];
};

void reply_begin(struct reply *reply);

/* Takes what came; phase says then where it is. Bytes behind the end are a fault. */
void reply_take(struct reply *reply, const char *bytes, size_t len);

/* Whether it is whole, a 200, and has `marks` deltas and, as a stream, its [DONE]. */
bool reply_good(const struct reply *reply, size_t marks, bool stream);

#endif
