/* Names: what a client may call a model, and what a service calls it. */
#ifndef MOONGATE_MODEL_NAMES_H
#define MOONGATE_MODEL_NAMES_H

#include "core/base/span.h"

struct settings;

enum model_names_kind {
    MODEL_NAMES_NOTHING, /* the name leads nowhere: 404 */
    MODEL_NAMES_MODEL    /* index is a model of the settings */
};

struct model_target {
    enum model_names_kind kind;
    int index; /* -1 with MODEL_NAMES_NOTHING */
};

/* Where a client's model name leads: the prefix "tensorzero::model_name::" is dropped, an alias is
 * followed once, and the model of that name is looked for. Compared exactly. */
struct model_target model_names_resolve(const struct settings *settings, struct span name);

/* A client's model name without that prefix. */
struct span model_names_plain(struct span name);

/* The model for a name that no section, alias or function has: a shorthand's, or the wildcard's;
 * -1: there is none. */
int model_names_open(const struct settings *settings, struct span name);

/* The service's identifier for a model_name of a rust-proxy provider: the operator's friendly
 * names first, then the built-in table, ASCII case ignored in both; another name is its own
 * identifier. The span lives as long as settings and name do. */
struct span model_names_map(const struct settings *settings, struct span name);

#endif
