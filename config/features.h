/* What is compiled in, 1 or 0. A board may set its own in its bounds.h, which is read first. */
#ifndef MOONGATE_FEATURES_H
#define MOONGATE_FEATURES_H

#include "config/bounds.h"

/* reading a configuration has memory of its own, so that it can be done while requests are under
 * way */
#ifndef FEATURE_RELOAD
#define FEATURE_RELOAD 1
#endif

/* a service that asked for more than a minute's patience is left alone over a restart as well */
#ifndef FEATURE_KEPT_BENCHES
#define FEATURE_KEPT_BENCHES 1
#endif

/* a broken promise between parts of core says its file and line before it ends the program;
 * without, it is an illegal instruction, and the processor's report has the place */
#ifndef FEATURE_ASSERT_PLACES
#define FEATURE_ASSERT_PLACES 1
#endif

/* CRC-32 takes a byte at a step, by a table of 1 KiB; without, half a byte */
#ifndef FEATURE_CRC_BYTES
#define FEATURE_CRC_BYTES 1
#endif

/* a Linux tells systemd that it is ready and alive, and a container's engine that asks: --health */
#ifndef FEATURE_SERVICE
#define FEATURE_SERVICE 1
#endif

/* providers of type `anthropic`, and POST /v1/messages */
#ifndef FEATURE_ANTHROPIC
#define FEATURE_ANTHROPIC 1
#endif

/* POST /inference: TensorZero's own API; it needs what chats in blocks are told with */
#ifndef FEATURE_INFERENCE
#define FEATURE_INFERENCE FEATURE_ANTHROPIC
#endif

/* GET /metrics: counters and times, as Prometheus reads them */
#ifndef FEATURE_METRICS
#define FEATURE_METRICS 1
#endif

/* a record of each inference, kept over restarts in state_dir */
#ifndef FEATURE_JOURNAL
#define FEATURE_JOURNAL 1
#endif

/* these records sent to a ClickHouse; needs the journal, which is where they wait */
#ifndef FEATURE_CLICKHOUSE
#define FEATURE_CLICKHOUSE FEATURE_JOURNAL
#endif

/* the web page, compiled in */
#ifndef FEATURE_PAGE
#define FEATURE_PAGE 1
#endif

/* files of requests that are worked off when there is time, POST /v1/batches */
#ifndef FEATURE_BATCH
#define FEATURE_BATCH 1
#endif

/* the program hands a file of requests to the gateway, and shows how far it is: --batch */
#ifndef FEATURE_BATCH_COMMAND
#define FEATURE_BATCH_COMMAND FEATURE_BATCH
#endif

/* HTTPS to the LAN: a certificate of our own, and the server's side of TLS */
#ifndef FEATURE_HTTPS_LISTENER
#define FEATURE_HTTPS_LISTENER 1
#endif

_Static_assert(FEATURE_HTTPS_LISTENER || LIMIT_TLS_CLIENTS == 0, "nobody speaks TLS to it then");
_Static_assert(FEATURE_ANTHROPIC || !FEATURE_INFERENCE, "its chats are told as those in blocks");
_Static_assert(FEATURE_JOURNAL || !FEATURE_CLICKHOUSE, "the journal is what the export reads");

/* on Linux the program shuts itself in: folders, system calls, no new privileges */
#ifndef FEATURE_GUARD
#define FEATURE_GUARD 1
#endif

#endif
