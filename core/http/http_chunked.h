/* The chunked transfer coding, both ways (RFC 9112 section 7.1). */
#ifndef MOONGATE_HTTP_CHUNKED_H
#define MOONGATE_HTTP_CHUNKED_H

#include "core/http/http_rules.h"

#define HTTP_CHUNKED_DIGITS_MAX 15 /* of one size, so that none can overflow */
#define HTTP_CHUNKED_EXTENSION_BYTES_MAX 16384 /* all extensions of one body together */
#define HTTP_CHUNKED_TRAILER_BYTES_MAX 8192
#define HTTP_CHUNKED_HEAD_BYTES 18 /* room for one chunk's size line */

#define HTTP_CHUNKED_TAIL "\r\n"      /* behind the data of each chunk */
#define HTTP_CHUNKED_LAST "0\r\n\r\n" /* the last chunk, without trailers */

struct http_chunked {
    const struct http_fault *fault; /* a constant, after RESULT_FAULT */
    uint64_t _left;                 /* of the chunk's data */
    uint16_t _extension_bytes;
    uint16_t _trailer_bytes;
    uint8_t _digits;
    uint8_t _state;
};

/* A body that has not begun. */
void http_chunked_init(struct http_chunked *chunked);

/*
 * Takes bytes off the front of *in, in segments of any size; *data is the next run of the body,
 * a part of what was taken, nothing is copied.
 * RESULT_MORE: use *data (empty only when in is used up), and call again, with more input when
 * in->len is 0.
 * RESULT_DONE: the body and its trailers have ended, *data is empty, what is left in *in belongs to
 * the next message.
 * RESULT_FAULT: chunked->fault says why; in is of no more use.
 * Trailer fields are judged for their syntax and dropped.
 */
enum result http_chunked_next(struct http_chunked *chunked, struct span *in, struct span *data);

/* Writes the size line of a chunk of len bytes, len > 0; returns its length. */
size_t http_chunked_head(char out[HTTP_CHUNKED_HEAD_BYTES], uint64_t len);

#endif
