/*
 * A client's chat on its way: judged, its model validated, tried with one provider after the other,
 * its answer relayed.
 */
#ifndef MOONGATE_GATEWAY_REQUEST_H
#define MOONGATE_GATEWAY_REQUEST_H

#include "core/gateway/gateway_chat.h"
#include "core/gateway/gateway_exchange.h"
#include "core/gateway/gateway_order.h"
#include "core/gateway/gateway_relay.h"
#include "core/gateway/gateway_told.h"

struct gateway;

#define GATEWAY_REQUEST_DRAIN_US 1000000u /* for the end of a body behind a complete answer */
#define GATEWAY_REQUEST_TAIL_US 5000000u  /* for usage and [DONE] behind an answer's last word */
#define GATEWAY_REQUEST_LOCAL_BYTES 192   /* a piece of the box's own answer */
#define GATEWAY_REQUEST_LOCAL_PIECES 64   /* of it in one turn of the loop */

enum gateway_request_state {
    GATEWAY_REQUEST_FREE,
    GATEWAY_REQUEST_LIST_WAIT, /* there is no model list at all, and one is being fetched */
    GATEWAY_REQUEST_BACKOFF,   /* until a further round of tries */
    GATEWAY_REQUEST_TRY,       /* its exchange is under way */
    GATEWAY_REQUEST_LOCAL,     /* the box itself answers */
    GATEWAY_REQUEST_FINISH,    /* complete; the end of the answer waits for room */
    GATEWAY_REQUEST_DRAIN      /* the client has all; the service's connection is worth keeping */
};

/* What it asks a service for. */
enum gateway_request_kind {
    GATEWAY_REQUEST_CHAT,
    GATEWAY_REQUEST_MESSAGES,    /* a chat in Anthropic's API */
    GATEWAY_REQUEST_INFERENCE,   /* a chat in TensorZero's own */
    GATEWAY_REQUEST_COMPLETIONS, /* the rest are relayed as they come: the older completions, */
    GATEWAY_REQUEST_RESPONSES,   /* /responses, whose streams have an end of their own, */
    GATEWAY_REQUEST_OTHER,       /* and what ends with its body */
    GATEWAY_REQUEST_BATCH        /* for metrics alone: any of them, of a batch */
};

struct gateway_request {
    uint8_t state;
    uint8_t kind;       /* enum gateway_request_kind */
    uint8_t era;        /* whose settings it has: */
    const struct settings *settings;
    int16_t client;     /* or -1, in DRAIN */
    int16_t model;
    int16_t variant;    /* of the function that was asked for, or -1 */
    struct span name;   /* that the client's came to, of chat.model or of the configuration */
    struct span identifier; /* what the provider calls it: a part of the same, or our own table's */
    int16_t provider;   /* of the try under way, or of the last one; -1: none yet */
    uint16_t round;
    uint16_t attempts;  /* tries sent upstream */
    uint16_t content;   /* number of its gateway_content, and 1; 0: none */
    bool again;         /* a further round may help: a try failed that can be repeated */
    bool counted;       /* its key has it among those under way */
    bool unlisted;      /* it is let through without a model list, and that was said */
    bool tried;         /* in this round, by this request */
    bool blocked;       /* in this round a circuit was open */
    bool forced;        /* all that could be tried are behind such ones */
    bool probes;        /* the try under way is its provider's probe */
    uint8_t passed_why; /* enum of gateway_try.c: why the first one was passed over */
    uint8_t done[GATEWAY_ORDER_BYTES];     /* places of the routing that had their turn */
    uint8_t given_up[GATEWAY_ORDER_BYTES]; /* providers that must not be tried again */
    uint32_t wait_ms;   /* a service asked for that much patience before a further round */
    uint64_t begun_us;
    uint64_t ready_us;  /* its body was whole, and it had a slot */
    uint64_t total_us;  /* the moment of its total deadline */
    uint64_t wake_us;   /* BACKOFF, LOCAL, DRAIN: goes on then */
    uint64_t first_content_us; /* 0: none yet */
    struct gateway_chat chat;
    struct gateway_told told; /* what the providers said; status 0: none was tried and failed */
    /* What follows, the chat's texts and told's notes are not cleared as a request begins:
     * gateway_relay_begin sets the relay, and the texts are empty. */
    struct gateway_error passed; /* of a provider that was passed over; status 0: none was */
    struct gateway_relay relay;
    char thread_id[GATEWAY_RELAY_THREAD_BYTES]; /* opened; "" */
    char ignored[GATEWAY_CHAT_IGNORED_BYTES];   /* x-moongate-ignored, or "" */
    char local[GATEWAY_REQUEST_LOCAL_BYTES];
};

/* Whether a request is in Anthropic's words; no build without the feature has any. */
static inline bool gateway_request_is_message(const struct gateway_request *request)
{
    return FEATURE_ANTHROPIC && request->kind == GATEWAY_REQUEST_MESSAGES;
}

/* The same of TensorZero's own. */
static inline bool gateway_request_is_native(const struct gateway_request *request)
{
    return FEATURE_INFERENCE && request->kind == GATEWAY_REQUEST_INFERENCE;
}

/* The word for a kind of request (enum gateway_request_kind) in metrics and records. */
const char *gateway_request_route(int kind);

/* Begins the request of a client whose body is whole and good JSON; the request slot
 * client->request is taken. It answers the client sooner or later, whatever happens. */
void gateway_request_open(struct gateway *g, int client);

/* The client has left, or is being closed: ends the exchange in the same turn and frees the slot.
 * */
void gateway_request_left(struct gateway *g, int request);

/* The client's queue has room again: a request that waits for it runs. */
void gateway_request_room(struct gateway *g, int request);

/* A deadline of it has passed. */
void gateway_request_due(struct gateway *g, int request);

/* Goes on with what waits: news in hand, the window, the local answer, the end. */
void gateway_request_run(struct gateway *g, int request);

/* A body slot of that class (gateway_body_class) is wanted and none is free: the oldest body that
 * was sent whole is given up, and its request cannot be tried again. Nothing happens when there is
 * none. */
void gateway_request_spare_body(struct gateway *g, int class);

/* From the exchange: the request has gone out whole, so that clients that wait for a body slot may
 * be given one. */
void gateway_request_sent(struct gateway *g, int request);

/* False when its body was given up, so that it cannot be sent again. */
bool gateway_request_has_body(const struct gateway *g, int request);

/* From the relay: the first content goes to the client now. The body slot is given back. */
void gateway_request_commit(struct gateway *g, int request);

/* From the relay: x-moongate-provider, -attempts, -ignored as field lines; those that are not known
 * yet are left out. */
void gateway_request_fields(const struct gateway *g, int request, struct text *out);

/* The answer is complete. MORE: its end waits for room. FAULT: the client has all of it. DONE: it
 * has, and a connection that took the whole request is read to its body's end, to be used again. */
enum result gateway_request_complete(struct gateway *g, int request);

/* It goes on when the client has taken something, which its queue will tell, or, with nothing
 * queued, when there are pages. Answers RESULT_MORE. */
enum result gateway_request_wait(struct gateway *g, int request);

/* In DRAIN: the body has ended. */
void gateway_request_drained(struct gateway *g, int request);

/* From the exchange: it failed. */
void gateway_request_failed(struct gateway *g, int request, const struct gateway_failure *failure);

/* When it must be looked at by time: sets its timer. */
void gateway_request_set_timer(struct gateway *g, int request);

/* Ends it with an error for the client: nothing can be tried any more. */
void gateway_request_fail(struct gateway *g, int request, const struct gateway_error *error);

#endif
