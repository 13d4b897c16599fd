/* Which providers draw on the same account, and so share one model list. */
#ifndef MOONGATE_MODEL_ACCOUNT_H
#define MOONGATE_MODEL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct settings_provider;

/* True when both ask the same service with the same credentials: protocol, endpoint, device and
 * session; for services with an API key: protocol, address and key. Model names, filters and
 * languages may differ. A device or session that the file leaves out (NULL) is the box's own, and
 * so the same for all providers. */
bool model_account_same(const struct settings_provider *a, const struct settings_provider *b);

/* A number for the account: equal for providers that model_account_same calls the same, and the
 * same after a restart. It is made of secrets: for comparing and for the name of a file in the
 * state directory, not for the log. */
uint64_t model_account_key(const struct settings_provider *provider);

#endif
