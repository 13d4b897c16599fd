/* provider_meter: what an answer cost, told in every spelling, cut at every byte. */
#include "core/provider/provider_meter.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *json;
    struct provider_usage usage;
} rows[] = {
    {"{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}", {true, true, 7, 5, 0}},
    {"{\"input_tokens\":10,\"output_tokens\":0}", {true, true, 10, 0, 0}},
    {" {\n\"completion_tokens\" :\t5 , \"prompt_tokens\" : 70 }\r", {true, true, 70, 5, 0}},
    {"{\"prompt_tokens\":7,\"prompt_tokens_details\":{\"audio_tokens\":9,\"cached_tokens\":4},"
     "\"completion_tokens\":5}", {true, true, 7, 5, 4}},
    {"{\"input_tokens_details\":{\"cached_tokens\":4},\"input_tokens\":8}", {true, false, 8, 0, 4}},
    {"{\"x\":{\"prompt_tokens\":1,\"y\":{\"cached_tokens\":2}},\"completion_tokens\":3}",
     {false, true, 0, 3, 0}},
    {"{\"cached_tokens\":2,\"x\":[{\"cached_tokens\":2},[\"prompt_tokens\",5]]}", {0}},
    {"{\"prompt_tokens\":null,\"completion_tokens\":\"5\"}", {0}},
    {"{\"prompt_tokens\":1.5,\"completion_tokens\":-5}", {0}},
    {"{\"prompt_tokens\":1e3,\"completion_tokens\":[5]}", {0}},
    {"{\"prompt_tokens\":{\"prompt_tokens\":4},\"completion_tokens\":true}", {0}},
    {"{\"prompt_tokens\":3,\"prompt_tokens\":4}", {true, false, 4, 0, 0}},
    {"{\"prompt_tokens_\":3,\"completion_tokens_and_more\":4,\"rompt_tokens\":1,\"\":2}", {0}},
    {"{\"prompt\\u005ftokens\":3,\"a\\\"prompt_tokens\":4,\"b\\\\\":1,\"output_tokens\":6}",
     {false, true, 0, 6, 0}},
    {"{\"a\":\"{\\\"prompt_tokens\\\":3\",\"output_tokens\":18446744073709551615}",
     {false, true, 0, 184467440737095516, 0}},
    {"{\"cache_creation_input_tokens\":30,\"input_tokens\":7,\"cache_read_input_tokens\":500,"
     "\"cache_creation\":{\"input_tokens\":9},\"output_tokens\":5}", {true, true, 537, 5, 500}},
    {"{\"input_tokens\":7,\"cache_read_input_tokens\":null,\"cache_read_input_tokens_\":4,"
     "\"cache_creation_input_tokens\":0}", {true, false, 7, 0, 0}},
    {"{\"prompt_tokens\":7,\"completion_tokens\":5\"output_tokens\":6,\"x\":1,"
     "\"prompt_tokens\":8 ,\"output_tokens\":9}", {true, true, 8, 9, 0}},
    {"{\"prompt_tokens\":7:\"completion_tokens\":5,\"prompt_tokens\":1e2,"
     "\"x\":[4,\"output_tokens\":5]}", {false, true, 0, 5, 0}},
    {"null", {0}},
    {"[]", {0}},
    {"", {0}},
};

static void every_row(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].json);
        const struct provider_usage *wanted = &rows[i].usage;
        const char *json = unit_guard(0, rows[i].json, len);
        for (size_t cut = 0; cut <= len; cut++) {
            struct provider_meter meter = {0};
            struct provider_usage usage = {0};
            provider_meter_take(&meter, (struct span){json, cut}, &usage);
            provider_meter_take(&meter, (struct span){json + cut, len - cut}, &usage);
            bool same = usage.has_input == wanted->has_input && usage.input == wanted->input &&
                        usage.has_output == wanted->has_output && usage.output == wanted->output &&
                        usage.cached == wanted->cached;
            CU_ASSERT_TRUE(same);
            if (!same)
                printf("  %s cut at %zu\n", rows[i].json, cut);
        }
    }
}

static void byte_by_byte(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct provider_meter meter = {0};
        struct provider_usage usage = {0};
        for (const char *at = rows[i].json; *at != '\0'; at++)
            provider_meter_take(&meter, (struct span){at, 1}, &usage);
        CU_ASSERT_EQUAL(usage.input, rows[i].usage.input);
        CU_ASSERT_EQUAL(usage.output, rows[i].usage.output);
        CU_ASSERT_EQUAL(usage.cached, rows[i].usage.cached);
    }
}

/* What a prefix tells is the same at once as byte by byte, and nothing behind it is looked at. */
static void every_prefix(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct provider_meter slow = {0};
        struct provider_usage told = {0};
        for (size_t len = 1; len <= strlen(rows[i].json); len++) {
            struct provider_meter meter = {0};
            struct provider_usage usage = {0};
            provider_meter_take(&slow, (struct span){rows[i].json + len - 1, 1}, &told);
            const char *json = unit_guard(0, rows[i].json, len);
            provider_meter_take(&meter, (struct span){json, len}, &usage);
            CU_ASSERT_EQUAL(usage.has_input, told.has_input);
            CU_ASSERT_EQUAL(usage.has_output, told.has_output);
            CU_ASSERT_EQUAL(usage.input, told.input);
            CU_ASSERT_EQUAL(usage.output, told.output);
            CU_ASSERT_EQUAL(usage.cached, told.cached);
        }
    }
}

static const struct unit_test tests[] = {
    {"every row", every_row},
    {"byte by byte", byte_by_byte},
    {"every prefix", every_prefix},
};

UNIT_MAIN("provider_meter", tests)
