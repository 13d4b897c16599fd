/* See gateway_extras.h. */
#include "core/gateway/gateway_extras.h"

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/gateway/gateway_flow.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/json/json_write.h"

#include <string.h>

#define SEALED_BYTES (GATEWAY_RELAY_THREAD_BYTES + 33)

_Static_assert(LIMIT_WINDOW_BYTES >= LIMIT_EXTRAS_BYTES, "a source is made in the scratch");
_Static_assert(GATEWAY_EXTRAS_FIXED_BYTES >= 3 * SEALED_BYTES + 128, "with the longest thread id");

/* Adds an element, to which a comma in front belongs; drops it when there is no room. */
static void keep(struct gateway *g, struct rope *rope, const struct text *element)
{
    struct span bytes = text_span(element);
    if (rope->len == 0)
        bytes = span_skip(bytes, 1);
    if (!element->cut && rope->len + bytes.len <= LIMIT_EXTRAS_BYTES &&
        index_free(&g->pages.index) > LIMIT_PAGES_RESERVE)
        rope_add(&g->pages, rope, bytes);
}

static struct text element_text(struct gateway *g)
{
    struct text element = text_over(g->scratch.bytes, LIMIT_EXTRAS_BYTES);
    text_add_char(&element, ',');
    return element;
}

static void keep_string(struct gateway *g, struct rope *rope, struct span text, bool raw)
{
    struct text element = element_text(g);
    text_add_char(&element, '"');
    element.len += gateway_flow_piece(&text, raw, element.at + element.len,
                                      element.cap - element.len);
    element.cut = text.len > 0;
    text_add_char(&element, '"');
    keep(g, rope, &element);
}

/* Line ends between a value's parts would end the line of an event. */
static void join_lines(struct text *element)
{
    for (size_t i = 0; i < element->len; i++)
        if (element->at[i] == '\n' || element->at[i] == '\r')
            element->at[i] = ' ';
}

static void keep_value(struct gateway *g, struct rope *rope, struct span value)
{
    struct text element = element_text(g);
    text_add(&element, value);
    join_lines(&element);
    keep(g, rope, &element);
}

static void keep_sources(struct gateway *g, struct rope *rope, struct span value)
{
    struct span one;
    ASSERT(json_walk_kind(value) != JSON_ABSENT);
    if (json_walk_kind(value) != JSON_ARRAY) {
        keep_value(g, rope, value);
        return;
    }
    struct span inside = json_walk_inside(value);
    while (json_walk_element(&inside, &one))
        keep_value(g, rope, one);
}

static bool has_controls(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20)
            return true;
    return false;
}

/* An id that is too long, or would grow much in JSON, is dropped. */
static void keep_thread(struct gateway_relay *relay, struct span text, bool raw)
{
    char *id = relay->thread_id;
    size_t cap = sizeof(relay->thread_id) - 1;
    size_t len = text.len < cap ? text.len : cap;
    bool whole = len == text.len;
    if (raw) {
        len = json_string_decode_some(&text, id, cap);
        whole = text.len == 0;
    } else {
        memcpy(id, text.at, len);
    }
    id[whole && !has_controls(id, len) ? len : 0] = '\0';
}

void gateway_extras_take(struct gateway *g, int request, const struct provider_news *news)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    if (news->text.len == 0)
        return;
    if (news->kind == PROVIDER_QUESTION)
        keep_string(g, &relay->questions, news->text, news->raw);
    else if (news->kind == PROVIDER_THREAD)
        keep_thread(relay, news->text, news->raw);
    else if (news->kind == PROVIDER_SOURCES && news->raw)
        keep_sources(g, &relay->sources, news->text);
    else if (news->kind == PROVIDER_SOURCES)
        keep_string(g, &relay->sources, news->text, false);
}

/* With a key that is gone nobody could show it again. */
static bool has_thread(const struct gateway *g, int request)
{
    const struct gateway_request *own = &g->requests[request];
    return own->relay.thread_id[0] != '\0' && g->clients[own->client].key != GATEWAY_KEY_GONE;
}

static void add_thread(const struct gateway *g, int request, struct text *out)
{
    const struct gateway_relay *relay = &g->requests[request].relay;
    char bytes[SEALED_BYTES];
    struct text sealed = text_over(bytes, sizeof(bytes));
    int key = g->clients[g->requests[request].client].key;
    gateway_relay_seal(g, key, span_of(relay->thread_id), &sealed);
    ASSERT(!sealed.cut);
    json_write_member(out, "thread_id", text_span(&sealed));
}

/* A message always has counts; that they are none is told here. */
static bool is_unknown(const struct gateway_request *request)
{
    const struct provider_usage *usage = &request->relay.usage;
    bool counted = gateway_request_is_message(request) || gateway_request_is_native(request);
    return counted && !(usage->has_input && usage->has_output);
}

void gateway_extras_join(struct gateway *g, int request, struct rope *rope)
{
    struct gateway_relay *relay = &g->requests[request].relay;
    bool questions = relay->questions.len > 0;
    bool sources = relay->sources.len > 0;
    bool thread = has_thread(g, request);
    bool unknown = is_unknown(&g->requests[request]);
    bool more = thread || unknown; /* behind questions and sources */
    if (!questions && !sources && !more)
        return;
    struct text text = text_over(g->scratch.bytes, sizeof(g->scratch.bytes));
    text_add_str(&text, ",\"moongate\":{");
    if (questions) {
        text_add_str(&text, "\"related_questions\":[");
        gateway_flow_hang(g, rope, text_span(&text));
        rope_join(&g->pages, rope, &relay->questions);
        text.len = 0;
        text_add_str(&text, sources || more ? "]," : "]");
    }
    if (sources) {
        text_add_str(&text, "\"sources\":[");
        gateway_flow_hang(g, rope, text_span(&text));
        rope_join(&g->pages, rope, &relay->sources);
        text.len = 0;
        text_add_str(&text, more ? "]," : "]");
    }
    if (thread)
        add_thread(g, request, &text);
    if (unknown)
        json_write_member_bool(&text, "usage_known", false);
    text_add_char(&text, '}');
    gateway_flow_hang(g, rope, text_span(&text));
}
