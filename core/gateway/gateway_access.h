/* Who may ask: names of this box, origins of browsers, keys of clients. */
#ifndef MOONGATE_GATEWAY_ACCESS_H
#define MOONGATE_GATEWAY_ACCESS_H

#include "core/http/http_rules.h"
#include "core/settings/settings.h"

/* Whether a Host (without port and trailing dot, IPv6 in brackets) may be this box: an address, a
 * name without a dot, .local, .lan, .internal, .home.arpa, allow_hosts; and none at all
 * (HTTP/1.0). Any other name could be a web page's that was made to resolve to this box. */
bool gateway_access_host(const struct settings *settings, struct span host);

/* Whether a browser may call from the request's Origin: the box's own, or one of allow_origins. */
bool gateway_access_origin(const struct settings *settings, const struct http_request *request);

/* The configured key that the request shows (Authorization: Bearer, or x-api-key), or -1. The time
 * it takes does not depend on how much of a key was right. */
int gateway_access_key(const struct settings *settings, const struct http_request *request);

/* Whether it shows any key, right or wrong. */
bool gateway_access_shown(const struct http_request *request);

#endif
