/* See gateway_records.h. */
#include "core/gateway/gateway_records.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/json/json_string.h"
#include "core/json/json_walk.h"

#define PIECE_BYTES 512

_Static_assert(RECORD_MAX_BYTES <= LIMIT_JOURNAL_BUFFER_BYTES || !FEATURE_JOURNAL,
               "the largest record finds room");
_Static_assert(LIMIT_CONTENTS < 65535, "numbers of contents are uint16");

bool gateway_records_on(const struct gateway *g)
{
    return FEATURE_JOURNAL && g->records != NULL && g->settings->observability.enabled;
}

bool gateway_records_load(struct gateway *g)
{
    if (g->records == NULL)
        return true;
    index_init(&g->records->content_index, g->records->content_numbers, LIMIT_CONTENTS);
    record_journal_init(&g->records->journal, g->settings->log_level);
    return record_journal_load(&g->records->journal);
}

/* ---- content ---- */

static struct gateway_content *content_of(struct gateway *g, const struct gateway_request *request)
{
    return request->content > 0 ? &g->records->contents[request->content - 1] : NULL;
}

/* A chat's messages; of other routes the whole body. */
static void keep_input(struct gateway *g, int number)
{
    struct gateway_request *request = &g->requests[number];
    struct gateway_records *records = g->records;
    int body = g->clients[request->client].body;
    int place = index_take(&records->content_index);
    if (place == INDEX_NONE)
        return;
    const char *bytes = gateway_body_bytes(&g->bodies, body);
    struct span input = json_outline_value(&request->chat.messages, bytes);
    if (input.at == NULL)
        input = (struct span){bytes, g->bodies.bodies[body].len};
    struct gateway_content *content = &records->contents[place];
    request->content = (uint16_t)(place + 1);
    content->input_cut = input.len > sizeof(content->input);
    content->input_len = (uint32_t)(content->input_cut ? sizeof(content->input) : input.len);
    memcpy(content->input, input.at, content->input_len);
}

void gateway_records_begin(struct gateway *g, int number)
{
    if (gateway_records_on(g) && g->settings->observability.content)
        keep_input(g, number);
}

static struct span first_of(struct span array)
{
    struct span inside = json_walk_inside(array);
    struct span first = {NULL, 0};
    json_walk_element(&inside, &first);
    return first;
}

/* The value in an event that is the next piece of the answer's text; at NULL: there is none. */
static struct span text_of_event(uint8_t kind, struct span event)
{
    struct span type = json_walk_string(json_walk_find(event, SPAN("type")));
    struct span delta = json_walk_find(event, SPAN("delta"));
    if (json_string_equal(type, SPAN("response.output_text.delta")))
        return delta;
    if (json_string_equal(type, SPAN("content_block_delta")))
        return json_walk_find(delta, SPAN("text"));
    struct span choice = first_of(json_walk_find(event, SPAN("choices")));
    return kind == GATEWAY_REQUEST_CHAT
               ? json_walk_find(json_walk_find(choice, SPAN("delta")), SPAN("content"))
               : json_walk_find(choice, SPAN("text"));
}

/* Keeps a piece of the answer's text, as far as there is room. */
static void say(struct gateway *g, struct gateway_request *request, struct span plain)
{
    struct gateway_content *content = content_of(g, request);
    uint32_t *kept = &request->relay.text_bytes;
    size_t room = sizeof(content->output) - *kept;
    size_t len = plain.len < room ? plain.len : room;
    memcpy(content->output + *kept, plain.at, len);
    *kept += (uint32_t)len;
}

static void say_raw(struct gateway *g, struct gateway_request *request, struct span raw)
{
    char piece[PIECE_BYTES];
    while (raw.len > 0) {
        size_t len = json_string_decode_some(&raw, piece, sizeof(piece));
        say(g, request, (struct span){piece, len});
    }
}

void gateway_records_news(struct gateway *g, int number, const struct provider_news *news)
{
    struct gateway_request *request = &g->requests[number];
    if (request->content == 0 || news->text.len == 0)
        return;
    if (news->kind == PROVIDER_EVENT && news->marks.content) {
        struct span event = span_trim(news->text);
        say_raw(g, request, json_walk_string(text_of_event(request->kind, event)));
    } else if (news->kind == PROVIDER_TEXT && news->raw) {
        say_raw(g, request, news->text);
    } else if (news->kind == PROVIDER_TEXT || news->kind == PROVIDER_DOCUMENT) {
        say(g, request, news->text);
    }
}

/* The same of a whole answer, OpenAI's or Anthropic's. */
static struct span text_of_document(struct span document)
{
    struct span choices = json_walk_find(document, SPAN("choices"));
    if (choices.at == NULL)
        return json_walk_find(first_of(json_walk_find(document, SPAN("content"))), SPAN("text"));
    struct span message = json_walk_find(first_of(choices), SPAN("message"));
    return message.at != NULL ? json_walk_find(message, SPAN("content"))
                              : json_walk_find(first_of(choices), SPAN("text"));
}

/* A document was kept as it came: where all of it was, and its text is found, that alone stays. */
static void extract_text(struct gateway_relay *relay, struct gateway_content *content)
{
    struct span document = {content->output, relay->text_bytes};
    if (!relay->raw || relay->stream || document.len >= sizeof(content->output))
        return;
    struct span raw = json_walk_string(text_of_document(json_walk_document(document)));
    if (raw.at == NULL)
        return;
    relay->text_bytes = 0;
    while (raw.len > 0) { /* a piece at a time: it lies in front of what is still to be read */
        char piece[PIECE_BYTES];
        size_t len = json_string_decode_some(&raw, piece, sizeof(piece));
        memcpy(content->output + relay->text_bytes, piece, len);
        relay->text_bytes += (uint32_t)len;
    }
}

/* ---- the record ---- */

static void add_content(struct gateway *g, struct gateway_request *request, struct record *record)
{
    struct gateway_content *content = content_of(g, request);
    if (content == NULL)
        return;
    extract_text(&request->relay, content);
    record->texts[RECORD_INPUT] = (struct span){content->input, content->input_len};
    record->numbers[RECORD_INPUT_CUT] = content->input_cut;
    record->texts[RECORD_OUTPUT] = (struct span){content->output, request->relay.text_bytes};
}

static void add_tokens(const struct gateway_request *request, struct record *record)
{
    const struct provider_usage *usage = &request->relay.usage;
    bool is_document = request->relay.raw && !request->relay.stream;
    bool estimated = !usage->has_output && request->relay.said_bytes > 0 &&
                     (!is_document || request->kind <= GATEWAY_REQUEST_COMPLETIONS);
    if (usage->has_input)
        record->numbers[RECORD_INPUT_TOKENS] = usage->input;
    if (usage->has_output)
        record->numbers[RECORD_OUTPUT_TOKENS] = usage->output;
    if (estimated)
        record->numbers[RECORD_OUTPUT_TOKENS] = gateway_relay_estimate(&request->relay);
    record->numbers[RECORD_TOKENS_ESTIMATED] = estimated;
}

static struct span text_or_none(const char *text)
{
    return text != NULL && text[0] != '\0' ? span_of(text) : (struct span){NULL, 0};
}

/* episode: room for one as text. */
static void add_names(const struct gateway *g, const struct gateway_request *request,
                      struct record *record, char episode[UUID_TEXT_BYTES])
{
    const struct gateway_client *client = &g->clients[request->client];
    const struct settings *settings = request->settings;
    record->texts[RECORD_X_REQUEST_ID] = text_or_none(client->request_id);
    record->texts[RECORD_MODEL] = text_or_none(request->chat.model);
    record->texts[RECORD_ROUTE] = text_or_none(client->path);
    if (client->key >= 0)
        record->texts[RECORD_KEY] = span_of(g->settings->keys[client->key].name);
    if (FEATURE_BATCH && client->run > 0)
        record->texts[RECORD_BATCH] = text_or_none(g->runner->name);
    if (request->provider >= 0)
        record->texts[RECORD_PROVIDER] = span_of(gateway_provider(g, request->provider)->name);
    if (request->model >= 0 && request->variant >= 0) {
        record->texts[RECORD_VARIANT] = span_of(settings->variants[request->variant].name);
        record->texts[RECORD_SERVED] = request->name;
    }
    if (FEATURE_INFERENCE && gateway_episode_is_on(&request->chat)) {
        gateway_episode_write(&request->chat, episode);
        record->texts[RECORD_EPISODE] = span_of(episode);
    }
}

static void add_figures(const struct gateway *g, struct gateway_request *request,
                        struct record *record)
{
    const struct gateway_client *client = &g->clients[request->client];
    uint64_t *numbers = record->numbers;
    memcpy(record->id, gateway_relay_id(&request->relay), UUID_BYTES);
    if (request->relay.created_ms != 0)
        numbers[RECORD_CREATED_MS] = request->relay.created_ms;
    numbers[RECORD_ATTEMPTS] = request->attempts;
    numbers[RECORD_STREAM] = request->chat.stream;
    numbers[RECORD_QUEUE_US] = client->queue_us;
    if (request->first_content_us != 0)
        numbers[RECORD_FIRST_CONTENT_US] = request->first_content_us - request->begun_us;
    numbers[RECORD_TOTAL_US] = port_now_us() - request->begun_us;
    numbers[RECORD_BYTES_IN] = client->body_len;
    numbers[RECORD_BYTES_OUT] = client->body_out;
    numbers[RECORD_STOP] = request->relay.stop;
}

static void drop_content(struct gateway *g, struct gateway_request *request)
{
    if (request->content > 0)
        index_give(&g->records->content_index, request->content - 1);
    request->content = 0;
}

void gateway_records_end(struct gateway *g, int number, enum record_outcome outcome,
                         uint16_t status, const char *error)
{
    struct gateway_request *request = &g->requests[number];
    struct record record;
    char episode[UUID_TEXT_BYTES];
    if (!gateway_records_on(g) || record_journal_drops(&g->records->journal, g->now_us)) {
        drop_content(g, request);
        return;
    }
    ASSERT(request->client >= 0);
    record_clear(&record);
    add_names(g, request, &record, episode);
    add_figures(g, request, &record);
    record.numbers[RECORD_OUTCOME] = outcome;
    record.numbers[RECORD_STATUS] = status;
    record.texts[RECORD_ERROR] = text_or_none(error);
    add_content(g, request, &record);
    add_tokens(request, &record);
    record_journal_add(&g->records->journal, &record, g->now_us);
    drop_content(g, request);
}

/* ---- turns ---- */

/* What was noted before they were turned off is still to be written, and read. */
static bool has_journal(const struct gateway *g)
{
    return FEATURE_JOURNAL && g->records != NULL;
}

void gateway_records_run(struct gateway *g)
{
    if (!has_journal(g))
        return;
    record_journal_run(&g->records->journal, g->now_us);
    gateway_inferences_run(g);
}

uint64_t gateway_records_due_us(const struct gateway *g)
{
    if (!has_journal(g))
        return UINT64_MAX;
    return gateway_inferences_wait(g) ? 0 : record_journal_due_us(&g->records->journal);
}

void gateway_records_flush(struct gateway *g)
{
    if (has_journal(g))
        record_journal_flush(&g->records->journal, g->now_us);
}

void gateway_records_trim(struct gateway *g)
{
    if (!has_journal(g))
        return;
    record_journal_trim(&g->records->journal);
    if (g->records->content_index.in_use == 0)
        port_trim(g->records->contents, sizeof(g->records->contents));
}
