/*
 * Requests that the box asks itself, for a batch: a client without a socket. It is judged, counted,
 * routed and recorded as any other; what would go out is kept here.
 */
#ifndef MOONGATE_GATEWAY_INNER_H
#define MOONGATE_GATEWAY_INNER_H

#include "config/bounds.h"
#include "config/features.h"
#include "core/base/span.h"
#include "core/gateway/gateway_route.h"

struct gateway;
struct gateway_failure;

#define GATEWAY_INNER_HEAD_BYTES 1024 /* room in front of an answer, and behind it, for the frame */
#define GATEWAY_INNER_TAIL_BYTES 128  /* that it is stored in */
#define GATEWAY_INNER_BYTES                                                                        \
    (GATEWAY_INNER_HEAD_BYTES + LIMIT_BATCH_ANSWER_BYTES + GATEWAY_INNER_TAIL_BYTES)

enum gateway_inner_state {
    GATEWAY_INNER_FREE,
    GATEWAY_INNER_ASKED,
    GATEWAY_INNER_ANSWERED, /* whole, of whatever status */
    GATEWAY_INNER_CUT       /* it has none, or its answer was cut or is too long */
};

/* One of LIMIT_BATCH_RUNS. */
struct gateway_inner_run {
    uint8_t state;    /* enum gateway_inner_state */
    bool unreached;   /* the last try had no connection to the service: nothing was asked */
    bool too_long;    /* the answer has more than LIMIT_BATCH_ANSWER_BYTES */
    uint16_t status;  /* 0: no answer has begun */
    uint32_t retry_after_s; /* with an error; 0: not said */
    uint32_t len;     /* of the answer */
    char request_id[LIMIT_REQUEST_ID_BYTES + 1];
};

struct gateway_inner {
    struct gateway_inner_run runs[LIMIT_BATCH_RUNS];
    char bytes[LIMIT_BATCH_RUNS][GATEWAY_INNER_BYTES];
};

/* What is asked. */
struct gateway_inner_ask {
    enum gateway_route route; /* CHAT or RELAY */
    const char *path;         /* behind /v1 */
    int key;                  /* settings key, -1 or GATEWAY_KEY_GONE */
    int body;                 /* a slot with the whole body, judged; the client's from now on */
    uint32_t len;
};

/* A free run's client makes that request. False: no client slot is free, and the body is the
 * caller's still. */
bool gateway_inner_open(struct gateway *g, int run, const struct gateway_inner_ask *ask);

/* What was answered; the GATEWAY_INNER_HEAD_BYTES in front of it and GATEWAY_INNER_TAIL_BYTES
 * behind it are the caller's to fill. */
char *gateway_inner_answer(struct gateway *g, int run);

/* From the answer: its head; an error's patience; bytes of its body, as port_send takes them. */
void gateway_inner_begin(struct gateway *g, int client, uint16_t status);
void gateway_inner_patience(struct gateway *g, int client, uint32_t retry_after_s);
int gateway_inner_send(struct gateway *g, int client, const void *bytes, size_t len);

/* From the request: a try failed. */
void gateway_inner_failed(struct gateway *g, int client, const struct gateway_failure *failure);

/* From the client: it is closed. */
void gateway_inner_closed(struct gateway *g, int client);

#endif
