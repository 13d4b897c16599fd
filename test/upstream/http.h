/* Requests in, heads and bodies out: HTTP/1.1 (RFC 9112) as a plain service speaks it. */
#ifndef MOONGATE_UPSTREAM_HTTP_H
#define MOONGATE_UPSTREAM_HTTP_H

#include <stdbool.h>

#include "test/upstream/conn.h"

enum { HTTP_FIELDS_MAX = 64, HTTP_HEAD_MAX = 65536, HTTP_BODY_MAX = 32 << 20 };

struct http_pair {
    const char *name;
    const char *value;
};

/* All text is closed by a NUL and lives until http_free. */
struct http_request {
    struct buf head; /* the rest points in here */
    struct buf body;
    const char *method;
    const char *path;
    bool keep_alive;
    int field_count;
    struct http_pair fields[HTTP_FIELDS_MAX];
};

enum http_got {
    HTTP_REQUEST, /* a whole request */
    HTTP_NONE,    /* the peer closed before a further one */
    HTTP_BAD,     /* broken; nothing of it may be used but http_free */
};

/* Reads a request and its body, by length or chunked; answers Expect: 100-continue. */
enum http_got http_read(struct conn *c, struct http_request *r);

void http_free(struct http_request *r);

/* The first field of that name, compared without case; "" where there is none. */
const char *http_field(const struct http_request *r, const char *name);

/* How the end of a body is told. */
enum http_framing { HTTP_CHUNKED, HTTP_LENGTH, HTTP_EOF };

/* An answer on its way. With HTTP_LENGTH nothing goes out before http_end. */
struct http_answer {
    struct conn *c;
    enum http_framing framing;
    struct buf head;
    struct buf held;
};

/* Begins an answer: status line, content type, further field lines ("" or each ended by CRLF). It
 * goes out with the first body bytes, http_push or http_end. */
void http_begin(struct http_answer *a, int status, const char *type, const char *fields);

/* A piece of the body. */
void http_put(struct http_answer *a, const void *data, size_t len);

/* Sends what was put. False: the peer is gone. */
bool http_push(struct http_answer *a);

/* Ends the body. False: the peer is gone. The connection can be kept but for HTTP_EOF. */
bool http_end(struct http_answer *a);

/* A whole answer by length. */
bool http_whole(struct conn *c, int status, const char *type, const char *fields,
                const struct buf *body);

#endif
