/*
 * The bounds of a board with 256 KiB of RAM and 512 KiB of flash. Four programs talk to it, two of
 * them at once; what would not fit is refused with the limit's name.
 */
#ifndef MOONGATE_QEMU_MPS2_BOUNDS_H
#define MOONGATE_QEMU_MPS2_BOUNDS_H

#define LIMIT_WHOLE_BYTES (256 * 1024)

/* ---- connections ---- */
#define LIMIT_CLIENTS 4
#define LIMIT_CLIENTS_PER_ADDRESS LIMIT_CLIENTS /* of so few, none is to be kept back */
#define LIMIT_REQUESTS 2
#define LIMIT_UPSTREAMS 2
#define LIMIT_TLS_HANDSHAKES 1
#define LIMIT_LISTENERS 1
#define LIMIT_FILES 2
#define LIMIT_EVENTS 8

/* ---- HTTP ---- */
#define LIMIT_HEAD_BYTES 3072
#define LIMIT_HEADS 2
#define LIMIT_FIELDS 64
#define LIMIT_TARGET_BYTES 512
#define LIMIT_BETA_BYTES 8
#define LIMIT_ROUTE_BYTES 48

/* ---- request bodies ---- */
#define LIMIT_BODY_SMALL_BYTES 512
#define LIMIT_BODY_SMALL 1
#define LIMIT_BODY_MEDIUM_BYTES 1024
#define LIMIT_BODY_MEDIUM 1
#define LIMIT_BODY_LARGE_BYTES 16384
#define LIMIT_BODY_LARGE 2

/* ---- answers ---- */
#define LIMIT_PAGE_BYTES 1024
#define LIMIT_OUT_BYTES 2048
#define LIMIT_HOLD_BYTES 4096
#define LIMIT_HOLDS 2
#define LIMIT_PAGES_RESERVE 9
#define LIMIT_EXTRAS_BYTES 2048
#define LIMIT_WINDOW_BYTES 3072
#define LIMIT_EVENT_BYTES 8192
#define LIMIT_EVENTS_LARGE 1
#define LIMIT_REPEAT_BYTES 0

/* ---- JSON ---- */
#define LIMIT_JSON_TOKENS 256

/* ---- TLS ---- */
#define LIMIT_TLS_CLIENTS 0
#define LIMIT_TLS_FILE_BYTES 1
#define LIMIT_TLS_OUT_BYTES 2048
#define LIMIT_TLS_AHEAD_BYTES 8
#define LIMIT_TLS_CONNECTION_BYTES 24064
#define LIMIT_TLS_HANDSHAKE_BYTES 17408
#define LIMIT_TLS_PAGE_BYTES 256
#define LIMIT_ANCHORS 150
#define LIMIT_TLS_SESSIONS 2
#define LIMIT_TLS_SESSION_BYTES 1536

/* ---- configuration ---- */
#define LIMIT_CONFIG_BYTES 4096
#define LIMIT_CONFIG_VALUE_BYTES 512
#define LIMIT_CONFIG_FAULTS 4
#define LIMIT_CONFIG_TEXT_BYTES 3072
#define LIMIT_MODELS 8
#define LIMIT_PROVIDERS 8
#define LIMIT_SHORTHANDS 0
#define LIMIT_KEYS 4
#define LIMIT_ALIASES 8
#define LIMIT_FRIENDLY_NAMES 16
#define LIMIT_FUNCTIONS 2
#define LIMIT_VARIANTS 4
#define LIMIT_NAME_BYTES 128

/* ---- discovered models ---- */
#define LIMIT_CATALOGS 1
#define LIMIT_CATALOG_MODELS 64
#define LIMIT_CATALOG_TEXT_BYTES 3072
#define LIMIT_CATALOG_BUILDS 1

/* ---- lwIP ---- */
#define LIMIT_LWIP_HEAP_BYTES 8192
#define LIMIT_LWIP_BLOCKS 80

/* ---- features and defaults ---- */
#define FEATURE_RELOAD 0
#define FEATURE_KEPT_BENCHES 0
#define FEATURE_ASSERT_PLACES 0
#define FEATURE_ANTHROPIC 0
#define FEATURE_INFERENCE 0
#define FEATURE_METRICS 0
#define FEATURE_JOURNAL 0
#define FEATURE_CLICKHOUSE 0
#define FEATURE_PAGE 1
#define FEATURE_BATCH 0
#define FEATURE_HTTPS_LISTENER 0
#define DEFAULT_STATE_DIR "."
#define DEFAULT_CA_FILE "ca.pem"

#endif
