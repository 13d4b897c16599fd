/*
 * The window of an exchange: the answer's bytes as they came, decoded in place, until the owner has
 * used them. A window that is too small for one event is changed for a large one of a small pool.
 */
#ifndef MOONGATE_GATEWAY_WINDOW_H
#define MOONGATE_GATEWAY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;

/* Where the next bytes of the answer go, and how many there is room for. NULL: none now. *room is 0
 * when an event is longer than LIMIT_EVENT_BYTES; else a large window is waited for, and the
 * exchange is queued to run when one is free. */
char *gateway_window_room(struct gateway *g, int exchange, size_t *room);

/* That many bytes were put there. */
void gateway_window_came(struct gateway *g, int exchange, uint32_t len);

/* Takes what came out of the body's framing; the exchange's state is ENDED when that was the last.
 * False: the chunked coding is broken. */
bool gateway_window_decode(struct gateway *g, int exchange);

/* Gives a large window back. */
void gateway_window_release(struct gateway *g, int exchange);

#endif
