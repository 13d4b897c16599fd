/*
 * One request to the database, over a connection of the upstreams' pool: a statement or rows go out
 * in chunks as they are written, the answer is read to its end, whose first bytes are kept.
 */
#ifndef MOONGATE_GATEWAY_EXPORT_CALL_H
#define MOONGATE_GATEWAY_EXPORT_CALL_H

#include "core/base/result.h"
#include "core/base/span.h"
#include "core/http/http_chunked.h"

struct gateway;

#define GATEWAY_EXPORT_OUT_BYTES 16384
#define GATEWAY_EXPORT_IN_BYTES 4096
#define GATEWAY_EXPORT_SAID_BYTES 64
#define GATEWAY_EXPORT_CONNECT_MS 4000 /* at the most, and for the handshake once more */
#define GATEWAY_EXPORT_ANSWER_MS 30000 /* from the connection to the answer's end */

enum gateway_export_call_state {
    GATEWAY_EXPORT_CALL_FREE,
    GATEWAY_EXPORT_CALL_OPEN,
    GATEWAY_EXPORT_CALL_HEAD, /* sending, the answer's head is to come */
    GATEWAY_EXPORT_CALL_BODY,
    GATEWAY_EXPORT_CALL_ENDED
};

struct gateway_export_call {
    uint8_t state;
    uint8_t phase; /* of the connection while it opens, enum gateway_upstream_state */
    int16_t upstream;
    bool got_byte;
    bool sent_whole;
    bool more; /* there is something to do at once */
    bool keep_alive;
    uint64_t due_us;
    uint32_t out_at, out_end;
    uint32_t in_len;
    size_t scanned;
    uint64_t left; /* of an answer with a length */
    uint8_t framing;
    struct http_chunked chunked;

    uint16_t status;   /* of the answer; 0: none came */
    const char *fault; /* after RESULT_FAULT */
    bool slow;         /* and then: the connection was good, and the time too short */
    bool stale;        /* and then: it was a kept connection that had died; another try is due */
    uint32_t said_len;
    char said[GATEWAY_EXPORT_SAID_BYTES];

    char out[GATEWAY_EXPORT_OUT_BYTES];
    char in[GATEWAY_EXPORT_IN_BYTES];
};

/* Begins a POST to that target; fresh: not on a kept connection. False: see fault. */
bool gateway_export_call_begin(struct gateway *g, struct span target, bool fresh);

/* Goes on. DONE: the answer is there. MORE: later, at due_us at the latest. FAULT: see fault. */
enum result gateway_export_call_run(struct gateway *g);

/* Ends it, whatever its state; the connection is kept when it can be. */
void gateway_export_call_drop(struct gateway *g);

#endif
