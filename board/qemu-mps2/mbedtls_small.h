/* mbedTLS smaller than config/mbedtls_config.h has it, for a board whose flash is short. */
#ifndef MOONGATE_QEMU_MPS2_MBEDTLS_SMALL_H
#define MOONGATE_QEMU_MPS2_MBEDTLS_SMALL_H

#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0 /* 11 KiB of tables */
#define MBEDTLS_ECP_WINDOW_SIZE 3       /* they are made in the arena then: smaller ones */
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER
#undef MBEDTLS_SSL_ALL_ALERT_MESSAGES
#undef MBEDTLS_ECP_DP_SECP521R1_ENABLED /* no public authority signs with it */

#endif
