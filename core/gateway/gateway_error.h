/* The errors that clients see: OpenAI's error object, and the table of statuses. */
#ifndef MOONGATE_GATEWAY_ERROR_H
#define MOONGATE_GATEWAY_ERROR_H

#include "core/base/text.h"

#define GATEWAY_ERROR_BYTES 320

/* An error under way. message is printable UTF-8 and never holds a secret. */
struct gateway_error {
    uint16_t status;
    uint32_t retry_after_s; /* 0: no Retry-After */
    const char *param;      /* a constant, or NULL */
    const char *code;       /* a constant, or NULL */
    char message[GATEWAY_ERROR_BYTES];
};

/* An error with that message (a constant of ours, shorter than GATEWAY_ERROR_BYTES). */
struct gateway_error gateway_error(uint16_t status, const char *message);

/* The same with param and code, each a constant or NULL. */
struct gateway_error gateway_error_with(uint16_t status, const char *message, const char *param,
                                        const char *code);

/* A 503 with that message: what is lacking may be there in a second. */
struct gateway_error gateway_error_busy(const char *message);

/* A text over the error's message, empty; finish it with text_str. What it cuts is cut at a
 * character's border by gateway_error_object. */
struct text gateway_error_text(struct gateway_error *error);

/* The message, without the front part of a character that its buffer's end may have left. */
struct span gateway_error_message(const struct gateway_error *error);

/* OpenAI's type word for a status: 401 "authentication_error", 403 "permission_error", 408 and 504
 * "timeout_error", 429 "rate_limit_error" ("insufficient_quota" with that code), any other 4xx
 * "invalid_request_error", any other 5xx "server_error". */
const char *gateway_error_type(const struct gateway_error *error);

/* Writes {"error":{"message":...,"type":...,"param":...,"code":...}}. */
void gateway_error_object(struct text *out, const struct gateway_error *error);

/* The same for a client that speaks Anthropic's API, in its words for types:
 * {"type":"error","error":{"type":...,"message":...},"request_id":...}. */
void gateway_error_object_anthropic(struct text *out, const struct gateway_error *error,
                                    struct span request_id);

/* The same for one that speaks TensorZero's own: {"error":"..."}. */
void gateway_error_object_native(struct text *out, const struct gateway_error *error);

#endif
