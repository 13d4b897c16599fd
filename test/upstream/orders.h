/* The control plane: what tests ordered for the requests to come. Every function may be called
 * from any thread. */
#ifndef MOONGATE_UPSTREAM_ORDERS_H
#define MOONGATE_UPSTREAM_ORDERS_H

#include <stdbool.h>

#include "test/upstream/directives.h"

/* Which body the model list has. */
enum orders_models {
    ORDERS_MODELS_ARRAY,     /* the plain array */
    ORDERS_MODELS_DATA,      /* {"data":[...]} */
    ORDERS_MODELS_EMPTY,     /* [] */
    ORDERS_MODELS_HUGE,      /* 1,000 models, the usual ones first */
    ORDERS_MODELS_MALFORMED, /* an array that breaks off */
    ORDERS_MODELS_TEXT,      /* the text of "models_body" */
};

/* Takes a POST /control: an object with any of
 *   "reset": true                orders and counters as at start, before the rest is done
 *   "models": "array" "data" "empty" "huge" "malformed"
 *   "models_body": "..."         this very text as the model list
 *   "models_faults": "@@..."     directives for each answer of the model list
 *   "chat": ["@@...", ...]       directives for the next chats, one text each, behind those waiting
 *   "hurry": true                no more gaps between pieces, also in answers under way
 * NULL: done; else what was wrong with it. */
const char *orders_take(const struct buf *body);

/* What the model list is to be; the text is appended for ORDERS_MODELS_TEXT. */
enum orders_models orders_models(struct directives *faults, struct buf *text);

/* Whether gaps between pieces are left out. */
bool orders_hurry(void);

/* Takes the next chat's directives off the queue, if there are any. */
void orders_chat(struct directives *d);

#endif
