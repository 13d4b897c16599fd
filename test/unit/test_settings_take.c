/*
 * settings_take: every key there is, with a good value, one of the wrong type and one out of range;
 * and where the values go.
 */
#include "core/settings/settings_take.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define ROOT ""
#define LOOP "[models.m.providers.p]\ntype = \"loopback\"\n"
#define RUST "[models.m.providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n"
#define OPENAI                                                                                     \
    "[models.m.providers.p]\ntype = \"vllm\"\nmodel_name = \"x\"\napi_base = \"http://[::1]\"\n"
#define ANTHROPIC "[models.m.providers.p]\ntype = \"anthropic\"\nmodel_name = \"x\"\n"
#define MODEL LOOP "[models.m]\n"
#define VARIANT LOOP "[functions.f.variants.v]\nmodel = \"m\"\n"
#define KEY LOOP "[keys.k]\nsecret = \"0123456789abcdef\"\n"

#define S(n) #n
#define TEXT(n) S(n)

/* A key: what stands before it, its row in the table, the key there, and values. NULL: it has none
 * that is out of range. */
static const struct {
    const char *before;
    const char *path;
    const char *key;
    const char *good[3];
    const char *wrong;
    const char *out[3];
} rows[] = {
    {ROOT, "gateway.bind_address", "gateway.bind_address",
     {"\"127.0.0.1:3000\"", "127.0.0.1:0", "[\"127.0.0.1:1\", \"[::1]:1\"]"}, "3000",
     {"\"3000\"", "[]", "\"127.0.0.1:65536\""}},
    {ROOT, "gateway.base_path", "gateway.base_path", {"\"\"", "\"/llm\"", "\"/a/b/\""}, "1",
     {"\"llm\"", "\"/a?b\"", "\"/a b\""}},
    {ROOT, "gateway.allow_anonymous", "gateway.allow_anonymous", {"true", "false"}, "\"no\"", {0}},
    {ROOT, "gateway.allow_shorthand", "gateway.allow_shorthand", {"true", "false"}, "1", {0}},
    {ROOT, "gateway.allow_hosts", "gateway.allow_hosts", {"[]", "[\"a.example\"]"}, "\"a.example\"",
     {"[\"a b\"]", "[\"\"]", "[\"h:80\"]"}},
    {ROOT, "gateway.allow_origins", "gateway.allow_origins", {"[]", "[\"https://a:8443\"]"}, "true",
     {"[\"*\"]", "[\"https://a/\"]", "[\"a\"]"}},
    {ROOT, "gateway.state_dir", "gateway.state_dir", {"\"/tmp\""}, "[\"/tmp\"]", {"\"\""}},
    {ROOT, "gateway.state_flush_s", "gateway.state_flush_s", {"0", "2", "86400"}, "\"2\"",
     {"-1", "86401"}},
    {ROOT, "gateway.log_level", "gateway.log_level", {"\"error\"", "\"debug\"", "warn"}, "1",
     {"\"Info\"", "\"\""}},
    {ROOT, "gateway.tls.cert_file", "gateway.tls.key_file = \"/dev/null\"\ngateway.tls.cert_file",
     {"\"/dev/null\""}, "1", {"\"\"", "\"/no/such/file\""}},
    {ROOT, "gateway.tls.key_file", "gateway.tls.cert_file = \"/dev/null\"\ngateway.tls.key_file",
     {"\"/dev/null\""}, "true", {"\"\"", "\"/no/such/file\""}},
    {ROOT, "gateway.limits.max_body_bytes", "gateway.limits.max_body_bytes",
     {"1", "1_000", TEXT(LIMIT_BODY_LARGE_BYTES)}, "\"1\"", {"0", "-1", "999999999"}},
    {ROOT, "gateway.limits.max_clients", "gateway.limits.max_clients", {"1", TEXT(LIMIT_CLIENTS)},
     "1.5", {"0", "99999"}},
    {ROOT, "gateway.limits.max_active_requests", "gateway.limits.max_active_requests",
     {"1", TEXT(LIMIT_REQUESTS)}, "true", {"0", "99999"}},
    {ROOT, "gateway.limits.queue_ms", "gateway.limits.queue_ms", {"0", "600000"}, "\"soon\"",
     {"-1", "600001"}},
    {ROOT, "gateway.timeouts.client_head_ms", "gateway.timeouts.client_head_ms",
     {"100", "86400000"}, "1.0", {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.client_body_ms", "gateway.timeouts.client_body_ms",
     {"100", "86400000"}, "x", {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.client_idle_ms", "gateway.timeouts.client_idle_ms",
     {"100", "86400000"}, "true", {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.connect_ms", "gateway.timeouts.connect_ms", {"100", "86400000"},
     "[100]", {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.tls_ms", "gateway.timeouts.tls_ms", {"100", "86400000"}, "\"100\"",
     {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.first_byte_ms", "gateway.timeouts.first_byte_ms",
     {"100", "86400000"}, "\"100\"", {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.idle_ms", "gateway.timeouts.idle_ms", {"100", "86400000"},
     "{ a = 1 }", {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.total_ms", "gateway.timeouts.total_ms", {"100", "86400000"}, "5e3",
     {"99", "0", "86400001"}},
    {ROOT, "gateway.timeouts.ping_ms", "gateway.timeouts.ping_ms", {"0", "100", "86400000"}, "no",
     {"99", "-1", "86400001"}},
    {ROOT, "gateway.upstream.ca_file", "gateway.upstream.ca_file", {"\"/dev/null\""}, "1",
     {"\"\"", "\"/no/such/file\""}},
    {ROOT, "gateway.upstream.idle_connections", "gateway.upstream.idle_connections",
     {"0", TEXT(LIMIT_UPSTREAMS)}, "\"1\"", {"-1", "99999"}},
    {ROOT, "gateway.upstream.allow_plain_http", "gateway.upstream.allow_plain_http",
     {"true", "false"}, "0", {0}},
    {ROOT, "gateway.observability.enabled", "gateway.observability.enabled", {"true", "false"},
     "yes", {0}},
    {ROOT, "gateway.observability.content", "gateway.observability.content", {"true", "false"},
     "\"false\"", {0}},
    {ROOT, "gateway.observability.clickhouse_url", "gateway.observability.clickhouse_url",
     {"\"http://u:p@10.0.0.1:8123/db\"", "\"none\"", "\"https://h\""}, "8123", {"\"\""}},

    {MODEL, "models.*.routing", "routing", {"[\"p\"]"}, "\"p\"",
     {"[]", "[\"q\"]", "[\"p\", \"p\"]"}},
    {MODEL, "models.*.retries", "retries", {"0", "100"}, "\"1\"", {"-1", "101"}},
    {MODEL, "models.*.timeouts.non_streaming.total_ms", "timeouts.non_streaming.total_ms",
     {"100", "86400000"}, "\"1\"", {"0", "99", "86400001"}},
    {MODEL, "models.*.timeouts.streaming.ttft_ms", "timeouts.streaming.ttft_ms",
     {"100", "86400000"}, "true", {"0", "99", "86400001"}},
    {MODEL, "models.*.timeouts.streaming.total_ms", "timeouts.streaming.total_ms",
     {"100", "86400000"}, "1.0", {"0", "99", "86400001"}},

    {"[models.m.providers.p]\n", "models.*.providers.*.type", "type", {"\"loopback\"", "loopback"},
     "1", {"\"rust-prox\"", "\"\"", "\"OpenAI\""}},
    {LOOP, "models.*.providers.*.model_name", "model_name", {"\"x\"", "a/b:c", "'m'"}, "4.1",
     {"\"\"", "\"a\\nb\""}},
    {LOOP, "models.*.providers.*.weight", "weight", {"0", "0.125", "10000"}, "\"1\"",
     {"-0.001", "0.1234", "10000.001"}},
    {RUST, "models.*.providers.*.tls_max", "tls_max", {"\"1.2\"", "\"1.3\""}, "1.2",
     {"\"1.1\"", "\"\""}},
    {RUST, "models.*.providers.*.models_ttl_s", "models_ttl_s", {"1", "604800"}, "\"1\"",
     {"0", "604801"}},
    {"[models.m.providers.p]\ntype = \"vllm\"\nmodel_name = \"x\"\n",
     "models.*.providers.*.api_base", "api_base",
     {"\"http://192.168.1.1:8000/v1\"", "\"https://h/\"", "http://localhost"}, "1",
     {"\"h\"", "\"http://8.8.8.8\"", "\"https://u:p@h\""}},
    {OPENAI, "models.*.providers.*.api_key_location", "api_key_location",
     {"\"none\"", "\"sk-literal\""}, "1", {"\"env::NOT_SET_AT_ALL\"", "\"dynamic::x\"", "\"\""}},
    {ANTHROPIC "api_key_location = \"none\"\n", "models.*.providers.*.max_tokens_default",
     "max_tokens_default", {"1", "2147483647"}, "\"1\"", {"0", "2147483648"}},
    {LOOP, "models.*.providers.*.stream_delay_ms", "stream_delay_ms", {"0", "60000"}, "\"1\"",
     {"-1", "60001"}},
    {RUST, "models.*.providers.*.api_endpoint", "api_endpoint", {"\"https://localhost:1/x/\""}, "1",
     {"\"somewhere\"", "\"\"", "\"http://8.8.8.8/\""}},
    {RUST, "models.*.providers.*.device_id", "device_id", {"\"d\"", "\"none\""}, "1",
     {"\"env::NOT_SET_AT_ALL\"", "\"path::/no/such/file\"", "\"\""}},
    {RUST, "models.*.providers.*.session_id", "session_id", {"\"s\"", "\"none\""}, "true",
     {"\"env::NOT_SET_AT_ALL\"", "\"path::/no/such/file\"", "\"a\\nb\""}},
    {RUST, "models.*.providers.*.os_type", "os_type", {"\"3\"", "x"}, "3", {"\"\"", "\"a\\r\""}},
    {RUST, "models.*.providers.*.accept_language", "accept_language", {"\"de\""}, "[\"de\"]",
     {"\"\"", "\"a\\nb\""}},
    {RUST, "models.*.providers.*.search_mode", "search_mode", {"\"web\"", "\"\""}, "false",
     {"\"a\\u0001\""}},
    {RUST, "models.*.providers.*.is_expert", "is_expert", {"true", "false"}, "\"true\"", {0}},
    {RUST "sign_key = \"k\"\n", "models.*.providers.*.sign", "sign",
     {"\"none\"", "\"hmac-sha256\""}, "true", {"\"hmac\"", "\"\""}},
    {RUST, "models.*.providers.*.sign_key", "sign_key", {"\"k\"", "\"none\""}, "1",
     {"\"env::NOT_SET_AT_ALL\""}},
    {RUST, "models.*.providers.*.model_filter.include_types", "model_filter.include_types",
     {"[\"base\"]", "[\"base\", \"freeTrial\", \"premium\"]"}, "\"base\"",
     {"[\"basic\"]", "[]", "[\"Base\"]"}},
    {RUST, "models.*.providers.*.model_filter.exclude_types", "model_filter.exclude_types",
     {"[\"premium\"]", "[]"}, "premium", {"[\"free\"]", "[1]"}},
    {RUST, "models.*.providers.*.model_filter.min_usage_left", "model_filter.min_usage_left",
     {"10", "0", "-1"}, "\"10\"", {"2147483648"}},
    {RUST, "models.*.providers.*.model_filter.only_new", "model_filter.only_new",
     {"true", "false"}, "0", {0}},

    {LOOP "[aliases]\n", "aliases.*", "nick", {"\"m\"", "m"}, "1",
     {"\"nobody\"", "\"\"", "\"nick\""}},
    {"[friendly_names]\n", "friendly_names.*", "\"a.b\"", {"\"id\""}, "1", {"\"\""}},
    {LOOP "[functions.f]\nvariants.v.model = \"m\"\n", "functions.*.type", "type",
     {"\"chat\"", "\"json\""}, "1", {"\"talk\""}},
    {VARIANT, "functions.*.variants.*.type", "type", {"\"chat_completion\""}, "1", {"\"chat\""}},
    {LOOP "[functions.f.variants.v]\n", "functions.*.variants.*.model", "model", {"\"m\""}, "1",
     {"\"nobody\"", "\"\""}},
    {VARIANT, "functions.*.variants.*.weight", "weight", {"0", "1", "0.5"}, "\"1\"",
     {"-1", "10001", "0.0001"}},
    {VARIANT, "functions.*.variants.*.temperature", "temperature", {"0", "0.7", "2"}, "\"1\"",
     {"-0.1", "10.1", "-0.0001"}},
    {VARIANT, "functions.*.variants.*.top_p", "top_p", {"0", "0.95", "1.0"}, "true",
     {"-1", "1.0001", "2"}},
    {VARIANT, "functions.*.variants.*.max_tokens", "max_tokens", {"1", "2_000"}, "1.5",
     {"0", "2147483648"}},
    {VARIANT, "functions.*.variants.*.seed", "seed", {"0", "-5", "9223372036854775807"}, "\"1\"",
     {"9223372036854775808"}},
    {VARIANT, "functions.*.variants.*.presence_penalty", "presence_penalty", {"-2", "2.0"}, "x",
     {"-11", "11"}},
    {VARIANT, "functions.*.variants.*.frequency_penalty", "frequency_penalty", {"-2", "2.0"},
     "[1]", {"-11", "11"}},

    {"[keys.k]\n", "keys.*.secret", "secret", {"\"0123456789abcdef\""}, "1234567890123456",
     {"\"0123456789abcde\"", "\"none\"", "\"env::NOT_SET_AT_ALL\""}},
    {"[keys.k]\n", "keys.*.sha256", "sha256",
     {"\"0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789\""}, "1",
     {"\"0123\"", "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\"", "\"\""}},
    {KEY, "keys.*.models", "models", {"[\"m\"]", "[]"}, "\"m\"",
     {"[\"n\"]", "[\"\"]", "[\"m\" \"m\"]"}},
    {KEY, "keys.*.admin", "admin", {"true", "false"}, "\"yes\"", {0}},
    {KEY, "keys.*.requests_per_minute", "requests_per_minute", {"1", "2147483647"}, "\"1\"",
     {"0", "-1", "2147483648"}},
    {KEY, "keys.*.tokens_per_day", "tokens_per_day", {"1", "9223372036854775807"}, "1.5",
     {"0", "-1"}},
    {KEY, "keys.*.concurrent", "concurrent", {"1", "2147483647"}, "true", {"0", "2147483648"}},

    {"[batch]\n", "batch.concurrency", "concurrency", {"1", TEXT(LIMIT_REQUESTS)}, "\"1\"",
     {"0", "99999"}},
    {"[batch]\n", "batch.hours", "hours", {"\"0-24\"", "\"22-6\"", "0-24"}, "6",
     {"\"24-6\"", "\"0-25\"", "\"6\""}},
    {"[batch]\n", "batch.requests_per_minute", "requests_per_minute", {"1"}, "\"1\"", {"0"}},
    {"[batch]\n", "batch.keep_usage_left", "keep_usage_left", {"0", "5"}, "\"1\"", {"-1"}},
    {"[batch]\n", "batch.max_file_bytes", "max_file_bytes", {"1", "104857600"}, "\"1\"", {"0"}},
    {"[batch]\n", "batch.max_store_bytes", "max_store_bytes", {"1", "9223372036854775807"}, "1e3",
     {"0"}},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static char text[1024];
static int line; /* of the key in it */

static const char *with(size_t row, const char *value)
{
    (void)snprintf(text, sizeof(text), "%s%s = %s\n", rows[row].before, rows[row].key, value);
    line = 0;
    for (const char *at = text; *at != 0; at++)
        line += *at == '\n';
    return text;
}

static void good_values(void)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t n = 0; n < 3 && rows[i].good[n] != NULL; n++)
            CU_ASSERT_TRUE(unit_settings_good(with(i, rows[i].good[n])));
}

static void wrong_types(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        const char *name = strrchr(rows[i].path, '.') + 1;
        name = *name == '*' ? "takes" : name;
        const char *whole = with(i, rows[i].wrong);
        CU_ASSERT_TRUE(unit_settings_refused(whole, line, " takes "));
        CU_ASSERT_TRUE(unit_settings_fault(line, name));
    }
}

static void out_of_range(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t n = 0; n < 3 && rows[i].out[n] != NULL; n++) {
            const char *whole = with(i, rows[i].out[n]);
            CU_ASSERT_TRUE(unit_settings_refused(whole, line, ""));
        }
    }
}

static void no_key_is_left_out(void)
{
    const struct settings_row *row;
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++) {
        size_t n = 0;
        while (n < ROWS && strcmp(rows[n].path, row->path) != 0)
            n++;
        CU_ASSERT(n < ROWS);
    }
}

static void given_twice(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        char twice[1400];
        const char *once = with(i, rows[i].good[0]);
        const char *key = strrchr(rows[i].key, '\n');
        key = key != NULL ? key + 1 : rows[i].key;
        (void)snprintf(twice, sizeof(twice), "%s%s = %s\n", once, key, rows[i].good[0]);
        CU_ASSERT_TRUE(unit_settings_refused(twice, line + 1, "is given twice"));
    }
}

static void wording(void)
{
    static const struct {
        const char *text;
        const char *fault;
    } said[] = {
        {"gateway.limits.queue_ms = \"soon\"",
         "queue_ms takes an integer from 0 to 600000, and not a string"},
        {"gateway.timeouts.connect_ms = 99", "connect_ms takes an integer from 100 to 86400000"},
        {"gateway.timeouts.ping_ms = 99", "ping_ms takes an integer from 100 to 86400000, or 0"},
        {"gateway.timeouts.connect_ms = 99999999999999999999",
         "connect_ms: a number that is too large"},
        {"batch.max_file_bytes = 0", "max_file_bytes takes an integer of 1 or more"},
        {"gateway.log_level = \"inf\"",
         "log_level takes one of error, warn, info, debug; did you mean \"info\"?"},
        {"gateway.allow_hosts = \"h\"", "allow_hosts takes a list of strings, and not a string"},
        {"gateway.state_dir = true", "state_dir takes a string in quotes, and not true or false"},
        {"gateway.state_dir = \"a\\u0007\"", "state_dir has a control character"},
        {"gateway.state_dir = \"a\\q\"", "state_dir: an escape"},
    };
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        CU_ASSERT_TRUE(unit_settings_refused(said[i].text, 1, said[i].fault));
}

static void lengths(void)
{
    static char long_text[LIMIT_URL_BYTES + 64];
    for (size_t len = LIMIT_NAME_BYTES - 1; len <= LIMIT_NAME_BYTES; len++) {
        size_t at = (size_t)snprintf(long_text, sizeof(long_text), LOOP "model_name = \"");
        memset(long_text + at, 'x', len);
        memcpy(long_text + at + len, "\"\n", 3);
        CU_ASSERT_EQUAL(unit_settings_parse(long_text) == RESULT_DONE, len < LIMIT_NAME_BYTES);
    }
}

/* Values of each kind, where they are wanted. */
static void places(void)
{
    CU_ASSERT_TRUE(unit_settings_good(
        "[gateway]\nlog_level = \"warn\"\nallow_anonymous = true\nstate_dir = '/s'\n"
        "base_path = \"/llm/\"\nlimits.queue_ms = 1_5\n[batch]\nhours = \"22-6\"\n"
        "max_file_bytes = 5_000_000_000\n"
        "[models.m]\nretries = 0\n[models.m.providers.p]\ntype = \"rust-proxy\"\n"
        "model_name = gpt-4.1\ntls_max = \"1.2\"\nweight = 0.25\nis_expert = true\n"
        "model_filter.include_types = [\"base\", \"premium\"]\nmodel_filter.min_usage_left = -7\n"
        "model_filter.only_new = true\nos_type = \"9\"\nsearch_mode = \"\"\n"
        "[functions.f.variants.v]\nmodel = \"m\"\ntemperature = 1_0e-1\nseed = +7\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->log_level, PORT_LOG_WARN);
    CU_ASSERT_TRUE(s->allow_anonymous);
    CU_ASSERT_STRING_EQUAL(s->state_dir, "/s");
    CU_ASSERT_STRING_EQUAL(s->base_path, "/llm");
    CU_ASSERT_EQUAL(s->limits.queue_ms, 15);
    CU_ASSERT_EQUAL(s->batch.from_hour, 22);
    CU_ASSERT_EQUAL(s->batch.to_hour, 6);
    CU_ASSERT_EQUAL(s->batch.max_file_bytes, 5000000000);
    CU_ASSERT_EQUAL(s->models[0].retries, 0);
    const struct settings_provider *p = &s->providers[0];
    CU_ASSERT_EQUAL(p->protocol, SETTINGS_RUST_PROXY);
    CU_ASSERT_STRING_EQUAL(p->type, "rust-proxy");
    CU_ASSERT_STRING_EQUAL(p->model_name, "gpt-4.1");
    CU_ASSERT_TRUE(p->tls_12_only);
    CU_ASSERT_EQUAL(p->weight_milli, 250);
    CU_ASSERT_TRUE(p->is_expert);
    CU_ASSERT_EQUAL(p->filter.include_types, SETTINGS_TYPE_BASE | SETTINGS_TYPE_PREMIUM);
    CU_ASSERT_EQUAL(p->filter.min_usage_left, -7);
    CU_ASSERT_TRUE(p->filter.only_new);
    CU_ASSERT_STRING_EQUAL(p->os_type, "9");
    CU_ASSERT_STRING_EQUAL(p->search_mode, "");
    CU_ASSERT_STRING_EQUAL(s->variants[0].sampling[SETTINGS_TEMPERATURE], "10e-1");
    CU_ASSERT_STRING_EQUAL(s->variants[0].sampling[SETTINGS_SEED], "7");
    CU_ASSERT_PTR_NULL(s->variants[0].sampling[SETTINGS_TOP_P]);
}

static const struct unit_test tests[] = {
    {"good values", good_values},
    {"wrong types", wrong_types},
    {"out of range", out_of_range},
    {"no key is left out", no_key_is_left_out},
    {"given twice", given_twice},
    {"wording", wording},
    {"lengths", lengths},
    {"places", places},
};

UNIT_MAIN("settings_take", tests)
