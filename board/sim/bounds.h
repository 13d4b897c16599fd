/*
 * The bounds of the simulated world: so small that every pool runs out. No box has them.
 */
#ifndef MOONGATE_SIM_BOUNDS_H
#define MOONGATE_SIM_BOUNDS_H

#define LIMIT_WHOLE_BYTES (2 * 1048576)

/* ---- connections ---- */
#define LIMIT_CLIENTS 8
#define LIMIT_CLIENTS_PER_ADDRESS 8
#define LIMIT_REQUESTS 3
#define LIMIT_UPSTREAMS 4
#define LIMIT_TLS_HANDSHAKES 2
#define LIMIT_LISTENERS 2
#define LIMIT_FILES 8
#define LIMIT_EVENTS 5

/* ---- HTTP ---- */
#define LIMIT_HEAD_BYTES 2048
#define LIMIT_HEADS 2
#define LIMIT_FIELDS 24
#define LIMIT_TARGET_BYTES 256

/* ---- request bodies ---- */
#define LIMIT_BODY_SMALL_BYTES 512
#define LIMIT_BODY_SMALL 2
#define LIMIT_BODY_MEDIUM_BYTES 2048
#define LIMIT_BODY_MEDIUM 2
#define LIMIT_BODY_LARGE_BYTES 8192
#define LIMIT_BODY_LARGE 1

/* ---- answers ---- */
#define LIMIT_PAGE_BYTES 1024
#define LIMIT_OUT_BYTES 2048
#define LIMIT_HOLD_BYTES 4096
#define LIMIT_HOLDS 2
#define LIMIT_PAGES_RESERVE 12
#define LIMIT_EXTRAS_BYTES 2048
#define LIMIT_WINDOW_BYTES 3072
#define LIMIT_EVENT_BYTES 8192
#define LIMIT_EVENTS_LARGE 1

/* ---- JSON ---- */
#define LIMIT_JSON_TOKENS 256

/* ---- TLS ---- */
#define LIMIT_TLS_CLIENTS 2
#define LIMIT_TLS_FILE_BYTES 1
#define FEATURE_HTTPS_LISTENER 1 /* the world's services need its code to sign with */
#define LIMIT_TLS_OUT_BYTES 2048
#define LIMIT_TLS_PAGE_BYTES 256
#define LIMIT_ANCHORS 16
#define LIMIT_TLS_SESSIONS 2
#define LIMIT_TLS_SESSION_BYTES 1536

/* ---- configuration ---- */
#define LIMIT_CONFIG_BYTES 8192
#define LIMIT_CONFIG_FAULTS 4
#define LIMIT_CONFIG_TEXT_BYTES 8192
#define LIMIT_MODELS 8
#define LIMIT_PROVIDERS 8
#define LIMIT_KEYS 4
#define LIMIT_ALIASES 8
#define LIMIT_FRIENDLY_NAMES 8
#define LIMIT_FUNCTIONS 4
#define LIMIT_VARIANTS 8
#define LIMIT_NAME_BYTES 128

/* ---- discovered models ---- */
#define LIMIT_CATALOGS 3
#define LIMIT_CATALOG_MODELS 12
#define LIMIT_CATALOG_TEXT_BYTES 1024
#define LIMIT_CATALOG_BUILDS 1

/* ---- records ---- */
#define LIMIT_JOURNAL_SEGMENTS 3
#define LIMIT_JOURNAL_SEGMENT_BYTES 8192
#define LIMIT_JOURNAL_BUFFER_BYTES 4096
#define LIMIT_JOURNAL_MINUTE_BYTES 65536
#define LIMIT_CONTENT_BYTES 512
#define LIMIT_CONTENTS 2
#define LIMIT_RECORD_READERS 1

/* ---- batches ---- */
#define LIMIT_BATCH_FILES 4
#define LIMIT_BATCHES 2
#define LIMIT_BATCH_FILENAME_BYTES 32
#define LIMIT_BATCH_METADATA_BYTES 128

#endif
