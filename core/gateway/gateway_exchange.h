/*
 * One HTTP exchange with a service: a request goes out, an answer comes in through a window. What
 * the answer means is its owner's: a client's request, or the fetch of a model list.
 */
#ifndef MOONGATE_GATEWAY_EXCHANGE_H
#define MOONGATE_GATEWAY_EXCHANGE_H

#include "config/bounds.h"
#include "core/base/index.h"
#include "core/base/queue.h"
#include "core/base/rope.h"
#include "core/gateway/gateway_failure.h"
#include "core/http/http_chunked.h"
#include "core/http/http_rules.h"
#include "core/http/http_sse.h"
#include "core/provider/provider_repeat.h"

struct gateway;

/* Exchange i below LIMIT_REQUESTS is request i's, the others are those of list fetches. */
#define GATEWAY_EXCHANGES (LIMIT_REQUESTS + LIMIT_CATALOG_BUILDS)
#define GATEWAY_EXCHANGE_STEPS 8 /* reads in one turn of the loop, each with the use of the last */
#define GATEWAY_EXCHANGE_DEAD_US 1000000u /* a kept connection that ends so soon is replaced */

enum gateway_exchange_state {
    GATEWAY_EXCHANGE_FREE,
    GATEWAY_EXCHANGE_OPEN, /* its connection is being made */
    GATEWAY_EXCHANGE_HEAD, /* the request goes out, the answer's head is awaited */
    GATEWAY_EXCHANGE_BODY,
    GATEWAY_EXCHANGE_ENDED /* the body has come whole; what is in the window is still to be used */
};

struct gateway_exchange {
    uint8_t state;
    bool sent_whole;   /* all of the request is sent */
    bool fresh;        /* no kept connection any more */
    bool got_byte;
    bool keep_alive;
    uint8_t framing;   /* enum http_framing */
    uint16_t status;   /* of the answer */
    bool is_event_stream;
    bool is_json;
    bool is_error;     /* an error status, or what the owner takes for one: the body is collected
                        * for its message */
    uint32_t retry_after_s;
    int16_t upstream;  /* or -1 */
    int16_t large;     /* event buffer in use as the window, or -1 */
    struct rope out;
    uint32_t first_byte_ms;
    uint32_t body_left;  /* of the request's body: neither in out nor sent */
    uint64_t left;       /* of an answer's body with a length */
    uint64_t phase_us;   /* when the phase ends: connect, TLS, first byte, idle */
    uint64_t sent_us;    /* when the request began to go out */
    uint8_t phase;       /* enum gateway_phase */
    uint32_t begin;      /* the window: decoded bytes that are not used up, */
    uint32_t end;        /* up to here; */
    uint32_t raw_at;     /* and bytes as they came, */
    uint32_t raw_len;    /* that many */
    size_t scanned;      /* of the head */
    bool event_has_more; /* the protocol has not told all of the event in hand */
    /* What is in front of this is cleared as an exchange begins; these begin with the body: */
    struct http_chunked chunked;
    struct http_sse sse;
    struct http_sse_event event; /* in hand */
    struct provider_repeat repeat;
    struct provider_call call; /* the owner's */
};

struct gateway_windows {
    struct index_stack index;
    struct queue waiting; /* exchanges whose event needs a large one */
    uint16_t numbers[LIMIT_EVENTS_LARGE];
    uint16_t wait_next[GATEWAY_EXCHANGES], wait_prev[GATEWAY_EXCHANGES];
    char small[GATEWAY_EXCHANGES][LIMIT_WINDOW_BYTES];
    char large[LIMIT_EVENTS_LARGE][LIMIT_EVENT_BYTES];
};

/* Nothing is under way. */
void gateway_exchange_init(struct gateway *g);

/* Begins an exchange with call.provider: its call is filled by the owner, and begun here.
 * first_byte_ms: how long the answer may be awaited; 0: as long as the owner's own deadline. False:
 * no connection can be had, failure is set. It goes on with the next gateway_exchange_run. */
bool gateway_exchange_begin(struct gateway *g, int exchange, uint32_t first_byte_ms,
                            struct gateway_failure *failure);

/* Goes on as far as it goes; tells the owner what came (gateway_request_*, gateway_catalog_*). The
 * owner may end it meanwhile, or begin it anew. */
void gateway_exchange_run(struct gateway *g, int exchange);

/* The timeouts that it began with; a fetch has those of now. */
const struct settings_timeouts *gateway_exchange_timeouts(const struct gateway *g, int exchange);

/* Ends it because a phase took too long, and tells the owner. */
void gateway_exchange_timeout(struct gateway *g, int exchange, enum gateway_phase phase);

/* Ends it because its answer is of no use (why: what is wrong with it), and tells the owner. */
void gateway_exchange_unusable(struct gateway *g, int exchange, const char *why);

/* Pages are short: it is run again once there are more than now. */
void gateway_exchange_wait_page(struct gateway *g, int exchange);

/* The end of a turn: when pages came back, those that wait for some are to be run. */
void gateway_exchange_admit(struct gateway *g);

/* Ends it: the connection is kept when the answer came whole and the peer allows it, else closed.
 * */
void gateway_exchange_drop(struct gateway *g, int exchange);

/* The window: what has come decoded and is not used up; the owner may rewrite it in place. */
char *gateway_exchange_window(struct gateway *g, int exchange, size_t *len);

/* The first len bytes of the window are used up. */
void gateway_exchange_use(struct gateway *g, int exchange, size_t len);

#endif
