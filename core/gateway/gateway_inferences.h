/* GET /v1/inferences: the records, the newest first, read and sent a piece at a time. */
#ifndef MOONGATE_GATEWAY_INFERENCES_H
#define MOONGATE_GATEWAY_INFERENCES_H

#include "core/record/record_json.h"
#include "core/record/record_reader.h"

struct gateway;

#define GATEWAY_INFERENCES_LIMIT 20      /* entries, when the client does not say */
#define GATEWAY_INFERENCES_LIMIT_MAX 100
#define GATEWAY_INFERENCES_LOOKS 200     /* records that one turn of the loop looks at */

/* A list being sent. */
struct gateway_inferences {
    bool taken;
    bool again;      /* it has more to do in the next turn */
    int16_t client;  /* or -1: it has left, and the disk is not done */
    uint8_t part;    /* of the answer: what is being written */
    bool comma;      /* in front of the next entry */
    bool has_before; /* nothing is listed until that record was met */
    uint8_t before[UUID_BYTES];
    uint16_t left;   /* entries that it may still have */
    uint16_t status; /* 0: any */
    char model[LIMIT_NAME_BYTES]; /* "": any */
    struct record record; /* in hand */
    struct span rest;     /* of the part: not yet written */
    char figures[1 + RECORD_JSON_BYTES]; /* of the entry in hand */
    struct record_reader reader;
};

/* Begins the answer for that query, or refuses it: 400 naming the parameter, 503 when all lists are
 * in use. Records are kept. */
void gateway_inferences_begin(struct gateway *g, int client, struct span query);

/* Goes on with a client's list, as far as its queue has room and the disk has answered. */
void gateway_inferences_some(struct gateway *g, int client);

/* The client is being closed. */
void gateway_inferences_left(struct gateway *g, int client);

/* Goes on with lists for which the disk has answered, or that had more to do. */
void gateway_inferences_run(struct gateway *g);

/* Whether one of them has something to do now. */
bool gateway_inferences_wait(const struct gateway *g);

#endif
