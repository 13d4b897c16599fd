/* http and https URLs taken apart (RFC 3986), as far as an upstream's address needs. */
#ifndef MOONGATE_SETTINGS_URL_H
#define MOONGATE_SETTINGS_URL_H

#include "core/base/span.h"

/* Parts are spans of the text. */
struct settings_url_parts {
    bool tls;
    struct span user; /* as written, with its escapes; empty when there is none */
    struct span password;
    struct span authority; /* host and port as written, without a user */
    struct span host; /* without brackets */
    bool literal;     /* host is an IP address */
    uint8_t address[16]; /* of a literal */
    uint16_t port;
    struct span path; /* "" or "/...", trailing slashes left out */
};

/* Reads a URL without query and fragment. with_user: user:password@ may stand in it. NULL when
 * good, else what is wrong, in words that hold nothing of the URL. */
const char *settings_url_read(struct settings_url_parts *parts, struct span text, bool with_user);

/* Reads HOST:PORT, the host an IP address ([::1] in brackets) or localhost. NULL when good. */
const char *settings_url_listener(struct settings_url_parts *parts, struct span text);

#endif
