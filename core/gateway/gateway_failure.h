/* How an exchange with a service failed, and what the client is told of it. */
#ifndef MOONGATE_GATEWAY_FAILURE_H
#define MOONGATE_GATEWAY_FAILURE_H

#include "core/gateway/gateway_error.h"
#include "core/record/record_log.h"

struct provider_call;

#define GATEWAY_FAILURE_BODY_BYTES 4096 /* of an error's body, read for its message */

enum gateway_failure_kind {
    GATEWAY_FAILURE_NONE,
    GATEWAY_FAILURE_OWN,     /* this box lacks something: the provider is not to blame */
    GATEWAY_FAILURE_CONNECT, /* no connection, or no TLS */
    GATEWAY_FAILURE_CUT,     /* closed or reset */
    GATEWAY_FAILURE_TIMEOUT,
    GATEWAY_FAILURE_STATUS,  /* the service answered with an error status */
    GATEWAY_FAILURE_EVENT,   /* it sent an error event */
    GATEWAY_FAILURE_UNUSABLE /* its answer breaks HTTP, or is none */
};

/* Phases that have a deadline of their own. */
enum gateway_phase {
    GATEWAY_PHASE_CONNECT,
    GATEWAY_PHASE_TLS,
    GATEWAY_PHASE_FIRST_BYTE,
    GATEWAY_PHASE_IDLE,
    GATEWAY_PHASE_TOTAL
};

struct gateway_failure {
    uint8_t kind;             /* enum gateway_failure_kind */
    uint16_t upstream_status; /* with FAILURE_STATUS */
    bool begun;               /* there was a connection: the request had begun to go out, */
    bool sent_whole;          /* and had done so whole */
    uint8_t own_len;          /* of the error's message: behind it are the service's words */
    struct gateway_error error; /* for the client: "Request failed: ..." */
};

/* No connection: status 502, or 503 when it is the network that is missing. */
void gateway_failure_connect(struct gateway_failure *failure, const char *host, uint16_t status,
                             const char *why);

/* No connection, because this box lacks something: 503. */
void gateway_failure_own(struct gateway_failure *failure, const char *host, const char *why);

/* The connection ended where it must not: 502. */
void gateway_failure_cut(struct gateway_failure *failure, const char *host, const char *why);

/* What came is of no use: 502. */
void gateway_failure_unusable(struct gateway_failure *failure, const char *host, const char *why);

/* The answer is complete, and nothing was said in it: 502. */
void gateway_failure_empty(struct gateway_failure *failure);

/* A phase took too long: 504 naming it. */
void gateway_failure_timeout(struct gateway_failure *failure, const char *host,
                             enum gateway_phase phase);

/* The service said that it failed, in an event of its stream: 502 with its words. */
void gateway_failure_event(struct gateway_failure *failure, struct span words);

/* The service answered with an error status (300 and above); body is what it said, JSON or text.
 * 400, 404, 409, 413 and 422 are the client's to mend and pass; 429, 503, 529 and 504 keep their
 * meaning; anything else is a 502. A code that clients act on is passed with what is theirs. */
void gateway_failure_status(struct gateway_failure *failure, uint16_t status, struct span body);

/* Puts stars in the place of what the service repeats of the call's own credentials: its words are
 * for the client and the records. */
void gateway_failure_hide(struct gateway_failure *failure, const struct provider_call *call);

/* Adds the reason to a log line, without the service's words: they may repeat a prompt or a key. */
void gateway_failure_log(struct record_log *log, const struct gateway_failure *failure);

/* True when the request itself was wrong: no other try can help. */
bool gateway_failure_is_clients(const struct gateway_failure *failure);

/* True when the provider's key or address is at fault: 401, 402, 403, a redirect. */
bool gateway_failure_is_configuration(const struct gateway_failure *failure);

#endif
