/* The ledger of uses left: counted down at once after an inference, corrected by the next list. */
#ifndef MOONGATE_MODEL_QUOTA_H
#define MOONGATE_MODEL_QUOTA_H

#include "core/model/model_list.h"

/* An inference with this model came to content (complete, or left by the client after it began):
 * one use less, never under 0. Nothing happens to a base model, to one without a told count, or
 * to one that is not in the list. Returns the entry when it was counted, else MODEL_NONE. list
 * may be NULL. */
int model_quota_spend(struct model_list *list, struct span identifier);

/* True once when the entry's uses are under the threshold and this was not said before; it may be
 * said again after they were at or above it. Call it for models in use, after spending and after
 * a refresh. */
bool model_quota_warn(struct model_list *list, int entry, int32_t threshold);

/* What /v1/models, metrics and page show: the uses left of a limited entry; MODEL_USAGE_UNTOLD
 * (null) for one that is not limited or not known. */
int32_t model_quota_left(const struct model_list *list, int entry);

#endif
