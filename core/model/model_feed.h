/*
 * Reads a service's answer to "list your models" as it arrives: judged byte by byte, cut into the
 * elements of its array, each element tokenized alone. Both shapes: an array, or one under "data".
 */
#ifndef MOONGATE_MODEL_FEED_H
#define MOONGATE_MODEL_FEED_H

#include "core/base/result.h"
#include "core/json/json_rules.h"
#include "core/json/json_tokens.h"
#include "core/model/model_list.h"
#include "core/model/model_split.h"

enum model_feed_fault {
    MODEL_FEED_NO_FAULT,
    MODEL_FEED_NOT_JSON, /* breaks RFC 8259 or UTF-8, or nests too deep */
    MODEL_FEED_CUT,      /* ended before the document did */
    MODEL_FEED_NO_LIST,  /* JSON, but no array of models where one belongs, or two of them */
    MODEL_FEED_NO_MODELS /* the array has elements, and not one is a model */
};

struct model_feed {
    enum model_feed_fault fault;
    struct model_list *_list;
    struct json_tokens *_tokens;
    size_t _window_cap;
    size_t _seen;   /* bytes of the window judged and split */
    size_t _begin;  /* where an element began in the window; SIZE_MAX: in none */
    bool _dropping; /* inside an element that is longer than the window */
    struct json_rules _rules;
    struct model_split _split;
};

/* A feed at the beginning of an answer, into list (empty; the caller's), with a shared scratch of
 * tokens (the caller's; free again after each call). The window that model_feed_take is given has
 * room for window_cap bytes: an element longer than that is left out, and counted. */
void model_feed_init(struct model_feed *feed, struct model_list *list, struct json_tokens *tokens,
                     size_t window_cap);

/* Takes window: what was not used before, and new bytes behind it. *used bytes at its start are
 * done with; call again with the rest (moved where you like) and more. A full window always gives
 * used > 0. An element is read once, when it is complete, and a byte is looked at once by the
 * judge. MORE: go on, or model_feed_end. FAULT: see fault; the list is worth nothing. */
enum result model_feed_take(struct model_feed *feed, struct span window, size_t *used);

/* The answer has ended. DONE: the list is whole. FAULT: it is not. */
enum result model_feed_end(struct model_feed *feed);

/* A phrase for people, for the log. */
const char *model_feed_fault_text(enum model_feed_fault fault);

#endif
