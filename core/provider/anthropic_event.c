/*
 * See anthropic_event.h. A message comes in blocks, one after the other: text, thinking, calls of
 * tools, and others that stay at the service.
 */
#include "core/provider/anthropic_event.h"

#include "core/json/json_string.h"
#include "core/json/json_walk.h"

/* reading.step: the block under way. */
enum block {
    BLOCK_OTHER,
    BLOCK_CALL,     /* of a tool, without arguments so far, */
    BLOCK_ARGUMENTS /* and with some */
};

/* reading.part, of the event that begins a call. */
enum part { PART_FIRST, PART_INPUT };

#define TOKENS_MAX INT64_MAX

static bool is_called(struct span value, struct span word)
{
    return json_string_equal(json_walk_string(value), word);
}

/* News whose text is a string. */
static void say(struct provider_news *news, enum provider_news_kind kind, struct span value)
{
    news->kind = kind;
    news->text = json_walk_string(value);
    news->raw = true;
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* The arguments that stand in the first event of a call already; most services send {}, and the
 * arguments in pieces. */
static void take_input(struct provider_call *call, struct span input, struct provider_news *news)
{
    call->reading.step = BLOCK_ARGUMENTS;
    call->reading.part = PART_FIRST;
    news->kind = PROVIDER_ARGUMENTS;
    news->text = input;
}

/* A call without a name, or with one that no service has, is none that a client can answer. */
static void take_call(struct provider_call *call, struct span block, struct provider_news *news)
{
    struct span input = json_walk_find(block, SPAN("input"));
    struct span inside = json_walk_inside(input);
    struct span first;
    if (call->reading.part == PART_INPUT) {
        take_input(call, input, news);
        return;
    }
    say(news, PROVIDER_TOOL, json_walk_find(block, SPAN("name")));
    news->id = json_walk_string(json_walk_find(block, SPAN("id")));
    if (news->text.len == 0 || news->text.len > PROVIDER_TOOL_BYTES ||
        news->id.len > PROVIDER_TOOL_BYTES) {
        *news = (struct provider_news){
            .kind = PROVIDER_ERROR,
            .text = SPAN("a tool call without a name, or with one that is too long")};
        return;
    }
    call->reading.step = BLOCK_CALL;
    call->reading.calls++;
    news->more = json_walk_kind(input) == JSON_OBJECT && json_walk_element(&inside, &first);
    call->reading.part = news->more ? PART_INPUT : PART_FIRST;
}

static void read_start(struct provider_call *call, struct span event, struct provider_news *news)
{
    struct span block = json_walk_find(event, SPAN("content_block"));
    struct span type = json_walk_find(block, SPAN("type"));
    call->reading.step = BLOCK_OTHER;
    if (is_called(type, SPAN("text")))
        say(news, PROVIDER_TEXT, json_walk_find(block, SPAN("text")));
    else if (is_called(type, SPAN("thinking")))
        say(news, PROVIDER_REASONING, json_walk_find(block, SPAN("thinking")));
    else if (is_called(type, SPAN("tool_use")))
        take_call(call, block, news);
}

static void read_delta(struct provider_call *call, struct span event, struct provider_news *news)
{
    struct span delta = json_walk_find(event, SPAN("delta"));
    struct span type = json_walk_find(delta, SPAN("type"));
    if (is_called(type, SPAN("text_delta"))) {
        say(news, PROVIDER_TEXT, json_walk_find(delta, SPAN("text")));
    } else if (is_called(type, SPAN("thinking_delta"))) {
        say(news, PROVIDER_REASONING, json_walk_find(delta, SPAN("thinking")));
    } else if (is_called(type, SPAN("input_json_delta")) && call->reading.step != BLOCK_OTHER) {
        say(news, PROVIDER_ARGUMENTS, json_walk_find(delta, SPAN("partial_json")));
        call->reading.step = news->text.len > 0 ? BLOCK_ARGUMENTS : call->reading.step;
    }
}

/* Arguments that nobody sent are none, which clients want to read as JSON too. */
static void read_stop(struct provider_call *call, struct span event, struct provider_news *news)
{
    (void)event;
    if (call->reading.step == BLOCK_CALL) {
        news->kind = PROVIDER_ARGUMENTS;
        news->text = SPAN("{}");
    }
    call->reading.step = BLOCK_OTHER;
}

/* ---- the message ---------------------------------------------------------------------------- */

static bool read_tokens(struct span usage, struct span name, uint64_t *tokens)
{
    return span_number(json_walk_find(usage, name), TOKENS_MAX, tokens);
}

/* Input that was read from the service's cache, or put there, is not part of its count; all of it
 * is a part of OpenAI's. */
static void read_usage(struct span usage, struct provider_news *news)
{
    uint64_t fresh = 0;
    uint64_t stored = 0;
    uint64_t cached = 0;
    struct provider_usage *told = &news->usage;
    told->has_input = read_tokens(usage, SPAN("input_tokens"), &fresh);
    told->has_output = read_tokens(usage, SPAN("output_tokens"), &told->output);
    read_tokens(usage, SPAN("cache_creation_input_tokens"), &stored);
    read_tokens(usage, SPAN("cache_read_input_tokens"), &cached);
    told->input = fresh / 4 + stored / 4 + cached / 4 < TOKENS_MAX / 4 ? fresh + stored + cached
                                                                        : TOKENS_MAX;
    told->cached = cached;
}

static void read_message(struct provider_call *call, struct span event, struct provider_news *news)
{
    (void)call;
    struct span message = json_walk_find(event, SPAN("message"));
    read_usage(json_walk_find(message, SPAN("usage")), news);
}

static enum provider_stop stop_of(struct span reason)
{
    static const struct {
        const char *word;
        enum provider_stop stop;
    } words[] = {
        {"end_turn", PROVIDER_STOP_END},       {"pause_turn", PROVIDER_STOP_END},
        {"max_tokens", PROVIDER_STOP_LENGTH},  {"model_context_window_exceeded",
                                                PROVIDER_STOP_LENGTH},
        {"tool_use", PROVIDER_STOP_TOOLS},     {"stop_sequence", PROVIDER_STOP_WORD},
        {"refusal", PROVIDER_STOP_FILTER},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (is_called(reason, span_of(words[i].word)))
            return words[i].stop;
    return PROVIDER_STOP_END;
}

/* With its reason the message is complete, though its last event is still to come. */
static void read_reason(struct provider_call *call, struct span event, struct provider_news *news)
{
    (void)call;
    struct span delta = json_walk_find(event, SPAN("delta"));
    struct span reason = json_walk_find(delta, SPAN("stop_reason"));
    read_usage(json_walk_find(event, SPAN("usage")), news);
    if (json_walk_string(reason).len == 0)
        return;
    news->stop = stop_of(reason);
    news->marks.choices = news->marks.finished = 1;
}

static void read_end(struct provider_call *call, struct span event, struct provider_news *news)
{
    (void)call;
    (void)event;
    news->kind = PROVIDER_FINISH;
}

static void read_error(struct provider_call *call, struct span event, struct provider_news *news)
{
    (void)call;
    struct span error = json_walk_find(event, SPAN("error"));
    struct span message = json_walk_find(error, SPAN("message"));
    struct span type = json_walk_find(error, SPAN("type"));
    say(news, PROVIDER_ERROR, json_walk_string(message).len > 0 ? message : type);
}

/* What is not listed is nobody's: "ping", and what the service thinks of next. */
static const struct {
    const char *type;
    void (*read)(struct provider_call *call, struct span event, struct provider_news *news);
} events[] = {
    {"content_block_delta", read_delta}, {"content_block_start", read_start},
    {"content_block_stop", read_stop},   {"message_start", read_message},
    {"message_delta", read_reason},      {"message_stop", read_end},
    {"error", read_error},
};

/* ---- for a client of the same API ----------------------------------------------------------- */

/* What a block or a delta has in it beside its type. */
static struct span said_in(struct span object)
{
    struct span inside = json_walk_inside(object);
    struct span name;
    struct span value;
    while (json_walk_kind(object) == JSON_OBJECT && json_walk_member(&inside, &name, &value))
        if (json_walk_string(value).len > 0 && !json_string_equal(name, SPAN("type")))
            return json_walk_string(value);
    return (struct span){NULL, 0};
}

/* What the event is to the answer; it goes on as it came. */
static void mark(struct span event, struct span type, struct provider_news *news)
{
    struct provider_marks *marks = &news->marks;
    struct span message = json_walk_find(event, SPAN("message"));
    struct span usage = json_walk_find(event, SPAN("usage"));
    struct span reason = json_walk_find(json_walk_find(event, SPAN("delta")), SPAN("stop_reason"));
    marks->typed = true;
    marks->last = is_called(type, SPAN("message_stop"));
    if (is_called(type, SPAN("content_block_start")))
        news->said = said_in(json_walk_find(event, SPAN("content_block")));
    else if (is_called(type, SPAN("content_block_delta")))
        news->said = said_in(json_walk_find(event, SPAN("delta")));
    marks->content = news->said.len > 0;
    marks->choices = marks->finished = marks->last || json_walk_string(reason).len > 0 ? 1 : 0;
    read_usage(usage.at != NULL ? usage : json_walk_find(message, SPAN("usage")), news);
}

static void relay_event(struct provider_call *call, struct span object, struct provider_news *news)
{
    struct span type = json_walk_find(object, SPAN("type"));
    if (is_called(type, SPAN("error"))) {
        *news = (struct provider_news){.kind = PROVIDER_NOTHING};
        read_error(call, object, news);
    } else {
        mark(object, type, news);
    }
}

void anthropic_event(struct provider_call *call, struct span name, struct span data,
                     struct provider_news *news)
{
    *news = (struct provider_news){.kind = PROVIDER_NOTHING};
    struct span object = json_walk_document(data);
    if (json_walk_kind(object) != JSON_OBJECT) {
        news->kind = span_trim(data).len > 0 ? PROVIDER_MALFORMED : PROVIDER_NOTHING;
        return;
    }
    if (call->asked.api == PROVIDER_API_ANTHROPIC) {
        *news = (struct provider_news){.kind = PROVIDER_EVENT, .text = data, .name = name};
        relay_event(call, object, news);
        return;
    }
    struct span type = json_walk_find(object, SPAN("type"));
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (is_called(type, span_of(events[i].type))) {
            events[i].read(call, object, news);
            return;
        }
}
