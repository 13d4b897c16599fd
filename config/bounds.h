/*
 * Every limit there is: its reason, its unit, its ceiling. A board may set its own in its bounds.h,
 * which is read first; what it leaves out has the value for Linux on a PC. Relations are checked
 * below.
 */
#ifndef MOONGATE_BOUNDS_H
#define MOONGATE_BOUNDS_H

#if defined(BOARD_BOUNDS)
#include BOARD_BOUNDS
#endif

#ifndef LIMIT_WHOLE_BYTES /* all memory that is counted, in its worst case */
#define LIMIT_WHOLE_BYTES (384 * 1048576)
#endif

/* ---- connections ---- */
#ifndef LIMIT_CLIENTS /* client sockets open at once */
#define LIMIT_CLIENTS 2048
#endif
/* of them one address, but for the box itself; where there are many: fewer than LIMIT_HEADS too */
#ifndef LIMIT_CLIENTS_PER_ADDRESS
#define LIMIT_CLIENTS_PER_ADDRESS 768
#endif
#ifndef LIMIT_REQUESTS /* requests under way at once, from the body's last byte to the answer's */
#define LIMIT_REQUESTS 1024
#endif
#ifndef LIMIT_UPSTREAMS /* connections to upstreams, in use or kept alive */
#define LIMIT_UPSTREAMS 1024
#endif
#ifndef LIMIT_TLS_HANDSHAKES /* at once; config/mbedtls_config.h makes key slots for so many */
#define LIMIT_TLS_HANDSHAKES 32
#endif
/* the kernel's buffer for each direction of a connection; 0: as the system has it */
#ifndef LIMIT_SOCKET_BUFFER_BYTES
#define LIMIT_SOCKET_BUFFER_BYTES 0
#endif
#ifndef LIMIT_LISTENERS
#define LIMIT_LISTENERS 4
#endif
#define LIMIT_SOCKETS (LIMIT_CLIENTS + LIMIT_UPSTREAMS + LIMIT_LISTENERS)
#ifndef LIMIT_FILES /* operator's files open at once */
#define LIMIT_FILES 4
#endif
#ifndef LIMIT_EVENTS /* readiness events taken in one step */
#define LIMIT_EVENTS 256
#endif

/* ---- HTTP ---- */
#ifndef LIMIT_HEAD_BYTES /* request line and fields of a request; beyond: 431 (414 for the line) */
#define LIMIT_HEAD_BYTES 16384
#endif
#ifndef LIMIT_HEADS /* heads being read at once */
#define LIMIT_HEADS 1024
#endif
#ifndef LIMIT_FIELDS /* fields in a head; beyond: 431 */
#define LIMIT_FIELDS 100
#endif
#ifndef LIMIT_TARGET_BYTES /* request target; beyond: 414 */
#define LIMIT_TARGET_BYTES 2048
#endif
#ifndef LIMIT_ROUTE_BYTES /* path and query of what is relayed, and a NUL; beyond: 414 */
#define LIMIT_ROUTE_BYTES 144
#endif
#ifndef LIMIT_REQUEST_ID_BYTES /* x-request-id kept of a client's */
#define LIMIT_REQUEST_ID_BYTES 64
#endif

#ifndef LIMIT_BETA_BYTES /* a client's anthropic-beta, with its closing NUL; beyond: 431 */
#define LIMIT_BETA_BYTES 512
#endif

/* ---- request bodies, by size class ---- */
#ifndef LIMIT_BODY_SMALL_BYTES
#define LIMIT_BODY_SMALL_BYTES 65536
#define LIMIT_BODY_SMALL 1024
#endif
#ifndef LIMIT_BODY_MEDIUM_BYTES
#define LIMIT_BODY_MEDIUM_BYTES 524288
#define LIMIT_BODY_MEDIUM 128
#endif
#ifndef LIMIT_BODY_LARGE_BYTES /* the largest body there is; beyond: 413 */
#define LIMIT_BODY_LARGE_BYTES 4194304
#define LIMIT_BODY_LARGE 16
#endif
#ifndef LIMIT_READ_BYTES /* read of a body, and judged, before another client has its turn */
#define LIMIT_READ_BYTES 65536
#endif

/* ---- answers ---- */
#ifndef LIMIT_PAGE_BYTES /* unit of output queues and held-back answers */
#define LIMIT_PAGE_BYTES 4096
#endif
#ifndef LIMIT_OUT_BYTES /* queued for a client before its upstream is not read any more */
#define LIMIT_OUT_BYTES 16384
#endif
/* of a non-streaming answer held back, so that an error is still possible */
#ifndef LIMIT_HOLD_BYTES
#define LIMIT_HOLD_BYTES 262144
#endif
#ifndef LIMIT_HOLDS /* answers that may hold back that much at once */
#define LIMIT_HOLDS 64
#endif
#define LIMIT_OUT_PAGES ((LIMIT_OUT_BYTES / LIMIT_PAGE_BYTES) + 2)
#define LIMIT_PAGES                                                                                \
    (LIMIT_REQUESTS * LIMIT_OUT_PAGES + LIMIT_HOLDS * (LIMIT_HOLD_BYTES / LIMIT_PAGE_BYTES))
/* free pages that held-back answers leave to queues, and to their ends */
#ifndef LIMIT_PAGES_RESERVE
#define LIMIT_PAGES_RESERVE (2 * LIMIT_REQUESTS + 8)
#endif
/* related questions of an answer, and sources: what is beyond is dropped */
#ifndef LIMIT_EXTRAS_BYTES
#define LIMIT_EXTRAS_BYTES 16384
#endif
/* of an upstream's answer, parsed in place; TLS record payload and more */
#ifndef LIMIT_WINDOW_BYTES
#define LIMIT_WINDOW_BYTES 16384
#endif
#ifndef LIMIT_EVENT_BYTES /* one event of a stream */
#define LIMIT_EVENT_BYTES 1048576
#endif
#ifndef LIMIT_EVENTS_LARGE /* events beyond the window at once */
#define LIMIT_EVENTS_LARGE 16
#endif

#ifndef LIMIT_REPEAT_BYTES /* of a stream's last event, so that its like is not read; 0: none */
#define LIMIT_REPEAT_BYTES 512
#endif

/* ---- JSON ---- */
#ifndef LIMIT_JSON_DEPTH /* the outermost value counts as 1; beyond: 400 */
#define LIMIT_JSON_DEPTH 64
#endif
#ifndef LIMIT_JSON_TOKENS /* in one small span */
#define LIMIT_JSON_TOKENS 4096
#endif

/* ---- TLS ---- */
#ifndef LIMIT_TLS_CLIENTS /* of an HTTPS listener, each in its handshake perhaps */
#define LIMIT_TLS_CLIENTS 256
#endif
#ifndef LIMIT_TLS_FILE_BYTES /* a listener's chain of certificates, or its key */
#define LIMIT_TLS_FILE_BYTES 16384
#endif
#ifndef LIMIT_TLS_CONNECTIONS /* open at once */
#define LIMIT_TLS_CONNECTIONS (LIMIT_UPSTREAMS + LIMIT_TLS_CLIENTS)
#endif
/* largest record we send, a system call each; what comes may have 16,384, and that is not reached
 * here so that the buffers are told apart */
#ifndef LIMIT_TLS_OUT_BYTES
#define LIMIT_TLS_OUT_BYTES 15360
#endif
#ifndef LIMIT_TLS_AHEAD_BYTES /* read beyond a record's head: what is shorter comes in one call */
#define LIMIT_TLS_AHEAD_BYTES 1024
#endif
/* mbedTLS's memory for an open connection: 23,520 were measured beside that record, a large ticket
 * comes on top */
#ifndef LIMIT_TLS_CONNECTION_BYTES
#define LIMIT_TLS_CONNECTION_BYTES (26624 + LIMIT_TLS_OUT_BYTES)
#endif
/* more while it shakes hands: 25,842 at the most with a chain of three RSA-4096 certificates */
#ifndef LIMIT_TLS_HANDSHAKE_BYTES
#define LIMIT_TLS_HANDSHAKE_BYTES 28672
#endif
/* unit of the arena beside the records; 256 to 4,096, a power of two */
#ifndef LIMIT_TLS_PAGE_BYTES
#define LIMIT_TLS_PAGE_BYTES 4096
#endif
/* each of 21 block sizes may have a page of its own that is nearly empty */
#define LIMIT_TLS_ARENA_BYTES                                                                      \
    (32 * LIMIT_TLS_PAGE_BYTES + LIMIT_TLS_CONNECTIONS * LIMIT_TLS_CONNECTION_BYTES +              \
     (LIMIT_TLS_HANDSHAKES + LIMIT_TLS_CLIENTS) * LIMIT_TLS_HANDSHAKE_BYTES)
#ifndef LIMIT_ANCHORS /* certificates in the CA bundle */
#define LIMIT_ANCHORS 512
#endif
#ifndef LIMIT_ANCHOR_BYTES /* one of them; the largest in use have 2,007 */
#define LIMIT_ANCHOR_BYTES 4096
#endif
#ifndef LIMIT_TLS_SESSION_BYTES /* a session kept for resumption, one an upstream address */
#define LIMIT_TLS_SESSION_BYTES 2048
#endif
#ifndef LIMIT_TLS_SESSIONS /* kept at once; the one used longest ago gives way */
#define LIMIT_TLS_SESSIONS 16
#endif

/* ---- configuration ---- */
#ifndef LIMIT_CONFIG_BYTES
#define LIMIT_CONFIG_BYTES 262144
#endif
#ifndef LIMIT_CONFIG_FAULTS /* reported in one run */
#define LIMIT_CONFIG_FAULTS 64
#endif
#ifndef LIMIT_CONFIG_TEXT_BYTES /* all strings of a configuration together */
#define LIMIT_CONFIG_TEXT_BYTES 131072
#endif
#ifndef LIMIT_MODELS
#define LIMIT_MODELS 64
#endif
#ifndef LIMIT_PROVIDERS
#define LIMIT_PROVIDERS 128
#endif
#ifndef LIMIT_SHORTHANDS /* vendors whose models need no section, as VENDOR::NAME; 0: none */
#define LIMIT_SHORTHANDS 8
#endif
#ifndef LIMIT_METRIC_SERIES /* of /metrics: route, model, provider, status, outcome together */
#define LIMIT_METRIC_SERIES 512
#endif
#ifndef LIMIT_KEYS
#define LIMIT_KEYS 64
#endif
#ifndef LIMIT_ALIASES
#define LIMIT_ALIASES 128
#endif
#ifndef LIMIT_FRIENDLY_NAMES
#define LIMIT_FRIENDLY_NAMES 128
#endif
#ifndef LIMIT_FUNCTIONS
#define LIMIT_FUNCTIONS 32
#endif
#ifndef LIMIT_VARIANTS
#define LIMIT_VARIANTS 64
#endif
#ifndef LIMIT_EPISODES /* whose variants are kept; beyond, the one used longest ago gives way */
#define LIMIT_EPISODES 1024
#endif
#ifndef LIMIT_NAME_BYTES /* of a model, provider, key, host; with its closing NUL */
#define LIMIT_NAME_BYTES 192
#endif
#ifndef LIMIT_URL_BYTES
#define LIMIT_URL_BYTES 512
#endif

/* ---- discovered models ---- */
#ifndef LIMIT_CATALOGS /* model lists: one an endpoint, device and session */
#define LIMIT_CATALOGS 16
#endif
#ifndef LIMIT_CATALOG_MODELS /* in one list; more are left out and said */
#define LIMIT_CATALOG_MODELS 1024
#endif
#ifndef LIMIT_CATALOG_TEXT_BYTES /* names in one list: OpenRouter's 400 models take 60 bytes each */
#define LIMIT_CATALOG_TEXT_BYTES 65536
#endif
#ifndef LIMIT_CATALOG_BUILDS /* lists read at once, each beside the old one; other fetches wait */
#define LIMIT_CATALOG_BUILDS 2
#endif

/* ---- records ---- */
#ifndef LIMIT_JOURNAL_SEGMENTS /* files that the journal goes round in; 0: it is in memory alone */
#define LIMIT_JOURNAL_SEGMENTS 8
#endif
#ifndef LIMIT_JOURNAL_SEGMENT_BYTES /* of one file */
#define LIMIT_JOURNAL_SEGMENT_BYTES 1048576
#endif
/* records that wait to be written, and, apart from them, those that are being written: what comes
 * beyond is dropped and counted */
#ifndef LIMIT_JOURNAL_BUFFER_BYTES
#define LIMIT_JOURNAL_BUFFER_BYTES 524288
#endif
#ifndef LIMIT_JOURNAL_WAIT_MS /* a record waits so long for company before it is written */
#define LIMIT_JOURNAL_WAIT_MS 500
#endif
#ifndef LIMIT_JOURNAL_MINUTE_BYTES /* written in a minute: flash wears */
#define LIMIT_JOURNAL_MINUTE_BYTES 33554432
#endif
/* of an inference's input, and of its output, kept with `content` */
#ifndef LIMIT_CONTENT_BYTES
#define LIMIT_CONTENT_BYTES 32768
#endif
#ifndef LIMIT_CONTENTS /* inferences under way whose content is kept; beyond: their figures alone */
#define LIMIT_CONTENTS 256
#endif
#ifndef LIMIT_RECORD_READERS /* lists of records being sent at once; beyond: 503 */
#define LIMIT_RECORD_READERS 4
#endif

/* ---- batches ---- */
#ifndef LIMIT_BATCH_RUNS /* lines of a batch under way at once */
#define LIMIT_BATCH_RUNS 4
#endif
#ifndef LIMIT_BATCH_ANSWER_BYTES /* of the answer to one; a longer one is an error line */
#define LIMIT_BATCH_ANSWER_BYTES 1048576
#endif
#ifndef LIMIT_BATCH_LINES /* of a file; more: the batch fails */
#define LIMIT_BATCH_LINES 50000
#endif
/* places for the hashes of their ids, a power of two, more than there are lines */
#ifndef LIMIT_BATCH_SEEN
#define LIMIT_BATCH_SEEN 65536
#endif
#ifndef LIMIT_BATCH_FILES /* kept, uploaded ones and those that batches write; beyond: 507 */
#define LIMIT_BATCH_FILES 64
#endif
#ifndef LIMIT_BATCHES /* remembered; beyond, the oldest that has ended is forgotten */
#define LIMIT_BATCHES 32
#endif
#ifndef LIMIT_BATCH_FILENAME_BYTES /* with its closing NUL; what is beyond is cut */
#define LIMIT_BATCH_FILENAME_BYTES 128
#endif
#ifndef LIMIT_BATCH_METADATA_BYTES /* of a batch, with its closing NUL; beyond: 400 */
#define LIMIT_BATCH_METADATA_BYTES 2048
#endif
#ifndef LIMIT_BATCH_TRANSFERS /* files that come in or go out at once; beyond: 503 */
#define LIMIT_BATCH_TRANSFERS 4
#endif
#ifndef LIMIT_BATCH_PIECE_BYTES /* of a file, for one turn of the disk: each is one fsync */
#define LIMIT_BATCH_PIECE_BYTES 262144
#endif
#ifndef LIMIT_BATCH_FAULTS /* told of a batch that failed */
#define LIMIT_BATCH_FAULTS 4
#endif
#ifndef LIMIT_BATCH_FAULT_BYTES /* the text of one, with its closing NUL */
#define LIMIT_BATCH_FAULT_BYTES 104
#endif

/* ---- relations ---- */
_Static_assert(LIMIT_OUT_BYTES % LIMIT_PAGE_BYTES == 0, "output queues are whole pages");
_Static_assert(LIMIT_HOLD_BYTES % LIMIT_PAGE_BYTES == 0, "held answers are whole pages");
_Static_assert(LIMIT_CLIENTS_PER_ADDRESS <= LIMIT_CLIENTS, "one address is not more than all");
_Static_assert(LIMIT_REQUESTS <= LIMIT_CLIENTS, "a request belongs to a client");
_Static_assert(LIMIT_BODY_SMALL_BYTES < LIMIT_BODY_MEDIUM_BYTES, "body classes grow");
_Static_assert(LIMIT_BODY_MEDIUM_BYTES < LIMIT_BODY_LARGE_BYTES, "body classes grow");
_Static_assert(LIMIT_WINDOW_BYTES >= LIMIT_HEAD_BYTES, "a window holds an answer's head");
_Static_assert(LIMIT_EVENT_BYTES >= LIMIT_WINDOW_BYTES, "a large event is larger than a window");
_Static_assert(LIMIT_ROUTE_BYTES >= 48, "the longest path that is relayed has room");
_Static_assert(LIMIT_SOCKETS <= 32767, "slot numbers are int16");
_Static_assert(LIMIT_CATALOG_MODELS <= 65535, "entry counts are uint16 in a saved list");
_Static_assert(LIMIT_CATALOG_BUILDS >= 1, "a list is built beside the old one");
_Static_assert(LIMIT_BATCH_METADATA_BYTES <= 65535, "a text's length is uint16 in the index");
_Static_assert(LIMIT_BATCH_FILES <= 32767, "numbers of files are int16");
_Static_assert(LIMIT_PAGES_RESERVE < LIMIT_PAGES, "there are pages for held-back answers");
_Static_assert(LIMIT_PAGES <= 65534, "page numbers are uint16, and one means none");

#endif
