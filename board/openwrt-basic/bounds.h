/*
 * OpenWrt's bounds (board/openwrt) for routers with 8 MB of flash: chats, and nothing that
 * config/features.h can leave out.
 */
#ifndef MOONGATE_OPENWRT_BASIC_BOUNDS_H
#define MOONGATE_OPENWRT_BASIC_BOUNDS_H

#define LIMIT_TLS_CLIENTS 0
#define LIMIT_TLS_FILE_BYTES 1

#include "board/openwrt/bounds.h"

#define FEATURE_ASSERT_PLACES 0
#define FEATURE_RELOAD 0
#define FEATURE_KEPT_BENCHES 0
#define FEATURE_ANTHROPIC 0
#define FEATURE_INFERENCE 0
#define FEATURE_METRICS 0
#define FEATURE_JOURNAL 0
#define FEATURE_CLICKHOUSE 0
#define FEATURE_PAGE 0
#define FEATURE_BATCH 0
#define FEATURE_HTTPS_LISTENER 0

#endif
