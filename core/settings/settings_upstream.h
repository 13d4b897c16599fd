/* Addresses of upstreams: URLs that were read, judged and kept. */
#ifndef MOONGATE_SETTINGS_UPSTREAM_H
#define MOONGATE_SETTINGS_UPSTREAM_H

#include "core/settings/settings_scratch.h"

/* Takes text apart into url; *kept, when kept is not NULL, becomes the text without trailing
 * slashes. Plain http:// to an address that is not this box's or its network's own must be allowed
 * by the file. NULL when good, else what is wrong, in words that hold nothing of the text. */
const char *settings_upstream_take(struct settings_scratch *scratch, struct span text,
                                   struct settings_url *url, const char **kept);

/* The same for http(s)://user:password@host:port/database. */
const char *settings_upstream_clickhouse(struct settings_scratch *scratch, struct span text);

#endif
