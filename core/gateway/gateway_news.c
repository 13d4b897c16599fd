/* See gateway_news.h. */
#include "core/gateway/gateway_news.h"

#include "core/gateway/gateway.h"
#include "core/gateway/gateway_event.h"
#include "core/gateway/gateway_message_whole.h"
#include "core/json/json_string.h"

#include <string.h>

#define BAD_ARGUMENTS "a tool call's arguments are no JSON object"

static const struct provider_protocol *protocol_of(const struct gateway *g, int number)
{
    return provider_protocol(g->exchanges[number].call.provider->protocol);
}

/* The client's own protocol, and no stream: one document comes. */
static bool is_document(const struct gateway *g, int number)
{
    return provider_relays(&g->exchanges[number].call) && !g->requests[number].relay.stream;
}

static enum result unusable(struct gateway *g, int number, const char *why)
{
    gateway_exchange_unusable(g, number, why);
    return RESULT_FAULT;
}

/* Streams of OpenAI's chats end with [DONE], and have events without names. */
static bool says_done(uint8_t kind)
{
    return kind == GATEWAY_REQUEST_CHAT || kind == GATEWAY_REQUEST_COMPLETIONS;
}

/* As the head says. */
static const char *other_type(const struct gateway *g, struct gateway_relay *relay)
{
    struct text text = text_over(relay->type, sizeof(relay->type));
    struct span type = http_head_value(&g->scratch.head, HTTP_NAME_CONTENT_TYPE);
    text_add(&text, type.len > 0 ? type : SPAN("application/octet-stream"));
    return text_str(&text);
}

/* What comes on another route is as its head says: a stream, JSON, or something else. A client that
 * was told of a stream already can be given no other answer. */
static void take_type(struct gateway *g, int number)
{
    const struct gateway_exchange *exchange = &g->exchanges[number];
    struct gateway_request *request = &g->requests[number];
    struct gateway_relay *relay = &request->relay;
    relay->content_type = exchange->is_json ? "application/json" : other_type(g, relay);
    relay->says_done = says_done(request->kind) || gateway_request_is_message(request);
    relay->document.message = gateway_request_is_message(request);
    if (request->kind < GATEWAY_REQUEST_COMPLETIONS)
        return;
    if (relay->state == GATEWAY_RELAY_QUIET)
        relay->stream = exchange->is_event_stream;
    relay->include_usage = true;
    relay->status = exchange->status;
    relay->document.any = request->kind != GATEWAY_REQUEST_COMPLETIONS;
    bool bare = exchange->state == GATEWAY_EXCHANGE_ENDED && exchange->status != 200;
    bool json = exchange->is_json && !bare;
    relay->document.opaque = !json && request->kind == GATEWAY_REQUEST_OTHER;
    relay->raw = relay->has_text = bare && relay->document.opaque; /* its status says all */
}

enum result gateway_news_head(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    take_type(g, number);
    bool document = is_document(g, number);
    bool good = exchange->is_json || g->requests[number].relay.document.opaque;
    if (document ? good : exchange->is_event_stream)
        return RESULT_DONE;
    if (protocol_of(g, number)->api != PROVIDER_API_OWN && exchange->is_json) {
        exchange->is_error = true; /* no stream, but JSON that may say why */
        return RESULT_DONE;
    }
    char bytes[128];
    struct text why = text_over(bytes, sizeof(bytes));
    text_add_str(&why, document ? "no JSON" : "no event stream");
    text_add_str(&why, ", but content type ");
    text_add_printable(&why, http_head_value(&g->scratch.head, HTTP_NAME_CONTENT_TYPE), 64);
    return unusable(g, number, text_str(&why));
}

/* ---- one thing of news ---- */

enum result gateway_news_pump(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    if (request->relay.news.kind == 0)
        return RESULT_DONE;
    enum result result = gateway_relay_pump(g, number);
    if (result == RESULT_FAULT) {
        if (gateway_request_is_message(&g->requests[number]))
            return unusable(g, number, BAD_ARGUMENTS);
        if (gateway_request_is_native(&g->requests[number]))
            return unusable(g, number, "it calls a tool, and was offered none");
        struct gateway_error error = gateway_error(
            502, "Request failed: its parts come out of order, in an answer too long to reorder");
        gateway_request_fail(g, number, &error);
    }
    return result == RESULT_MORE ? gateway_request_wait(g, number) : result;
}

/* The answer is of no use. */
static enum result end_try(struct gateway *g, int number, struct gateway_failure *failure)
{
    failure->begun = true;
    failure->sent_whole = g->exchanges[number].sent_whole;
    gateway_exchange_drop(g, number);
    gateway_request_failed(g, number, failure);
    return RESULT_FAULT;
}

bool gateway_news_is_broken(const struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    bool built = gateway_request_is_message(request) && !request->relay.stream &&
                 !request->relay.raw;
    return built && !gateway_message_whole_good(&request->relay);
}

static enum result complete_or_empty(struct gateway *g, int number)
{
    if (gateway_news_is_broken(g, number))
        return unusable(g, number, BAD_ARGUMENTS);
    if (g->requests[number].relay.has_text)
        return gateway_request_complete(g, number);
    struct gateway_failure failure;
    gateway_failure_empty(&failure);
    return end_try(g, number, &failure);
}

static enum result take_error(struct gateway *g, int number, const struct provider_news *news)
{
    char words[GATEWAY_ERROR_BYTES];
    struct gateway_failure failure;
    struct span plain = {words, json_string_decode(news->text, words, sizeof(words))};
    gateway_failure_event(&failure, news->raw ? plain : news->text);
    gateway_failure_hide(&failure, &g->exchanges[number].call);
    return end_try(g, number, &failure);
}

/* Events of a chat have neither names nor types; where nothing is known, each says something. */
static enum result take_event(struct gateway *g, int number, struct provider_news *news)
{
    uint8_t kind = g->requests[number].kind;
    if (says_done(kind)) {
        if (news->marks.foreign)
            return RESULT_DONE;
        news->name = (struct span){NULL, 0};
        if (news->marks.typed)
            news->marks = (struct provider_marks){0};
    }
    if (kind == GATEWAY_REQUEST_OTHER)
        news->marks.content = true;
    gateway_relay_take(g, number, news);
    if (news->marks.last)
        g->requests[number].relay.says_done = false; /* the service has written it */
    enum result result = gateway_news_pump(g, number);
    /* Nothing follows the last event, be it the end of the body or not. */
    bool ends = news->marks.last || (kind == GATEWAY_REQUEST_RESPONSES &&
                                     gateway_event_finished(&g->requests[number].relay));
    return ends && result == RESULT_DONE ? gateway_request_complete(g, number) : result;
}

/* What any kind of news may tell besides. An answer that has told why it ended is one, though
 * nothing was said. */
static void note(struct gateway *g, int number, const struct provider_news *news)
{
    struct gateway_relay *relay = &g->requests[number].relay;
    const struct provider_usage *usage = &news->usage;
    if (news->kind == PROVIDER_NOTHING && news->marks.finished != 0) {
        relay->choices |= news->marks.choices;
        relay->finished |= news->marks.finished;
        relay->finished_us = g->now_us;
        relay->has_text = true;
    }
    if (news->stop != PROVIDER_STOP_UNKNOWN)
        relay->stop = (uint8_t)news->stop;
    if (usage->has_input) {
        relay->usage.has_input = true;
        relay->usage.input = usage->input;
        relay->usage.cached = usage->cached;
    }
    if (usage->has_output) {
        relay->usage.has_output = true;
        relay->usage.output = usage->output;
    }
}

enum result gateway_news_take(struct gateway *g, int number, struct provider_news *news)
{
    note(g, number, news);
    if (FEATURE_JOURNAL)
        gateway_records_news(g, number, news);
    switch (news->kind) {
    case PROVIDER_MALFORMED:
        g->requests[number].relay.malformed++;
        return RESULT_DONE;
    case PROVIDER_NOTHING:
        return RESULT_DONE;
    case PROVIDER_FINISH:
        g->requests[number].relay.says_done = true;
        return complete_or_empty(g, number);
    case PROVIDER_EVENT:
        return take_event(g, number, news);
    case PROVIDER_ERROR:
        return take_error(g, number, news);
    default:
        gateway_relay_take(g, number, news);
        return gateway_news_pump(g, number);
    }
}

/* ---- events ---- */

/* Data that goes on does so as one line: in JSON, line ends between its parts are white space. */
static void join_lines(char *window, const struct http_sse_event *event)
{
    char *at = window + (event->data.at - window);
    char *end = at + event->data.len;
    for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        *at = ' ';
}

/* The next event of the window. MORE: there is none; a body that has ended gives its last one. */
static enum result next_event(struct gateway *g, int number, struct http_sse_event *event)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    size_t len;
    char *window = gateway_exchange_window(g, number, &len);
    enum result result = http_sse_next(&exchange->sse, window, len, event);
    gateway_exchange_use(g, number, event->consumed);
    if (result == RESULT_MORE && exchange->state == GATEWAY_EXCHANGE_ENDED) {
        window = gateway_exchange_window(g, number, &len);
        result = http_sse_end(&exchange->sse, window, len, event);
        gateway_exchange_use(g, number, event->consumed);
    }
    if (result == RESULT_DONE && event->joined && provider_relays(&exchange->call))
        join_lines(window, event);
    return result;
}

/* The body has ended without the protocol's own end. */
static enum result ended(struct gateway *g, int number)
{
    const struct gateway_request *request = &g->requests[number];
    if (protocol_of(g, number)->close_ends || request->kind == GATEWAY_REQUEST_OTHER ||
        gateway_event_finished(&request->relay))
        return complete_or_empty(g, number);
    return unusable(g, number, "it ended without saying that it is complete");
}

static enum result take_events(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    enum result result = RESULT_DONE;
    while (result == RESULT_DONE) {
        struct http_sse_event *event = &exchange->event;
        struct provider_news news;
        if (!exchange->event_has_more && next_event(g, number, event) == RESULT_MORE)
            return exchange->state == GATEWAY_EXCHANGE_ENDED ? ended(g, number) : RESULT_DONE;
        provider_repeat_event(&exchange->repeat, &exchange->call, event->name, event->data, &news);
        exchange->event_has_more = news.more;
        result = gateway_news_take(g, number, &news);
        if (g->requests[number].state == GATEWAY_REQUEST_DRAIN)
            return RESULT_DONE;
    }
    return result;
}

/* ---- a document ---- */

static enum result end_document(struct gateway *g, int number)
{
    struct gateway_relay *relay = &g->requests[number].relay;
    const char *why = relay->document.whole ? NULL : gateway_document_fault(&relay->document);
    if (why == NULL)
        return complete_or_empty(g, number);
    struct span said = rope_front(&g->pages, &relay->text);
    bool short_one = relay->state != GATEWAY_RELAY_FLOWING && said.len == relay->text.len;
    if (!short_one || !relay->document.has_error)
        return unusable(g, number, why);
    struct gateway_failure failure; /* it says itself what is wrong */
    gateway_failure_status(&failure, g->exchanges[number].status, said);
    gateway_failure_hide(&failure, &g->exchanges[number].call);
    return end_try(g, number, &failure);
}

static enum result take_document(struct gateway *g, int number)
{
    struct gateway_document *document = &g->requests[number].relay.document;
    bool all = g->exchanges[number].state == GATEWAY_EXCHANGE_ENDED;
    enum result result = RESULT_DONE;
    struct span bytes;
    bytes.at = gateway_exchange_window(g, number, &bytes.len);
    if (bytes.len > 0) {
        gateway_exchange_use(g, number, bytes.len);
        if (gateway_document_take(document, bytes) == RESULT_FAULT)
            return unusable(g, number, document->rules.why);
        document->whole = all && gateway_document_fault(document) == NULL;
        struct provider_news news = {
            .kind = PROVIDER_DOCUMENT, .text = bytes, .usage = document->usage};
        result = gateway_news_take(g, number, &news);
    }
    return result == RESULT_DONE && all ? end_document(g, number) : result;
}

/* ---- the body ---- */

/* Behind a complete answer: nobody reads what else comes. */
static enum result drain(struct gateway *g, int number)
{
    size_t len;
    gateway_exchange_window(g, number, &len);
    gateway_exchange_use(g, number, len);
    if (g->exchanges[number].state != GATEWAY_EXCHANGE_ENDED)
        return RESULT_DONE;
    gateway_request_drained(g, number);
    return RESULT_FAULT;
}

enum result gateway_news_body(struct gateway *g, int number)
{
    struct gateway_exchange *exchange = &g->exchanges[number];
    if (g->requests[number].state == GATEWAY_REQUEST_DRAIN)
        return drain(g, number);
    if (g->requests[number].relay.news.kind != 0) {
        enum result result = gateway_news_pump(g, number);
        if (result != RESULT_DONE)
            return result;
        exchange->phase_us =
            g->now_us + (uint64_t)gateway_exchange_timeouts(g, number)->idle_ms * 1000;
    }
    return is_document(g, number) ? take_document(g, number) : take_events(g, number);
}
