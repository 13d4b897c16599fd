/* See settings_vendor.h. */
#include "core/settings/settings_vendor.h"

#include "core/base/assert.h"
#include "core/settings/settings_near.h"

#define SERVICE(type, protocol, address, variable)                                                 \
    {type, protocol, address, variable, .shorthand = false}
#define SHORTHAND(type, protocol, address, variable)                                               \
    {type, protocol, address, variable, .shorthand = true}
#define OWN_SERVER(type, variable) {type, SETTINGS_OPENAI, NULL, variable, .own_server = true}

static const struct settings_vendor vendors[] = {
    SERVICE("rust-proxy", SETTINGS_RUST_PROXY, "https://api.devv.ai/api/v1/stream/chat", NULL),
    SHORTHAND("openai", SETTINGS_OPENAI, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    SHORTHAND("anthropic", SETTINGS_ANTHROPIC, "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    SERVICE("loopback", SETTINGS_LOOPBACK, NULL, NULL),
    OWN_SERVER("vllm", "VLLM_API_KEY"),
    OWN_SERVER("sglang", "SGLANG_API_KEY"),
    OWN_SERVER("tgi", "TGI_API_KEY"),
    SHORTHAND("openrouter", SETTINGS_OPENAI, "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    SHORTHAND("deepseek", SETTINGS_OPENAI, "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    SHORTHAND("groq", SETTINGS_OPENAI, "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    SHORTHAND("mistral", SETTINGS_OPENAI, "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    SHORTHAND("xai", SETTINGS_OPENAI, "https://api.x.ai/v1", "XAI_API_KEY"),
    SHORTHAND("together", SETTINGS_OPENAI, "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    SERVICE("fireworks", SETTINGS_OPENAI, "https://api.fireworks.ai/inference/v1",
            "FIREWORKS_API_KEY"),
    SERVICE("hyperbolic", SETTINGS_OPENAI, "https://api.hyperbolic.xyz/v1", "HYPERBOLIC_API_KEY"),
};

#define VENDORS ((int)(sizeof(vendors) / sizeof(vendors[0])))

const struct settings_vendor *settings_vendor_at(int i)
{
    ASSERT(i >= 0);
    return i < VENDORS ? &vendors[i] : NULL;
}

const struct settings_vendor *settings_vendor_find(struct span type)
{
    for (int i = 0; i < VENDORS; i++)
        if (span_equal(type, span_of(vendors[i].type)))
            return &vendors[i];
    return NULL;
}

struct span settings_vendor_near(struct span type)
{
    struct settings_near near = settings_near_begin(type);
    for (int i = 0; i < VENDORS; i++)
        settings_near_offer(&near, span_of(vendors[i].type));
    return near.best;
}

const struct settings_vendor *settings_vendor_of(struct span name)
{
    size_t colon = span_find(name, ':');
    bool two = span_starts(span_skip(name, colon), SPAN("::")) && name.len > colon + 2;
    const struct settings_vendor *vendor =
        two ? settings_vendor_find((struct span){name.at, colon}) : NULL;
    return vendor != NULL && vendor->shorthand ? vendor : NULL;
}
