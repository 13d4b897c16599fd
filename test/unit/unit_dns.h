/*
 * Doubles of getaddrinfo and of the clock, so that names say what a test wants and what takes a
 * minute takes none. A program that uses any of this has them.
 */
#ifndef MOONGATE_UNIT_DNS_H
#define MOONGATE_UNIT_DNS_H

#include <stddef.h>

/* Moves all clocks. */
void unit_dns_pass_ms(int ms);

/* From now on the name servers say this to all names but "never", which there is not: an error of
 * getaddrinfo, or 0 and addresses, NULL behind the last one. Ends a silence. */
void unit_dns_says(int error, const char *const *addresses);

/* The name servers do not answer; who asks waits. */
void unit_dns_is_silent(void);

/* How often they were asked. */
int unit_dns_calls(void);

/* How many wait for an answer. */
int unit_dns_at_once(void);

/* The most of them since the silence began. */
int unit_dns_most_at_once(void);

/* Answers with these addresses. */
#define UNIT_DNS_SAYS(...) unit_dns_says(0, (const char *const[]){__VA_ARGS__, NULL})

#endif
