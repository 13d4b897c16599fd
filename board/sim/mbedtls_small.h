/* The services of the simulated world speak TLS too: what they need beside the daemon's. */
#ifndef MOONGATE_SIM_MBEDTLS_SMALL_H
#define MOONGATE_SIM_MBEDTLS_SMALL_H

#define MBEDTLS_SSL_SRV_C
#define MBEDTLS_SSL_TICKET_C
#define MBEDTLS_X509_CREATE_C
#define MBEDTLS_X509_CRT_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_PEM_WRITE_C

#undef MBEDTLS_PSA_KEY_SLOT_COUNT
#define MBEDTLS_PSA_KEY_SLOT_COUNT 64

#endif
