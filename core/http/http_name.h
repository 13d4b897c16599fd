/* The names of fields: all that the gateway looks up, or writes with a value that varies. */
#ifndef MOONGATE_HTTP_NAME_H
#define MOONGATE_HTTP_NAME_H

#include "core/base/span.h"

/* Those that are looked up come first, by length, the usual ones in front. */
enum http_name {
    HTTP_NAME_OTHER, /* none of these */
    HTTP_NAME_HOST,
    HTTP_NAME_DATE,
    HTTP_NAME_ACCEPT,
    HTTP_NAME_EXPECT,
    HTTP_NAME_ORIGIN,
    HTTP_NAME_X_API_KEY,
    HTTP_NAME_CONNECTION,
    HTTP_NAME_RETRY_AFTER,
    HTTP_NAME_CONTENT_TYPE,
    HTTP_NAME_X_REQUEST_ID,
    HTTP_NAME_AUTHORIZATION,
    HTTP_NAME_IF_NONE_MATCH,
    HTTP_NAME_CONTENT_LENGTH,
    HTTP_NAME_ANTHROPIC_BETA,
    HTTP_NAME_ACCEPT_ENCODING,
    HTTP_NAME_CONTENT_ENCODING,
    HTTP_NAME_ANTHROPIC_VERSION,
    HTTP_NAME_TRANSFER_ENCODING,
    HTTP_NAMES_READ,
    /* Those that are only written. */
    HTTP_NAME_ALLOW = HTTP_NAMES_READ,
    HTTP_NAME_SID,
    HTTP_NAME_SIGN,
    HTTP_NAME_NONCE,
    HTTP_NAME_OS_TYPE,
    HTTP_NAME_DEVICE_ID,
    HTTP_NAME_TIMESTAMP,
    HTTP_NAME_ACCEPT_LANGUAGE,
    HTTP_NAME_X_CLICKHOUSE_KEY,
    HTTP_NAME_X_CLICKHOUSE_USER,
    HTTP_NAME_X_MOONGATE_ATTEMPTS,
    HTTP_NAME_X_MOONGATE_IGNORED,
    HTTP_NAME_X_MOONGATE_PROVIDER,
    HTTP_NAME_X_MOONGATE_VARIANT,
    HTTP_NAME_X_RATELIMIT_LIMIT_REQUESTS,
    HTTP_NAME_X_RATELIMIT_LIMIT_TOKENS,
    HTTP_NAME_X_RATELIMIT_REMAINING_REQUESTS,
    HTTP_NAME_X_RATELIMIT_REMAINING_TOKENS,
    HTTP_NAME_X_RATELIMIT_RESET_REQUESTS,
    HTTP_NAME_X_RATELIMIT_RESET_TOKENS,
    HTTP_NAME_ACCESS_CONTROL_ALLOW_METHODS,
    HTTP_NAMES
};

/* Which of those that are looked up a token is, letters compared without case (RFC 9110 section
 * 5.1). */
enum http_name http_name_find(struct span token);

/* What a line of that name begins with: the name in small letters, a colon and a space. */
struct span http_name_line(enum http_name name);

#endif
