/* The operator's filter over a service's models, each verdict with its reason. */
#ifndef MOONGATE_MODEL_FILTER_H
#define MOONGATE_MODEL_FILTER_H

#include "core/base/text.h"
#include "core/model/model_list.h"

struct settings_filter;

/* Why a model is dropped, in the order in which the conditions are asked. */
enum model_filter_reason {
    MODEL_FILTER_KEPT,
    MODEL_FILTER_NOT_INCLUDED,
    MODEL_FILTER_EXCLUDED,
    MODEL_FILTER_USAGE_LOW,
    MODEL_FILTER_USAGE_UNTOLD, /* a minimum is asked for and the service tells no number */
    MODEL_FILTER_NOT_NEW
};

/* The first condition that does not hold for item, or KEPT. A condition must be seen to hold: a
 * model without a told type is in no include_types, and one without told uses is under every
 * minimum above 0. A base model has no limit, so min_usage_left never drops it. */
enum model_filter_reason model_filter_judge(const struct settings_filter *filter,
                                            const struct model_item *item);

/* Adds the reason for people: "type premium is not in include_types", "usage_left 3 is under
 * min_usage_left 10"; "kept" for KEPT. */
void model_filter_explain(struct text *out, enum model_filter_reason reason,
                          const struct settings_filter *filter, const struct model_item *item);

#endif
