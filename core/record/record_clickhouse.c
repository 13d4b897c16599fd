/* See record_clickhouse.h. */
#include "core/record/record_clickhouse.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/json/json_string.h"
#include "core/json/json_write.h"
#include "core/model/model_names.h"
#include "core/provider/provider.h"

#define FUNCTION SPAN("tensorzero::function_name::")
#define ONCE_BYTES 128 /* escaped once, to be escaped again: it may double */

const char *const record_clickhouse_names[RECORD_CLICKHOUSE_TABLES] = {"ChatInference",
                                                                       "ModelInference"};

/* ---- the tables ---- */

/* '@', '#' and '%' stand for types that old servers lack. */
static const char *const columns[RECORD_CLICKHOUSE_TABLES] = {
    "(id UUID, function_name @, variant_name @, episode_id UUID, input String, output String,"
    " tool_params String, inference_params String, processing_time_ms Nullable(UInt32),"
    " ttft_ms Nullable(UInt32), timestamp DateTime, tags #)"
    " ENGINE = ReplacingMergeTree() ORDER BY (function_name, variant_name, episode_id, id)",
    "(id UUID, inference_id UUID, raw_request String, raw_response String, model_name @,"
    " model_provider_name @, input_tokens Nullable(UInt32), output_tokens Nullable(UInt32),"
    " response_time_ms Nullable(UInt32), ttft_ms Nullable(UInt32), timestamp DateTime,"
    " system Nullable(String), input_messages String, output String, cached %,"
    " finish_reason Nullable(Enum8('stop' = 1, 'length' = 2, 'tool_call' = 3,"
    " 'content_filter' = 4, 'unknown' = 5, 'stop_sequence' = 6)))"
    " ENGINE = ReplacingMergeTree() ORDER BY (inference_id, id)",
};

void record_clickhouse_create(struct text *out, enum record_clickhouse_table table, bool modern)
{
    text_add_str(out, "CREATE TABLE IF NOT EXISTS ");
    text_add_str(out, record_clickhouse_names[table]);
    text_add_char(out, ' ');
    for (const char *at = columns[table]; *at != '\0'; at++) {
        if (*at == '@')
            text_add_str(out, modern ? "LowCardinality(String)" : "String");
        else if (*at == '#')
            text_add_str(out, modern ? "Map(String, String)" : "String");
        else if (*at == '%')
            text_add_str(out, modern ? "Bool" : "UInt8");
        else
            text_add_char(out, *at);
    }
}

/* ---- what a row begins with ---- */

static struct span clip(struct span text, size_t max)
{
    return text.at == NULL ? SPAN("") : (struct span){text.at, text.len < max ? text.len : max};
}

static struct span name_of(const struct record *record, enum record_text which)
{
    return clip(record->texts[which], LIMIT_NAME_BYTES);
}

static void add_id(struct text *out, const char *name, const struct record *record, uint8_t mask)
{
    uint8_t id[UUID_BYTES];
    char text[UUID_TEXT_BYTES];
    memcpy(id, record->id, sizeof(id));
    id[UUID_BYTES - 1] ^= mask;
    uuid_write(text, id);
    json_write_member(out, name, span_of(text));
}

/* A number that a UInt32 holds, or null. */
static void add_number(struct text *out, const char *name, uint64_t number, uint32_t unit)
{
    if (number == RECORD_NONE)
        json_write_member_null(out, name);
    else
        json_write_member_u64(out, name,
                              number / unit < UINT32_MAX ? number / unit : UINT32_MAX);
}

static void add_times(struct text *out, const char *total, const struct record *record)
{
    uint64_t created_ms = record->numbers[RECORD_CREATED_MS];
    add_number(out, total, record->numbers[RECORD_TOTAL_US], 1000);
    add_number(out, "ttft_ms", record->numbers[RECORD_FIRST_CONTENT_US], 1000);
    add_number(out, "timestamp", created_ms == RECORD_NONE ? 0 : created_ms, 1000);
}

/* A function's chat is one of its variants; every other one is of the function that has all models
 * as variants. */
static void add_chat(struct text *out, const struct record *record)
{
    struct span model = model_names_plain(name_of(record, RECORD_MODEL));
    struct span episode = record->texts[RECORD_EPISODE];
    bool variant = record->texts[RECORD_VARIANT].at != NULL;
    struct span function = variant ? model : SPAN("tensorzero::default");
    if (variant && span_starts(function, FUNCTION))
        function = span_skip(function, FUNCTION.len);
    add_id(out, "id", record, 0);
    json_write_member(out, "function_name", function);
    json_write_member(out, "variant_name", variant ? name_of(record, RECORD_VARIANT) : model);
    if (episode.len > 0)
        json_write_member(out, "episode_id", clip(episode, UUID_TEXT_BYTES - 1));
    else
        add_id(out, "episode_id", record, 0);
    json_write_member(out, "tool_params", SPAN(""));
    json_write_member(out, "inference_params", SPAN("{}"));
    add_times(out, "processing_time_ms", record);
}

static void add_finish(struct text *out, const struct record *record)
{
    static const char *const reasons[] = {
        [PROVIDER_STOP_UNKNOWN] = "unknown",  [PROVIDER_STOP_END] = "stop",
        [PROVIDER_STOP_LENGTH] = "length",    [PROVIDER_STOP_TOOLS] = "tool_call",
        [PROVIDER_STOP_WORD] = "stop_sequence", [PROVIDER_STOP_FILTER] = "content_filter",
    };
    uint64_t stop = record->numbers[RECORD_STOP];
    json_write_name(out, "finish_reason");
    json_write_str(out, stop < sizeof(reasons) / sizeof(reasons[0]) ? reasons[stop] : NULL);
}

/* Its id follows from the inference's, so that a row that is sent again has the same. */
static void add_model(struct text *out, const struct record *record)
{
    add_id(out, "id", record, 1);
    add_id(out, "inference_id", record, 0);
    bool variant = record->texts[RECORD_SERVED].at != NULL;
    json_write_member(out, "model_name",
                      model_names_plain(name_of(record, variant ? RECORD_SERVED : RECORD_MODEL)));
    json_write_member(out, "model_provider_name", name_of(record, RECORD_PROVIDER));
    add_number(out, "input_tokens", record->numbers[RECORD_INPUT_TOKENS], 1);
    add_number(out, "output_tokens", record->numbers[RECORD_OUTPUT_TOKENS], 1);
    add_times(out, "response_time_ms", record);
    json_write_member_null(out, "system");
    json_write_member_bool(out, "cached", false);
    add_finish(out, record);
}

static void add_tag(struct text *out, const char *name, struct span text, size_t max)
{
    if (text.at != NULL)
        json_write_member(out, name, clip(text, max));
}

static void add_tag_number(struct text *out, const char *name, uint64_t number)
{
    char digits[24];
    struct text text = text_over(digits, sizeof(digits));
    text_add_u64(&text, number);
    if (number != RECORD_NONE)
        json_write_member(out, name, text_span(&text));
}

static void write_tags(struct text *out, const struct record *record)
{
    const struct span *texts = record->texts;
    text_add_char(out, '{');
    add_tag(out, "x_request_id", texts[RECORD_X_REQUEST_ID], LIMIT_REQUEST_ID_BYTES);
    add_tag(out, "key", texts[RECORD_KEY], LIMIT_NAME_BYTES);
    add_tag(out, "batch", texts[RECORD_BATCH], RECORD_BATCH_BYTES);
    add_tag(out, "outcome", span_of(record_outcome_text(record->numbers[RECORD_OUTCOME])), 32);
    add_tag_number(out, "status", record->numbers[RECORD_STATUS]);
    add_tag(out, "provider", texts[RECORD_PROVIDER], LIMIT_NAME_BYTES);
    add_tag_number(out, "attempts", record->numbers[RECORD_ATTEMPTS]);
    add_tag(out, "error", texts[RECORD_ERROR], RECORD_CLICKHOUSE_ERROR_BYTES);
    if (record->numbers[RECORD_TOKENS_ESTIMATED] == 1)
        json_write_member(out, "tokens_estimated", SPAN("true"));
    text_add_char(out, '}');
    ASSERT(!out->cut);
}

/* ---- its pieces ---- */

static void put(struct record_clickhouse_row *row, struct span text, uint8_t escapes)
{
    ASSERT(row->count < RECORD_CLICKHOUSE_PIECES);
    if (text.len > 0)
        row->pieces[row->count++] = (struct record_clickhouse_piece){text, escapes};
}

/* Between the quotes of a string that holds JSON: the messages, or what is no whole list of them as
 * one text. */
static void put_messages(struct record_clickhouse_row *row, const struct record *record)
{
    struct span input = record->texts[RECORD_INPUT];
    if (input.len == 0) {
        put(row, SPAN("[]"), 0);
    } else if (input.at[0] == '[' && record->numbers[RECORD_INPUT_CUT] == 0) {
        put(row, input, 1);
    } else {
        put(row, SPAN("[{\\\"role\\\":\\\"user\\\",\\\"content\\\":[{\\\"type\\\":"
                      "\\\"raw_text\\\",\\\"value\\\":\\\""), 0);
        put(row, input, 2);
        put(row, SPAN("\\\"}]}]"), 0);
    }
}

static void put_output(struct record_clickhouse_row *row, const struct record *record)
{
    struct span output = record->texts[RECORD_OUTPUT];
    if (output.len == 0) {
        put(row, SPAN("[]"), 0);
        return;
    }
    put(row, SPAN("[{\\\"type\\\":\\\"text\\\",\\\"text\\\":\\\""), 0);
    put(row, output, 2);
    put(row, SPAN("\\\"}]"), 0);
}

static void put_chat(struct record_clickhouse_row *row, const struct record *record, bool modern)
{
    struct text tags = text_over(row->tags, sizeof(row->tags));
    write_tags(&tags, record);
    put(row, SPAN(",\"input\":\"{\\\"messages\\\":"), 0);
    put_messages(row, record);
    put(row, SPAN("}\",\"output\":\""), 0);
    put_output(row, record);
    put(row, modern ? SPAN("\",\"tags\":") : SPAN("\",\"tags\":\""), 0);
    put(row, text_span(&tags), modern ? 0 : 1);
    put(row, modern ? SPAN("}\n") : SPAN("\"}\n"), 0);
}

static void put_model(struct record_clickhouse_row *row, const struct record *record)
{
    put(row, SPAN(",\"raw_request\":\""), 0);
    put(row, record->texts[RECORD_INPUT], 1);
    put(row, SPAN("\",\"raw_response\":\""), 0);
    put(row, record->texts[RECORD_OUTPUT], 1);
    put(row, SPAN("\",\"input_messages\":\""), 0);
    put_messages(row, record);
    put(row, SPAN("\",\"output\":\""), 0);
    put_output(row, record);
    put(row, SPAN("\"}\n"), 0);
}

void record_clickhouse_begin(struct record_clickhouse_row *row, const struct record *record,
                             enum record_clickhouse_table table, bool modern)
{
    struct text head = text_over(row->head, sizeof(row->head));
    row->count = row->at = 0;
    text_add_char(&head, '{');
    if (table == RECORD_CLICKHOUSE_CHAT)
        add_chat(&head, record);
    else
        add_model(&head, record);
    ASSERT(!head.cut);
    put(row, text_span(&head), 0);
    if (table == RECORD_CLICKHOUSE_CHAT)
        put_chat(row, record, modern);
    else
        put_model(row, record);
}

/* Some of a piece, escaped as it is to be; room is at least 3 * ONCE_BYTES. */
static size_t write_piece(struct record_clickhouse_piece *piece, char *out, size_t room)
{
    char once[ONCE_BYTES];
    if (piece->escapes == 1)
        return json_string_escape_some(&piece->text, out, room);
    if (piece->escapes == 2) {
        struct span half = {once, json_string_escape_some(&piece->text, once, sizeof(once))};
        size_t len = json_string_escape_some(&half, out, room);
        ASSERT(half.len == 0);
        return len;
    }
    struct span taken = clip(piece->text, room);
    memcpy(out, taken.at, taken.len);
    piece->text = span_skip(piece->text, taken.len);
    return taken.len;
}

size_t record_clickhouse_some(struct record_clickhouse_row *row, char *out, size_t cap)
{
    size_t len = 0;
    ASSERT(cap >= RECORD_CLICKHOUSE_LEAST_BYTES);
    while (row->at < row->count && cap - len >= 3 * ONCE_BYTES) {
        struct record_clickhouse_piece *piece = &row->pieces[row->at];
        len += write_piece(piece, out + len, cap - len);
        if (piece->text.len == 0)
            row->at++;
    }
    return len;
}
