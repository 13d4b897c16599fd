/* See settings_keys.h. */
#include "core/settings/settings_keys.h"

#include <string.h>

#include "config/defaults.h"
#include "core/base/assert.h"

#define DAY_MS 86400000
#define WEEK_S 604800
#define NAME_LEN_MAX (LIMIT_NAME_BYTES - 1)
#define TEXT_LEN_MAX (LIMIT_URL_BYTES - 1)
#define WEIGHT_MAX 10000 /* the weights of all providers in thousandths fit 32 bits */

#define ROW_BOOL SETTINGS_TAKE_BOOL
#define ROW_INT SETTINGS_TAKE_INTEGER
#define ROW_WORD SETTINGS_TAKE_WORD
#define ROW_STRING SETTINGS_TAKE_STRING
#define ROW_FILE SETTINGS_TAKE_FILE
#define ROW_DECIMAL SETTINGS_TAKE_DECIMAL
#define ROW_SECRET SETTINGS_TAKE_SECRET

#define PLACE(thing, type, member)                                                                 \
    .kind = (thing), .at = offsetof(struct type, member),                                          \
    .width = sizeof(((struct type *)NULL)->member)
#define ROOT(member) PLACE(SETTINGS_THING_ROOT, settings, member)
#define MODEL(member) PLACE(SETTINGS_THING_MODEL, settings_model, member)
#define PROVIDER(member) PLACE(SETTINGS_THING_PROVIDER, settings_provider, member)
#define VARIANT(member) PLACE(SETTINGS_THING_VARIANT, settings_variant, member)
#define SAMPLING(name) VARIANT(sampling[SETTINGS_##name])
#define KEY(member) PLACE(SETTINGS_THING_KEY, settings_key, member)
#define NOWHERE(thing) .kind = (thing), .width = 0

#define RANGE(from, to) .min = (from), .max = (to)

#define RUST SETTINGS_KEYS_FOR(SETTINGS_RUST_PROXY)
#define OPENAI SETTINGS_KEYS_FOR(SETTINGS_OPENAI)
#define ANTHROPIC SETTINGS_KEYS_FOR(SETTINGS_ANTHROPIC)
#define LOOPBACK SETTINGS_KEYS_FOR(SETTINGS_LOOPBACK)
#define REMOTE (RUST | OPENAI | ANTHROPIC)

#define G "gateway."
#define M "models.*."
#define P "models.*.providers.*."
#define V "functions.*.variants.*."
#define K "keys.*."

static const struct settings_row rows[] = {
    {G "bind_address", SETTINGS_TAKE_LISTENERS, ROOT(listeners)},
    {G "base_path", SETTINGS_TAKE_BASE_PATH, ROOT(base_path), RANGE(0, NAME_LEN_MAX), .words = ""},
    {G "allow_anonymous", ROW_BOOL, ROOT(allow_anonymous)},
    {G "allow_shorthand", ROW_BOOL, ROOT(allow_shorthand)},
    {G "allow_hosts", SETTINGS_TAKE_HOSTS, ROOT(allow_hosts)},
    {G "allow_origins", SETTINGS_TAKE_ORIGINS, ROOT(allow_origins)},
    {G "state_dir", ROW_STRING, ROOT(state_dir), RANGE(1, TEXT_LEN_MAX),
     .words = DEFAULT_STATE_DIR},
    {G "state_flush_s", ROW_INT, ROOT(state_flush_s), RANGE(0, 86400),
     .standard = DEFAULT_STATE_FLUSH_S},
    {G "log_level", ROW_WORD, ROOT(log_level), .standard = PORT_LOG_INFO,
     .words = "error warn info debug"},

    {G "tls.cert_file", ROW_FILE, ROOT(cert_file), RANGE(1, TEXT_LEN_MAX)},
    {G "tls.key_file", ROW_FILE, ROOT(key_file), RANGE(1, TEXT_LEN_MAX)},

    {G "limits.max_body_bytes", ROW_INT, ROOT(limits.max_body_bytes),
     RANGE(1, LIMIT_BODY_LARGE_BYTES), .standard = LIMIT_BODY_LARGE_BYTES},
    {G "limits.max_clients", ROW_INT, ROOT(limits.max_clients), RANGE(1, LIMIT_CLIENTS),
     .standard = LIMIT_CLIENTS},
    {G "limits.max_active_requests", ROW_INT, ROOT(limits.max_active_requests),
     RANGE(1, LIMIT_REQUESTS), .standard = LIMIT_REQUESTS},
    {G "limits.queue_ms", ROW_INT, ROOT(limits.queue_ms), RANGE(0, 600000), .standard = 10000},

    {G "timeouts.client_head_ms", ROW_INT, ROOT(timeouts.client_head_ms), RANGE(100, DAY_MS),
     .standard = 10000},
    {G "timeouts.client_body_ms", ROW_INT, ROOT(timeouts.client_body_ms), RANGE(100, DAY_MS),
     .standard = 60000},
    {G "timeouts.client_idle_ms", ROW_INT, ROOT(timeouts.client_idle_ms), RANGE(100, DAY_MS),
     .standard = 75000},
    {G "timeouts.connect_ms", ROW_INT, ROOT(timeouts.connect_ms), RANGE(100, DAY_MS),
     .standard = 5000},
    {G "timeouts.tls_ms", ROW_INT, ROOT(timeouts.tls_ms), RANGE(100, DAY_MS), .standard = 10000},
    {G "timeouts.first_byte_ms", ROW_INT, ROOT(timeouts.first_byte_ms), RANGE(100, DAY_MS),
     .standard = 120000},
    {G "timeouts.idle_ms", ROW_INT, ROOT(timeouts.idle_ms), RANGE(100, DAY_MS),
     .standard = 300000},
    {G "timeouts.total_ms", ROW_INT, ROOT(timeouts.total_ms), RANGE(100, DAY_MS),
     .standard = 900000},
    {G "timeouts.ping_ms", ROW_INT, ROOT(timeouts.ping_ms), RANGE(100, DAY_MS), .standard = 15000,
     .zero_too = true},

    {G "upstream.ca_file", ROW_FILE, ROOT(upstream.ca_file), RANGE(1, TEXT_LEN_MAX),
     .words = DEFAULT_CA_FILE},
    {G "upstream.idle_connections", ROW_INT, ROOT(upstream.idle_connections),
     RANGE(0, LIMIT_UPSTREAMS), .standard = DEFAULT_IDLE_CONNECTIONS},
    {G "upstream.allow_plain_http", ROW_BOOL, ROOT(upstream.allow_plain_http)},

    {G "observability.enabled", ROW_BOOL, ROOT(observability.enabled), .standard = true},
    {G "observability.content", ROW_BOOL, ROOT(observability.content)},
    {G "observability.clickhouse_url", SETTINGS_TAKE_CLICKHOUSE, NOWHERE(SETTINGS_THING_ROOT),
     .secret = true},

    {M "routing", SETTINGS_TAKE_ROUTING, NOWHERE(SETTINGS_THING_MODEL)},
    {M "retries", ROW_INT, MODEL(retries), RANGE(0, 100), .standard = 1},
    {M "timeouts.non_streaming.total_ms", ROW_INT, MODEL(non_streaming_total_ms),
     RANGE(100, DAY_MS)},
    {M "timeouts.streaming.ttft_ms", ROW_INT, MODEL(streaming_ttft_ms), RANGE(100, DAY_MS)},
    {M "timeouts.streaming.total_ms", ROW_INT, MODEL(streaming_total_ms), RANGE(100, DAY_MS)},

    {P "type", SETTINGS_TAKE_TYPE, PROVIDER(type)},
    {P "model_name", ROW_STRING, PROVIDER(model_name), RANGE(1, NAME_LEN_MAX)},
    {P "weight", SETTINGS_TAKE_WEIGHT, PROVIDER(weight_milli), RANGE(0, WEIGHT_MAX)},
    {P "tls_max", ROW_WORD, PROVIDER(tls_12_only), .words = "1.3 1.2", .protocols = REMOTE},
    {P "models_ttl_s", ROW_INT, PROVIDER(models_ttl_s), RANGE(1, WEEK_S), .standard = 300,
     .protocols = REMOTE},
    {P "api_base", ROW_STRING, PROVIDER(api_base), RANGE(1, TEXT_LEN_MAX),
     .protocols = OPENAI | ANTHROPIC},
    {P "api_key_location", ROW_SECRET, PROVIDER(api_key), .protocols = OPENAI | ANTHROPIC,
     .secret = true},
    {P "max_tokens_default", ROW_INT, PROVIDER(max_tokens_default), RANGE(1, INT32_MAX),
     .standard = 4096, .protocols = ANTHROPIC},
    {P "stream_delay_ms", ROW_INT, PROVIDER(stream_delay_ms), RANGE(0, 60000), .standard = 20,
     .protocols = LOOPBACK},

    {P "api_endpoint", ROW_STRING, PROVIDER(api_endpoint), RANGE(1, TEXT_LEN_MAX),
     .protocols = RUST},
    {P "device_id", ROW_SECRET, PROVIDER(device_id), .protocols = RUST, .secret = true},
    {P "session_id", ROW_SECRET, PROVIDER(session_id), .protocols = RUST, .secret = true},
    {P "os_type", ROW_STRING, PROVIDER(os_type), RANGE(1, NAME_LEN_MAX), .words = "3",
     .protocols = RUST},
    {P "accept_language", ROW_STRING, PROVIDER(accept_language), RANGE(1, NAME_LEN_MAX),
     .words = "en", .protocols = RUST},
    {P "search_mode", ROW_STRING, PROVIDER(search_mode), RANGE(0, NAME_LEN_MAX), .words = "web",
     .protocols = RUST},
    {P "is_expert", ROW_BOOL, PROVIDER(is_expert), .protocols = RUST},
    {P "sign", ROW_WORD, PROVIDER(sign), .words = "none hmac-sha256", .protocols = RUST},
    {P "sign_key", ROW_SECRET, PROVIDER(sign_key), .protocols = RUST, .secret = true},

    {P "model_filter.include_types", SETTINGS_TAKE_FILTER_TYPES, PROVIDER(filter.include_types),
     .min = 1, .protocols = REMOTE},
    {P "model_filter.exclude_types", SETTINGS_TAKE_FILTER_TYPES, PROVIDER(filter.exclude_types),
     .protocols = REMOTE},
    {P "model_filter.min_usage_left", ROW_INT, PROVIDER(filter.min_usage_left),
     RANGE(INT32_MIN, INT32_MAX), .protocols = REMOTE},
    {P "model_filter.only_new", ROW_BOOL, PROVIDER(filter.only_new), .protocols = REMOTE},

    {"aliases.*", SETTINGS_TAKE_ALIAS, NOWHERE(SETTINGS_THING_ALIAS), RANGE(1, NAME_LEN_MAX)},
    {"friendly_names.*", ROW_STRING,
     PLACE(SETTINGS_THING_FRIENDLY, settings_friendly_name, value), RANGE(1, NAME_LEN_MAX)},

    {"functions.*.type", ROW_WORD, NOWHERE(SETTINGS_THING_FUNCTION), .words = "chat json"},
    {V "type", ROW_WORD, NOWHERE(SETTINGS_THING_VARIANT), .words = "chat_completion"},
    {V "model", ROW_STRING, VARIANT(model_name), RANGE(1, NAME_LEN_MAX)},
    {V "weight", SETTINGS_TAKE_WEIGHT, VARIANT(weight_milli), RANGE(0, WEIGHT_MAX)},
    {V "temperature", ROW_DECIMAL, SAMPLING(TEMPERATURE), RANGE(0, 10000)},
    {V "top_p", ROW_DECIMAL, SAMPLING(TOP_P), RANGE(0, 1000)},
    {V "max_tokens", SETTINGS_TAKE_WHOLE, SAMPLING(MAX_TOKENS), RANGE(1, INT32_MAX)},
    {V "seed", SETTINGS_TAKE_WHOLE, SAMPLING(SEED), RANGE(INT64_MIN, INT64_MAX)},
    {V "presence_penalty", ROW_DECIMAL, SAMPLING(PRESENCE_PENALTY), RANGE(-10000, 10000)},
    {V "frequency_penalty", ROW_DECIMAL, SAMPLING(FREQUENCY_PENALTY), RANGE(-10000, 10000)},

    {K "secret", SETTINGS_TAKE_KEY, KEY(secret), .secret = true},
    {K "sha256", SETTINGS_TAKE_SHA256, KEY(sha256), .secret = true},
    {K "models", SETTINGS_TAKE_LIST, KEY(models), RANGE(1, NAME_LEN_MAX)},
    {K "admin", ROW_BOOL, KEY(admin)},
    {K "requests_per_minute", ROW_INT, KEY(requests_per_minute), RANGE(1, INT32_MAX)},
    {K "tokens_per_day", ROW_INT, KEY(tokens_per_day), RANGE(1, INT64_MAX)},
    {K "concurrent", ROW_INT, KEY(concurrent), RANGE(1, INT32_MAX)},

    {"batch.concurrency", ROW_INT, ROOT(batch.concurrency), RANGE(1, LIMIT_REQUESTS),
     .standard = 2},
    {"batch.hours", SETTINGS_TAKE_HOURS, NOWHERE(SETTINGS_THING_ROOT)},
    {"batch.requests_per_minute", ROW_INT, ROOT(batch.requests_per_minute), RANGE(1, INT32_MAX)},
    {"batch.keep_usage_left", ROW_INT, ROOT(batch.keep_usage_left), RANGE(0, INT32_MAX)},
    {"batch.max_file_bytes", ROW_INT, ROOT(batch.max_file_bytes), RANGE(1, INT64_MAX),
     .standard = DEFAULT_BATCH_FILE_BYTES},
    {"batch.max_store_bytes", ROW_INT, ROOT(batch.max_store_bytes), RANGE(1, INT64_MAX),
     .standard = DEFAULT_BATCH_STORE_BYTES},
};

#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

const struct settings_row *settings_keys_row(int i)
{
    ASSERT(i >= 0);
    return i < ROWS ? &rows[i] : NULL;
}

int settings_keys_number(const char *path)
{
    int i = 0;
    while (i < ROWS && strcmp(rows[i].path, path) != 0)
        i++;
    ASSERT(i < ROWS);
    return i;
}

void settings_keys_put(const struct settings_row *row, void *thing, int64_t value)
{
    unsigned char *to = (unsigned char *)thing + row->at;
    uint8_t small = (uint8_t)value;
    uint16_t short_one = (uint16_t)value;
    uint32_t middle = (uint32_t)value;
    switch (row->width) {
    case 0:
        break;
    case 1:
        memcpy(to, &small, sizeof(small));
        break;
    case 2:
        memcpy(to, &short_one, sizeof(short_one));
        break;
    case 4:
        memcpy(to, &middle, sizeof(middle));
        break;
    default:
        ASSERT(row->width == sizeof(value));
        memcpy(to, &value, sizeof(value));
        break;
    }
}

void settings_keys_put_text(const struct settings_row *row, void *thing, const char *text)
{
    ASSERT(row->width == sizeof(text));
    memcpy((unsigned char *)thing + row->at, &text, sizeof(text));
}

void settings_keys_defaults(enum settings_kind kind, void *thing)
{
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].kind != kind)
            continue;
        if (rows[i].standard != 0)
            settings_keys_put(&rows[i], thing, rows[i].standard);
        if (rows[i].words != NULL && rows[i].take != SETTINGS_TAKE_WORD)
            settings_keys_put_text(&rows[i], thing, rows[i].words);
    }
}
