/*
 * Anthropic's protocol: its heads here, a chat as a body in anthropic_body.c, and what an answer's
 * events mean in anthropic_event.c.
 */
#include "core/provider/anthropic.h"

#include "core/base/assert.h"
#include "core/http/http_write.h"
#include "core/provider/anthropic_body.h"
#include "core/provider/anthropic_check.h"
#include "core/provider/anthropic_event.h"
#include "core/provider/anthropic_terms.h"
#include "core/provider/provider_body.h"

#define PATH_BYTES (LIMIT_URL_BYTES + LIMIT_TARGET_BYTES)
#define VERSION "2023-06-01" /* of the API; the date of its first and, so far, only one */

/* A page of the list has twenty models where nothing is said, and this many at the most. */
#define MODELS_ROUTE "/models?limit=1000"

/* ---- heads ---------------------------------------------------------------------------------- */

/* The address has no version in it, as the service's SDKs have it. */
static void begin_head(const struct provider_call *call, struct text *out, struct span method,
                       struct span route)
{
    struct span version = call->asked.version.len > 0 ? call->asked.version : SPAN(VERSION);
    const struct settings_provider *provider = call->provider;
    char bytes[PATH_BYTES];
    struct text path = text_over(bytes, sizeof(bytes));
    text_add_str(&path, provider->url.path);
    text_add_str(&path, "/v1");
    ASSERT(!path.cut);
    provider_head_begin(out, method, &provider->url, text_span(&path), route);
    http_write_field(out, HTTP_NAME_ANTHROPIC_VERSION, version);
    if (provider->api_key != NULL)
        http_write_field_str(out, HTTP_NAME_X_API_KEY, provider->api_key);
}

static void head(const struct provider_call *call, struct text *out)
{
    bool relayed = provider_relays(call);
    begin_head(call, out, SPAN("POST "), relayed ? call->asked.path : SPAN("/messages"));
    if (call->asked.beta.len > 0)
        http_write_field(out, HTTP_NAME_ANTHROPIC_BETA, call->asked.beta);
    bool whole = relayed && !call->asked.stream;
    provider_head_end(out, call->body_len,
                      whole ? PROVIDER_ACCEPT("application/json")
                            : PROVIDER_ACCEPT("text/event-stream"));
}

static void models_head(const struct provider_call *call, struct text *out)
{
    begin_head(call, out, SPAN("GET "), SPAN(MODELS_ROUTE));
    text_add(out, SPAN("accept: application/json\r\n\r\n"));
}

/* ---- the body ------------------------------------------------------------------------------- */

static bool carries(struct span name)
{
    return anthropic_terms_member(name) != ANTHROPIC_MEMBERS;
}

/* Where the writing of a body is that goes as it came. */
enum { RELAY_MODEL, RELAY_TEMPERATURE, RELAY_TOP_P, RELAY_REST, RELAY_END };

static void push_model(struct provider_call *call, struct span before)
{
    struct provider_pieces *pieces = &call->cursor.pieces;
    provider_pieces_push(pieces, before, PROVIDER_PIECES_RAW);
    provider_pieces_push(pieces, SPAN("\""), PROVIDER_PIECES_RAW);
    provider_pieces_push(pieces, call->identifier, PROVIDER_PIECES_PLAIN);
    provider_pieces_push(pieces, SPAN("\""), PROVIDER_PIECES_RAW);
}

/* A body in the service's own words goes as it came, but for the model's name, and what a
 * function's variant says behind it. */
static bool make_relayed(struct provider_call *call)
{
    struct span body = call->asked.body;
    struct span model = call->asked.model;
    size_t before = (size_t)(model.at - body.at);
    ASSERT(model.at != NULL && before + model.len <= body.len);
    uint8_t step = call->cursor.step;
    if (step == RELAY_END)
        return false;
    if (step == RELAY_MODEL)
        push_model(call, (struct span){body.at, before});
    else if (step == RELAY_REST)
        provider_pieces_push(&call->cursor.pieces, span_skip(body, before + model.len),
                             PROVIDER_PIECES_RAW);
    else
        provider_push_default(call, step == RELAY_TOP_P ? SETTINGS_TOP_P : SETTINGS_TEMPERATURE);
    call->cursor.step++;
    return true;
}

static bool make(struct provider_call *call)
{
    return provider_relays(call) ? make_relayed(call) : anthropic_body_make(call);
}

static void rewind_body(struct provider_call *call)
{
    provider_cursor_begin(&call->cursor, 0);
    if (!provider_relays(call))
        anthropic_body_begin(call);
}

/* Goes through the body once for its length. */
static void begin(struct provider_call *call)
{
    rewind_body(call);
    call->body_len = provider_body_len(call, make);
    rewind_body(call);
}

static size_t body_some(struct provider_call *call, char *out, size_t cap)
{
    return provider_body_some(call, make, out, cap);
}

const struct provider_protocol anthropic_protocol = {
    .lists_models = true,
    .dated = true,
    .api = PROVIDER_API_ANTHROPIC,
    .carries = carries,
    .check = anthropic_check,
    .begin = begin,
    .head = head,
    .body_some = body_some,
    .models_head = models_head,
    .event = anthropic_event,
};
