/* One request of a client's: its bytes, and what may be answered. */
#ifndef MOONGATE_SIM_ASKED_H
#define MOONGATE_SIM_ASKED_H

#include "test/sim/ledger.h"
#include "test/sim/reply.h"
#include "test/sim/world.h"

enum asked_kind {
    ASKED_CHAT,
    ASKED_STREAM,
    ASKED_MESSAGES, /* Anthropic's API, stream or whole */
    ASKED_EMBEDDING,
    ASKED_MODELS,
    ASKED_MODEL,
    ASKED_HEALTH,
    ASKED_STATUS,
    ASKED_PREFLIGHT,
    ASKED_NOWHERE,
    ASKED_NO_MODEL,
    ASKED_BAD_JSON,
    ASKED_GARBLED /* a request with some of its bytes changed */
};

struct asked {
    enum asked_kind kind;
    struct ledger_ask *ask; /* or NULL */
    int shown;              /* which key it shows, or EDITION_NO_KEY */
    int first;              /* the edition in use when its first byte was written; -1: none was */
    size_t begin, end;      /* in the client's bytes */
    bool closes;            /* the request asks for the connection's end */
    bool is_head;
};

/* Draws a request and appends its bytes to out, in which len are used; the new length. */
size_t asked_draw(struct asked *asked, char *out, size_t len, size_t cap);

/* Its first byte is being written. */
void asked_begin(struct asked *asked);

/* A whole answer: breaks the world when it is none of those that may come. */
void asked_judge(struct asked *asked, const struct reply *reply);

/* Whether its answer may break off because of a reload: a list of what is configured. */
bool asked_may_break(const struct asked *asked);

/* An answer that was cut: what there is of it must be sound too. */
void asked_judge_front(struct asked *asked, const struct reply *reply);

#endif
