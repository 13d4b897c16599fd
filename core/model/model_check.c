/* See model_check.h. */
#include "core/model/model_check.h"

#include "core/base/assert.h"

static enum model_status judge_type(const struct model_item *item)
{
    switch (item->type) {
    case MODEL_TYPE_UNTOLD:
    case MODEL_TYPE_BASE:
        return MODEL_AVAILABLE;
    case MODEL_TYPE_FREE_TRIAL:
    case MODEL_TYPE_PREMIUM:
        return item->usage_left == 0 ? MODEL_USAGE_USED_UP : MODEL_AVAILABLE;
    case MODEL_TYPE_UNKNOWN:
        break;
    }
    return MODEL_UNKNOWN_TYPE;
}

struct model_verdict model_check_entry(const struct model_list *list,
                                       const struct settings_filter *filter, int entry)
{
    struct model_item item = model_list_get(list, entry);
    struct model_verdict verdict = {.entry = entry};
    verdict.filter_reason = model_filter_judge(filter, &item);
    verdict.status =
        verdict.filter_reason == MODEL_FILTER_KEPT ? judge_type(&item) : MODEL_FILTERED;
    return verdict;
}

struct model_verdict model_check(const struct model_list *list,
                                 const struct settings_filter *filter, struct span identifier)
{
    if (list == NULL)
        return (struct model_verdict){.status = MODEL_NO_LIST, .entry = MODEL_NONE};
    int entry = model_list_find(list, identifier);
    if (entry == MODEL_NONE)
        return (struct model_verdict){.status = MODEL_NOT_FOUND, .entry = MODEL_NONE};
    return model_check_entry(list, filter, entry);
}

bool model_check_passes(struct model_verdict verdict)
{
    return verdict.status == MODEL_AVAILABLE || verdict.status == MODEL_NO_LIST;
}

unsigned model_check_http_status(struct model_verdict verdict)
{
    ASSERT(!model_check_passes(verdict));
    return verdict.status == MODEL_USAGE_USED_UP ? 429 : 404;
}

const char *model_check_code(struct model_verdict verdict)
{
    ASSERT(!model_check_passes(verdict));
    return verdict.status == MODEL_USAGE_USED_UP ? "insufficient_quota" : "model_not_found";
}

const char *model_check_reason(struct model_verdict verdict)
{
    switch (verdict.status) {
    case MODEL_AVAILABLE:
    case MODEL_NO_LIST:
        return NULL;
    case MODEL_USAGE_USED_UP:
        return "usage_used_up";
    case MODEL_UNKNOWN_TYPE:
        return "unknown_type";
    case MODEL_NOT_FOUND:
    case MODEL_FILTERED:
        break;
    }
    return "not_found";
}

/* The reason alone; item is NULL where the verdict has no entry. */
static void explain_reason(struct text *out, struct model_verdict verdict,
                           const struct settings_filter *filter, const struct model_item *item)
{
    switch (verdict.status) {
    case MODEL_AVAILABLE:
        text_add_str(out, "available");
        break;
    case MODEL_NO_LIST:
        text_add_str(out, "no model list");
        break;
    case MODEL_NOT_FOUND:
        text_add_str(out, "not found in the service's model list");
        break;
    case MODEL_FILTERED:
        model_filter_explain(out, verdict.filter_reason, filter, item);
        break;
    case MODEL_USAGE_USED_UP:
        text_add_str(out, "its usage is used up");
        break;
    case MODEL_UNKNOWN_TYPE:
        text_add_str(out, "its type \"");
        text_add_printable(out, item->type_text, MODEL_TYPE_MAX_BYTES);
        text_add_str(out, "\" is unknown");
        break;
    }
}

void model_check_explain(struct text *out, struct model_verdict verdict,
                         const struct model_check_subject *subject)
{
    struct model_item item = {0};
    if (verdict.entry != MODEL_NONE)
        item = model_list_get(subject->list, verdict.entry);
    if (!model_check_passes(verdict)) {
        text_add_str(out, "Model not available: ");
        text_add_printable(out, subject->asked, MODEL_TEXT_MAX_BYTES);
        text_add_str(out, " (");
        text_add_printable(out, subject->identifier, MODEL_TEXT_MAX_BYTES);
        text_add_str(out, "): ");
    }
    if (verdict.status == MODEL_FILTERED)
        text_add_str(out, "filtered out: ");
    explain_reason(out, verdict, subject->filter, &item);
}
