/* SIGHUP: the configuration is read again while requests are under way. */
#ifndef MOONGATE_DAEMON_RELOAD_H
#define MOONGATE_DAEMON_RELOAD_H

#include "core/daemon.h"

#define DAEMON_RELOAD_LISTS_US 5000000u /* so long lists that are being sent are waited for */

/* Once a turn: reads the file when that is asked for now, or was and had to wait for requests that
 * began two configurations ago, or for a list of what is configured that is being sent. A good one
 * is used from now on, a bad one is told in the log. What nothing uses any more is wiped. */
void daemon_reload_run(struct daemon *d, bool asked);

/* How long the loop may sleep before it is to be called again. */
uint64_t daemon_reload_wait_us(const struct daemon *d);

#endif
