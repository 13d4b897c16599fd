/* What the stand-in saw, for tests to ask about. Every function may be called from any thread. */
#ifndef MOONGATE_UPSTREAM_STATS_H
#define MOONGATE_UPSTREAM_STATS_H

#include "test/upstream/buf.h"

enum stats_handshake { STATS_HANDSHAKE_FULL, STATS_HANDSHAKE_RESUMED, STATS_HANDSHAKE_FAILED };

enum stats_route { STATS_MODELS, STATS_CHAT, STATS_OTHER };

enum stats_outcome {
    STATS_COMPLETE, /* sent as it was meant to be, misbehaviour included */
    STATS_ABORTED,  /* the client left before the end */
    STATS_REFUSED,  /* the request broke the protocol; the answer was 400 and says how */
};

/* A connection was accepted, or closed. One that turns out to be the control plane's is told by
 * stats_control, and is then closed without stats_closed. */
void stats_accepted(void);
void stats_closed(void);

/* Takes a connection out of the counters; version is its TLS version's number or 0 (plain), resumed
 * whether its session was. */
void stats_control(int version, int resumed);

/* A handshake ended; version as SSL_version tells it. */
void stats_handshake(enum stats_handshake how, int version);

/* A request for that route came. */
void stats_request(enum stats_route route);

/* A chat begins: its head (field lines as JSON members, `"a":"b","c":"d"`) and body are kept as
 * the last one's. Gives its number, from 1. */
unsigned long stats_chat_begin(const struct buf *fields, const struct buf *body);

/* Bytes of an answer were handed to the kernel; only the newest chat's are kept. Chat 0 is
 * ignored. */
void stats_chat_sent(unsigned long chat, unsigned long bytes);

/* A chat ended. */
void stats_chat_end(enum stats_outcome outcome);

/* Why the last chat request was refused; text lives for ever. */
void stats_refusal(const char *reason);

/* Appends all of it as one JSON object. */
void stats_print(struct buf *out);

/* Counters to 0, but for the connections and chats that are open. */
void stats_reset(void);

#endif
