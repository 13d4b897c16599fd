/* settings_provider: what is missing, what does not go together, addresses and keys; shorthands. */
#include "core/settings/settings_provider.h"

#include <stdio.h>

#include "core/settings/settings_vendor.h"
#include "test/unit/unit.h"
#include "test/unit/unit_settings.h"

#define P "[models.m.providers.p]\n"
#define RUST P "type = \"rust-proxy\"\n"

static void clear_environment(void)
{
    const struct settings_vendor *vendor;
    for (int i = 0; (vendor = settings_vendor_at(i)) != NULL; i++)
        if (vendor->variable != NULL)
            unit_settings_env(vendor->variable, NULL);
}

static void faults(void)
{
    static const struct {
        const char *text;
        int line;
        const char *what;
    } rows[] = {
        {P "model_name = \"x\"\n", 1, "type is missing"},
        {RUST, 1, "Failed to create DevApiClient: model_name is missing"},
        {"[models.m]\nretries = 1\n" RUST, 3, "model_name is missing"},
        {P "type = \"vllm\"\nmodel_name = \"x\"\n", 1, "api_base is missing"},
        {P "type = \"openai\"\napi_key_location = \"none\"\n", 1, "model_name is missing"},
        {P "type = \"openai\"\nmodel_name = \"x\"\n", 1, "OPENAI_API_KEY is not set"},
        {P "type = \"groq\"\nmodel_name = \"x\"\n", 1, "GROQ_API_KEY is not set"},
        {RUST "model_name = \"x\"\napi_endpoint = \"somewhere\"\n", 4,
         "Failed to create DevApiClient: api_endpoint: not a URL"},
        {RUST "model_name = \"x\"\nsign = \"hmac-sha256\"\n", 4,
         "Failed to create DevApiClient: sign = \"hmac-sha256\" needs sign_key"},
        {RUST "model_name = \"x\"\nsign = \"hmac-sha256\"\nsign_key = \"env::NOT_SET_AT_ALL\"\n", 5,
         "NOT_SET_AT_ALL"},
        {RUST "model_name = \"x\"\napi_base = \"https://h\"\n", 4,
         "Failed to create DevApiClient: api_base is no key of a provider of the type rust-proxy"},
        {RUST "model_name = \"x\"\nstream_delay_ms = 5\n", 4, "stream_delay_ms"},
        {P "type = \"loopback\"\ndevice_id = \"x\"\n", 3, "of the type loopback"},
        {P "type = \"loopback\"\nmodel_filter.only_new = true\n", 3, "model_filter.only_new"},
        {P "type = \"vllm\"\nmodel_name = \"x\"\napi_base = \"https://h\"\n"
           "max_tokens_default = 1\n",
         5, "max_tokens_default"},
        {"[models.\"*\".providers.p]\ntype = \"rust-proxy\"\nmodel_name = \"x\"\n", 3, "wildcard"},
    };
    clear_environment();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_TRUE(unit_settings_refused(rows[i].text, rows[i].line, rows[i].what));
}

/* A fault is told once: what follows from it is not. */
static void no_faults_of_faults(void)
{
    static const char *const rows[] = {
        P "type = \"rust-prox\"\n",
        P "type = \"rust-proxy\n",
        RUST "model_name = 4.1\n",
        RUST "model_name =\n",
        RUST "model_name = \"x\"\napi_endpoint = 1\n",
        RUST "model_name = \"x\"\nsign = \"hmac-sha256\"\nsign_key = \"env::NOT_SET_AT_ALL\"\n",
        P "type = \"openai\"\nmodel_name = \"x\"\napi_key_location = \"env::NOT_SET_AT_ALL\"\n",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(unit_settings_parse(rows[i]), RESULT_FAULT);
        CU_ASSERT_EQUAL(unit_settings_report()->fault_total, 1);
    }
}

static void addresses(void)
{
    CU_ASSERT_TRUE(unit_settings_good(RUST "model_name = \"x\"\n"));
    const struct settings_provider *p = &unit_settings()->providers[0];
    CU_ASSERT_STRING_EQUAL(p->api_endpoint, "https://api.devv.ai/api/v1/stream/chat");
    CU_ASSERT_STRING_EQUAL(p->url.host, "api.devv.ai");
    CU_ASSERT_STRING_EQUAL(p->url.path, "/api/v1/stream/chat");
    CU_ASSERT_TRUE(p->url.tls);
    CU_ASSERT_PTR_NULL(p->api_base);
    CU_ASSERT_PTR_NULL(p->device_id);
    CU_ASSERT_TRUE(unit_settings_good(
        P "type = \"openai\"\nmodel_name = \"x\"\napi_base = \"http://192.168.0.1:11434/v1/\"\n"
          "api_key_location = \"none\"\n"));
    CU_ASSERT_STRING_EQUAL(p->api_base, "http://192.168.0.1:11434/v1");
    CU_ASSERT_STRING_EQUAL(p->url.path, "/v1");
    CU_ASSERT_EQUAL(p->url.port, 11434);
    CU_ASSERT_PTR_NULL(p->api_key);
    CU_ASSERT_TRUE(unit_settings_good(P "type = \"loopback\"\n"));
    CU_ASSERT_PTR_NULL(p->url.host);
    CU_ASSERT_PTR_NULL(p->model_name);
    CU_ASSERT_TRUE(unit_settings_good("[models.\"*\".providers.p]\ntype = \"vllm\"\n"
                                      "api_base = \"http://[::1]:8000/v1\"\n"));
    CU_ASSERT_EQUAL(p->model, unit_settings()->wildcard);
}

/* Each vendor's own type is openai or anthropic with the vendor's address and key. */
static void vendors(void)
{
    const struct settings_vendor *vendor;
    for (int i = 0; (vendor = settings_vendor_at(i)) != NULL; i++) {
        char text[256];
        if (vendor->variable == NULL || vendor->address == NULL)
            continue;
        (void)snprintf(text, sizeof(text), P "type = \"%s\"\nmodel_name = \"x\"\n", vendor->type);
        unit_settings_env(vendor->variable, "the-key");
        CU_ASSERT_TRUE(unit_settings_good(text));
        const struct settings_provider *p = &unit_settings()->providers[0];
        CU_ASSERT_STRING_EQUAL(p->type, vendor->type);
        CU_ASSERT_EQUAL(p->protocol, vendor->protocol);
        CU_ASSERT_STRING_EQUAL(p->api_base, vendor->address);
        CU_ASSERT_STRING_EQUAL(p->api_key, "the-key");
        unit_settings_env(vendor->variable, NULL);
    }
    unit_settings_env("VLLM_API_KEY", "own-key");
    CU_ASSERT_TRUE(unit_settings_good(
        P "type = \"vllm\"\nmodel_name = \"x\"\napi_base = \"http://localhost:8000/v1\"\n"));
    CU_ASSERT_STRING_EQUAL(unit_settings()->providers[0].api_key, "own-key");
    clear_environment();
}

static void filters(void)
{
    CU_ASSERT_TRUE(unit_settings_good(RUST "model_name = \"x\"\n"
                                           "[models.m.providers.p.model_filter]\n"
                                           "exclude_types = [\"premium\"]\nmin_usage_left = 0\n"));
    const struct settings_filter *filter = &unit_settings()->providers[0].filter;
    CU_ASSERT_FALSE(filter->has_include_types);
    CU_ASSERT_TRUE(filter->has_min_usage_left);
    CU_ASSERT_EQUAL(filter->exclude_types, SETTINGS_TYPE_PREMIUM);
    CU_ASSERT_TRUE(unit_settings_good(RUST "model_name = \"x\"\n"
                                           "[models.m.providers.p.model_filter]\n"
                                           "include_types = [\"premium\"]\n"
                                           "exclude_types = [\"premium\"]\n"));
    CU_ASSERT_TRUE(filter->has_include_types);
    CU_ASSERT_FALSE(filter->has_min_usage_left);
    CU_ASSERT_TRUE(unit_settings_warning(6, "leave no model"));
}

static void shorthands(void)
{
    clear_environment();
    unit_settings_env("OPENROUTER_API_KEY", "or-key");
    unit_settings_env("ANTHROPIC_API_KEY", "an-key");
    CU_ASSERT_TRUE(unit_settings_good("gateway.allow_shorthand = true\n"));
    const struct settings *s = unit_settings();
    CU_ASSERT_EQUAL(s->shorthand_count, 2);
    CU_ASSERT_EQUAL(s->model_count, 0);
    int openrouter = settings_shorthand_find(s, SPAN("openrouter::a/b:free"));
    CU_ASSERT_FATAL(openrouter >= 0);
    const struct settings_model *model = &s->models[openrouter];
    CU_ASSERT_STRING_EQUAL(model->name, "openrouter");
    CU_ASSERT_EQUAL(model->route_count, 1);
    CU_ASSERT_EQUAL(model->retries, 1);
    const struct settings_provider *p = &s->providers[settings_route(s, openrouter, 0)];
    CU_ASSERT_STRING_EQUAL(p->type, "openrouter");
    CU_ASSERT_STRING_EQUAL(p->url.host, "openrouter.ai");
    CU_ASSERT_STRING_EQUAL(p->api_key, "or-key");
    CU_ASSERT_EQUAL(p->model, openrouter);
    CU_ASSERT_EQUAL(p->models_ttl_s, 300);
    CU_ASSERT_PTR_NULL(p->model_name);
    CU_ASSERT(settings_shorthand_find(s, SPAN("anthropic::x")) >= 0);
    CU_ASSERT_EQUAL(settings_shorthand_find(s, SPAN("openai::x")), -1);
    CU_ASSERT_EQUAL(settings_model_find(s, SPAN("openrouter")), -1);
    CU_ASSERT_TRUE(unit_settings_good(""));
    CU_ASSERT_EQUAL(s->shorthand_count, 0);
    clear_environment();
}

static const struct unit_test tests[] = {
    {"faults", faults},
    {"no faults of faults", no_faults_of_faults},
    {"addresses", addresses},
    {"vendors", vendors},
    {"filters", filters},
    {"shorthands", shorthands},
};

UNIT_MAIN("settings_provider", tests)
