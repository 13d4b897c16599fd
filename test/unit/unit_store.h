/*
 * A store in memory that takes the place of the port's in every program that links it. Jobs can be
 * held back, refused, or torn by a power loss; writes are counted.
 */
#ifndef MOONGATE_UNIT_STORE_H
#define MOONGATE_UNIT_STORE_H

#include "port/port.h"

/* Forgets every blob and every wish. */
void unit_store_clear(void);

/* While true, jobs are done, and not handed back. */
void unit_store_hold(bool hold);

/* From now on writes are refused with this code (0: no more). */
void unit_store_refuse(int32_t code);

/* While true, reads fail. */
void unit_store_blind(bool blind);

/* The power goes after so many more bytes were written: of an append so much is there, of a replace
 * nothing. Every job is refused until unit_store_power. */
void unit_store_cut_after(size_t bytes);
void unit_store_power(void);

/* How many writes there were, and their bytes. */
extern int unit_store_writes;
extern uint64_t unit_store_written;

/* A blob's bytes; NULL: there is none of that name. */
char *unit_store_blob(const char *name, size_t *len);

/* All there is, to come back to. */
void unit_store_keep(void);
void unit_store_back(void);

#endif
