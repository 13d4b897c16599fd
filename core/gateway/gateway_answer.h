/* Answers to clients: head, framing and bytes, queued in the client's rope. */
#ifndef MOONGATE_GATEWAY_ANSWER_H
#define MOONGATE_GATEWAY_ANSWER_H

#include "core/base/rope.h"
#include "core/gateway/gateway_error.h"

struct gateway;

/* What stands in a head besides server, date, x-request-id, connection, CORS and framing, which
 * every answer has. */
struct gateway_answer {
    uint16_t status;
    const char *content_type; /* our own, or of a head that was judged; NULL: none */
    bool has_length;          /* false: chunked, or to the close for an HTTP/1.0 client */
    uint64_t length;
    uint32_t retry_after_s; /* 0: not said */
    struct span fields; /* further field lines, each with its CRLF; may be empty */
    bool of_request;    /* then few bytes; what the client's request has to tell is behind them */
};

/* Queues the head; an answer begins once a request. False: no pages are left, nothing is queued:
 * the caller cuts. */
bool gateway_answer_begin(struct gateway *g, int client, const struct gateway_answer *answer);

/* Queues bytes of the body in the framing of the head (bytes.len > 0). False: no pages, nothing is
 * queued: try again when the client has taken some. */
bool gateway_answer_add(struct gateway *g, int client, struct span bytes);

/* Queues everything in a rope, which is empty then: for a body with a length; no byte is copied. */
void gateway_answer_join(struct gateway *g, int client, struct rope *rope);

/* The two calls of an answer that is made as its client takes it. The first one begins it unless it
 * has begun. The second one queues bytes whole; false: there is no room now, and the client's
 * progress will tell. Without pages the answer is cut, and both answer false. */
bool gateway_answer_start(struct gateway *g, int client, const struct gateway_answer *answer);
bool gateway_answer_put(struct gateway *g, int client, struct span bytes);

/* How many bytes may be added before the client's queue is full (LIMIT_OUT_BYTES). */
size_t gateway_answer_room(const struct gateway *g, int client);

/* The body is whole: queues the last chunk. The client reads its next request once all is sent;
 * close: its connection is closed then. */
void gateway_answer_end(struct gateway *g, int client, bool close);

/* The body will never be whole: what is queued is sent, without a last chunk, then the connection
 * is closed (an HTTP/1.0 client, which knows no other end, gets a reset); before the head was
 * queued nothing is sent. */
void gateway_answer_cut(struct gateway *g, int client);

/* Writes the error object that the request's API has. */
void gateway_answer_error_object(const struct gateway *g, int client,
                                 const struct gateway_error *error, struct text *out);

/* A whole answer: the error object, with Retry-After and further field lines. Keep-alive goes on
 * unless the request was not read whole or HTTP was broken (client->close). */
void gateway_answer_error(struct gateway *g, int client, const struct gateway_error *error,
                          struct span fields);

/* The same, with the field lines of the client's request. */
void gateway_answer_failed(struct gateway *g, int client, const struct gateway_error *error);

/* A whole answer: a short JSON text. */
void gateway_answer_json(struct gateway *g, int client, uint16_t status, struct span json);

/* Sends what is queued, some pages at the most, as far as the socket takes it. False: the
 * connection is broken. */
bool gateway_answer_send(struct gateway *g, int client);

#endif
