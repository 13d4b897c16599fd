/* See daemon_limits.h. */
#include "core/daemon_limits.h"

#include "core/daemon.h"

static const struct daemon_limits pools[] = {
    {"clients", LIMIT_CLIENTS, sizeof(struct gateway_client)},
    {"clients' API editions", GATEWAY_CLIENT_APIS, sizeof(struct gateway_client_api)},
    {"request heads", LIMIT_HEADS, LIMIT_HEAD_BYTES},
    {"small bodies", LIMIT_BODY_SMALL, LIMIT_BODY_SMALL_BYTES},
    {"medium bodies", LIMIT_BODY_MEDIUM, LIMIT_BODY_MEDIUM_BYTES},
    {"large bodies", LIMIT_BODY_LARGE, LIMIT_BODY_LARGE_BYTES},
    {"body outlines", GATEWAY_BODIES, sizeof(struct gateway_body)},
    {"answer pages", LIMIT_PAGES, LIMIT_PAGE_BYTES},
    {"requests", LIMIT_REQUESTS, sizeof(struct gateway_request)},
    {"exchanges", GATEWAY_EXCHANGES, sizeof(struct gateway_exchange)},
    {"windows", GATEWAY_EXCHANGES, LIMIT_WINDOW_BYTES},
    {"event windows", LIMIT_EVENTS_LARGE, LIMIT_EVENT_BYTES},
    {"upstream connections", LIMIT_UPSTREAMS, sizeof(struct gateway_upstream)},
    {"TLS arena", 1, LIMIT_TLS_ARENA_BYTES},
    {"TLS anchors and sessions", 1, sizeof(struct tls)},
    {"model lists", MODEL_LISTS, sizeof(struct model_list)},
#if FEATURE_INFERENCE
    {"episodes", LIMIT_EPISODES, sizeof(struct gateway_episode)},
#endif
#if FEATURE_JOURNAL
    {"journal", 1, sizeof(struct record_journal)},
    {"records' content", LIMIT_CONTENTS, sizeof(struct gateway_content)},
    {"lists of records", LIMIT_RECORD_READERS, sizeof(struct gateway_inferences)},
#endif
#if FEATURE_CLICKHOUSE
    {"export of records", 1, sizeof(struct gateway_export)},
#endif
#if FEATURE_BATCH
    {"index of files and batches", 1, sizeof(struct batch_index)},
    {"files on their way", LIMIT_BATCH_TRANSFERS, sizeof(struct gateway_transfer)},
    {"answers to lines of batches", LIMIT_BATCH_RUNS, GATEWAY_INNER_BYTES},
    {"ids of lines", LIMIT_BATCH_SEEN, sizeof(uint64_t)},
#endif
    {"configuration", 1, sizeof(struct settings)},
    {"configuration being read", FEATURE_RELOAD,
     sizeof(struct settings) + sizeof(struct settings_scratch) + sizeof(struct settings_report)},
    {"JSON tokens", LIMIT_JSON_TOKENS, sizeof(struct json_token)},
};

_Static_assert(sizeof(struct daemon) + LIMIT_TLS_ARENA_BYTES <= LIMIT_WHOLE_BYTES,
               "the board's bounds add up to more than it may have");

#define POOLS (sizeof(pools) / sizeof(pools[0]))

static size_t bytes_of(const struct daemon_limits *row)
{
    return row->count * row->size;
}

size_t daemon_limits_sum(void)
{
    return sizeof(struct daemon) + LIMIT_TLS_ARENA_BYTES;
}

bool daemon_limits_row(size_t i, struct daemon_limits *row)
{
    if (i < POOLS) {
        *row = pools[i];
        return true;
    }
    if (i > POOLS)
        return false;
    size_t rest = daemon_limits_sum();
    for (size_t pool = 0; pool < POOLS; pool++)
        rest -= bytes_of(&pools[pool]);
    *row = (struct daemon_limits){"everything between", 1, rest};
    return true;
}
