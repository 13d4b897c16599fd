/* See gateway_error.h. */
#include "core/gateway/gateway_error.h"

#include "core/base/assert.h"
#include "core/base/utf8.h"
#include "core/json/json_write.h"

#include <string.h>

#define BUSY_S 1 /* after which whoever found no room may ask again */

struct gateway_error gateway_error_with(uint16_t status, const char *message, const char *param,
                                        const char *code)
{
    struct gateway_error error = {.status = status, .param = param, .code = code};
    struct text text = gateway_error_text(&error);
    text_add_str(&text, message);
    text_str(&text);
    ASSERT(status >= 400 && status <= 599);
    ASSERT(!text.cut);
    return error;
}

struct gateway_error gateway_error(uint16_t status, const char *message)
{
    return gateway_error_with(status, message, NULL, NULL);
}

struct gateway_error gateway_error_busy(const char *message)
{
    struct gateway_error error = gateway_error(503, message);
    error.retry_after_s = BUSY_S;
    return error;
}

struct text gateway_error_text(struct gateway_error *error)
{
    return text_over(error->message, sizeof(error->message));
}

const char *gateway_error_type(const struct gateway_error *error)
{
    switch (error->status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 408:
    case 504:
        return "timeout_error";
    case 429:
        if (error->code != NULL && strcmp(error->code, "insufficient_quota") == 0)
            return "insufficient_quota";
        return "rate_limit_error";
    default:
        return error->status < 500 ? "invalid_request_error" : "server_error";
    }
}

struct span gateway_error_message(const struct gateway_error *error)
{
    struct span message = {error->message, sizeof(error->message)};
    message.len = span_find(message, '\0');
    size_t back = 1; /* bytes from the end; a character's first one is no continuation byte */
    while (back < UTF8_MAX_BYTES && back < message.len &&
           ((unsigned char)message.at[message.len - back] & 0xC0) == 0x80)
        back++;
    if (message.len > 0 && utf8_len(span_skip(message, message.len - back)) == 0)
        message.len -= back;
    return message;
}

static void member_or_null(struct text *out, const char *name, const char *value)
{
    if (value != NULL)
        json_write_member(out, name, span_of(value));
    else
        json_write_member_null(out, name);
}

void gateway_error_object(struct text *out, const struct gateway_error *error)
{
    text_add_str(out, "{\"error\":{");
    json_write_member(out, "message", gateway_error_message(error));
    json_write_member(out, "type", span_of(gateway_error_type(error)));
    member_or_null(out, "param", error->param);
    member_or_null(out, "code", error->code);
    text_add_str(out, "}}");
}

static const char *anthropic_type(uint16_t status)
{
    static const struct {
        uint16_t status;
        const char *type;
    } types[] = {
        {401, "authentication_error"}, {403, "permission_error"},  {404, "not_found_error"},
        {408, "timeout_error"},        {413, "request_too_large"}, {429, "rate_limit_error"},
        {503, "overloaded_error"},     {504, "timeout_error"},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].status == status)
            return types[i].type;
    return status < 500 ? "invalid_request_error" : "api_error";
}

void gateway_error_object_anthropic(struct text *out, const struct gateway_error *error,
                                    struct span request_id)
{
    text_add_str(out, "{\"type\":\"error\",\"error\":{");
    json_write_member(out, "type", span_of(anthropic_type(error->status)));
    json_write_member(out, "message", gateway_error_message(error));
    text_add_char(out, '}');
    json_write_member(out, "request_id", request_id);
    text_add_char(out, '}');
}

void gateway_error_object_native(struct text *out, const struct gateway_error *error)
{
    text_add_char(out, '{');
    json_write_member(out, "error", gateway_error_message(error));
    text_add_char(out, '}');
}
