/* The body of a request to /inference, judged: TensorZero's own API, the basic part of it. */
#ifndef MOONGATE_GATEWAY_NATIVE_H
#define MOONGATE_GATEWAY_NATIVE_H

#include "core/gateway/gateway_chat.h"
#include "core/provider/provider.h"

/*
 * As gateway_chat_judge; the outline is a chat's. Refused (400, naming it): a member that is not
 * known and asks for something (not null, false, nor an empty list or object), there twice, missing
 * or of a wrong type, at the top, in input, in a message, in a block, in params; both names or
 * neither; an episode_id that is no UUID; a block that is no text. A name longer than any is a 404.
 * chat.model is then the name as the other routes take it, chat.messages those of input, and
 * chat.episode an episode, a new one where none was named.
 */
bool gateway_native_judge(struct gateway_chat *chat, const struct json_outline *outline,
                          struct span body, struct json_tokens *tokens,
                          struct gateway_error *error);

/* As gateway_chat_ignored: of the call's sampling what its protocol does not carry, and tags. */
void gateway_native_ignored(const struct provider_call *call, struct text *out);

#endif
