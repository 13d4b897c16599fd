/* Names: what a client may call a model, and what a service calls it. */
#ifndef MOONGATE_MODEL_NAMES_H
#define MOONGATE_MODEL_NAMES_H

#include "core/base/span.h"

struct settings;

/* The model that a client's name leads to, or -1: the prefix "tensorzero::model_name::" is dropped,
 * an alias is followed once, and the model of that name is looked for. Compared exactly. */
int model_names_resolve(const struct settings *settings, struct span name);

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
