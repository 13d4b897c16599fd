/*
 * Editions of the configuration: what each of them says, so that it can be changed while the daemon
 * runs, written as a file, and held against what is asked of services and answered to clients.
 */
#ifndef MOONGATE_SIM_EDITION_H
#define MOONGATE_SIM_EDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDITION_MODELS 4
#define EDITION_ROUTES 2
#define EDITION_SERVICES 4
#define EDITION_COUNT 16 /* a set of them is a uint16_t */
#define EDITION_NO_KEY (-1)

/* Why it cannot be taken over. */
enum edition_flaw {
    EDITION_SOUND,
    EDITION_BROKEN,     /* it is no configuration */
    EDITION_ADRIFT,     /* it has a name that leads nowhere */
    EDITION_MISSING,    /* there is no file, */
    EDITION_UNREADABLE, /* or the disk gives but some of it */
    EDITION_NO_ANCHORS, /* its ca_file is not there */
    EDITION_FLAWS
};

struct edition_route {
    int service;
    int real;           /* which of the service's models */
    bool session;       /* rust-proxy: with the service's secret */
    int least;          /* min_usage_left, -1: none */
    bool tls_12;
    uint32_t ttl_s;
};

struct edition_model {
    char name[32];
    char alias[32];     /* "": none */
    int retries;
    int route_count;
    struct edition_route routes[EDITION_ROUTES];
};

struct edition {
    enum edition_flaw flaw;
    bool taken; /* it was, or is, in use */
    uint32_t connect_ms, tls_ms, first_byte_ms, idle_ms, total_ms, ping_ms;
    uint32_t head_ms, body_ms, client_idle_ms, queue_ms;
    uint32_t flush_s, idle_connections;
    uint32_t max_clients, max_requests;           /* 0: not said, as the next ones */
    uint32_t concurrent, per_minute, tokens_a_day;
    int key;            /* which of the clients' keys is good, or EDITION_NO_KEY */
    int key_name;       /* its name tells it from others */
    bool key_first;     /* of two */
    bool foreign;       /* another authority is trusted */
    bool moves;         /* another bind_address, which needs a restart */
    bool records, content;
    int model_count;
    struct edition_model models[EDITION_MODELS];
    uint8_t secrets[EDITION_SERVICES]; /* how often each service's secret was changed, */
    uint8_t ports[EDITION_SERVICES];   /* and which of its ports it is asked at */
};

/* Draws the first one, and puts its file in place. */
void edition_begin(void);

/* No request is under way: editions that nobody can mean any more are forgotten. */
void edition_forget(void);

/* Changes the file: another edition of it, or a bad one. */
void edition_change(void);

/* The daemon is being started: with what the file says, once somebody has mended that. */
void edition_start(void);

/* Looks whether a line of the log is about this: a good file is taken over, a bad one is not. */
void edition_note(const char *line, size_t len);

/* Whether the daemon has made up its mind about the file that it was told to read. */
bool edition_settled(void);

/* The daemon was told to read it. */
void edition_asked(void);

/* The one in use, its number, and the one of a number. */
const struct edition *edition_now(void);
int edition_number(void);
const struct edition *edition_at(int number);

/* Those in use since a moment, at which number first was: a set. */
uint16_t edition_since(int first);

/* Those that something under way may have begun with: the one in use and the one before. */
uint16_t edition_under_way(void);

/* Of a set, those of which something holds. */
uint16_t edition_of(uint16_t set, bool (*holds)(const struct edition *edition, const void *what),
                    const void *what);

/* The model of that name or alias; NULL: none. */
const struct edition_model *edition_model(const struct edition *edition, const char *name);

/* True when all its providers do what is not chat. */
bool edition_relays(const struct edition_model *model);

/* Where the daemon listens: as the file said it when it was started. */
uint16_t edition_listener(void);

/* A service's port, and its secret. */
uint16_t edition_port(const struct edition *edition, int service);
void edition_secret(const struct edition *edition, int service, char out[40]);

/* A client's key, by its number. */
void edition_key(int number, char out[40]);

#endif
