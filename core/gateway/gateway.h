/*
 * The life of requests: everything between the listeners and the services. One struct holds every
 * pool; the rooms of this folder work on it by slot numbers.
 */
#ifndef MOONGATE_GATEWAY_H
#define MOONGATE_GATEWAY_H

#include "config/bounds.h"
#include "config/features.h"
#include "core/base/queue.h"
#include "core/base/rope.h"
#include "core/base/timers.h"
#include "core/gateway/gateway_answer.h"
#include "core/gateway/gateway_batch.h"
#include "core/gateway/gateway_bench.h"
#include "core/gateway/gateway_body.h"
#include "core/gateway/gateway_catalog.h"
#include "core/gateway/gateway_chat.h"
#include "core/gateway/gateway_circuit.h"
#include "core/gateway/gateway_client.h"
#include "core/gateway/gateway_episode.h"
#include "core/gateway/gateway_era.h"
#include "core/gateway/gateway_exchange.h"
#include "core/gateway/gateway_export.h"
#include "core/gateway/gateway_inner.h"
#include "core/gateway/gateway_keys.h"
#include "core/gateway/gateway_models.h"
#include "core/gateway/gateway_records.h"
#include "core/gateway/gateway_relay.h"
#include "core/gateway/gateway_request.h"
#include "core/gateway/gateway_route.h"
#include "core/gateway/gateway_runner.h"
#include "core/gateway/gateway_secure.h"
#include "core/gateway/gateway_state.h"
#include "core/gateway/gateway_try.h"
#include "core/gateway/gateway_upstream.h"
#include "core/http/http_date.h"
#include "core/record/record_log.h"
#include "core/record/record_metrics.h"
#include "core/settings/settings.h"
#include "core/tls/tls.h"

#define GATEWAY_DRAIN_US 10000000u /* streams under way at a stop */
#define GATEWAY_CLIENT_APIS (FEATURE_ANTHROPIC ? LIMIT_CLIENTS : 1)
#define GATEWAY_TRIM_US 1000000u   /* of quiet before memory goes back to the system */
#define GATEWAY_LINES_BYTES 128 /* of what answers begin with */

enum gateway_slot_kind {
    GATEWAY_SLOT_NONE,
    GATEWAY_SLOT_LISTENER,
    GATEWAY_SLOT_CLIENT,
    GATEWAY_SLOT_UPSTREAM
};

/* Whose a port slot is. */
struct gateway_slot {
    uint8_t kind;
    uint16_t number;
};

/* Shared by all; nothing in it lasts beyond a call. */
struct gateway_scratch {
    struct json_tokens tokens;
    struct http_head head;
    char bytes[LIMIT_WINDOW_BYTES];
    char text[LIMIT_PAGE_BYTES];
};

struct gateway {
    /* What is small comes first, for what is near is reached with less code. */
    const struct settings *settings; /* of what begins now */
    struct tls *tls;
    const struct provider_signer *board_signer; /* or NULL */
    struct gateway_records *records; /* the caller's; NULL: none are kept */
    struct gateway_export *export;   /* the same; NULL: they are sent nowhere */
    struct gateway_runner *runner;   /* the same; NULL: nothing is run */
    struct gateway_inner *inner;     /* of it */
    struct gateway_batch *batch;     /* the same; NULL: there are no files and batches */
    uint64_t started_us;
    uint64_t now_us;    /* of this turn of the loop */
    uint64_t wall_ms;   /* the same as gateway_wall_ms tells it; 0: it was not asked yet */
    uint64_t stop_us;   /* the end of the drain */
    uint64_t chores_us; /* when what is not of requests is to run */
    uint64_t trim_us;   /* when touched memory goes back, if all stays quiet */
    uint64_t lines_s; /* since 1970: the date in what answers begin with; 0: there is none */
    uint8_t lines_len; /* 0: nothing is written yet */
    char lines[GATEWAY_LINES_BYTES];
    bool stopping;
    bool accept_again; /* connections wait at a listener until something was closed */
    int listener_count;
    int16_t listeners[LIMIT_LISTENERS];

    struct index_stack client_index;
    struct queue client_run; /* have something to do in this turn */
    struct queue client_wait; /* for a request slot; it and the next two share their links: */
    struct queue client_wait_body[GATEWAY_BODY_CLASSES]; /* for a body slot of that class */
    struct queue client_wait_head; /* for a head buffer */
    struct queue client_begun; /* have sent some of a head and not all, the oldest first */
    struct queue client_linger; /* lingering, the oldest first; shares its links with client_idle */
    struct queue client_idle;   /* between two requests */
    struct timers client_timers;
    struct index_stack head_index;
    struct index_stack request_index;
    struct queue exchange_run; /* requests and fetches with something to do in this turn */
    struct timers exchange_timers;
    struct queue list_wait; /* requests that wait for a model list */
    struct queue page_wait;  /* requests and fetches that go on when pages have come back */
    uint16_t page_wait_free; /* pages that were free, and too few for one of them */

#if FEATURE_RELOAD
    struct gateway_eras eras;
#endif
    struct gateway_request requests[LIMIT_REQUESTS];
    struct gateway_slot slots[LIMIT_SOCKETS];
    struct gateway_client clients[LIMIT_CLIENTS];
    struct gateway_client_api client_apis[GATEWAY_CLIENT_APIS];
    struct gateway_secure secure;
    uint16_t client_numbers[LIMIT_CLIENTS];
    uint16_t client_run_next[LIMIT_CLIENTS], client_run_prev[LIMIT_CLIENTS];
    uint16_t client_wait_next[LIMIT_CLIENTS], client_wait_prev[LIMIT_CLIENTS];
    uint16_t client_begun_next[LIMIT_CLIENTS], client_begun_prev[LIMIT_CLIENTS];
    uint16_t client_quiet_next[LIMIT_CLIENTS], client_quiet_prev[LIMIT_CLIENTS];
    uint16_t client_timer_heap[LIMIT_CLIENTS], client_timer_place[LIMIT_CLIENTS];
    struct timers_moment client_timer_due[LIMIT_CLIENTS];

    uint16_t head_numbers[LIMIT_HEADS];
    uint16_t request_numbers[LIMIT_REQUESTS];
    struct gateway_exchange exchanges[GATEWAY_EXCHANGES];
    uint16_t exchange_run_next[GATEWAY_EXCHANGES], exchange_run_prev[GATEWAY_EXCHANGES];
    uint16_t exchange_timer_heap[GATEWAY_EXCHANGES], exchange_timer_place[GATEWAY_EXCHANGES];
    struct timers_moment exchange_timer_due[GATEWAY_EXCHANGES];
    uint16_t list_wait_next[LIMIT_REQUESTS], list_wait_prev[LIMIT_REQUESTS];
    uint16_t page_wait_next[GATEWAY_EXCHANGES], page_wait_prev[GATEWAY_EXCHANGES];

    struct gateway_upstreams upstreams;
    /* By the numbers of gateway_era.h. */
    int16_t address_of[GATEWAY_PROVIDERS]; /* the first provider with the same */
    struct gateway_bench benches[GATEWAY_PROVIDERS];
    struct gateway_circuit circuits[GATEWAY_PROVIDERS];
    struct gateway_keys keys;
    struct record_metrics metrics;
#if FEATURE_INFERENCE
    struct gateway_episode episodes[LIMIT_EPISODES];
#endif
    struct gateway_state state;
    struct gateway_catalogs catalogs;
    char heads[LIMIT_HEADS][LIMIT_HEAD_BYTES];
    struct gateway_bodies bodies;
    struct rope_pool pages;
    struct gateway_windows windows;
    struct gateway_scratch scratch;
    struct port_event events[LIMIT_EVENTS];
};

/* The era of what begins now; the settings of an era; a provider by its number in the gateway. */
#if FEATURE_RELOAD
static inline int gateway_now(const struct gateway *g)
{
    return g->eras.now;
}

static inline const struct settings *gateway_settings(const struct gateway *g, int era)
{
    return era == g->eras.now ? g->settings : g->eras.before;
}

static inline const struct settings_provider *gateway_provider(const struct gateway *g, int number)
{
    return &gateway_settings(g, GATEWAY_ERA_OF(number))->providers[GATEWAY_ERA_PLACE(number)];
}
#else
static inline int gateway_now(const struct gateway *g)
{
    (void)g;
    return 0;
}

static inline const struct settings *gateway_settings(const struct gateway *g, int era)
{
    (void)era;
    return g->settings;
}

static inline const struct settings_provider *gateway_provider(const struct gateway *g, int number)
{
    return &g->settings->providers[number];
}
#endif

/* Prepares all pools for a checked configuration; g is all zero. settings and tls stay the caller's
 * and in place. */
void gateway_init(struct gateway *g, const struct settings *settings, struct tls *tls);

/* Opens the listeners. False: one of them cannot be opened, *why names it and the reason. */
bool gateway_listen(struct gateway *g, struct text *why);

/* One turn of the loop: waits (until max_wait_us after the last turn began, at most), advances what
 * is ready, fires what is due. */
void gateway_step(struct gateway *g, uint64_t max_wait_us);

/* The time of day in this turn, as port_wall_ms. */
uint64_t gateway_wall_ms(struct gateway *g);

/* No new connections; streams under way have GATEWAY_DRAIN_US. */
void gateway_stop(struct gateway *g);

/* True once a stop is over: nothing is under way any more, or its time has passed. */
bool gateway_stopped(const struct gateway *g);

#endif
