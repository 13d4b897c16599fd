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

static struct gateway_resolved came_to(const struct settings *settings, int model, int variant,
                                       struct span asked)
{
    if (model < 0)
        return (struct gateway_resolved){-1, variant, asked};
    return (struct gateway_resolved){model, variant, settings_model_name(settings, model, asked)};
}

struct gateway_resolved gateway_resolve(const struct settings *settings, struct span name,
                                        uint32_t draw)
{
    static const struct span prefix = {"tensorzero::function_name::", 27};
    bool prefixed = span_starts(name, prefix);
    struct span plain = prefixed ? span_skip(name, prefix.len) : model_names_plain(name);
    int model = model_names_resolve(settings, name);
    if (!prefixed && model >= 0)
        return came_to(settings, model, -1, plain);
    int function = settings_function_find(settings, prefixed ? plain : name);
    if (function < 0)
        return came_to(settings, prefixed ? -1 : model_names_open(settings, name), -1, plain);
    int variant = draw_variant(settings, function, draw);
    if (variant < 0)
        return came_to(settings, -1, -1, plain);
    return gateway_resolve_variant(settings, variant);
}

struct gateway_resolved gateway_resolve_variant(const struct settings *settings, int variant)
{
    const struct settings_variant *one = &settings->variants[variant];
    return came_to(settings, one->model, variant, span_of(one->model_name));
}

struct gateway_error gateway_resolve_unknown(struct span name)
{
    struct gateway_error error = gateway_error_with(404, "", "model", "model_not_found");
    struct text text = gateway_error_text(&error);
    text_add_str(&text, "Model not available: ");
    text_add_printable(&text, name, LIMIT_NAME_BYTES);
    text_add_str(&text, ": no such model, alias or function is configured");
    text_str(&text);
    return error;
}
