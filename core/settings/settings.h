/*
 * The configuration, read and checked: plain data, its strings in a store of its own. Two of them
 * can stand side by side while one takes over from the other.
 */
#ifndef MOONGATE_SETTINGS_H
#define MOONGATE_SETTINGS_H

#include "config/bounds.h"
#include "core/base/result.h"
#include "core/base/span.h"
#include "port/port.h"

#define SETTINGS_HASH_BYTES 17    /* 16 hexadecimal digits and a NUL */
#define SETTINGS_MESSAGE_BYTES 256
#define SETTINGS_SHA256_BYTES 32
#define SETTINGS_MODELS (LIMIT_MODELS + LIMIT_SHORTHANDS)
#define SETTINGS_PROVIDERS (LIMIT_PROVIDERS + LIMIT_SHORTHANDS)

/* Several strings, one behind the other, each with its NUL; count 0: an empty list. */
struct settings_list {
    const char *first;
    int count;
};

/* An http or https URL taken apart. */
struct settings_url {
    const char *host; /* a name or an address, without brackets; NULL: no URL */
    const char *path; /* "" or "/...", without a trailing slash */
    uint16_t port;
    bool tls;
    const char *authority; /* the host in a head: an IPv6 address in brackets, and the port, unless
                            * it is the usual one (RFC 9110 section 7.2) */
};

struct settings_listener {
    const char *host; /* an address without brackets: "127.0.0.1", "::" */
    uint16_t port;    /* 0: any free one */
};

struct settings_limits {
    uint32_t max_body_bytes;
    uint32_t max_clients;
    uint32_t max_active_requests;
    uint32_t queue_ms;
};

struct settings_timeouts {
    uint32_t client_head_ms; /* TLS handshake and request head */
    uint32_t client_body_ms;
    uint32_t client_idle_ms;
    uint32_t connect_ms;
    uint32_t tls_ms;
    uint32_t first_byte_ms;
    uint32_t idle_ms;
    uint32_t total_ms;
    uint32_t ping_ms; /* 0: no pings */
};

struct settings_upstream {
    const char *ca_file;
    uint32_t idle_connections;
    bool allow_plain_http; /* false: port_connect gets PORT_PRIVATE_ONLY for http:// */
};

struct settings_observability {
    bool enabled;
    bool content;
    struct settings_url clickhouse;  /* host NULL: no export; path "" */
    const char *clickhouse_user;     /* NULL: none */
    const char *clickhouse_password; /* NULL: none; secret */
    const char *clickhouse_database; /* "default" when the URL names none */
};

enum settings_protocol {
    SETTINGS_RUST_PROXY = 1,
    SETTINGS_OPENAI,
    SETTINGS_ANTHROPIC,
    SETTINGS_LOOPBACK
};

enum settings_sign { SETTINGS_SIGN_NONE, SETTINGS_SIGN_HMAC_SHA256 };

enum settings_type_bit {
    SETTINGS_TYPE_BASE = 1,
    SETTINGS_TYPE_FREE_TRIAL = 2,
    SETTINGS_TYPE_PREMIUM = 4
};

/* model_filter: which of a service's models are offered. All zero: all of them. */
struct settings_filter {
    unsigned include_types; /* enum settings_type_bit, ored; 0: not given, all */
    unsigned exclude_types;
    int64_t min_usage_left; /* 0 or less: no minimum */
    bool only_new;
    bool has_include_types;
    bool has_min_usage_left;
};

struct settings_provider {
    const char *name;
    const char *type;       /* as written: "rust-proxy", "openrouter" */
    const char *model_name; /* NULL: what the client asked for (wildcard, shorthands), or nobody
                             * is asked for a model (loopback) */
    int model;              /* whose it is */
    enum settings_protocol protocol;
    bool tls_12_only;        /* tls_max = "1.2" */
    struct settings_url url; /* api_base or api_endpoint; host NULL for loopback */
    const char *api_base;    /* openai, anthropic: without a trailing slash */
    const char *api_key;     /* NULL: none is sent; secret */
    uint32_t weight_milli;
    uint32_t max_tokens_default; /* anthropic */
    uint32_t models_ttl_s;
    uint32_t stream_delay_ms; /* loopback: between two pieces of its answer */
    struct settings_filter filter;

    /* rust-proxy */
    const char *api_endpoint;
    const char *device_id;  /* NULL: generated once and kept; secret */
    const char *session_id; /* NULL: generated once and kept; secret */
    const char *os_type;
    const char *accept_language;
    const char *search_mode;
    bool is_expert;
    enum settings_sign sign;
    const char *sign_key; /* NULL: none; secret */
};

struct settings_model {
    const char *name;
    uint16_t route_first; /* its providers are settings.routes[route_first ...] in order */
    uint16_t route_count;
    uint32_t retries;
    uint32_t non_streaming_total_ms; /* 0: the phases of [gateway.timeouts] */
    uint32_t streaming_ttft_ms;
    uint32_t streaming_total_ms;
};

struct settings_alias {
    const char *name;
    int model;
};

struct settings_friendly_name {
    const char *name;
    const char *value; /* the service's identifier */
};

struct settings_function {
    const char *name;
};

/* What a function's variant may say for a request that does not. */
enum settings_sampling {
    SETTINGS_TEMPERATURE,
    SETTINGS_TOP_P,
    SETTINGS_MAX_TOKENS,
    SETTINGS_SEED,
    SETTINGS_PRESENCE_PENALTY,
    SETTINGS_FREQUENCY_PENALTY,
    SETTINGS_SAMPLINGS
};

/* One of a function's models. */
struct settings_variant {
    const char *name;
    int function;
    int model;
    const char *model_name; /* as written */
    uint32_t weight_milli;
    const char *sampling[SETTINGS_SAMPLINGS]; /* JSON text, NULL when not given */
};

struct settings_key {
    const char *name;
    const char *secret; /* NULL: the file gives sha256 alone; secret */
    uint8_t sha256[SETTINGS_SHA256_BYTES]; /* of the secret, whichever the file gives */
    bool all_models; /* no list was given */
    bool admin;
    struct settings_list models;
    uint32_t requests_per_minute; /* 0: no limit; so the next two */
    uint64_t tokens_per_day;
    uint32_t concurrent;
};

struct settings_batch {
    uint32_t concurrency;
    uint8_t from_hour; /* 0 to 23; local time of the box */
    uint8_t to_hour;   /* 1 to 24; at or before from_hour: over midnight */
    uint32_t requests_per_minute; /* 0: no limit */
    uint32_t keep_usage_left;
    uint64_t max_file_bytes;
    uint64_t max_store_bytes;
};

struct settings {
    struct settings_listener listeners[LIMIT_LISTENERS];
    int listener_count;
    const char *base_path; /* "" or "/...", without a trailing slash */
    bool allow_anonymous;
    bool allow_shorthand;
    struct settings_list allow_hosts; /* lower case */
    struct settings_list allow_origins;
    const char *state_dir;
    uint32_t state_flush_s;
    enum port_level log_level;
    const char *cert_file; /* NULL, and so key_file: plain HTTP */
    const char *key_file;
    struct settings_limits limits;
    struct settings_timeouts timeouts;
    struct settings_upstream upstream;
    struct settings_observability observability;
    struct settings_batch batch;

    struct settings_model models[SETTINGS_MODELS];
    int model_count;
    /* VENDOR::NAME: behind the file's models stands one a VENDOR, which is its name. Only those
     * allowed, and whose key the environment has. */
    int shorthand_count;
    int wildcard; /* the model "*", or -1 */
    uint16_t routes[SETTINGS_PROVIDERS];
    int route_count;
    /* in the order of the file; then one a shorthand */
    struct settings_provider providers[SETTINGS_PROVIDERS];
    int provider_count;
    struct settings_alias aliases[LIMIT_ALIASES];
    int alias_count;
    struct settings_friendly_name friendly_names[LIMIT_FRIENDLY_NAMES];
    int friendly_name_count;
    struct settings_function functions[LIMIT_FUNCTIONS];
    int function_count;
    struct settings_variant variants[LIMIT_VARIANTS];
    int variant_count;
    struct settings_key keys[LIMIT_KEYS];
    int key_count;

    char hash[SETTINGS_HASH_BYTES]; /* of the file, secrets left out */
    char _text[LIMIT_CONFIG_TEXT_BYTES];
    uint32_t _text_len;
};

/* One thing that is wrong, or odd, in the file. */
struct settings_note {
    int line; /* 1 and up; 0: the file as a whole */
    char text[SETTINGS_MESSAGE_BYTES];
};

/* All of them, in the order of their lines; total counts those too that found no room. */
struct settings_report {
    struct settings_note faults[LIMIT_CONFIG_FAULTS];
    int fault_count;
    int fault_total;
    struct settings_note warnings[LIMIT_CONFIG_FAULTS];
    int warning_count;
    int warning_total;
};

/* Working memory of a load, complete in settings_scratch.h; nothing in it is needed afterwards. */
struct settings_scratch;

/* Reads the file at path through port_file_*, and the secrets and files that it names, into
 * settings (what was there is gone) and report. DONE: good, perhaps with warnings. FAULT: report
 * has at least one fault, settings is not fit for use. Blocks on the disk. The caller prints
 * FILE:LINE: before each text. No text ever holds a secret. */
enum result settings_load(struct settings *settings, struct settings_scratch *scratch,
                          const char *path, struct settings_report *report);

/* The same over text in memory. shared: others can read the file it came from, so that literal
 * secrets are worth a warning. */
enum result settings_parse(struct settings *settings, struct settings_scratch *scratch,
                           struct span text, bool shared, struct settings_report *report);

/* A loaded configuration is not needed any more: its secrets are wiped, with all the rest. */
void settings_wipe(struct settings *settings);

/* The model, alias, function of that name, compared exactly: an index, or -1. The wildcard is no
 * model of the name "*". */
int settings_model_find(const struct settings *settings, struct span name);
int settings_alias_find(const struct settings *settings, struct span name);
int settings_function_find(const struct settings *settings, struct span name);

/* The shorthand's model for a name such as "openrouter::NAME": an index, or -1. */
int settings_shorthand_find(const struct settings *settings, struct span name);

/* The name that a request came to: the model's own, or what was asked of a model whose names the
 * clients choose (the wildcard, a shorthand). */
struct span settings_model_name(const struct settings *settings, int model, struct span asked);

/* What the provider's service is asked for when the request came to that name. */
struct span settings_provider_name(const struct settings *settings, int provider, struct span name);

/* The name of such a key, in the file and in a chat's body. */
struct span settings_sampling_name(enum settings_sampling sampling);

/* The nth provider of a model's routing, n < route_count: an index into providers. */
int settings_route(const struct settings *settings, int model, int n);

/* The string behind at in its list; call it at most count - 1 times. */
const char *settings_list_next(const char *at);

/* Whether both say the same, or neither is there. */
bool settings_same_text(const char *a, const char *b);
bool settings_same_url(const struct settings_url *a, const struct settings_url *b);

/* Whether the list has that string, compared exactly. */
bool settings_list_has(const struct settings_list *list, struct span name);

#endif
