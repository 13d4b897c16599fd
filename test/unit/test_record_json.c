/* An entry for people: its members and their order, and what is not known. */
#include "core/record/record_json.h"

#include <string.h>

#include "test/unit/unit.h"

static char bytes[RECORD_JSON_BYTES];

static const char *written(const struct record *record)
{
    struct text text = text_over(bytes, sizeof(bytes));
    record_json_begin(&text, record);
    CU_ASSERT_FALSE(text.cut);
    return text_str(&text);
}

static void all_known(void)
{
    struct record record;
    record_clear(&record);
    memset(record.id, 0x7F, UUID_BYTES);
    for (int i = 0; i < RECORD_NUMBERS; i++)
        record.numbers[i] = (uint64_t)i + 1;
    record.numbers[RECORD_OUTCOME] = RECORD_OUTCOME_CUT;
    record.numbers[RECORD_STREAM] = 0;
    record.texts[RECORD_X_REQUEST_ID] = SPAN("x-1");
    record.texts[RECORD_KEY] = SPAN("house");
    record.texts[RECORD_MODEL] = SPAN("<b>\"m\"");
    record.texts[RECORD_VARIANT] = SPAN("v");
    record.texts[RECORD_EPISODE] = SPAN("e");
    record.texts[RECORD_BATCH] = SPAN("batch_1");
    record.texts[RECORD_PROVIDER] = SPAN("main");
    record.texts[RECORD_ERROR] = SPAN("");
    CU_ASSERT_STRING_EQUAL(
        written(&record),
        "{\"id\":\"7f7f7f7f-7f7f-7f7f-7f7f-7f7f7f7f7f7f\",\"x_request_id\":\"x-1\","
        "\"created_at\":1,\"key\":\"house\",\"model\":\"<b>\\\"m\\\"\","
        "\"variant\":\"v\",\"episode_id\":\"e\",\"batch\":\"batch_1\",\"provider\":\"main\","
        "\"attempts\":2,\"status\":3,\"outcome\":\"cut\",\"error\":\"\",\"stream\":false,"
        "\"queue_us\":6,\"first_content_us\":7,\"total_us\":8,\"input_tokens\":9,"
        "\"output_tokens\":10,\"tokens_estimated\":true,\"bytes_in\":12,\"bytes_out\":13");
}

static void nothing_known(void)
{
    struct record record;
    record_clear(&record);
    const char *text = written(&record);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"key\":null,\"model\":null"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"outcome\":null,\"error\":null,\"stream\":null"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"first_content_us\":null"));
}

/* Names as long as they may be, of bytes that are escaped. */
static void the_longest(void)
{
    char ones[384];
    struct record record;
    record_clear(&record);
    memset(ones, 1, sizeof(ones));
    for (int i = 0; i < RECORD_NUMBERS; i++)
        record.numbers[i] = UINT64_MAX - 1;
    record.texts[RECORD_X_REQUEST_ID] = (struct span){ones, LIMIT_REQUEST_ID_BYTES};
    record.texts[RECORD_KEY] = (struct span){ones, LIMIT_NAME_BYTES};
    record.texts[RECORD_MODEL] = (struct span){ones, LIMIT_NAME_BYTES};
    record.texts[RECORD_VARIANT] = (struct span){ones, LIMIT_NAME_BYTES};
    record.texts[RECORD_EPISODE] = SPAN("0198f3a2-1c4d-7abc-8def-0123456789ab");
    record.texts[RECORD_BATCH] = SPAN("batch_0198f3a21c4d7abc8def0123456789ab");
    record.texts[RECORD_PROVIDER] = (struct span){ones, LIMIT_NAME_BYTES};
    record.texts[RECORD_ERROR] = (struct span){ones, sizeof(ones)};
    written(&record);
}

static const struct unit_test tests[] = {
    {"all known", all_known},
    {"nothing known", nothing_known},
    {"the longest", the_longest},
};

UNIT_MAIN("record_json", tests)
