/*
 * The slots behind port.h's sockets, for the port's own files: dial.c opens them, the port's
 * readiness tells what happened to them.
 */
#ifndef MOONGATE_SOCKETS_H
#define MOONGATE_SOCKETS_H

#include "config/bounds.h"
#include "port/port.h"
#include "port/resolve.h"

/* A key names one use of a slot. Its low bits are the number of the address that a dial tries. */
#define SOCKETS_KEY_TRIES 8u
#define SOCKETS_KEY_TRY(key) ((int)((key) % SOCKETS_KEY_TRIES))

_Static_assert(RESOLVE_ADDRESSES <= SOCKETS_KEY_TRIES, "a key tells the addresses apart");

/* A slot for the dial of this number, or -1. */
int sockets_take(int dial);

/* Begins to connect to one address for a dialling slot and to watch for it. Returns the
 * descriptor; -1: it failed at once, *why says how. */
int sockets_try(int slot, int number, const struct resolve_address *to, uint16_t port,
                enum port_why *why);

/* How a try that was told to be ready came out: PORT_WHY_NONE, it is connected. */
enum port_why sockets_outcome(int fd);

/* The dial succeeded with the descriptor of this try, which shows kinds; returns which of them
 * core is to be told, as sockets_ready does. */
unsigned sockets_open(int slot, int fd, int number, unsigned kinds);

/* The dial failed. */
void sockets_fail(int slot, enum port_why why);

/* The dial's part is over: it was told how it ended. */
void sockets_forget_dial(int slot);

/* The dial that the slot's use named by key waits for, or -1: it waits for none, or that use is
 * over. */
int sockets_dial_of(int slot, uint32_t key);

/* Of what a watched descriptor shows (READ, WRITE, LEFT): what core is to be told now. 0 when it
 * knows already, or when the use named by key is over. */
unsigned sockets_ready(int slot, uint32_t key, unsigned kinds);

/* The kinds that are worth looking for at a watched descriptor; WRITE alone while it is dialled, 0
 * when the use named by key is over. For a port that sees levels: what core knows already is not
 * wanted. */
unsigned sockets_wanted(int slot, uint32_t key);

/* At the begin of each port_wait: slots that were closed since the last one may be used again.
 * Until then core may still hold events of their old use in its hands. */
void sockets_settle(void);

/* ---- what each port adds ---- */

/* Watches a descriptor until it is closed; tells what it shows by sockets_ready with slot and
 * key, or by dial_ready. False: no memory. */
bool sockets_watch(int fd, int slot, uint32_t key);

#endif
