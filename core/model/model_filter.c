/* See model_filter.h. */
#include "core/model/model_filter.h"

#include "core/settings/settings.h"

/* The bit of a type in the configuration's sets; a type that no set can name has none. */
static unsigned bit_of(enum model_type type)
{
    switch (type) {
    case MODEL_TYPE_BASE:
        return SETTINGS_TYPE_BASE;
    case MODEL_TYPE_FREE_TRIAL:
        return SETTINGS_TYPE_FREE_TRIAL;
    case MODEL_TYPE_PREMIUM:
        return SETTINGS_TYPE_PREMIUM;
    case MODEL_TYPE_UNTOLD:
    case MODEL_TYPE_UNKNOWN:
        break;
    }
    return 0;
}

static enum model_filter_reason judge_usage(const struct settings_filter *filter,
                                            const struct model_item *item)
{
    if (item->type == MODEL_TYPE_BASE || filter->min_usage_left <= 0)
        return MODEL_FILTER_KEPT;
    if (item->usage_left == MODEL_USAGE_UNTOLD)
        return MODEL_FILTER_USAGE_UNTOLD;
    return item->usage_left < filter->min_usage_left ? MODEL_FILTER_USAGE_LOW : MODEL_FILTER_KEPT;
}

enum model_filter_reason model_filter_judge(const struct settings_filter *filter,
                                            const struct model_item *item)
{
    unsigned bit = bit_of(item->type);
    if (filter->include_types != 0 && (filter->include_types & bit) == 0)
        return MODEL_FILTER_NOT_INCLUDED;
    if ((filter->exclude_types & bit) != 0)
        return MODEL_FILTER_EXCLUDED;
    enum model_filter_reason usage = judge_usage(filter, item);
    if (usage != MODEL_FILTER_KEPT)
        return usage;
    return filter->only_new && !item->is_new ? MODEL_FILTER_NOT_NEW : MODEL_FILTER_KEPT;
}

static void explain_type(struct text *out, const struct model_item *item, const char *what)
{
    if (item->type == MODEL_TYPE_UNTOLD) {
        text_add_str(out, "no type is told, so it");
    } else {
        text_add_str(out, "type ");
        text_add_printable(out, item->type_text, MODEL_TYPE_MAX_BYTES);
    }
    text_add_str(out, what);
}

void model_filter_explain(struct text *out, enum model_filter_reason reason,
                          const struct settings_filter *filter, const struct model_item *item)
{
    switch (reason) {
    case MODEL_FILTER_KEPT:
        text_add_str(out, "kept");
        break;
    case MODEL_FILTER_NOT_INCLUDED:
        explain_type(out, item, " is not in include_types");
        break;
    case MODEL_FILTER_EXCLUDED:
        explain_type(out, item, " is in exclude_types");
        break;
    case MODEL_FILTER_USAGE_LOW:
        text_add_str(out, "usage_left ");
        text_add_i64(out, item->usage_left);
        text_add_str(out, " is under min_usage_left ");
        text_add_i64(out, filter->min_usage_left);
        break;
    case MODEL_FILTER_USAGE_UNTOLD:
        text_add_str(out, "usage_left is not told, and min_usage_left is ");
        text_add_i64(out, filter->min_usage_left);
        break;
    case MODEL_FILTER_NOT_NEW:
        text_add_str(out, "it is not new, and only_new is set");
        break;
    }
}
