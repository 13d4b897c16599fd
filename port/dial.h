/*
 * port_connect: a dial asks for the name and races the addresses; the port's wait drives it. Each
 * address has a head start before the next one is tried beside it (RFC 8305).
 */
#ifndef MOONGATE_DIAL_H
#define MOONGATE_DIAL_H

#include "port/port.h"

#define DIAL_HEAD_START_US 250000u
/* So many head starts after asking for a name, addresses that were good before are good enough. */
#define DIAL_STALE_AFTER 7

/* One of a dial's tries shows kinds. */
void dial_ready(int dial, int number, unsigned kinds);

/* Takes what the resolver has answered. */
void dial_take_answers(void);

/* Does what is due by now. */
void dial_step(void);

/* The moment at which something is due: 0 at once, UINT64_MAX never. */
uint64_t dial_due_us(void);

/* Writes at most cap events of dials that have ended; returns how many. */
int dial_tell(struct port_event *events, int cap);

/* Stops a dial whose slot is closed. */
void dial_cancel(int dial);

#endif
