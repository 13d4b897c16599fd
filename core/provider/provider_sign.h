/* Signatures of requests: the board's own signer, or the one that is built in. */
#ifndef MOONGATE_PROVIDER_SIGN_H
#define MOONGATE_PROVIDER_SIGN_H

#include "core/provider/provider.h"

/* The signer of a call: the board's where it has one, else as the configuration says; NULL:
 * requests are not signed. Built in is HMAC-SHA-256 with the provider's sign_key, in
 * lower-case hexadecimal. */
const struct provider_signer *provider_sign_of(const struct provider_call *call);

/* Signs what a piece of a body says: decoded, as its reader will have it; a lone surrogate is
 * U+FFFD. */
void provider_sign_piece(const struct provider_signer *signer, struct tls_hmac *state,
                         struct provider_piece piece);

#endif
