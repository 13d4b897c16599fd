/* Which providers draw on the same account, and so share one model list. */
#ifndef MOONGATE_MODEL_ACCOUNT_H
#define MOONGATE_MODEL_ACCOUNT_H

#include <stdint.h>

struct settings_provider;

/* A number for the account: equal for providers that ask the same service with the same credentials
 * (protocol, endpoint, device and session; for services with an API key: protocol, address and
 * key), and the same after a restart. Model names, filters and languages may differ. A device or
 * session that the file leaves out (NULL) is the box's own, and so the same for all providers. It
 * is made of secrets: for comparing and for the name of a file in the state directory, not for the
 * log. */
uint64_t model_account_key(const struct settings_provider *provider);

#endif
