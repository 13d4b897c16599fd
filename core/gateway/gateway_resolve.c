/* See gateway_resolve.h. */
#include "core/gateway/gateway_resolve.h"

#include "core/model/model_names.h"
#include "core/settings/settings.h"

static uint64_t weight_of(const struct settings *settings, int function)
{
    uint64_t sum = 0;
    for (int i = 0; i < settings->variant_count; i++)
        if (settings->variants[i].function == function)
            sum += settings->variants[i].weight_milli;
    return sum;
}

/* The variant in whose share of the whole weight the draw lies; -1: the function has none. */
static int draw_variant(const struct settings *settings, int function, uint32_t draw)
{
    uint64_t sum = weight_of(settings, function);
    uint64_t left = sum > 0 ? draw % sum : 0;
    for (int i = 0; i < settings->variant_count; i++) {
        const struct settings_variant *variant = &settings->variants[i];
        if (variant->function != function)
            continue;
        if (sum == 0 || left < variant->weight_milli)
            return i;
        left -= variant->weight_milli;
    }
    return -1;
}

struct gateway_resolved gateway_resolve(const struct settings *settings, struct span name,
                                        uint32_t draw)
{
    static const struct span prefix = {"tensorzero::function_name::", 27};
    bool prefixed = span_starts(name, prefix);
    struct model_target target = model_names_resolve(settings, name);
    if (!prefixed && target.kind == MODEL_NAMES_MODEL)
        return (struct gateway_resolved){target.index, -1};
    int function = settings_function_find(settings, prefixed ? span_skip(name, prefix.len) : name);
    int variant = function < 0 ? -1 : draw_variant(settings, function, draw);
    int model = variant < 0 ? -1 : settings->variants[variant].model;
    return (struct gateway_resolved){model, variant};
}
