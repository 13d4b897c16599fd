/* The chunked transfer coding: an automaton over single bytes, but for the data, which goes in
 * runs, and for what mostly stands between them. */
#include "core/http/http_chunked.h"

#include "core/base/assert.h"
#include "core/http/http_token.h"

#define PLAIN_DIGITS_MAX 7 /* of a size that fits 32 bits */

enum state {
    AT_SIZE, /* a digit must follow */
    IN_SIZE,
    BEFORE_EXTENSION, /* white space that a ';' must follow */
    IN_EXTENSION,
    SIZE_LF,
    IN_DATA,
    DATA_CR,
    DATA_LF,
    AT_TRAILER,
    IN_TRAILER_NAME,
    IN_TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    ENDED
};

static const struct http_fault bad_size = {400, "a chunk size is not a number", "RFC 9112 7.1"};
static const struct http_fault big_size = {400, "a chunk size is too long", "RFC 9112 7.1"};
static const struct http_fault bad_end = {400, "a chunk does not end in CR LF", "RFC 9112 7.1"};
static const struct http_fault bad_extension = {400, "a chunk extension is malformed",
                                                "RFC 9112 7.1.1"};
static const struct http_fault big_extension = {400, "the chunk extensions are too long",
                                                "RFC 9112 7.1.1"};
static const struct http_fault bad_trailer = {400, "a trailer field is malformed",
                                              "RFC 9112 7.1.2"};
static const struct http_fault big_trailer = {431, "the trailer fields are too long",
                                              "RFC 9110 6.5"};

/* A handler takes one byte and returns the state that follows; refuse() leaves the fault behind. */
static enum state refuse(struct http_chunked *c, const struct http_fault *fault)
{
    c->fault = fault;
    return ENDED;
}

static enum state extension_byte(struct http_chunked *c, enum state next)
{
    if (c->_extension_bytes == HTTP_CHUNKED_EXTENSION_BYTES_MAX)
        return refuse(c, &big_extension);
    c->_extension_bytes++;
    return next;
}

static enum state trailer_byte(struct http_chunked *c, enum state next)
{
    if (c->_trailer_bytes == HTTP_CHUNKED_TRAILER_BYTES_MAX)
        return refuse(c, &big_trailer);
    c->_trailer_bytes++;
    return next;
}

static enum state at_size(struct http_chunked *c, char byte)
{
    int digit = http_token_hex(byte);
    if (digit < 0)
        return refuse(c, &bad_size);
    c->_left = (uint64_t)digit;
    c->_digits = 1;
    return IN_SIZE;
}

static enum state in_size(struct http_chunked *c, char byte)
{
    int digit = http_token_hex(byte);
    if (digit >= 0) {
        c->_left = c->_left * 16 + (uint64_t)digit;
        return ++c->_digits > HTTP_CHUNKED_DIGITS_MAX ? refuse(c, &big_size) : IN_SIZE;
    }
    if (byte == ' ' || byte == '\t')
        return extension_byte(c, BEFORE_EXTENSION);
    if (byte == ';')
        return extension_byte(c, IN_EXTENSION);
    return byte == '\r' ? SIZE_LF : refuse(c, &bad_size);
}

static enum state before_extension(struct http_chunked *c, char byte)
{
    if (byte == ' ' || byte == '\t')
        return extension_byte(c, BEFORE_EXTENSION);
    return byte == ';' ? extension_byte(c, IN_EXTENSION) : refuse(c, &bad_extension);
}

static enum state in_extension(struct http_chunked *c, char byte)
{
    if (byte == '\r')
        return SIZE_LF;
    return http_token_value_char(byte) ? extension_byte(c, IN_EXTENSION)
                                       : refuse(c, &bad_extension);
}

static enum state size_lf(struct http_chunked *c, char byte)
{
    if (byte != '\n')
        return refuse(c, &bad_end);
    return c->_left > 0 ? IN_DATA : AT_TRAILER;
}

static enum state data_cr(struct http_chunked *c, char byte)
{
    return byte == '\r' ? DATA_LF : refuse(c, &bad_end);
}

static enum state data_lf(struct http_chunked *c, char byte)
{
    return byte == '\n' ? AT_SIZE : refuse(c, &bad_end);
}

static enum state at_trailer(struct http_chunked *c, char byte)
{
    if (byte == '\r')
        return LAST_LF;
    return http_token_char(byte) ? trailer_byte(c, IN_TRAILER_NAME) : refuse(c, &bad_trailer);
}

static enum state in_trailer_name(struct http_chunked *c, char byte)
{
    if (byte == ':')
        return trailer_byte(c, IN_TRAILER_VALUE);
    return http_token_char(byte) ? trailer_byte(c, IN_TRAILER_NAME) : refuse(c, &bad_trailer);
}

static enum state in_trailer_value(struct http_chunked *c, char byte)
{
    if (byte == '\r')
        return trailer_byte(c, TRAILER_LF);
    return http_token_value_char(byte) ? trailer_byte(c, IN_TRAILER_VALUE)
                                       : refuse(c, &bad_trailer);
}

static enum state trailer_lf(struct http_chunked *c, char byte)
{
    return byte == '\n' ? AT_TRAILER : refuse(c, &bad_trailer);
}

static enum state last_lf(struct http_chunked *c, char byte)
{
    return byte == '\n' ? ENDED : refuse(c, &bad_end);
}

static enum state (*const handlers[])(struct http_chunked *, char) = {
    [AT_SIZE] = at_size,
    [IN_SIZE] = in_size,
    [BEFORE_EXTENSION] = before_extension,
    [IN_EXTENSION] = in_extension,
    [SIZE_LF] = size_lf,
    [DATA_CR] = data_cr,
    [DATA_LF] = data_lf,
    [AT_TRAILER] = at_trailer,
    [IN_TRAILER_NAME] = in_trailer_name,
    [IN_TRAILER_VALUE] = in_trailer_value,
    [TRAILER_LF] = trailer_lf,
    [LAST_LF] = last_lf,
};

void http_chunked_init(struct http_chunked *chunked)
{
    *chunked = (struct http_chunked){._state = AT_SIZE};
}

static struct span take_data(struct http_chunked *c, struct span *in)
{
    struct span run = *in;
    if (run.len >= c->_left) {
        run.len = (size_t)c->_left;
        c->_state = DATA_CR;
    }
    c->_left -= run.len;
    *in = span_skip(*in, run.len);
    return run;
}

static bool ends_line(struct span s)
{
    return s.len >= 2 && s.at[0] == '\r' && s.at[1] == '\n';
}

/* Passes over what stands between the data of two chunks, when all of it is here and nothing but
 * CR LF, a size and CR LF: mostly so. Anything else is for the automaton. */
static void pass_frame(struct http_chunked *c, struct span *in)
{
    uint32_t size = 0;
    size_t n = 0;
    if (c->_state == DATA_CR && ends_line(*in)) {
        *in = span_skip(*in, 2);
        c->_state = AT_SIZE;
    }
    if (c->_state != AT_SIZE)
        return;
    for (; n < in->len && n < PLAIN_DIGITS_MAX; n++) {
        int digit = http_token_hex(in->at[n]);
        if (digit < 0)
            break;
        size = size * 16 + (uint32_t)digit;
    }
    if (size == 0 || !ends_line(span_skip(*in, n)))
        return;
    c->_left = size;
    c->_state = IN_DATA;
    *in = span_skip(*in, n + 2);
}

enum result http_chunked_next(struct http_chunked *chunked, struct span *in, struct span *data)
{
    *data = (struct span){NULL, 0};
    pass_frame(chunked, in);
    while (in->len > 0 && chunked->_state != ENDED) {
        if (chunked->_state == IN_DATA) {
            *data = take_data(chunked, in);
            return RESULT_MORE;
        }
        ASSERT(chunked->_state < ENDED && handlers[chunked->_state] != NULL);
        chunked->_state = (uint8_t)handlers[chunked->_state](chunked, in->at[0]);
        *in = span_skip(*in, 1);
    }
    if (chunked->_state != ENDED)
        return RESULT_MORE;
    return chunked->fault != NULL ? RESULT_FAULT : RESULT_DONE;
}

size_t http_chunked_head(char out[HTTP_CHUNKED_HEAD_BYTES], uint64_t len)
{
    ASSERT(len > 0);
    size_t n = 1;
    for (uint64_t more = len >> 4; more > 0; more >>= 4)
        n++;
    for (size_t i = n; i > 0; len >>= 4)
        out[--i] = "0123456789abcdef"[len & 15];
    out[n++] = '\r';
    out[n++] = '\n';
    return n;
}
