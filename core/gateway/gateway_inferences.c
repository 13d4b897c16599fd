/* See gateway_inferences.h. */
#include "core/gateway/gateway_inferences.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/gateway/gateway.h"
#include "core/http/http_token.h"
#include "core/json/json_string.h"

#define AS_IT_IS(number) #number
#define QUOTED(number) AS_IT_IS(number) /* its digits as a string */
#define PIECE_MIN_BYTES 64 /* of room in the queue, for a piece of content */

_Static_assert(LIMIT_OUT_BYTES >= PIECE_MIN_BYTES, "an empty queue has room for a piece");

/* The parts of an answer, in the order in which they are written; those of an entry come again. */
enum part {
    PART_HEAD,
    PART_SEEK,  /* for the next record that is wanted */
    PART_ENTRY, /* its figures */
    PART_INPUT_NAME,
    PART_INPUT,
    PART_INPUT_END,
    PART_OUTPUT_NAME,
    PART_OUTPUT,
    PART_OUTPUT_END,
    PART_ENTRY_END,
    PART_TAIL,
    PART_LAST
};

/* ---- the query ---- */

static bool take_limit(struct gateway_inferences *list, struct span value)
{
    uint64_t limit;
    if (!span_number(value, GATEWAY_INFERENCES_LIMIT_MAX, &limit) || limit == 0)
        return false;
    list->left = (uint16_t)limit;
    return true;
}

static bool take_before(struct gateway_inferences *list, struct span value)
{
    list->has_before = true;
    return uuid_read(value, list->before);
}

static bool take_model(struct gateway_inferences *list, struct span value)
{
    struct text model = text_over(list->model, sizeof(list->model));
    text_add(&model, value);
    text_str(&model);
    return value.len > 0;
}

static bool take_status(struct gateway_inferences *list, struct span value)
{
    uint64_t status;
    if (!span_number(value, 599, &status) || status < 100)
        return false;
    list->status = (uint16_t)status;
    return true;
}

static const struct parameter {
    const char *name;
    bool (*take)(struct gateway_inferences *list, struct span value);
    const char *wrong;
} parameters[] = {
    {"limit", take_limit, "limit must be a number from 1 to " QUOTED(GATEWAY_INFERENCES_LIMIT_MAX)},
    {"before", take_before, "before must be the id of a record"},
    {"model", take_model, "model must be a name"},
    {"status", take_status, "status must be an HTTP status, 100 to 599"},
};

static bool refuse_unknown(struct span name, struct gateway_error *error)
{
    *error = gateway_error(400, "");
    struct text text = gateway_error_text(error);
    text_add_str(&text, "Unknown query parameter: ");
    text_add_printable(&text, name, 64);
    text_add_str(&text, " (there are limit, before, model, status)");
    text_str(&text);
    return false;
}

/* name=value, or a name alone. */
static bool take_parameter(struct gateway_inferences *list, struct span pair,
                           struct gateway_error *error)
{
    size_t end = span_find(pair, '=');
    struct span name = {pair.at, end};
    char bytes[LIMIT_NAME_BYTES];
    struct text value = text_over(bytes, sizeof(bytes));
    http_token_decode(span_skip(pair, end < pair.len ? end + 1 : end), &value);
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        const struct parameter *parameter = &parameters[i];
        if (!span_equal(name, span_of(parameter->name)))
            continue;
        if (!value.cut && parameter->take(list, text_span(&value)))
            return true;
        *error = gateway_error_with(400, parameter->wrong, parameter->name, NULL);
        return false;
    }
    return refuse_unknown(name, error);
}

static bool take_query(struct gateway_inferences *list, struct span query,
                       struct gateway_error *error)
{
    list->left = GATEWAY_INFERENCES_LIMIT;
    while (query.len > 0) {
        size_t end = span_find(query, '&');
        if (end > 0 && !take_parameter(list, (struct span){query.at, end}, error))
            return false;
        query = span_skip(query, end < query.len ? end + 1 : end);
    }
    return true;
}

/* ---- which records ---- */

/* A key sees its own, an administrator's all of them. */
static bool may_see(const struct gateway *g, int client, const struct record *record)
{
    int key = g->clients[client].key;
    if (key < 0 || g->settings->keys[key].admin)
        return true;
    return record->texts[RECORD_KEY].at != NULL &&
           span_equal(record->texts[RECORD_KEY], span_of(g->settings->keys[key].name));
}

static bool is_wanted(const struct gateway *g, struct gateway_inferences *list)
{
    const struct record *record = &list->record;
    if (list->has_before) {
        list->has_before = memcmp(record->id, list->before, UUID_BYTES) != 0;
        return false;
    }
    return may_see(g, list->client, record) &&
           (list->status == 0 || record->numbers[RECORD_STATUS] == list->status) &&
           (list->model[0] == '\0' ||
            span_equal(record->texts[RECORD_MODEL], span_of(list->model)));
}

/* DONE: the record in hand is wanted. FAULT: there are no more. MORE: later. */
static enum result seek(struct gateway *g, struct gateway_inferences *list)
{
    struct span frame;
    for (int i = 0; i < GATEWAY_INFERENCES_LOOKS; i++) {
        enum result result =
            record_reader_back(&list->reader, &g->records->journal, &frame);
        if (result != RESULT_DONE)
            return result;
        if (record_read(frame, &list->record) && is_wanted(g, list))
            return RESULT_DONE;
    }
    list->again = true;
    return RESULT_MORE;
}

/* ---- writing ---- */

/* Input that is whole is JSON, and shown so; the beginning of a longer one is shown as a string. */
static bool is_input_json(const struct record *record)
{
    return record->numbers[RECORD_INPUT_CUT] == 0;
}

/* What a part is made of. */
static struct span text_of(const struct gateway_inferences *list)
{
    const struct record *record = &list->record;
    bool json = is_input_json(record);
    switch (list->part) {
    case PART_HEAD:
        return SPAN("{\"object\":\"list\",\"data\":[");
    case PART_INPUT_NAME:
        return json ? SPAN(",\"input\":") : SPAN(",\"input\":\"");
    case PART_INPUT:
        return record->texts[RECORD_INPUT];
    case PART_INPUT_END:
        return json ? SPAN("") : SPAN("\"");
    case PART_OUTPUT_NAME:
        return SPAN(",\"output\":\"");
    case PART_OUTPUT:
        return record->texts[RECORD_OUTPUT];
    case PART_OUTPUT_END:
        return SPAN("\"");
    case PART_ENTRY_END:
        return SPAN("}");
    default:
        return list->left == 0 ? SPAN("],\"has_more\":true}") : SPAN("],\"has_more\":false}");
    }
}

static bool is_escaped(const struct gateway_inferences *list)
{
    return list->part == PART_OUTPUT ||
           (list->part == PART_INPUT && !is_input_json(&list->record));
}

/* Queues a piece of list->rest. */
static bool write_piece(struct gateway *g, struct gateway_inferences *list)
{
    struct span rest = list->rest;
    size_t room = gateway_answer_room(g, list->client);
    char *bytes = g->scratch.bytes;
    size_t len = room < sizeof(g->scratch.bytes) ? room : sizeof(g->scratch.bytes);
    if (len < PIECE_MIN_BYTES)
        return false;
    if (is_escaped(list)) {
        len = json_string_escape_some(&rest, bytes, len);
    } else {
        len = len < rest.len ? len : rest.len;
        memcpy(bytes, rest.at, len);
        rest = span_skip(rest, len);
    }
    if (!gateway_answer_put(g, list->client, (struct span){bytes, len}))
        return false;
    list->rest = rest;
    return true;
}

static struct span write_figures(struct gateway_inferences *list)
{
    size_t comma = list->comma ? 1 : 0;
    list->figures[0] = ',';
    struct text entry = text_over(list->figures + comma, RECORD_JSON_BYTES);
    record_json_begin(&entry, &list->record);
    ASSERT(!entry.cut);
    list->comma = true;
    list->left--;
    return (struct span){list->figures, comma + entry.len};
}

static void go_to(struct gateway_inferences *list, enum part part)
{
    list->part = (uint8_t)part;
    if (part == PART_ENTRY)
        list->rest = write_figures(list);
    else if (part != PART_SEEK && part != PART_LAST)
        list->rest = text_of(list);
}

static bool step_seek(struct gateway *g, struct gateway_inferences *list)
{
    enum result result = seek(g, list);
    if (result == RESULT_MORE)
        return false;
    bool entry = result == RESULT_DONE && list->left > 0;
    if (result == RESULT_FAULT && list->left == 0)
        list->left = 1; /* as many as asked for, and no more */
    go_to(list, entry ? PART_ENTRY : PART_TAIL);
    return true;
}

/* What comes behind a part that is written. */
static enum part behind(const struct gateway_inferences *list)
{
    bool content = list->record.texts[RECORD_INPUT].at != NULL;
    if (list->part == PART_HEAD || list->part == PART_ENTRY_END)
        return PART_SEEK;
    if (list->part == PART_ENTRY && !content)
        return PART_ENTRY_END;
    return (enum part)(list->part + 1);
}

static bool step_text(struct gateway *g, struct gateway_inferences *list)
{
    while (list->rest.len > 0)
        if (!write_piece(g, list))
            return false;
    go_to(list, behind(list));
    return true;
}

/* Does what the part asks for. False: not all of it, yet. */
static bool step(struct gateway *g, struct gateway_inferences *list)
{
    return list->part == PART_SEEK ? step_seek(g, list) : step_text(g, list);
}

/* ---- lists ---- */

/* Also when a new configuration has turned records off: the list goes on to its end. */
static struct gateway_inferences *list_of(struct gateway *g, int client)
{
    uint32_t cursor = g->clients[client].cursor;
    ASSERT(cursor <= LIMIT_RECORD_READERS);
    return cursor > 0 ? &g->records->lists[cursor - 1] : NULL;
}

/* A list whose buffer the disk still writes to is free once that is over. */
static void give(struct gateway *g, struct gateway_inferences *list)
{
    g->clients[list->client].cursor = 0;
    list->client = -1;
    list->again = false;
    list->taken = list->reader.job.busy;
}

static struct gateway_inferences *take(struct gateway *g, int client)
{
    for (int i = 0; i < LIMIT_RECORD_READERS; i++) {
        struct gateway_inferences *list = &g->records->lists[i];
        if (list->taken)
            continue;
        list->taken = true;
        list->again = list->comma = list->has_before = false;
        list->client = (int16_t)client;
        list->status = 0;
        list->model[0] = '\0';
        list->record.texts[RECORD_INPUT] = (struct span){NULL, 0};
        go_to(list, PART_HEAD);
        record_reader_begin_last(&list->reader, &g->records->journal);
        g->clients[client].cursor = (uint32_t)i + 1;
        return list;
    }
    return NULL;
}

void gateway_inferences_begin(struct gateway *g, int client, struct span query)
{
    const struct gateway_answer answer = {.status = 200, .content_type = "application/json"};
    struct gateway_error error;
    struct gateway_inferences *list = take(g, client);
    if (list == NULL) {
        error = gateway_error_busy("The gateway is busy: too many lists of records at once");
        gateway_answer_error(g, client, &error, SPAN(""));
    } else if (!take_query(list, query, &error)) {
        give(g, list);
        gateway_answer_error(g, client, &error, SPAN(""));
    } else if (!gateway_answer_begin(g, client, &answer)) {
        give(g, list);
        gateway_answer_cut(g, client);
    } else {
        gateway_inferences_some(g, client);
    }
}

void gateway_inferences_some(struct gateway *g, int client)
{
    struct gateway_inferences *list = list_of(g, client);
    if (list == NULL)
        return;
    list->again = false;
    while (list->part != PART_LAST && step(g, list))
        ;
    if (list->part == PART_LAST)
        gateway_answer_end(g, client, false);
    if (g->clients[client].ended)
        give(g, list);
}

void gateway_inferences_left(struct gateway *g, int client)
{
    struct gateway_inferences *list = list_of(g, client);
    if (list != NULL)
        give(g, list);
}

static bool is_ready(const struct gateway_inferences *list)
{
    if (!list->taken)
        return false;
    bool answered = !list->reader.job.busy && (list->reader.asked || list->client < 0);
    return list->again || answered;
}

bool gateway_inferences_wait(const struct gateway *g)
{
    for (int i = 0; i < LIMIT_RECORD_READERS; i++)
        if (is_ready(&g->records->lists[i]))
            return true;
    return false;
}

void gateway_inferences_run(struct gateway *g)
{
    for (int i = 0; i < LIMIT_RECORD_READERS; i++) {
        struct gateway_inferences *list = &g->records->lists[i];
        if (!is_ready(list))
            continue;
        if (list->client >= 0)
            gateway_inferences_some(g, list->client);
        else
            list->taken = false;
    }
}
