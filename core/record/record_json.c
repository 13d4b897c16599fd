/* See record_json.h. */
#include "core/record/record_json.h"

#include "core/json/json_write.h"

enum kind { KIND_NUMBER, KIND_BOOL, KIND_OUTCOME, KIND_TEXT };

struct member {
    const char *name;
    uint8_t kind;
    uint8_t at; /* enum record_number or record_text */
};

static const struct member members[] = {
    {"x_request_id", KIND_TEXT, RECORD_X_REQUEST_ID},
    {"created_at", KIND_NUMBER, RECORD_CREATED_MS},
    {"key", KIND_TEXT, RECORD_KEY},
    {"model", KIND_TEXT, RECORD_MODEL},
    {"variant", KIND_TEXT, RECORD_VARIANT},
    {"episode_id", KIND_TEXT, RECORD_EPISODE},
    {"batch", KIND_TEXT, RECORD_BATCH},
    {"provider", KIND_TEXT, RECORD_PROVIDER},
    {"attempts", KIND_NUMBER, RECORD_ATTEMPTS},
    {"status", KIND_NUMBER, RECORD_STATUS},
    {"outcome", KIND_OUTCOME, RECORD_OUTCOME},
    {"error", KIND_TEXT, RECORD_ERROR},
    {"stream", KIND_BOOL, RECORD_STREAM},
    {"queue_us", KIND_NUMBER, RECORD_QUEUE_US},
    {"first_content_us", KIND_NUMBER, RECORD_FIRST_CONTENT_US},
    {"total_us", KIND_NUMBER, RECORD_TOTAL_US},
    {"input_tokens", KIND_NUMBER, RECORD_INPUT_TOKENS},
    {"output_tokens", KIND_NUMBER, RECORD_OUTPUT_TOKENS},
    {"tokens_estimated", KIND_BOOL, RECORD_TOKENS_ESTIMATED},
    {"bytes_in", KIND_NUMBER, RECORD_BYTES_IN},
    {"bytes_out", KIND_NUMBER, RECORD_BYTES_OUT},
};

static void write_text(struct text *out, struct span text)
{
    if (text.at == NULL)
        json_write_str(out, NULL);
    else
        json_write_string(out, text);
}

static void write_member(struct text *out, const struct record *record,
                         const struct member *member)
{
    uint64_t number = member->kind == KIND_TEXT ? 0 : record->numbers[member->at];
    if (number == RECORD_NONE) {
        json_write_member_null(out, member->name);
    } else if (member->kind == KIND_NUMBER) {
        json_write_member_u64(out, member->name, number);
    } else if (member->kind == KIND_BOOL) {
        json_write_member_bool(out, member->name, number != 0);
    } else {
        json_write_name(out, member->name);
        write_text(out, member->kind == KIND_TEXT ? record->texts[member->at]
                                                  : span_of(record_outcome_text(number)));
    }
}

void record_json_begin(struct text *out, const struct record *record)
{
    char id[UUID_TEXT_BYTES];
    uuid_write(id, record->id);
    text_add_char(out, '{');
    json_write_member(out, "id", span_of(id));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        write_member(out, record, &members[i]);
}
