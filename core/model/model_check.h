/* Validation before inference: may this model be asked for, and what is said when it may not. */
#ifndef MOONGATE_MODEL_CHECK_H
#define MOONGATE_MODEL_CHECK_H

#include "core/base/text.h"
#include "core/model/model_filter.h"
#include "core/model/model_list.h"

enum model_status {
    MODEL_AVAILABLE,
    MODEL_NO_LIST,      /* nothing is known: let through, and said in the log */
    MODEL_NOT_FOUND,    /* not in the list */
    MODEL_FILTERED,     /* in the list, dropped by the filter; to a client the same as not found */
    MODEL_USAGE_USED_UP,
    MODEL_UNKNOWN_TYPE
};

struct model_verdict {
    enum model_status status;
    enum model_filter_reason filter_reason; /* with MODEL_FILTERED */
    int entry; /* in the list, or MODEL_NONE */
};

/* Judges the identifier (already mapped by model_names_map) against a list, which may be NULL: no
 * list. The filter comes first, then the type: base and untold are available; freeTrial and
 * premium while uses are left, or while the service does not tell how many (a broken number must
 * not take the chat down; the service has the last word); any other type is not. */
struct model_verdict model_check(const struct model_list *list,
                                 const struct settings_filter *filter, struct span identifier);

/* The same for an entry that is known, 0 <= entry < list->count: for tables and /v1/models. */
struct model_verdict model_check_entry(const struct model_list *list,
                                       const struct settings_filter *filter, int entry);

/* True when the request may go upstream: available, or no list. */
bool model_check_passes(struct model_verdict verdict);

/* For an answer to a verdict that does not pass: 404 or 429, and OpenAI's code. */
unsigned model_check_http_status(struct model_verdict verdict);
const char *model_check_code(struct model_verdict verdict);

/* The member "reason" of /v1/models: "not_found", "usage_used_up", "unknown_type"; NULL: null. */
const char *model_check_reason(struct model_verdict verdict);

/* What the message speaks of. */
struct model_check_subject {
    struct span asked;      /* the name as the client gave it */
    struct span identifier; /* what it was mapped to */
    const struct model_list *list;
    const struct settings_filter *filter;
};

/* Adds "Model not available: NAME (IDENTIFIER): REASON", with a reason: "filtered out: " and
 * model_filter_explain, "not found in the service's model list", "its usage is used up", "its
 * type TYPE is unknown". Names are made printable. For a verdict that passes only the reason
 * "available" or "no model list". */
void model_check_explain(struct text *out, struct model_verdict verdict,
                         const struct model_check_subject *subject);

#endif
