/*
 * Which route a request is for, and what its head alone decides (401, 403, 404, 405, 411, 413, 415,
 * 421).
 */
#ifndef MOONGATE_GATEWAY_ROUTE_H
#define MOONGATE_GATEWAY_ROUTE_H

#include "core/base/text.h"
#include "core/gateway/gateway_error.h"
#include "core/http/http_rules.h"
#include "core/provider/provider.h"
#include "core/settings/settings.h"

enum gateway_route {
    GATEWAY_ROUTE_NONE,
    GATEWAY_ROUTE_CHAT,
    GATEWAY_ROUTE_MESSAGES, /* a chat in Anthropic's API */
    GATEWAY_ROUTE_NATIVE,   /* a chat in TensorZero's own API */
    GATEWAY_ROUTE_TOKENS,   /* what one would cost: for a service that knows it */
    GATEWAY_ROUTE_BATCH_NEW, /* POST /v1/batches */
    GATEWAY_ROUTE_RELAY, /* any other JSON POST under /v1/: for a service that knows it */
    GATEWAY_ROUTE_MODELS,
    GATEWAY_ROUTE_MODEL, /* /v1/models/{id} */
    GATEWAY_ROUTE_INFERENCES, /* the records */
    GATEWAY_ROUTE_FILES,
    GATEWAY_ROUTE_FILE, /* /v1/files/{id}, and its /content */
    GATEWAY_ROUTE_BATCHES, /* the list */
    GATEWAY_ROUTE_BATCH, /* /v1/batches/{id} */
    GATEWAY_ROUTE_BATCH_CANCEL, /* POST /v1/batches/{id}/cancel */
    GATEWAY_ROUTE_HEALTH,
    GATEWAY_ROUTE_STATUS,
    GATEWAY_ROUTE_METRICS,
    GATEWAY_ROUTE_PAGE,   /* "/", or a base path alone */
    GATEWAY_ROUTE_PREFLIGHT /* OPTIONS of a browser: answered before the key is asked for */
};

#define GATEWAY_ROUTE_PATH_BYTES 48 /* of a route that is relayed, with its NUL; longer: 404 */

/* What a head came to. */
struct gateway_routing {
    enum gateway_route route;
    enum http_method method;
    struct span path;    /* of one with a body, behind /v1: "/embeddings"; a part of the target */
    struct span id;      /* what stands behind the route's path, percent-decoded, in id_bytes */
    char id_bytes[LIMIT_NAME_BYTES];
    int key;             /* the settings key that was shown, or -1 */
    bool cors;           /* Origin is allowed: the answer names it */
    const char *allow;   /* with 405 and PREFLIGHT: the methods */
};

/* Judges a request's head in the order of the spec: host (421; a good key passes any, a wrong one
 * is 401), origin (403), route (404), method (405, allow is set), preflight, key (401), body
 * framing (411, 413 naming the limit, 415). False: *error; key and cors are set all the same. */
bool gateway_route_judge(struct gateway_routing *routing, const struct settings *settings,
                         const struct http_request *request, struct gateway_error *error);

/* Which API a path belongs to: errors have another shape in each. */
enum provider_api gateway_route_api(const struct settings *settings, struct span path);

/* Whether a route has a body, which is JSON. */
bool gateway_route_has_body(enum gateway_route route);

/* The 401 of a key that is none. */
struct gateway_error gateway_route_wrong_key(void);

/* The 413 that names the limit. */
struct gateway_error gateway_route_too_large(const struct settings *settings);

#endif
