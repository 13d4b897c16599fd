/* gateway_outcome: every reason, and every usage, known in full, in part and not at all. */
#include "core/gateway/gateway_outcome.h"

#include "core/gateway/gateway_relay.h"
#include "test/unit/unit.h"

static void every_reason(void)
{
    static const char *const words[] = {
        [PROVIDER_STOP_UNKNOWN] = "stop",     [PROVIDER_STOP_END] = "stop",
        [PROVIDER_STOP_LENGTH] = "length",    [PROVIDER_STOP_TOOLS] = "tool_calls",
        [PROVIDER_STOP_WORD] = "stop",        [PROVIDER_STOP_FILTER] = "content_filter",
    };
    for (uint8_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct gateway_relay relay = {.stop = i};
        CU_ASSERT_STRING_EQUAL(gateway_outcome_reason(&relay), words[i]);
    }
}

static void every_usage(void)
{
    static const struct {
        struct provider_usage usage;
        const char *written;
    } rows[] = {
        {{.has_input = true, .has_output = true, .input = 7, .output = 5, .cached = 3},
         "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12,"
         "\"prompt_tokens_details\":{\"cached_tokens\":3}}"},
        {{.has_input = true, .input = 7},
         "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":null,\"total_tokens\":null,"
         "\"prompt_tokens_details\":{\"cached_tokens\":0}}"},
        {{.has_output = true, .output = 5},
         "\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":5,\"total_tokens\":null}"},
        {{.input = 7, .output = 5, .cached = 1},
         "\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":null,\"total_tokens\":null}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gateway_relay relay = {.usage = rows[i].usage};
        struct text out =
            text_over(unit_guard_room(0, GATEWAY_OUTCOME_USAGE_BYTES), GATEWAY_OUTCOME_USAGE_BYTES);
        gateway_outcome_usage(&out, &relay);
        CU_ASSERT_STRING_EQUAL(text_str(&out), rows[i].written);
        CU_ASSERT_EQUAL(gateway_outcome_has_usage(&relay), i < 3);
    }
}

static void the_longest_usage(void)
{
    char bytes[GATEWAY_OUTCOME_USAGE_BYTES + 1];
    struct gateway_relay relay = {.usage = {true, true, INT64_MAX, INT64_MAX, INT64_MAX}};
    struct text out = text_over(bytes, sizeof(bytes));
    gateway_outcome_usage(&out, &relay);
    CU_ASSERT_TRUE(!out.cut && out.len < GATEWAY_OUTCOME_USAGE_BYTES); /* a brace comes behind */
}

static const struct unit_test tests[] = {
    {"every reason", every_reason},
    {"every usage", every_usage},
    {"the longest usage", the_longest_usage},
};

UNIT_MAIN("gateway outcome", tests)
