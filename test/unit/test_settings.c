/* settings: whole configurations, from text and files; every prefix of one, and damaged ones. */
#include "core/settings/settings.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

static const char seed[] =
    "[models.rust-proxy.providers.rust_proxy_provider]\n"
    "type = \"rust-proxy\"\n"
    "model_name = \"claude-3.5-sonnet\"\n"
    "\n"
    "# API settings (optional, defaults are used when absent)\n"
    "api_endpoint = \"https://api.devv.ai/api/v1/stream/chat\"\n"
    "device_id = \"your-device-id\"\n"
    "session_id = \"your-session-id\"\n"
    "os_type = \"3\"\n"
    "accept_language = \"en\"\n"
    "\n"
    "# model filter (optional)\n"
    "[models.rust-proxy.providers.rust_proxy_provider.model_filter]\n"
    "include_types = [\"base\", \"freeTrial\"]  # only models that cost nothing\n"
    "exclude_types = [\"premium\"]            # no paid models\n"
    "min_usage_left = 10                    # least uses left\n"
    "only_new = false                       # true: new models only\n";

static const char tensorzero[] = "\n[functions.generate_haiku]\n"
                                 "type = \"chat\"\n"
                                 "\n[functions.generate_haiku.variants.rust_proxy]\n"
                                 "type = \"chat_completion\"\n"
                                 "model = \"rust-proxy\"\n"
                                 "\n[models.rust-proxy]\n"
                                 "routing = [\"rust_proxy_provider\"]\n";

static void the_seed(void)
{
    CU_ASSERT_TRUE(unit_settings_good(seed));
    const struct settings *s = unit_settings();
    const struct settings_provider *p = &s->providers[0];
    CU_ASSERT_EQUAL(s->model_count, 1);
    CU_ASSERT_STRING_EQUAL(s->models[0].name, "rust-proxy");
    CU_ASSERT_EQUAL(s->models[0].route_count, 1);
    CU_ASSERT_EQUAL(settings_route(s, 0, 0), 0);
    CU_ASSERT_EQUAL(p->protocol, SETTINGS_RUST_PROXY);
    CU_ASSERT_STRING_EQUAL(p->name, "rust_proxy_provider");
    CU_ASSERT_STRING_EQUAL(p->model_name, "claude-3.5-sonnet");
    CU_ASSERT_STRING_EQUAL(p->api_endpoint, "https://api.devv.ai/api/v1/stream/chat");
    CU_ASSERT_STRING_EQUAL(p->device_id, "your-device-id");
    CU_ASSERT_STRING_EQUAL(p->session_id, "your-session-id");
    CU_ASSERT_STRING_EQUAL(p->os_type, "3");
    CU_ASSERT_STRING_EQUAL(p->accept_language, "en");
    CU_ASSERT_EQUAL(p->filter.include_types, SETTINGS_TYPE_BASE | SETTINGS_TYPE_FREE_TRIAL);
    CU_ASSERT_EQUAL(p->filter.exclude_types, SETTINGS_TYPE_PREMIUM);
    CU_ASSERT_EQUAL(p->filter.min_usage_left, 10);
    CU_ASSERT_FALSE(p->filter.only_new);
    CU_ASSERT_FALSE(unit_settings_said("your-"));
}

static void with_tensorzeros_tables(void)
{
    char text[2048];
    (void)snprintf(text, sizeof(text), "%s%s", seed, tensorzero);
    CU_ASSERT_TRUE(unit_settings_good(text));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->model_count, 1);
    CU_ASSERT_EQUAL(s->function_count, 1);
    CU_ASSERT_STRING_EQUAL(s->functions[0].name, "generate_haiku");
    CU_ASSERT_EQUAL(s->variant_count, 1);
    CU_ASSERT_EQUAL(s->variants[0].model, 0);
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 2); /* the two literal secrets */
}

/* The shipped examples load without any help from the environment. */
static void shipped_examples(void)
{
    static const char *const paths[] = {"config/tensorzero-rustproxy.toml",
                                        "config/moongate-minimal.ini"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct settings_scratch *scratch = unit_settings_scratch();
        CU_ASSERT_PTR_NOT_NULL_FATAL(unit_settings_fresh());
        CU_ASSERT_EQUAL(
            settings_load(scratch->settings, scratch, paths[i], unit_settings_report()),
            RESULT_DONE);
        CU_ASSERT_EQUAL(unit_settings()->model_count, 1);
        struct span text = span_of(scratch->file);
        bool whole = i > 0;
        for (; text.len > 0 && !whole; text = span_skip(text, 1))
            whole = span_starts(text, (struct span){seed, sizeof(seed) - 1});
        CU_ASSERT_TRUE(whole);
    }
}

/* CRLF line ends and a byte order mark change nothing, not even the hash. */
static void other_line_ends(void)
{
    char text[2048] = "\xEF\xBB\xBF";
    char hash[SETTINGS_HASH_BYTES];
    CU_ASSERT_TRUE(unit_settings_good(seed));
    memcpy(hash, unit_settings()->hash, sizeof(hash));
    size_t len = 3;
    for (const char *at = seed; *at != 0; at++) {
        if (*at == '\n')
            text[len++] = '\r';
        text[len++] = *at;
    }
    text[len] = 0;
    CU_ASSERT_TRUE(unit_settings_good(text));
    CU_ASSERT_STRING_EQUAL(unit_settings()->hash, hash);
}

#define P "[models.m.providers.p]\ntype = \"rust-proxy\"\n"

/* What people get to read for the faults that they make most. */
static void faults(void)
{
    static const struct {
        const char *text;
        int line;
        const char *what;
    } rows[] = {
        {"[gateway]\nbind_adress = \"x\"\n", 2, "bind_address"},
        {"[gatewy]\nx = 1\n", 1, "gateway"},
        {"[gateway.limits]\nqueue_ms = \"soon\"\n", 2, "queue_ms"},
        {"[gateway.timeouts]\nconnect_ms = 99\n", 2, "100"},
        {"[gateway.timeouts]\nconnect_ms = 99999999999999999999\n", 2, "connect_ms"},
        {"[gateway]\nlog_level = \"info\"\nlog_level = \"warn\"\n", 3, "log_level"},
        {"[gateway]\nlog_level = \"inf\"\n", 2, "info"},
        {"[gateway]\nlog_level =\n", 2, "log_level"},
        {"[gateway]\nlog_level = \"info\n", 2, "string"},
        {P "model_name = \"x\"\n[models.m]\nrouting = [\"p\",\n", 5, "array"},
        {P "model_name = \"x\"\n[models.m]\nrouting = [\"q\"]\n", 5, "q"},
        {"[aliases]\nnick = \"nobody\"\n", 2, "nobody"},
        {"[models.m.providers.p]\nmodel_name = \"x\"\n", 1, "type"},
        {"[models.m.providers.p]\ntype = \"rust-prox\"\nmodel_name = \"x\"\n", 2, "rust-proxy"},
        {P, 1, "Failed to create DevApiClient: model_name"},
        {P "model_name = \"x\"\napi_endpoint = \"somewhere\"\n", 4,
         "Failed to create DevApiClient: api_endpoint"},
        {P "model_name = \"x\"\n[models.m.providers.p.model_filter]\ninclude_types = [\"basic\"]\n",
         5, "base"},
        {P "model_name = \"x\"\n[models.m.providers.p.model_filter]\ninclude_types = []\n", 5,
         "include_types"},
        {P "model_name = \"x\"\ndevice_id = \"env::NOT_SET_AT_ALL\"\n", 4, "NOT_SET_AT_ALL"},
        {P "model_name = \"x\"\ndevice_id = \"path::/no/such/file\"\n", 4, "/no/such/file"},
        {"[gateway.upstream]\nca_file = \"/no/such/bundle\"\n", 2, "/no/such/bundle"},
        {"[gateway]\nwhat is this\n", 2, ""},
        {"[gateway]\nbind_address = \"0.0.0.0:1\"\n", 2, "allow_anonymous"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_TRUE(unit_settings_refused(rows[i].text, rows[i].line, rows[i].what));
}

static enum result load(const char *path)
{
    struct settings_scratch *scratch = unit_settings_scratch();
    return settings_load(unit_settings_fresh()->settings, scratch, path, unit_settings_report());
}

static void from_a_file(void)
{
    CU_ASSERT_EQUAL(load(unit_settings_file("config", seed, 0600)), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_settings()->provider_count, 1);
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
    CU_ASSERT_EQUAL(load(unit_settings_file("config", seed, 0640)), RESULT_DONE);
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 2);
    CU_ASSERT_EQUAL(load(unit_settings_file("config", "", 0600)), RESULT_DONE);
    CU_ASSERT_EQUAL(load("/no/such/file"), RESULT_FAULT);
    CU_ASSERT_TRUE(unit_settings_fault(0, "no such file"));
    CU_ASSERT_EQUAL(load("/"), RESULT_FAULT);
    CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
}

static void the_largest_file(void)
{
    static char text[LIMIT_CONFIG_BYTES + 2];
    memset(text, '#', sizeof(text));
    memcpy(text, "[gateway]\n", 10);
    text[LIMIT_CONFIG_BYTES] = 0;
    CU_ASSERT_EQUAL(load(unit_settings_file("config", text, 0600)), RESULT_DONE);
    text[LIMIT_CONFIG_BYTES] = '#';
    text[LIMIT_CONFIG_BYTES + 1] = 0;
    CU_ASSERT_EQUAL(load(unit_settings_file("config", text, 0600)), RESULT_FAULT);
    CU_ASSERT_TRUE(unit_settings_fault(0, "too large"));
}

/* Text that ends at a page which nobody may touch. */
static enum result parse(const char *text, size_t len)
{
    struct settings_scratch *scratch = unit_settings_scratch();
    struct span s = {unit_guard(0, text, len), len};
    return settings_parse(scratch->settings, scratch, s, true, unit_settings_report());
}

static void check_report(void)
{
    const struct settings_report *report = unit_settings_report();
    CU_ASSERT(report->fault_count <= report->fault_total);
    for (int i = 1; i < report->fault_count; i++)
        CU_ASSERT(report->faults[i - 1].line <= report->faults[i].line);
    CU_ASSERT_FALSE(unit_settings_said("your-"));
}

static void every_prefix(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(unit_settings_fresh());
    for (size_t len = 0; len < sizeof(seed); len++) {
        (void)parse(seed, len);
        check_report();
    }
    CU_ASSERT_EQUAL(parse(seed, sizeof(seed) - 1), RESULT_DONE);
}

/* Bytes changed, left out and doubled, from a row that is the same each time. */
static void damaged_ones(void)
{
    static const char bytes[] = "\"'[]{}.,=#;\n\r\t \\_-0\x01\xC3\xFF";
    uint32_t random = 12345;
    char text[sizeof(seed) + sizeof(tensorzero) + 8];
    CU_ASSERT_PTR_NOT_NULL_FATAL(unit_settings_fresh());
    for (int round = 0; round < 2000; round++) {
        (void)snprintf(text, sizeof(text), "%s%s", seed, tensorzero);
        size_t len = strlen(text);
        for (int change = 0; change < 3; change++) {
            random = random * 1664525 + 1013904223;
            size_t at = (random >> 8) % len;
            unsigned how = random >> 30;
            if (how == 0)
                memmove(text + at, text + at + 1, --len - at);
            else if (how == 1)
                memmove(text + at + 1, text + at, len++ - at);
            else
                text[at] = bytes[(random >> 4) % (sizeof(bytes) - 1)];
        }
        (void)parse(text, len);
        CU_ASSERT(unit_settings_report()->fault_count <= unit_settings_report()->fault_total);
    }
}

/* A second load leaves nothing of the first. */
static void loads_do_not_mix(void)
{
    CU_ASSERT_EQUAL(unit_settings_parse("[gatewy]\n[aliases]\nx = 1\n"), RESULT_FAULT);
    CU_ASSERT_TRUE(unit_settings_good(seed));
    CU_ASSERT_TRUE(unit_settings_good("[models.m.providers.p]\ntype = \"loopback\"\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->model_count, 1);
    CU_ASSERT_EQUAL(s->alias_count, 0);
    CU_ASSERT_PTR_NULL(s->providers[0].device_id);
    CU_ASSERT_EQUAL(s->providers[0].filter.include_types, 0);
    CU_ASSERT_EQUAL(unit_settings_report()->warning_total, 0);
}

static const struct unit_test tests[] = {
    {"the seed", the_seed},
    {"with TensorZero's tables", with_tensorzeros_tables},
    {"shipped examples", shipped_examples},
    {"other line ends", other_line_ends},
    {"faults", faults},
    {"from a file", from_a_file},
    {"the largest file", the_largest_file},
    {"every prefix", every_prefix},
    {"damaged ones", damaged_ones},
    {"loads do not mix", loads_do_not_mix},
};

UNIT_MAIN("settings", tests)
