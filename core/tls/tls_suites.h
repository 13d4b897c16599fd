/* The order in which cipher suites are preferred; which there are stands in mbedtls_config.h. */
#ifndef MOONGATE_TLS_SUITES_H
#define MOONGATE_TLS_SUITES_H

#include <mbedtls/ssl.h>

/* Puts AES first where the processor makes it the quicker one (tls_gcm.h). */
void tls_suites_order(mbedtls_ssl_config *config);

#endif
