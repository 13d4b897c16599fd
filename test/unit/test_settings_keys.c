/* settings_keys: the table agrees with itself, with the structs, and with its defaults. */
#include "core/settings/settings_keys.h"

#include <string.h>

#include "test/unit/unit.h"

static struct settings settings;

/* What a path begins with, and the struct its row must lie in. */
static const struct {
    const char *head;
    enum settings_kind kind;
    size_t size;
} owners[] = {
    {"gateway.", SETTINGS_THING_ROOT, offsetof(struct settings, models)},
    {"batch.", SETTINGS_THING_ROOT, offsetof(struct settings, models)},
    {"models.*.providers.*.", SETTINGS_THING_PROVIDER, sizeof(struct settings_provider)},
    {"models.*.", SETTINGS_THING_MODEL, sizeof(struct settings_model)},
    {"aliases.*", SETTINGS_THING_ALIAS, sizeof(struct settings_alias)},
    {"friendly_names.*", SETTINGS_THING_FRIENDLY, sizeof(struct settings_friendly_name)},
    {"functions.*.variants.*.", SETTINGS_THING_VARIANT, sizeof(struct settings_variant)},
    {"functions.*.", SETTINGS_THING_FUNCTION, sizeof(struct settings_function)},
    {"keys.*.", SETTINGS_THING_KEY, sizeof(struct settings_key)},
};

static void rows_lie_in_their_structs(void)
{
    const struct settings_row *row;
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++) {
        size_t owner = 0;
        while (owner < 9 && !span_starts(span_of(row->path), span_of(owners[owner].head)))
            owner++;
        CU_ASSERT_FATAL(owner < 9);
        CU_ASSERT_EQUAL(row->kind, owners[owner].kind);
        CU_ASSERT(row->at + row->width <= owners[owner].size);
        CU_ASSERT_EQUAL(settings_keys_number(row->path), i);
        CU_ASSERT(row->protocols == 0 || row->kind == SETTINGS_THING_PROVIDER);
    }
}

static void defaults_are_in_range(void)
{
    const struct settings_row *row;
    for (int i = 0; (row = settings_keys_row(i)) != NULL; i++) {
        if (row->take == SETTINGS_TAKE_INTEGER && row->standard != 0)
            CU_ASSERT(row->standard >= row->min && row->standard <= row->max);
        if (row->take == SETTINGS_TAKE_INTEGER && row->width == 4)
            CU_ASSERT(row->min >= 0 && row->max <= UINT32_MAX);
        if (row->take == SETTINGS_TAKE_STRING)
            CU_ASSERT(row->max > 0);
        if (row->take == SETTINGS_TAKE_WORD)
            CU_ASSERT_PTR_NOT_NULL(row->words);
        bool quiet = row->take == SETTINGS_TAKE_SECRET || row->take == SETTINGS_TAKE_KEY ||
                     row->take == SETTINGS_TAKE_SHA256 || row->take == SETTINGS_TAKE_CLICKHOUSE;
        CU_ASSERT_EQUAL(row->secret, quiet);
    }
}

static void what_the_manual_says(void)
{
    settings = (struct settings){0};
    settings_keys_defaults(SETTINGS_THING_ROOT, &settings);
    CU_ASSERT_STRING_EQUAL(settings.base_path, "");
    CU_ASSERT_FALSE(settings.allow_anonymous);
    CU_ASSERT_FALSE(settings.allow_shorthand);
    CU_ASSERT_EQUAL(settings.log_level, PORT_LOG_INFO);
    CU_ASSERT_PTR_NOT_NULL(settings.state_dir);
    CU_ASSERT_PTR_NULL(settings.cert_file);
    CU_ASSERT_EQUAL(settings.limits.max_body_bytes, LIMIT_BODY_LARGE_BYTES);
    CU_ASSERT_EQUAL(settings.limits.max_clients, LIMIT_CLIENTS);
    CU_ASSERT_EQUAL(settings.limits.max_active_requests, LIMIT_REQUESTS);
    CU_ASSERT_EQUAL(settings.limits.queue_ms, 10000);
    CU_ASSERT_EQUAL(settings.timeouts.client_head_ms, 10000);
    CU_ASSERT_EQUAL(settings.timeouts.client_body_ms, 60000);
    CU_ASSERT_EQUAL(settings.timeouts.client_idle_ms, 75000);
    CU_ASSERT_EQUAL(settings.timeouts.connect_ms, 5000);
    CU_ASSERT_EQUAL(settings.timeouts.tls_ms, 10000);
    CU_ASSERT_EQUAL(settings.timeouts.first_byte_ms, 120000);
    CU_ASSERT_EQUAL(settings.timeouts.idle_ms, 300000);
    CU_ASSERT_EQUAL(settings.timeouts.total_ms, 900000);
    CU_ASSERT_EQUAL(settings.timeouts.ping_ms, 15000);
    CU_ASSERT_PTR_NOT_NULL(settings.upstream.ca_file);
    CU_ASSERT_FALSE(settings.upstream.allow_plain_http);
    CU_ASSERT_TRUE(settings.observability.enabled);
    CU_ASSERT_FALSE(settings.observability.content);
    CU_ASSERT_EQUAL(settings.batch.concurrency, 2);
    CU_ASSERT_EQUAL(settings.batch.requests_per_minute, 0);
    CU_ASSERT_EQUAL(settings.batch.keep_usage_left, 0);
    struct settings_model *model = &settings.models[0];
    settings_keys_defaults(SETTINGS_THING_MODEL, model);
    CU_ASSERT_EQUAL(model->retries, 1);
    CU_ASSERT_EQUAL(model->streaming_ttft_ms, 0);
    struct settings_provider *provider = &settings.providers[0];
    settings_keys_defaults(SETTINGS_THING_PROVIDER, provider);
    CU_ASSERT_EQUAL(provider->models_ttl_s, 300);
    CU_ASSERT_EQUAL(provider->max_tokens_default, 4096);
    CU_ASSERT_EQUAL(provider->stream_delay_ms, 20);
    CU_ASSERT_FALSE(provider->tls_12_only);
    CU_ASSERT_STRING_EQUAL(provider->os_type, "3");
    CU_ASSERT_STRING_EQUAL(provider->accept_language, "en");
    CU_ASSERT_STRING_EQUAL(provider->search_mode, "web");
    CU_ASSERT_EQUAL(provider->sign, SETTINGS_SIGN_NONE);
}

/* Each width writes its own bytes and no others. */
static void widths(void)
{
    static const size_t sizes[] = {0, 1, 2, 4, 8};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char room[16];
        int64_t got = 0;
        memset(room, 0xA5, sizeof(room));
        struct settings_row row = {.at = 4, .width = (uint8_t)sizes[i]};
        settings_keys_put(&row, room, 0x41);
        for (size_t at = 0; at < sizeof(room); at++)
            if (at < 4 || at >= 4 + sizes[i])
                CU_ASSERT_EQUAL(room[at], 0xA5);
        for (size_t at = 4; at < 4 + sizes[i]; at++)
            got += room[at];
        CU_ASSERT_EQUAL(got, sizes[i] == 0 ? 0 : 0x41);
    }
    int64_t wide = 0;
    struct settings_row row = {.at = 0, .width = sizeof(wide)};
    settings_keys_put(&row, &wide, INT64_MIN);
    CU_ASSERT_EQUAL(wide, INT64_MIN);
}

static const struct unit_test tests[] = {
    {"rows lie in their structs", rows_lie_in_their_structs},
    {"defaults are in range", defaults_are_in_range},
    {"what the manual says", what_the_manual_says},
    {"widths", widths},
};

UNIT_MAIN("settings_keys", tests)
