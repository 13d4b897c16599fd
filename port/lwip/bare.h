/* lwIP's part of the port: what board/ calls at the start, and what the files of this folder
 * share. */
#ifndef MOONGATE_LWIP_BARE_H
#define MOONGATE_LWIP_BARE_H

#include <stdbool.h>

/* Starts the network, once, before sockets are used. It goes on by itself whenever somebody waits;
 * an address may come later. */
void bare_start(void);

/* ---- for the files of this folder ---- */

/* Turns the network once: frames that have come, timers that are due. */
void bare_turn(void);

/* port_wait is to return: a store job is done. */
void bare_wake(void);

/* The descriptor is not watched any more. */
void bare_forget(int fd);

#endif
