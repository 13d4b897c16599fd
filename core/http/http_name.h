/* The names of fields: all that the gateway looks up or writes, in one place. */
#ifndef MOONGATE_HTTP_NAME_H
#define MOONGATE_HTTP_NAME_H

#include "core/base/span.h"

/* Those that are looked up come first, by length. */
enum http_name {
    HTTP_NAME_OTHER, /* none of these */
    HTTP_NAME_DATE,
    HTTP_NAME_HOST,
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
    HTTP_NAME_ANTHROPIC_BETA,
    HTTP_NAME_CONTENT_LENGTH,
    HTTP_NAME_ACCEPT_ENCODING,
    HTTP_NAME_CONTENT_ENCODING,
    HTTP_NAME_ANTHROPIC_VERSION,
    HTTP_NAME_TRANSFER_ENCODING,
    HTTP_NAMES_READ
};

/* Which of those that are looked up a token is, letters compared without case (RFC 9110 section
 * 5.1). */
enum http_name http_name_find(struct span token);

/* The name in small letters. */
struct span http_name_text(enum http_name name);

#endif
