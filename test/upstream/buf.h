/* A byte buffer that grows. A test program may use the heap; running out of it ends the program. */
#ifndef MOONGATE_UPSTREAM_BUF_H
#define MOONGATE_UPSTREAM_BUF_H

#include <stddef.h>

/* All zero is an empty buffer. What `at` points to is not closed by a NUL; see buf_cstr. */
struct buf {
    char *at;
    size_t len;
    size_t cap;
};

/* Appends len bytes. */
void buf_add(struct buf *b, const void *data, size_t len);

/* Appends a string without its NUL. */
void buf_str(struct buf *b, const char *text);

/* Appends what printf would print. */
void buf_fmt(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));

/* Appends len bytes as a JSON string, quotes included (RFC 8259 section 7). */
void buf_json(struct buf *b, const char *text, size_t len);

/* The buffer's bytes closed by a NUL that does not count; valid until the buffer changes. */
const char *buf_cstr(struct buf *b);

/* Drops the first n bytes; n is at most len. */
void buf_drop(struct buf *b, size_t n);

/* Gives the memory back; the buffer is empty afterwards. */
void buf_free(struct buf *b);

#endif
