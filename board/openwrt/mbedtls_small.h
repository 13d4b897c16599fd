/* mbedTLS smaller than config/mbedtls_config.h has it: a package of 200 KB for a router's flash. */
#ifndef MOONGATE_OPENWRT_MBEDTLS_SMALL_H
#define MOONGATE_OPENWRT_MBEDTLS_SMALL_H

#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0 /* 14 KiB of tables that do not compress */
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER
#undef MBEDTLS_SSL_ALL_ALERT_MESSAGES
#undef MBEDTLS_AES_ROM_TABLES /* made at the first use, in memory */
#undef MBEDTLS_ECP_DP_SECP521R1_ENABLED /* no public authority signs with it */

#endif
