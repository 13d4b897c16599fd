/* One row a name. */
#include "core/http/http_name.h"

#include "core/base/assert.h"

#include <string.h>

#define LEN_MAX 17 /* of a name that is looked up */
#define NAME(id, text) [HTTP_NAME_##id] = text ": "

static const char *const lines[HTTP_NAMES] = {
    NAME(HOST, "host"),
    NAME(DATE, "date"),
    NAME(ACCEPT, "accept"),
    NAME(EXPECT, "expect"),
    NAME(ORIGIN, "origin"),
    NAME(X_API_KEY, "x-api-key"),
    NAME(CONNECTION, "connection"),
    NAME(RETRY_AFTER, "retry-after"),
    NAME(CONTENT_TYPE, "content-type"),
    NAME(X_REQUEST_ID, "x-request-id"),
    NAME(AUTHORIZATION, "authorization"),
    NAME(IF_NONE_MATCH, "if-none-match"),
    NAME(CONTENT_LENGTH, "content-length"),
    NAME(ANTHROPIC_BETA, "anthropic-beta"),
    NAME(ACCEPT_ENCODING, "accept-encoding"),
    NAME(CONTENT_ENCODING, "content-encoding"),
    NAME(ANTHROPIC_VERSION, "anthropic-version"),
    NAME(TRANSFER_ENCODING, "transfer-encoding"),
    NAME(ALLOW, "allow"),
    NAME(SID, "sid"),
    NAME(SIGN, "sign"),
    NAME(NONCE, "nonce"),
    NAME(OS_TYPE, "os-type"),
    NAME(DEVICE_ID, "device-id"),
    NAME(TIMESTAMP, "timestamp"),
    NAME(ACCEPT_LANGUAGE, "accept-language"),
    NAME(X_CLICKHOUSE_KEY, "x-clickhouse-key"),
    NAME(X_CLICKHOUSE_USER, "x-clickhouse-user"),
    NAME(X_MOONGATE_ATTEMPTS, "x-moongate-attempts"),
    NAME(X_MOONGATE_IGNORED, "x-moongate-ignored"),
    NAME(X_MOONGATE_PROVIDER, "x-moongate-provider"),
    NAME(X_MOONGATE_VARIANT, "x-moongate-variant"),
    NAME(X_RATELIMIT_LIMIT_REQUESTS, "x-ratelimit-limit-requests"),
    NAME(X_RATELIMIT_LIMIT_TOKENS, "x-ratelimit-limit-tokens"),
    NAME(X_RATELIMIT_REMAINING_REQUESTS, "x-ratelimit-remaining-requests"),
    NAME(X_RATELIMIT_REMAINING_TOKENS, "x-ratelimit-remaining-tokens"),
    NAME(X_RATELIMIT_RESET_REQUESTS, "x-ratelimit-reset-requests"),
    NAME(X_RATELIMIT_RESET_TOKENS, "x-ratelimit-reset-tokens"),
    NAME(ACCESS_CONTROL_ALLOW_METHODS, "access-control-allow-methods"),
};

/* The first name of each length; none behind it is shorter. */
static const uint8_t of_length[LEN_MAX + 1] = {
    [4] = HTTP_NAME_HOST,
    [6] = HTTP_NAME_ACCEPT,
    [9] = HTTP_NAME_X_API_KEY,
    [10] = HTTP_NAME_CONNECTION,
    [11] = HTTP_NAME_RETRY_AFTER,
    [12] = HTTP_NAME_CONTENT_TYPE,
    [13] = HTTP_NAME_AUTHORIZATION,
    [14] = HTTP_NAME_CONTENT_LENGTH,
    [15] = HTTP_NAME_ACCEPT_ENCODING,
    [16] = HTTP_NAME_CONTENT_ENCODING,
    [17] = HTTP_NAME_ANTHROPIC_VERSION,
};

/* Four letters, compared without case: of a token the bit makes letters small, and nothing else a
 * letter or a hyphen. */
static bool are_same(const char *name, const char *token)
{
    uint32_t letters, small;
    memcpy(&letters, token, sizeof(letters));
    memcpy(&small, name, sizeof(small));
    return (letters | 0x20202020u) == small;
}

/* No name is shorter than four letters; the last four may overlap those before. */
static bool is_name(const char *name, struct span token)
{
    size_t last = token.len - sizeof(uint32_t);
    size_t i = 0;
    while (i < last && are_same(name + i, token.at + i))
        i += sizeof(uint32_t);
    return i >= last && are_same(name + last, token.at + last);
}

enum http_name http_name_find(struct span token)
{
    unsigned name = token.len <= LEN_MAX ? of_length[token.len] : HTTP_NAME_OTHER;
    if (name == HTTP_NAME_OTHER)
        return HTTP_NAME_OTHER;
    for (; name < HTTP_NAMES_READ && lines[name][token.len] == ':'; name++) {
        if (is_name(lines[name], token))
            return (enum http_name)name;
    }
    return HTTP_NAME_OTHER;
}

struct span http_name_line(enum http_name name)
{
    ASSERT(name > HTTP_NAME_OTHER && name < HTTP_NAMES);
    return span_of(lines[name]);
}
