/* Anthropic's protocol: its heads. */
#include "core/provider/anthropic.h"

#include "core/base/assert.h"
#include "core/http/http_write.h"

#define PATH_BYTES (LIMIT_URL_BYTES + LIMIT_TARGET_BYTES)
#define VERSION "2023-06-01" /* of the API; the date of its first and, so far, only one */

/* A page of the list has twenty models where nothing is said, and this many at the most. */
#define MODELS_ROUTE "/models?limit=1000"

/* ---- heads ---------------------------------------------------------------------------------- */

/* The address has no version in it, as the service's SDKs have it. */
static void begin_head(const struct provider_call *call, struct text *out, const char *method,
                       struct span route)
{
    const struct settings_provider *provider = call->provider;
    char bytes[PATH_BYTES];
    struct text path = text_over(bytes, sizeof(bytes));
    text_add_str(&path, provider->url.path);
    text_add_str(&path, "/v1");
    text_add(&path, route);
    ASSERT(!path.cut);
    provider_head_begin(out, method, &provider->url, text_span(&path));
    http_write_field_str(out, "anthropic-version", VERSION);
    if (provider->api_key != NULL)
        http_write_field_str(out, "x-api-key", provider->api_key);
}

static void head(const struct provider_call *call, struct text *out)
{
    bool relayed = provider_relays(call);
    begin_head(call, out, "POST", relayed ? call->asked.path : SPAN("/messages"));
    http_write_field_str(out, "content-type", "application/json");
    http_write_field_str(out, "accept", relayed && !call->asked.stream ? "application/json"
                                                                       : "text/event-stream");
    http_write_length(out, call->body_len);
    http_write_end(out);
}

static void models_head(const struct provider_call *call, struct text *out)
{
    begin_head(call, out, "GET", SPAN(MODELS_ROUTE));
    http_write_field_str(out, "accept", "application/json");
    http_write_end(out);
}

/* ---- not there yet -------------------------------------------------------------------------- */

static void begin(struct provider_call *call)
{
    call->body_len = 0;
}

static size_t body_some(struct provider_call *call, char *out, size_t cap)
{
    (void)call;
    (void)out;
    (void)cap;
    return 0;
}

static void event(struct provider_call *call, struct span name, struct span data,
                  struct provider_news *news)
{
    (void)call;
    (void)name;
    (void)data;
    *news = (struct provider_news){.kind = PROVIDER_NOTHING};
}

const struct provider_protocol anthropic_protocol = {
    .protocol = SETTINGS_ANTHROPIC,
    .lists_models = true,
    .api = PROVIDER_API_ANTHROPIC,
    .begin = begin,
    .head = head,
    .body_some = body_some,
    .models_head = models_head,
    .event = event,
};
