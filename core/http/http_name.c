/* One row a name. */
#include "core/http/http_name.h"

#include "core/base/assert.h"

#define LEN_MAX 17 /* of a name that is looked up */
#define NAME(id, text) [HTTP_NAME_##id] = {text, sizeof(text) - 1}

static const struct span names[] = {
    NAME(OTHER, ""),
    NAME(DATE, "date"),
    NAME(HOST, "host"),
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
    NAME(ANTHROPIC_BETA, "anthropic-beta"),
    NAME(CONTENT_LENGTH, "content-length"),
    NAME(ACCEPT_ENCODING, "accept-encoding"),
    NAME(CONTENT_ENCODING, "content-encoding"),
    NAME(ANTHROPIC_VERSION, "anthropic-version"),
    NAME(TRANSFER_ENCODING, "transfer-encoding"),
    {NULL, 0},
};

/* The first name of each length. */
static const uint8_t of_length[LEN_MAX + 1] = {
    [4] = HTTP_NAME_DATE,
    [6] = HTTP_NAME_ACCEPT,
    [9] = HTTP_NAME_X_API_KEY,
    [10] = HTTP_NAME_CONNECTION,
    [11] = HTTP_NAME_RETRY_AFTER,
    [12] = HTTP_NAME_CONTENT_TYPE,
    [13] = HTTP_NAME_AUTHORIZATION,
    [14] = HTTP_NAME_ANTHROPIC_BETA,
    [15] = HTTP_NAME_ACCEPT_ENCODING,
    [16] = HTTP_NAME_CONTENT_ENCODING,
    [17] = HTTP_NAME_ANTHROPIC_VERSION,
};

/* Of a token the bit makes letters small, and nothing else a letter or a hyphen. */
static bool is_name(const char *name, struct span token)
{
    size_t i = 0;
    while (i < token.len && (token.at[i] | 0x20) == name[i])
        i++;
    return i == token.len;
}

enum http_name http_name_find(struct span token)
{
    if (token.len > LEN_MAX)
        return HTTP_NAME_OTHER;
    unsigned name = of_length[token.len];
    while (name != HTTP_NAME_OTHER && names[name].len == token.len) {
        if (is_name(names[name].at, token))
            return (enum http_name)name;
        name++;
    }
    return HTTP_NAME_OTHER;
}

struct span http_name_text(enum http_name name)
{
    ASSERT(name < HTTP_NAMES_READ);
    return names[name];
}
