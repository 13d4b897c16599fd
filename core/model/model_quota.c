/* See model_quota.h. */
#include "core/model/model_quota.h"

#include "core/base/assert.h"

int model_quota_spend(struct model_list *list, struct span identifier)
{
    int number = list == NULL || !list->limits ? MODEL_NONE : model_list_find(list, identifier);
    if (number == MODEL_NONE || !model_list_limited(list, number))
        return MODEL_NONE;
    struct model_entry *entry = &list->entries[number];
    if (entry->usage_left > 0)
        entry->usage_left--;
    return number;
}

bool model_quota_warn(struct model_list *list, int number, int32_t threshold)
{
    ASSERT(number >= 0 && (uint32_t)number < list->count);
    struct model_entry *entry = &list->entries[number];
    bool low = model_list_limited(list, number) && entry->usage_left < threshold;
    bool first = low && !entry->warned;
    entry->warned = low;
    return first;
}

int32_t model_quota_left(const struct model_list *list, int number)
{
    return model_list_limited(list, number) ? list->entries[number].usage_left : MODEL_USAGE_UNTOLD;
}
