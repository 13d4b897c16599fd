/* What mbedTLS asks of a platform beside memory: chance and time, taken from the port. */
#ifndef MOONGATE_TLS_PLATFORM_H
#define MOONGATE_TLS_PLATFORM_H

#include <stddef.h>

/* Gives mbedTLS its clock. Must come before the first connection; again is no harm. */
void tls_platform_start(void);

/* Fills out with len random bytes, in the form that mbedTLS calls; 0: it never fails. */
int tls_platform_random(void *context, unsigned char *out, size_t len);

#endif
