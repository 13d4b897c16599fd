/*
 * Names to addresses. Each port has its own way to ask and implements these functions; dial.c
 * alone calls them, and asks for no literal.
 */
#ifndef MOONGATE_RESOLVE_H
#define MOONGATE_RESOLVE_H

#include "port/address.h"
#include "port/port.h"

#define RESOLVE_ADDRESSES 8 /* tried of one name; more are left out */
#define RESOLVE_KNOWN (-1)
#define RESOLVE_GOOD_US 60000000u  /* an answer is used again for so long */
#define RESOLVE_RETRY_US 30000000u /* after a failure, until the name servers are asked again */

struct resolve_address {
    uint8_t bytes[ADDRESS_BYTES];
    uint32_t scope; /* of a link-local address, or 0 */
};

struct resolve_answer {
    struct resolve_address at[RESOLVE_ADDRESSES]; /* in the order to try, families by turns */
    uint8_t count;
    uint8_t why; /* enum port_why when count is 0 */
};

/* Asks for a name. RESOLVE_KNOWN: *answer has it already, or that no server answers, which goes on
 * being asked. Else a number, which resolve_done tells with the answer, once for all who were given
 * that number until then. */
int resolve_begin(const char *host, struct resolve_answer *answer);

/* The next number that was answered, or -1. While no server answers, the last good addresses are
 * the answer. */
int resolve_done(struct resolve_answer *answer);

/* The last good addresses of a name that is being asked for. False: there are none. */
bool resolve_last(int number, struct resolve_answer *answer);

#endif
