/* Rows for ClickHouse, byte for byte: both tables, old and new servers, what is not known, content
 * that is escaped once and twice, and every size of the buffer. */
#include "core/record/record_clickhouse.h"

#include <stdio.h>
#include <string.h>

#include "core/json/json_walk.h"
#include "core/provider/provider.h"
#include "test/unit/unit.h"

#define ALL_BYTES (40 * LIMIT_CONTENT_BYTES + 65536)
#define ID "0190f000-0000-7000-8000-0000000000fe"
#define NEXT_ID "0190f000-0000-7000-8000-0000000000ff"

static struct record_clickhouse_row row;
static char all[ALL_BYTES];

static const char *written(const struct record *record, enum record_clickhouse_table table,
                           bool modern, size_t cap)
{
    size_t len = 0, some;
    record_clickhouse_begin(&row, record, table, modern);
    do {
        char *room = unit_guard_room(0, cap);
        some = record_clickhouse_some(&row, room, cap);
        CU_ASSERT_FATAL(some <= cap && len + some < ALL_BYTES);
        memcpy(all + len, room, some);
        len += some;
    } while (some > 0);
    all[len] = '\0';
    return all;
}

static struct record full(void)
{
    struct record record;
    record_clear(&record);
    CU_ASSERT_TRUE(uuid_read(SPAN(ID), record.id));
    record.numbers[RECORD_CREATED_MS] = 1700000000123;
    record.numbers[RECORD_ATTEMPTS] = 2;
    record.numbers[RECORD_STATUS] = 200;
    record.numbers[RECORD_OUTCOME] = RECORD_OUTCOME_COMPLETE;
    record.numbers[RECORD_FIRST_CONTENT_US] = 4999;
    record.numbers[RECORD_TOTAL_US] = 1234567;
    record.numbers[RECORD_INPUT_TOKENS] = 7;
    record.numbers[RECORD_OUTPUT_TOKENS] = (uint64_t)UINT32_MAX + 5;
    record.numbers[RECORD_STOP] = PROVIDER_STOP_LENGTH;
    record.numbers[RECORD_INPUT_CUT] = 0;
    record.texts[RECORD_X_REQUEST_ID] = SPAN("x-1");
    record.texts[RECORD_KEY] = SPAN("house");
    record.texts[RECORD_MODEL] = SPAN("m\"i");
    record.texts[RECORD_PROVIDER] = SPAN("main");
    record.texts[RECORD_INPUT] = SPAN("[{\"role\":\"user\",\"content\":\"a\\n\\\"b\"}]");
    record.texts[RECORD_OUTPUT] = SPAN("say \"hi\"\n\\");
    return record;
}

#define TAGS                                                                                       \
    "{\"x_request_id\":\"x-1\",\"key\":\"house\",\"outcome\":\"complete\",\"status\":\"200\","     \
    "\"provider\":\"main\",\"attempts\":\"2\"}"
#define MESSAGES "[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"a\\\\n\\\\\\\"b\\\"}]"
#define OUTPUT                                                                                     \
    "[{\\\"type\\\":\\\"text\\\",\\\"text\\\":\\\"say \\\\\\\"hi\\\\\\\"\\\\n\\\\\\\\\\\"}]"
#define CHAT_HEAD                                                                                  \
    "{\"id\":\"" ID "\",\"function_name\":\"tensorzero::default\",\"variant_name\":\"m\\\"i\","    \
    "\"episode_id\":\"" ID "\",\"tool_params\":\"\",\"inference_params\":\"{}\","                  \
    "\"processing_time_ms\":1234,\"ttft_ms\":4,\"timestamp\":1700000000,"                          \
    "\"input\":\"{\\\"messages\\\":" MESSAGES "}\",\"output\":\"" OUTPUT "\",\"tags\":"

static void chat(void)
{
    struct record record = full();
    CU_ASSERT_STRING_EQUAL(written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096),
                           CHAT_HEAD TAGS "}\n");
    CU_ASSERT_STRING_EQUAL(
        written(&record, RECORD_CLICKHOUSE_CHAT, false, 4096),
        CHAT_HEAD "\"{\\\"x_request_id\\\":\\\"x-1\\\",\\\"key\\\":\\\"house\\\","
                  "\\\"outcome\\\":\\\"complete\\\",\\\"status\\\":\\\"200\\\","
                  "\\\"provider\\\":\\\"main\\\",\\\"attempts\\\":\\\"2\\\"}\"}\n");
}

static void of_a_batch(void)
{
    struct record record = full();
    record.texts[RECORD_BATCH] = SPAN("batch_1");
    CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096),
                                  "\"key\":\"house\",\"batch\":\"batch_1\",\"outcome\""));
}

static void model(void)
{
    struct record record = full();
    CU_ASSERT_STRING_EQUAL(
        written(&record, RECORD_CLICKHOUSE_MODEL, true, 4096),
        "{\"id\":\"" NEXT_ID "\",\"inference_id\":\"" ID "\",\"model_name\":\"m\\\"i\","
        "\"model_provider_name\":\"main\",\"input_tokens\":7,\"output_tokens\":4294967295,"
        "\"response_time_ms\":1234,\"ttft_ms\":4,\"timestamp\":1700000000,\"system\":null,"
        "\"cached\":false,\"finish_reason\":\"length\",\"raw_request\":\"" MESSAGES
        "\",\"raw_response\":\"say \\\"hi\\\"\\n\\\\\",\"input_messages\":\"" MESSAGES
        "\",\"output\":\"" OUTPUT "\"}\n");
}

static void of_a_function(void)
{
    struct record record = full();
    record.texts[RECORD_MODEL] = SPAN("tensorzero::function_name::draft");
    record.texts[RECORD_VARIANT] = SPAN("a");
    CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096),
                                  "\"function_name\":\"draft\",\"variant_name\":\"a\","));
    record.texts[RECORD_MODEL] = SPAN("draft");
    record.texts[RECORD_SERVED] = SPAN("m");
    record.texts[RECORD_EPISODE] = SPAN("0198f3a2-1c4d-7abc-8def-0123456789ab");
    CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096),
                                  "\"function_name\":\"draft\",\"variant_name\":\"a\","
                                  "\"episode_id\":\"0198f3a2-1c4d-7abc-8def-0123456789ab\","));
    CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_MODEL, true, 4096),
                                  "\"model_name\":\"m\","));
}

static void of_a_prefixed_model(void)
{
    struct record record = full();
    record.texts[RECORD_MODEL] = SPAN("tensorzero::model_name::m");
    CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096),
                                  "\"tensorzero::default\",\"variant_name\":\"m\","));
    CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_MODEL, true, 4096),
                                  "\"model_name\":\"m\","));
}

static void nothing_known(void)
{
    struct record record;
    record_clear(&record);
    CU_ASSERT_TRUE(uuid_read(SPAN(ID), record.id));
    CU_ASSERT_STRING_EQUAL(
        written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096),
        "{\"id\":\"" ID "\",\"function_name\":\"tensorzero::default\",\"variant_name\":\"\","
        "\"episode_id\":\"" ID "\",\"tool_params\":\"\",\"inference_params\":\"{}\","
        "\"processing_time_ms\":null,\"ttft_ms\":null,\"timestamp\":0,"
        "\"input\":\"{\\\"messages\\\":[]}\",\"output\":\"[]\",\"tags\":{}}\n");
    CU_ASSERT_STRING_EQUAL(
        written(&record, RECORD_CLICKHOUSE_MODEL, true, 4096),
        "{\"id\":\"" NEXT_ID "\",\"inference_id\":\"" ID "\",\"model_name\":\"\","
        "\"model_provider_name\":\"\",\"input_tokens\":null,\"output_tokens\":null,"
        "\"response_time_ms\":null,\"ttft_ms\":null,\"timestamp\":0,\"system\":null,"
        "\"cached\":false,\"finish_reason\":null,\"raw_request\":\"\",\"raw_response\":\"\","
        "\"input_messages\":\"[]\",\"output\":\"[]\"}\n");
}

static void failed_ones(void)
{
    struct record record = full();
    record.numbers[RECORD_OUTCOME] = RECORD_OUTCOME_FAILED;
    record.numbers[RECORD_TOKENS_ESTIMATED] = 1;
    record.texts[RECORD_ERROR] = SPAN("no\tway");
    CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096),
                                  "\"error\":\"no\\tway\",\"tokens_estimated\":\"true\"}}\n"));
}

/* What is no whole list of messages is one text of the user's. */
static void other_input(void)
{
    static const struct {
        const char *input;
        uint64_t cut;
    } rows[] = {{"{\"a\":\"b\"}", 0}, {"[{\"ab", 1}};
    static const char *const wanted[] = {"{\\\\\\\"a\\\\\\\":\\\\\\\"b\\\\\\\"}",
                                         "[{\\\\\\\"ab"};
    for (size_t i = 0; i < 2; i++) {
        char line[400];
        struct record record = full();
        record.texts[RECORD_INPUT] = span_of(rows[i].input);
        record.numbers[RECORD_INPUT_CUT] = rows[i].cut;
        snprintf(line, sizeof(line),
                 "\"input\":\"{\\\"messages\\\":[{\\\"role\\\":\\\"user\\\",\\\"content\\\":"
                 "[{\\\"type\\\":\\\"raw_text\\\",\\\"value\\\":\\\"%s\\\"}]}]}\",",
                 wanted[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(written(&record, RECORD_CLICKHOUSE_CHAT, true, 4096), line));
    }
}

/* Whatever the content is, a row is one line of JSON, the same at every size of the buffer. */
static void the_longest(void)
{
    static char ones[LIMIT_CONTENT_BYTES];
    static const unsigned char kinds[] = {1, '"', '\\', 0xC3};
    for (size_t i = 0; i < sizeof(kinds); i++) {
        struct record record = full();
        memset(ones, kinds[i], sizeof(ones));
        for (int text = 0; text < RECORD_TEXTS; text++)
            record.texts[text] = (struct span){ones, sizeof(ones)};
        for (int number = 0; number < RECORD_STOP; number++)
            record.numbers[number] = UINT64_MAX - 1;
        for (int table = 0; table < RECORD_CLICKHOUSE_TABLES; table++) {
            static char first[ALL_BYTES];
            snprintf(first, sizeof(first), "%s",
                     written(&record, (enum record_clickhouse_table)table, false, 16384));
            CU_ASSERT_PTR_EQUAL(strchr(first, '\n'), first + strlen(first) - 1);
            CU_ASSERT_TRUE(json_walk_document(span_of(first)).len > 0);
            CU_ASSERT_STRING_EQUAL(written(&record, (enum record_clickhouse_table)table, false,
                                           RECORD_CLICKHOUSE_LEAST_BYTES), first);
        }
    }
}

static void tables(void)
{
    static const struct {
        enum record_clickhouse_table table;
        bool modern;
        const char *has;
    } rows[] = {
        {RECORD_CLICKHOUSE_CHAT, true,
         "CREATE TABLE IF NOT EXISTS ChatInference (id UUID, function_name "
         "LowCardinality(String), variant_name LowCardinality(String), "},
        {RECORD_CLICKHOUSE_CHAT, true, ", tags Map(String, String)) ENGINE = "},
        {RECORD_CLICKHOUSE_CHAT, false, ", tags String) ENGINE = "},
        {RECORD_CLICKHOUSE_CHAT, false, "function_name String, variant_name String, "},
        {RECORD_CLICKHOUSE_MODEL, true, "ModelInference (id UUID, inference_id UUID, "},
        {RECORD_CLICKHOUSE_MODEL, true, ", cached Bool, "},
        {RECORD_CLICKHOUSE_MODEL, false, ", cached UInt8, "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[1024];
        struct text text = text_over(bytes, sizeof(bytes));
        record_clickhouse_create(&text, rows[i].table, rows[i].modern);
        CU_ASSERT_FALSE(text.cut);
        CU_ASSERT_PTR_NOT_NULL(strstr(text_str(&text), rows[i].has));
    }
}

static const struct unit_test tests[] = {
    {"chat", chat},
    {"model", model},
    {"of a function", of_a_function},
    {"of a batch", of_a_batch},
    {"of a model with its prefix", of_a_prefixed_model},
    {"nothing known", nothing_known},
    {"failed ones", failed_ones},
    {"other input", other_input},
    {"the longest", the_longest},
    {"tables", tables},
};

UNIT_MAIN("record_clickhouse", tests)
