/* Clients: a dense slot each, a state each, a handler a state. */
#ifndef MOONGATE_GATEWAY_CLIENT_H
#define MOONGATE_GATEWAY_CLIENT_H

#include "config/bounds.h"
#include "config/features.h"
#include "core/base/rope.h"
#include "core/gateway/gateway_error.h"
#include "core/gateway/gateway_route.h"
#include "port/port.h"

struct gateway;

#define GATEWAY_LINGER_MS 2000         /* for the peer to read our last words */
#define GATEWAY_LINGER_BYTES 16777216  /* read and dropped meanwhile: more than a body is likely to
                                        * have that is refused for its size */
#define GATEWAY_CLIENT_VERSION_BYTES 24 /* of anthropic-version, with its NUL */

enum gateway_client_state {
    GATEWAY_CLIENT_FREE,
    GATEWAY_CLIENT_TLS,   /* shakes hands */
    GATEWAY_CLIENT_HEAD,  /* a head is awaited (idle) or coming in */
    GATEWAY_CLIENT_BODY_WAIT, /* no body slot is free: the socket is not read */
    GATEWAY_CLIENT_BODY,
    GATEWAY_CLIENT_REQUEST_WAIT, /* the body is whole, no request slot is free */
    GATEWAY_CLIENT_ANSWER, /* an answer is being made, or written out */
    GATEWAY_CLIENT_LINGER, /* answered and shut; what still comes is dropped */
    GATEWAY_CLIENT_UPLOAD  /* a file comes in */
};

enum gateway_framing {
    GATEWAY_FRAMING_NONE, /* no answer has begun */
    GATEWAY_FRAMING_LENGTH,
    GATEWAY_FRAMING_CHUNKED,
    GATEWAY_FRAMING_CLOSE
};

/* At most 512 bytes: an idle client costs nothing else. */
struct gateway_client {
    uint8_t state;   /* enum gateway_client_state */
    uint8_t run;     /* number of its gateway_inner_run, and 1; 0: it has a socket */
    int16_t slot;
    int16_t tls;     /* gateway_secure, or -1: plain HTTP */
    int16_t head;    /* head buffer, or -1 */
    int16_t body;    /* gateway_body, or -1 */
    int16_t request; /* gateway_request, or -1 */
    int16_t key;     /* settings key that it showed, or -1 */
    uint16_t head_at;  /* in its head buffer: what is not yet used begins here, */
    uint16_t head_len; /* and ends here */
    uint16_t decoded;  /* of a chunked body: so many bytes at head_at are content already */
    uint32_t body_len; /* as its head announced it, 0 with chunked; once it is whole, what it has */
    struct rope out;
    uint32_t dropped;   /* bytes, while lingering */
    bool readable;      /* an event said so, and recv has not yet answered PORT_AGAIN, or as much */
    bool writable;
    bool left;          /* the peer shut its sending side */
    bool broken;        /* its answer has no other end than the close, and is not whole */
    uint8_t api;        /* enum provider_api: the request's, whose shape errors have */
    /* Of the request in hand; cleared at its end, down to the first byte of its id: */
    uint64_t body_out;  /* bytes of its answer's body so far */
    size_t head_scanned;
    uint32_t cursor;    /* how far a generated answer has come (the model list) */
    uint32_t queue_us;  /* its request has waited so long for slots */
    uint8_t framing;    /* enum gateway_framing */
    uint8_t route;      /* enum gateway_route */
    bool close;         /* after this answer */
    bool ended;         /* the answer is queued whole */
    bool http_1_0;
    bool is_head;       /* HEAD: no body */
    bool available_only; /* /v1/models?available=true */
    bool cors;          /* the answer names the origin that was allowed */
    bool expects;       /* 100 Continue is still to be said */
    bool chunked;       /* the request's body */
    bool unread;        /* the request has not come whole, or is broken: an answer closes */
    char request_id[LIMIT_REQUEST_ID_BYTES + 1];
    char origin[128];   /* to be named in the answer */
    char path[LIMIT_ROUTE_BYTES]; /* of a chat, behind /v1; of what is relayed with its query */
    struct port_address peer;
    uint64_t begun_us;  /* the request's head was whole; 0: there was none yet */
    uint64_t wait_us;   /* since when it waits for a slot, is idle, or sends a head */
    uint64_t body_us;   /* when the body must be whole */
};

_Static_assert(sizeof(struct gateway_client) <= 512, "an idle client is a dense slot");

/* Whether it is one that asks for a batch: see gateway_inner.h. */
static inline bool gateway_client_is_inner(const struct gateway_client *client)
{
    return FEATURE_BATCH && client->run > 0;
}

/* Which edition of Anthropic's API a client's request is in: its head fields, or "". */
struct gateway_client_api {
    char version[GATEWAY_CLIENT_VERSION_BYTES];
    char beta[LIMIT_BETA_BYTES];
};

/* Prepares what clients need: slots, queues, timers, head buffers. */
void gateway_client_init(struct gateway *g);

/* Takes the connections that wait at a listener (its port slot). With no slot free, the oldest
 * lingering or idle client gives way; else they wait until a client has gone. */
void gateway_client_accept(struct gateway *g, int listener);

/* The end of a turn: whatever was closed in it, a client or a connection to a service, there may be
 * room for those that wait. */
void gateway_client_accept_again(struct gateway *g);

/* Notes what the port told about a client's slot; it is to be run behind that. */
void gateway_client_event(struct gateway *g, int client, unsigned kinds);

/* Goes on with a client as far as it goes: reads, writes, answers. */
void gateway_client_run(struct gateway *g, int client);

/* Its deadline has passed: 408, 503, or it is closed. */
void gateway_client_due(struct gateway *g, int client);

/* Closes it at once and gives back all it has; its request, if there is one, is told first. */
void gateway_client_close(struct gateway *g, int client);

/* It is to go: at once while no request has come whole, else behind its answer. */
void gateway_client_retire(struct gateway *g, int client);

/* The daemon is stopping: closes those without a request under way. */
void gateway_client_stop(struct gateway *g);

#endif
