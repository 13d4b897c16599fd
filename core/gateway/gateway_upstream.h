/*
 * Connections to upstreams: made, shaken hands, lent to an exchange, kept alive and lent again. An
 * address is a host, port and TLS setting; providers with the same share connections.
 */
#ifndef MOONGATE_GATEWAY_UPSTREAM_H
#define MOONGATE_GATEWAY_UPSTREAM_H

#include "config/bounds.h"
#include "config/features.h"
#include "core/base/index.h"
#include "core/base/queue.h"
#include "core/base/result.h"
#include "core/base/timers.h"
#include "core/gateway/gateway_era.h"
#include "core/settings/settings.h"
#include "core/tls/tls.h"

struct gateway;

#define GATEWAY_UPSTREAM_NONE (-1)
/* The export of records asks as an exchange of its own, and its database has an address behind
 * those of the providers. */
#define GATEWAY_UPSTREAM_EXPORT INT16_MAX
#define GATEWAY_UPSTREAM_DATABASE GATEWAY_PROVIDERS
#define GATEWAY_ADDRESSES (GATEWAY_PROVIDERS + FEATURE_CLICKHOUSE)
#define GATEWAY_UPSTREAM_IDLE_MS 60000 /* kept alive without work */

enum gateway_upstream_state {
    GATEWAY_UPSTREAM_FREE,
    GATEWAY_UPSTREAM_CONNECT,
    GATEWAY_UPSTREAM_TLS_WAIT, /* connected; too many handshakes are under way */
    GATEWAY_UPSTREAM_TLS,
    GATEWAY_UPSTREAM_OPEN,
    GATEWAY_UPSTREAM_IDLE
};

/* Why a connection is of no use any more, in the words of an error. */
struct gateway_upstream_fault {
    uint16_t status;  /* 502; 503: it is this box that lacks something */
    const char *text; /* "connection refused", "its certificate has expired"; NULL: none */
};

struct gateway_upstream {
    uint8_t state;
    bool tls;
    bool readable; /* an event said so, and recv has not yet answered PORT_AGAIN, or as much */
    bool writable;
    bool left;     /* the peer shut its sending side */
    bool reused;   /* it has served an exchange before */
    bool last;     /* and serves no other: it was made while others were trusted */
    int16_t slot;
    int16_t address;
    int16_t exchange; /* whose it is, or -1 */
    uint64_t phase_us; /* since when it connects, or shakes hands */
    struct gateway_upstream_fault fault;
    struct tls_connection connection;
};

struct gateway_upstreams {
    struct index_stack index;
    struct queue tls_waiting;
    uint16_t handshakes;
    uint16_t idle_count;
    struct timers timers; /* of idle ones: when they are closed */
    struct gateway_upstream all[LIMIT_UPSTREAMS];
    uint16_t numbers[LIMIT_UPSTREAMS];
    uint16_t idle_next[LIMIT_UPSTREAMS], idle_prev[LIMIT_UPSTREAMS];
    struct queue idle[GATEWAY_ADDRESSES]; /* of an address, the one used last at the end */
    uint16_t wait_next[LIMIT_UPSTREAMS], wait_prev[LIMIT_UPSTREAMS];
    uint16_t timer_heap[LIMIT_UPSTREAMS], timer_place[LIMIT_UPSTREAMS];
    struct timers_moment timer_due[LIMIT_UPSTREAMS];
};

/* No connections. */
void gateway_upstream_init(struct gateway_upstreams *upstreams);

/* Finds which providers of the present era share an address. */
void gateway_upstream_addresses(struct gateway *g);

/* The same when that era has just begun: connections kept in the one before go on waiting where
 * their address is still used, and are closed where it is not. */
void gateway_upstream_move(struct gateway *g, int before);

/* Others are trusted from now on: closes what is kept, and what is in use when it comes back, the
 * database's as well. */
void gateway_upstream_distrust(struct gateway *g);

/* A connection to the address of a provider (or to GATEWAY_UPSTREAM_DATABASE) for an exchange: a
 * kept one (the one used last) unless fresh, else a new one that begins to connect.
 * GATEWAY_UPSTREAM_NONE: no slot is free. */
int gateway_upstream_take(struct gateway *g, int provider, int exchange, bool fresh);

/* Goes on with connecting and the handshake. DONE: open. MORE: later. FAULT: see fault; it is still
 * to be closed. */
enum result gateway_upstream_open(struct gateway *g, int upstream);

/* As port_recv and port_send, plain or through TLS. */
int gateway_upstream_recv(struct gateway *g, int upstream, void *out, size_t cap);
int gateway_upstream_send(struct gateway *g, int upstream, struct span bytes, bool more);

/* Takes it back from its exchange, to be used again. */
void gateway_upstream_keep(struct gateway *g, int upstream);

/* Closes it, whatever its state. */
void gateway_upstream_close(struct gateway *g, int upstream);

/* Notes what the port told about its slot; its exchange is to be run behind that. */
void gateway_upstream_event(struct gateway *g, int upstream, unsigned kinds);

/* Closes the idle ones that are due. */
void gateway_upstream_due(struct gateway *g, uint64_t now_us);

#endif
