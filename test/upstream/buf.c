/* A byte buffer that grows. */
#include "test/upstream/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct buf *b, size_t more) {
    if (b->cap - b->len >= more) {
        return;
    }
    size_t cap = b->cap == 0 ? 1024 : b->cap;
    while (cap - b->len < more) {
        cap *= 2;
    }
    char *at = realloc(b->at, cap);
    if (at == NULL) {
        abort();
    }
    b->at = at;
    b->cap = cap;
}

void buf_add(struct buf *b, const void *data, size_t len) {
    if (len == 0) {
        return;
    }
    reserve(b, len);
    memcpy(b->at + b->len, data, len);
    b->len += len;
}

void buf_str(struct buf *b, const char *text) { buf_add(b, text, strlen(text)); }

void buf_fmt(struct buf *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    reserve(b, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(b->at + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

static void add_json_char(struct buf *b, char c) {
    if (c == '"' || c == '\\') {
        buf_fmt(b, "\\%c", c);
    } else if (c == '\n') {
        buf_str(b, "\\n");
    } else if ((unsigned char)c < 0x20) {
        buf_fmt(b, "\\u%04x", (unsigned)(unsigned char)c);
    } else {
        buf_add(b, &c, 1);
    }
}

void buf_json(struct buf *b, const char *text, size_t len) {
    buf_add(b, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        add_json_char(b, text[i]);
    }
    buf_add(b, "\"", 1);
}

const char *buf_cstr(struct buf *b) {
    reserve(b, 1);
    b->at[b->len] = '\0';
    return b->at;
}

void buf_drop(struct buf *b, size_t n) {
    if (n < b->len) {
        memmove(b->at, b->at + n, b->len - n);
    }
    b->len -= n;
}

void buf_free(struct buf *b) {
    free(b->at);
    memset(b, 0, sizeof *b);
}
