/* SIGHUP: the configuration is read again while requests are under way. */
#ifndef MOONGATE_DAEMON_RELOAD_H
#define MOONGATE_DAEMON_RELOAD_H

#include "core/daemon.h"

/* Once a turn: reads the file when that is asked for now, or was and had to wait for requests that
 * began two configurations ago. A good one is used from now on, a bad one is told in the log. What
 * nothing uses any more is wiped. */
void daemon_reload_run(struct daemon *d, bool asked);

#endif
