/* As on every OpenWrt. */
#ifndef MOONGATE_OPENWRT_BASIC_MBEDTLS_SMALL_H
#define MOONGATE_OPENWRT_BASIC_MBEDTLS_SMALL_H

#include "board/openwrt/mbedtls_small.h"

#endif
