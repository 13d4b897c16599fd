/* Requests in, heads and bodies out. */
#define _GNU_SOURCE
#include "test/upstream/http.h"

#include <stdlib.h>
#include <string.h>

/* The length of the head at the front of what was read, its empty line included; 0: it did not
 * come, or does not begin as a method does (a TLS client on a plain port). */
static size_t take_head(struct conn *c) {
    for (;;) {
        const char *end = c->in.len == 0 ? NULL : memmem(c->in.at, c->in.len, "\r\n\r\n", 4);
        if (end != NULL) {
            return (size_t)(end - c->in.at) + 4;
        }
        bool odd = c->in.len > 0 && (c->in.at[0] < 'A' || c->in.at[0] > 'Z');
        if (odd || c->in.len > HTTP_HEAD_MAX || !conn_fill(c)) {
            return 0;
        }
    }
}

static bool split_field(struct http_request *r, char *line) {
    char *colon = strchr(line, ':');
    if (colon == NULL || r->field_count == HTTP_FIELDS_MAX) {
        return false;
    }
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    r->fields[r->field_count++] = (struct http_pair){line, value};
    return true;
}

static bool split_head(struct http_request *r) {
    char *save = NULL;
    char *line = strtok_r(r->head.at, "\r\n", &save);
    char *path = line == NULL ? NULL : strchr(line, ' ');
    char *version = path == NULL ? NULL : strchr(path + 1, ' ');
    if (version == NULL) {
        return false;
    }
    *path++ = '\0';
    *version++ = '\0';
    r->method = line;
    r->path = path;
    while ((line = strtok_r(NULL, "\r\n", &save)) != NULL) {
        if (!split_field(r, line)) {
            return false;
        }
    }
    bool close = strcasecmp(http_field(r, "connection"), "close") == 0;
    r->keep_alive = strcmp(version, "HTTP/1.1") == 0 && !close;
    return true;
}

static bool read_body(struct conn *c, struct buf *body, size_t len) {
    while (c->in.len < len) {
        if (!conn_fill(c)) {
            return false;
        }
    }
    buf_add(body, c->in.at, len);
    buf_drop(&c->in, len);
    return true;
}

/* The size line of a chunk, taken off what was read; -1: none. */
static long read_chunk_size(struct conn *c) {
    char *end = NULL;
    while (c->in.len == 0 || (end = memmem(c->in.at, c->in.len, "\r\n", 2)) == NULL) {
        if (c->in.len > HTTP_HEAD_MAX || !conn_fill(c)) {
            return -1;
        }
    }
    long size = strtol(c->in.at, NULL, 16);
    buf_drop(&c->in, (size_t)(end - c->in.at) + 2);
    return size;
}

static bool read_chunks(struct conn *c, struct buf *body) {
    for (;;) {
        long size = read_chunk_size(c);
        if (size < 0 || size + (long)body->len > HTTP_BODY_MAX) {
            return false;
        }
        struct buf crlf = {0};
        bool whole = read_body(c, body, (size_t)size) && read_body(c, &crlf, 2);
        buf_free(&crlf);
        if (!whole || size == 0) {
            return whole;
        }
    }
}

enum http_got http_read(struct conn *c, struct http_request *r) {
    memset(r, 0, sizeof *r);
    size_t len = take_head(c);
    if (len == 0) {
        return c->in.len > 0 ? HTTP_BAD : HTTP_NONE;
    }
    buf_add(&r->head, c->in.at, len);
    buf_cstr(&r->head);
    buf_drop(&c->in, len);
    if (!split_head(r)) {
        return HTTP_BAD;
    }
    if (strcasecmp(http_field(r, "expect"), "100-continue") == 0) {
        conn_put(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        conn_flush(c);
    }
    long length = strtol(http_field(r, "content-length"), NULL, 10);
    bool chunked = strcasecmp(http_field(r, "transfer-encoding"), "chunked") == 0;
    if (length < 0 || length > HTTP_BODY_MAX) {
        return HTTP_BAD;
    }
    bool whole = chunked ? read_chunks(c, &r->body) : read_body(c, &r->body, (size_t)length);
    return whole ? HTTP_REQUEST : HTTP_BAD;
}

void http_free(struct http_request *r) {
    buf_free(&r->head);
    buf_free(&r->body);
}

const char *http_field(const struct http_request *r, const char *name) {
    for (int i = 0; i < r->field_count; i++) {
        if (strcasecmp(r->fields[i].name, name) == 0) {
            return r->fields[i].value;
        }
    }
    return "";
}

static const char *phrase(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 302:
        return "Found";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 429:
        return "Too Many Requests";
    default:
        return "As Told";
    }
}

void http_begin(struct http_answer *a, int status, const char *type, const char *fields) {
    buf_fmt(&a->head, "HTTP/1.1 %d %s\r\ncontent-type: %s\r\n", status, phrase(status), type);
    buf_str(&a->head, fields);
    if (a->framing == HTTP_CHUNKED) {
        buf_str(&a->head, "transfer-encoding: chunked\r\n\r\n");
    } else if (a->framing == HTTP_EOF) {
        buf_str(&a->head, "connection: close\r\n\r\n");
    }
}

static void put_head(struct http_answer *a) {
    conn_put(a->c, a->head.at, a->head.len);
    buf_free(&a->head);
}

void http_put(struct http_answer *a, const void *data, size_t len) {
    if (a->framing == HTTP_LENGTH) {
        buf_add(&a->held, data, len);
        return;
    }
    put_head(a);
    if (len == 0 || a->framing == HTTP_EOF) {
        conn_put(a->c, data, len);
        return;
    }
    struct buf size = {0};
    buf_fmt(&size, "%zx\r\n", len);
    conn_put(a->c, size.at, size.len);
    conn_put(a->c, data, len);
    conn_put(a->c, "\r\n", 2);
    buf_free(&size);
}

bool http_push(struct http_answer *a) {
    if (a->framing != HTTP_LENGTH) {
        put_head(a);
    }
    return conn_flush(a->c);
}

bool http_end(struct http_answer *a) {
    if (a->framing == HTTP_LENGTH) {
        buf_fmt(&a->head, "content-length: %zu\r\n\r\n", a->held.len);
    }
    put_head(a);
    conn_put(a->c, a->held.at, a->held.len);
    if (a->framing == HTTP_CHUNKED) {
        conn_put(a->c, "0\r\n\r\n", 5);
    }
    buf_free(&a->held);
    return conn_flush(a->c);
}

bool http_whole(struct conn *c, int status, const char *type, const char *fields,
                const struct buf *body) {
    struct http_answer a = {.c = c, .framing = HTTP_LENGTH};
    http_begin(&a, status, type, fields);
    http_put(&a, body->at, body->len);
    return http_end(&a);
}
