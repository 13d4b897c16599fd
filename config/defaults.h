/*
 * What the configuration's keys are when the file says nothing, where that differs from box to
 * box. A board may set its own in its bounds.h, which is read first.
 */
#ifndef MOONGATE_DEFAULTS_H
#define MOONGATE_DEFAULTS_H

#include "config/bounds.h"

#ifndef DEFAULT_STATE_DIR
#define DEFAULT_STATE_DIR "/var/lib/moongate"
#endif
#ifndef DEFAULT_STATE_FLUSH_S /* flash wears: a router writes seldom */
#define DEFAULT_STATE_FLUSH_S 2
#endif
#ifndef DEFAULT_CA_FILE
#define DEFAULT_CA_FILE "/etc/ssl/certs/ca-certificates.crt"
#endif
#ifndef DEFAULT_IDLE_CONNECTIONS /* kept open to upstreams between requests */
#define DEFAULT_IDLE_CONNECTIONS (LIMIT_UPSTREAMS < 64 ? LIMIT_UPSTREAMS : 64)
#endif
#ifndef DEFAULT_BATCH_FILE_BYTES /* one uploaded file */
#define DEFAULT_BATCH_FILE_BYTES 104857600
#endif
#ifndef DEFAULT_BATCH_STORE_BYTES /* all files together */
#define DEFAULT_BATCH_STORE_BYTES 1073741824
#endif

#endif
