/* See gateway_outcome.h. */
#include "core/gateway/gateway_outcome.h"

#include "core/gateway/gateway_relay.h"
#include "core/json/json_write.h"

const char *gateway_outcome_reason(const struct gateway_relay *relay)
{
    switch (relay->stop) {
    case PROVIDER_STOP_LENGTH:
        return "length";
    case PROVIDER_STOP_TOOLS:
        return "tool_calls";
    case PROVIDER_STOP_FILTER:
        return "content_filter";
    default:
        return "stop";
    }
}

bool gateway_outcome_has_usage(const struct gateway_relay *relay)
{
    return relay->usage.has_input || relay->usage.has_output;
}

static void add_count(struct text *out, const char *name, bool known, uint64_t count)
{
    if (known)
        json_write_member_u64(out, name, count);
    else
        json_write_member_null(out, name);
}

void gateway_outcome_usage(struct text *out, const struct gateway_relay *relay)
{
    const struct provider_usage *usage = &relay->usage;
    json_write_name(out, "usage");
    text_add_char(out, '{');
    add_count(out, "prompt_tokens", usage->has_input, usage->input);
    add_count(out, "completion_tokens", usage->has_output, usage->output);
    add_count(out, "total_tokens", usage->has_input && usage->has_output,
              usage->input + usage->output);
    if (usage->has_input) {
        json_write_name(out, "prompt_tokens_details");
        text_add_char(out, '{');
        json_write_member_u64(out, "cached_tokens", usage->cached);
        text_add_char(out, '}');
    }
    text_add_char(out, '}');
}
