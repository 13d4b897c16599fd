/*
 * A router of 64 MiB, of which the system leaves a third: under 12 MiB in the worst case. For what
 * is left out here, see config/bounds.h.
 */
#ifndef MOONGATE_OPENWRT_BOUNDS_H
#define MOONGATE_OPENWRT_BOUNDS_H

#define LIMIT_WHOLE_BYTES (12 * 1048576)

#define FEATURE_GUARD 0 /* procd shuts the program in: see moongate.init */

#define JSON_GRAMMAR_ROW 40 /* 1.2 KiB less of a table, for an addition more a byte */

#define LIMIT_SOCKET_BUFFER_BYTES 65536 /* the kernel's memory is the box's too */
#define LIMIT_CLIENTS 256
#define LIMIT_CLIENTS_PER_ADDRESS 48
#define LIMIT_REQUESTS 32
#define LIMIT_UPSTREAMS 32
#define LIMIT_TLS_HANDSHAKES 4
#ifndef LIMIT_TLS_CLIENTS
#define LIMIT_TLS_CLIENTS 16
#endif
#define LIMIT_EVENTS 64
#define LIMIT_HEADS 64

#define LIMIT_BODY_SMALL_BYTES 16384
#define LIMIT_BODY_SMALL 64
#define LIMIT_BODY_MEDIUM_BYTES 65536
#define LIMIT_BODY_MEDIUM 16
#define LIMIT_BODY_LARGE_BYTES 524288
#define LIMIT_BODY_LARGE 4
#define LIMIT_READ_BYTES 16384

#define LIMIT_HOLD_BYTES 32768
#define LIMIT_HOLDS 16
#define LIMIT_EVENT_BYTES 65536
#define LIMIT_EVENTS_LARGE 4

#define LIMIT_TLS_PAGE_BYTES 1024
#define LIMIT_TLS_OUT_BYTES 4096
#define LIMIT_TLS_AHEAD_BYTES 256

#define LIMIT_EPISODES 256

#define LIMIT_CONFIG_BYTES 65536
#define LIMIT_CONFIG_TEXT_BYTES 65536
/* OpenRouter's list, the longest there is, has 400 models. */
#define LIMIT_CATALOGS 8
#define LIMIT_CATALOG_MODELS 512
#define LIMIT_CATALOG_TEXT_BYTES 32768
#define LIMIT_CATALOG_BUILDS 1

#define FEATURE_CRC_BYTES 0 /* a minute writes 16 KiB at the most */
#define FEATURE_SERVICE 0 /* procd neither listens nor asks */
#define FEATURE_BATCH_COMMAND 0 /* nobody sits at a router: curl on a computer does it */

/* A day of 1,000 chats is in it; records of a minute are written together. */
#define LIMIT_JOURNAL_SEGMENTS 4
#define LIMIT_JOURNAL_SEGMENT_BYTES 65536
#define LIMIT_JOURNAL_BUFFER_BYTES 16384
#define LIMIT_JOURNAL_WAIT_MS 60000
#define LIMIT_JOURNAL_MINUTE_BYTES 16384
#define LIMIT_CONTENT_BYTES 4096
#define LIMIT_CONTENTS 16
#define LIMIT_RECORD_READERS 2

#define LIMIT_BATCH_RUNS 2
#define LIMIT_BATCH_ANSWER_BYTES 65536
#define LIMIT_BATCH_LINES 4096
#define LIMIT_BATCH_SEEN 8192
#define LIMIT_BATCH_FILES 32
#define LIMIT_BATCHES 8
#define LIMIT_BATCH_FILENAME_BYTES 64
#define LIMIT_BATCH_METADATA_BYTES 512
#define LIMIT_BATCH_TRANSFERS 2
#define LIMIT_BATCH_PIECE_BYTES 16384

/* The one place that survives a restart is flash, a few MiB of it, and it wears. */
#define DEFAULT_STATE_DIR "/etc/moongate"
#define DEFAULT_STATE_FLUSH_S 300
#define DEFAULT_BATCH_FILE_BYTES 1048576
#define DEFAULT_BATCH_STORE_BYTES 4194304

#endif
