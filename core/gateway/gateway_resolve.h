/* From the name that a client gave to a model: plain, alias, function, shorthand, any name where
 * there is a wildcard; TensorZero's prefixes. */
#ifndef MOONGATE_GATEWAY_RESOLVE_H
#define MOONGATE_GATEWAY_RESOLVE_H

#include "core/base/span.h"
#include "core/gateway/gateway_error.h"

struct settings;

struct gateway_resolved {
    int model;   /* or -1: the name leads nowhere */
    int variant; /* of the function that was named, or -1 */
    struct span name; /* what it came to: a part of the client's name, or the configuration's */
};

/* A function's variant is drawn by weight (all weights 0: the first one); draw is any random
 * number. */
struct gateway_resolved gateway_resolve(const struct settings *settings, struct span name,
                                        uint32_t draw);

/* The same for that very variant. */
struct gateway_resolved gateway_resolve_variant(const struct settings *settings, int variant);

/* What is said of a name that leads nowhere. */
struct gateway_error gateway_resolve_unknown(struct span name);

#endif
