/*
 * The clients' own protocol. A request goes on as it came, but for two members: the service has its
 * own name for the model, and the usage of a streamed answer is always asked for. A request in
 * Anthropic's words is told in OpenAI's (openai_blocks.c), and its answer read (openai_news.c).
 */
#include "core/provider/openai.h"

#include "core/base/assert.h"
#include "core/http/http_write.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"
#include "core/json/json_word.h"
#include "core/provider/openai_blocks.h"
#include "core/provider/openai_news.h"
#include "core/provider/provider_body.h"

#define USAGE "\"include_usage\":true"

/* ---- the body ------------------------------------------------------------------------------- */

/* Where the writing of the body is; cursor.offset is how far the client's has been passed on, said
 * that its model is, count how many defaults behind it were looked at. */
enum { BODY_FIRST, BODY_SECOND, BODY_REST, BODY_END };

static void push(struct provider_call *call, struct span bytes)
{
    provider_pieces_push(&call->cursor.pieces, bytes, PROVIDER_PIECES_RAW);
}

/* Passes on the body as far as there. */
static void push_up_to(struct provider_call *call, const char *there)
{
    const char *here = call->asked.body.at + call->cursor.offset;
    ASSERT(there >= here && there <= call->asked.body.at + call->asked.body.len);
    push(call, (struct span){here, (size_t)(there - here)});
    call->cursor.offset = (uint32_t)(there - call->asked.body.at);
}

/* Passes on the body up to a value, and that instead of it. */
static void push_instead(struct provider_call *call, struct span value, struct span instead)
{
    push_up_to(call, value.at);
    push(call, instead);
    call->cursor.offset += (uint32_t)value.len;
}

/* The service's name goes between the client's quotes. Few have a byte that is to be escaped. More
 * members follow at once, or with the rest of the body. */
static void push_model(struct provider_call *call)
{
    const struct span model = call->asked.model;
    const struct span name = call->identifier;
    const bool plain = json_word_skip(name.at, span_end(name)) == span_end(name);
    call->cursor.said = true;
    push_up_to(call, model.at + 1);
    provider_pieces_push(&call->cursor.pieces, name,
                         plain ? PROVIDER_PIECES_RAW : PROVIDER_PIECES_PLAIN);
    call->cursor.offset += (uint32_t)model.len - 2;
    bool usage = call->asked.usage && call->asked.options.at == NULL;
    if (usage || call->asked.variant != NULL)
        push_up_to(call, model.at + model.len);
    if (usage)
        push(call, SPAN(",\"stream_options\":{" USAGE "}"));
}

static void push_options(struct provider_call *call)
{
    struct span options = call->asked.options;
    struct span usage = json_walk_find(options, SPAN("include_usage"));
    struct span inside = json_walk_inside(options);
    struct span first;
    if (usage.at != NULL) {
        push_instead(call, usage, SPAN("true"));
    } else if (json_walk_kind(options) != JSON_OBJECT) {
        push_instead(call, options, SPAN("{" USAGE "}"));
    } else {
        bool empty = !json_walk_element(&inside, &first);
        push_up_to(call, options.at + 1);
        push(call, empty ? SPAN(USAGE) : SPAN(USAGE ","));
    }
}

/* Where nothing but the model is told otherwise, all of the body is made at once. */
static void make_pieces(struct provider_call *call)
{
    const struct provider_asked *asked = &call->asked;
    const bool options = asked->usage && asked->options.at != NULL;
    const bool defaults = asked->variant != NULL;
    if (call->cursor.said && defaults && call->cursor.count < SETTINGS_SAMPLINGS) {
        provider_push_default(call, (enum settings_sampling)call->cursor.count++);
        return;
    }
    const uint8_t step = call->cursor.step++;
    const bool rest = step == BODY_REST;
    if (!rest && options && (step == BODY_FIRST) == (asked->options.at < asked->model.at))
        push_options(call);
    else if (!call->cursor.said)
        push_model(call);
    if (rest || !(options || defaults)) {
        call->cursor.step = BODY_END;
        push_up_to(call, asked->body.at + asked->body.len);
    }
}

/* Makes the next pieces. False: that was all. */
static bool make(struct provider_call *call)
{
    if (provider_in_blocks(call))
        return openai_blocks_make(call);
    if (call->cursor.step == BODY_END)
        return false;
    make_pieces(call);
    return true;
}

static void rewind_body(struct provider_call *call)
{
    provider_cursor_begin(&call->cursor, BODY_FIRST);
    if (provider_in_blocks(call))
        openai_blocks_begin(call);
}

/* What is made at once to be counted is there to be written. */
static void begin(struct provider_call *call)
{
    ASSERT(call->asked.body.len <= UINT32_MAX);
    ASSERT(call->asked.model.at != NULL || provider_is_inference(call));
    rewind_body(call);
    bool relayed = !provider_in_blocks(call);
    if (relayed)
        make_pieces(call);
    bool made = relayed && call->cursor.step == BODY_END;
    call->body_len = made ? provider_pieces_measure(&call->cursor.pieces)
                          : provider_body_len(call, make);
    if (!made)
        rewind_body(call);
}

static size_t body_some(struct provider_call *call, char *out, size_t cap)
{
    return provider_body_some(call, make, out, cap);
}

/* ---- heads ---------------------------------------------------------------------------------- */

static void begin_head(const struct provider_call *call, struct text *out, struct span method,
                       struct span route)
{
    const struct settings_url *url = &call->provider->url;
    provider_head_begin(out, method, url, span_of(url->path), route);
    if (call->provider->api_key == NULL)
        return;
    text_add(out, SPAN("authorization: Bearer "));
    http_write_value(out, span_of(call->provider->api_key));
    http_write_end(out);
}

static void head(const struct provider_call *call, struct text *out)
{
    bool translated = provider_in_blocks(call); /* its answer is always a stream */
    begin_head(call, out, SPAN("POST "),
               translated ? SPAN("/chat/completions") : call->asked.path);
    provider_head_end(out, call->body_len,
                      call->asked.stream || translated ? PROVIDER_ACCEPT("text/event-stream")
                      : call->asked.any_type           ? PROVIDER_ACCEPT("*/*")
                                                       : PROVIDER_ACCEPT("application/json"));
}

static void models_head(const struct provider_call *call, struct text *out)
{
    begin_head(call, out, SPAN("GET "), SPAN("/models"));
    text_add(out, SPAN("accept: application/json\r\n\r\n"));
}

/* ---- events --------------------------------------------------------------------------------- */

static void add_patch(struct provider_news *news, struct span value, enum provider_patch_kind kind)
{
    struct provider_patch patch = {.at = (uint32_t)(value.at - news->text.at),
                                   .cut = (uint16_t)value.len,
                                   .kind = (uint8_t)kind};
    int i = news->patch_count;
    if (i == PROVIDER_PATCHES)
        return;
    for (; i > 0 && news->patches[i - 1].at > patch.at; i--)
        news->patches[i] = news->patches[i - 1];
    news->patches[i] = patch;
    news->patch_count++;
}

/* Some services leave out which of the calls a delta belongs to, or repeat a name as null. One with
 * an id begins a call. */
static void mend_call(struct span call, struct provider_news *news)
{
    struct span index = json_walk_find(call, SPAN("index"));
    struct span name = json_walk_find(json_walk_find(call, SPAN("function")), SPAN("name"));
    bool begins = json_walk_string(json_walk_find(call, SPAN("id"))).len > 0;
    enum provider_patch_kind kind = begins ? PROVIDER_PATCH_NEW_CALL : PROVIDER_PATCH_SAME_CALL;
    struct span inside = json_walk_inside(call);
    struct span first;
    if (index.at != NULL && json_walk_kind(index) == JSON_NULL)
        add_patch(news, index, kind);
    else if (index.at == NULL && json_walk_element(&inside, &first))
        add_patch(news, (struct span){call.at + 1, 0}, kind);
    if (json_walk_kind(name) == JSON_NULL)
        add_patch(news, name, PROVIDER_PATCH_NAME);
}

static void mend_calls(struct span calls, struct provider_news *news)
{
    struct span inside = json_walk_inside(calls);
    struct span call;
    while (json_walk_kind(calls) == JSON_ARRAY && json_walk_element(&inside, &call))
        if (json_walk_kind(call) == JSON_OBJECT)
            mend_call(call, news);
}

/* A string, an array or an object that is not empty. */
static bool has_something(struct span value)
{
    struct span inside = json_walk_inside(value);
    struct span first;
    return json_walk_string(value).len > 0 || json_walk_element(&inside, &first);
}

static bool is_one_of(struct span name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (json_string_equal(name, span_of(names[i])))
            return true;
    return false;
}

static void read_delta(struct span delta, struct provider_news *news)
{
    /* members that say something when there is anything in them */
    static const char *const said_in[] = {
        "content",    "reasoning_content", "reasoning",     "reasoning_details",
        "tool_calls", "refusal",           "function_call", "audio",
    };
    size_t count = sizeof(said_in) / sizeof(said_in[0]);
    struct span inside = json_walk_inside(delta);
    struct span name;
    struct span value;
    while (json_walk_kind(delta) == JSON_OBJECT && json_walk_member(&inside, &name, &value)) {
        if (!has_something(value) || !is_one_of(name, said_in, count))
            continue;
        news->marks.content = true;
        news->said = json_walk_string(value);
        if (json_string_equal(name, SPAN("tool_calls")))
            mend_calls(value, news);
    }
}

/* What is said in the older completions. */
static void read_text(struct span text, struct provider_news *news)
{
    if (text.len == 0)
        return;
    news->marks.content = true;
    news->said = text;
}

/* A bit for the choice of that number; the last one is for all that have no bit of their own. */
static uint64_t bit_of(struct span index)
{
    uint64_t number = 0;
    if (index.len > 0 && !span_number(index, 63, &number))
        number = 63;
    return (uint64_t)1 << number;
}

/* An element of choices; "text" is that of the older completions. */
static void read_choice(struct span choice, struct provider_news *news)
{
    struct provider_marks *marks = &news->marks;
    struct span inside = json_walk_inside(choice);
    struct span name;
    struct span value;
    uint64_t bit = 1;
    bool finished = false;
    while (json_walk_kind(choice) == JSON_OBJECT && json_walk_member(&inside, &name, &value)) {
        if (json_string_equal(name, SPAN("index")))
            bit = bit_of(value);
        else if (json_string_equal(name, SPAN("delta")))
            read_delta(value, news);
        else if (json_string_equal(name, SPAN("text")))
            read_text(json_walk_string(value), news);
        else if (json_string_equal(name, SPAN("finish_reason")))
            finished = json_walk_string(value).len > 0;
    }
    marks->choices |= bit;
    marks->finished |= finished ? bit : 0;
}

static void read_error(struct span error, struct provider_news *news)
{
    struct span message = json_walk_find(error, SPAN("message"));
    struct span words = json_walk_kind(message) == JSON_STRING ? message : error;
    *news = (struct provider_news){.kind = PROVIDER_ERROR, .text = words};
    if (json_walk_kind(words) == JSON_STRING) {
        news->text = json_walk_string(words);
        news->raw = true;
    }
}

/* What an event's object has to tell; choices and error at NULL where there are none. */
struct chunk {
    struct span choices;
    struct span error;
    struct span type; /* a string, of a route with named events */
    struct span message;
    struct span usage; /* an object */
    struct span response; /* of an event that tells of the whole answer */
};

static struct chunk read_chunk(struct span object)
{
    struct chunk chunk = {0};
    struct span inside = json_walk_inside(object);
    struct span name;
    struct span value;
    while (json_walk_member(&inside, &name, &value)) {
        if (json_string_equal(name, SPAN("choices")))
            chunk.choices = value;
        else if (json_string_equal(name, SPAN("error")) && json_walk_kind(value) != JSON_NULL)
            chunk.error = value;
        else if (json_string_equal(name, SPAN("usage")))
            chunk.usage = json_walk_kind(value) == JSON_OBJECT ? value : chunk.usage;
        else if (json_string_equal(name, SPAN("response")))
            chunk.response = value;
        else if (json_string_equal(name, SPAN("type")))
            chunk.type = value;
        else if (json_string_equal(name, SPAN("message")))
            chunk.message = value;
    }
    /* An event that is an error says so by its type. */
    if (chunk.error.at == NULL && json_string_equal(json_walk_string(chunk.type), SPAN("error")))
        chunk.error = chunk.message.at != NULL ? chunk.message : chunk.type;
    return chunk;
}

static void read_choices(const struct chunk *chunk, struct provider_news *news)
{
    bool is_array = json_walk_kind(chunk->choices) == JSON_ARRAY;
    struct span inside = is_array ? json_walk_inside(chunk->choices) : (struct span){NULL, 0};
    struct span choice;
    while (json_walk_element(&inside, &choice))
        read_choice(choice, news);
    news->marks.usage = chunk->usage.at != NULL && is_array && news->marks.choices == 0;
}

/* The events of /responses, and others that tell their type: the last one ends the answer, the
 * first ones say nothing. */
static void read_type(struct span type, struct provider_marks *marks)
{
    static const char *const last[] = {"response.completed", "response.incomplete",
                                       "response.failed"};
    static const char *const first[] = {"response.created", "response.queued",
                                        "response.in_progress", "ping"};
    bool ends = is_one_of(type, last, sizeof(last) / sizeof(last[0]));
    marks->content = type.len > 0 && !is_one_of(type, first, sizeof(first) / sizeof(first[0]));
    marks->choices = marks->finished = ends ? 1 : 0;
    marks->typed = true;
}

/* Where usage is told: in a chat's last chunk, or in the answer that the last event repeats. */
static void read_usage(const struct chunk *chunk, struct provider_news *news)
{
    struct provider_meter meter = {0};
    struct span usage = chunk->usage;
    if (usage.at == NULL && news->marks.typed && news->marks.finished != 0)
        usage = json_walk_find(chunk->response, SPAN("usage"));
    provider_meter_take(&meter, usage, &news->usage);
}

/* A named event that is none of a chat's. */
static bool is_foreign(struct span name, const struct chunk *chunk)
{
    return name.len > 0 && !span_equal(name, SPAN("message")) && chunk->choices.at == NULL;
}

static void event(struct provider_call *call, struct span name, struct span data,
                  struct provider_news *news)
{
    *news = (struct provider_news){.kind = PROVIDER_NOTHING};
    struct span word = span_trim(data);
    if (word.len == 0)
        return;
    if (span_equal(word, SPAN("[DONE]"))) {
        news->kind = PROVIDER_FINISH;
        return;
    }
    struct span object = json_walk_document(data);
    if (json_walk_kind(object) != JSON_OBJECT) {
        news->kind = PROVIDER_MALFORMED;
        return;
    }
    struct chunk chunk = read_chunk(object);
    if (chunk.error.at != NULL) {
        read_error(chunk.error, news);
        return;
    }
    if (provider_in_blocks(call)) {
        openai_news_read(call, chunk.choices, news);
        read_usage(&chunk, news);
        return;
    }
    *news = (struct provider_news){.kind = PROVIDER_EVENT, .text = data, .name = name};
    if (chunk.choices.at != NULL)
        read_choices(&chunk, news);
    else
        read_type(json_walk_string(chunk.type), &news->marks);
    news->marks.foreign = is_foreign(name, &chunk);
    read_usage(&chunk, news);
}

const struct provider_protocol openai_protocol = {
    .lists_models = true,
    .api = PROVIDER_API_OPENAI,
    .carries = FEATURE_ANTHROPIC ? openai_blocks_carries : NULL,
    .begin = begin,
    .head = head,
    .body_some = body_some,
    .models_head = models_head,
    .event = event,
};
