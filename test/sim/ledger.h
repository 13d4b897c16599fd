/*
 * What was truly asked and said in a world: each request has a mark of its own, and each try of it
 * says words that nobody else says. What a client is told is held against this.
 */
#ifndef MOONGATE_SIM_LEDGER_H
#define MOONGATE_SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_ASKS 64
#define LEDGER_TRIES 40
#define LEDGER_MARK_LEN 12 /* "mk" and ten digits */
#define LEDGER_PIECE_BYTES 512
#define LEDGER_TEXT_BYTES 32768
#define LEDGER_WORD_BYTES 32

/* One try of a request, as a service saw it. */
struct ledger_try {
    int service;
    uint64_t at_us;  /* when the service had the request */
    int pieces;      /* words that it says, if nothing stops it */
    bool plain;      /* of letters and digits alone */
    bool document;   /* it is answered with a JSON document, of this many pieces as its text */
    bool complete;   /* all was said, and that it was all */
    bool anything;   /* what was said is none of these words, and counts as the whole */
    bool may_be_cut; /* any front part counts as complete: its end is the connection's */
    char model[64];  /* the service's model */
};

struct ledger_ask {
    char mark[LEDGER_MARK_LEN + 1];
    char model[64]; /* as the client names it */
    bool stream;
    bool garbled;      /* its words may be others by now */
    int first;         /* the edition in use when its first byte was written */
    uint16_t editions; /* those that all its tries so far agree with */
    int tries;
    struct ledger_try tried[LEDGER_TRIES];
    /* what came of it */
    bool content;  /* the client saw some of an answer's content */
    bool complete; /* a whole one */
    bool left;     /* the client went before the end */
    int from;      /* the try that its content is of, -1: none */
};

/* Forgets all. */
void ledger_begin(void);

/* A new request. */
struct ledger_ask *ledger_ask(const char *model, bool stream);

/* How many there are, and one of them. */
int ledger_count(void);
struct ledger_ask *ledger_at(int i);

/* The request whose mark stands in the bytes; NULL: none. *foreign: more than one does. */
struct ledger_ask *ledger_find(const char *bytes, size_t len, bool *foreign);

/* A word of a try, with its closing NUL; its length. Words tell whose they are. */
size_t ledger_piece(const struct ledger_ask *ask, int nth_try, int piece, char *out);

/* All words of a try; the text's length, which is below LEDGER_TEXT_BYTES. */
size_t ledger_text(const struct ledger_ask *ask, int nth_try, char *out);

/* Whether the text is what a try said, whole. */
bool ledger_is_whole(const struct ledger_ask *ask, int nth_try, const char *text, size_t len);

/* Whether it is a front part of it. */
bool ledger_is_front(const struct ledger_ask *ask, int nth_try, const char *text, size_t len);

#endif
