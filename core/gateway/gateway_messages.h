/* The body of a request to /v1/messages, judged: Anthropic's API, for clients that speak it. */
#ifndef MOONGATE_GATEWAY_MESSAGES_H
#define MOONGATE_GATEWAY_MESSAGES_H

#include "core/gateway/gateway_chat.h"

/* As gateway_chat_outline, for a body of this API. */
void gateway_messages_outline(struct json_outline *outline);

/*
 * As gateway_chat_judge. Refused (400, with param, which the message names too): no object; model,
 * messages or max_tokens missing; a message that is no object, whose role is neither user nor
 * assistant, whose content is neither a string nor an array of objects; a system that is neither;
 * max_tokens that is no number; a member of another wrong type; names that are read and there
 * twice, at the top or in a message.
 */
bool gateway_messages_judge(struct gateway_chat *chat, const struct json_outline *outline,
                            const char *body, struct json_tokens *tokens,
                            struct gateway_error *error);

/* As gateway_chat_ignored, for a body of this API: all but the conversation, system included. */
void gateway_messages_ignored(const struct json_outline *outline, const char *body,
                              bool (*carries)(struct span name), struct text *out);

#endif
