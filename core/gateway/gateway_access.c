/* Hosts, origins and keys. */
#include "core/gateway/gateway_access.h"

#include "core/base/assert.h"
#include "core/tls/tls_hash.h"

_Static_assert(SETTINGS_SHA256_BYTES == TLS_HASH_BYTES, "a key's hash is a SHA-256");

/* ---- hosts ----------------------------------------------------------------------------------- */

/* Four decimal numbers up to 255 with dots between them. */
static bool is_ipv4(struct span host)
{
    unsigned value = 0, digits = 0, dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        unsigned digit = (unsigned char)host.at[i] - (unsigned)'0';
        if (digit <= 9) {
            value = value * 10 + digit;
            if (++digits > 3 || value > 255)
                return false;
        } else if (host.at[i] == '.' && digits > 0) {
            value = digits = 0;
            dots++;
        } else {
            return false;
        }
    }
    return dots == 3 && digits > 0;
}

static bool ends_nocase(struct span s, struct span tail)
{
    return s.len > tail.len && span_equal_nocase(span_skip(s, s.len - tail.len), tail);
}

static bool is_local_name(struct span host)
{
    static const struct span tails[] = {
        {".local", 6}, {".lan", 4}, {".internal", 9}, {".home.arpa", 10}};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        if (ends_nocase(host, tails[i]))
            return true;
    }
    return span_find(host, '.') == host.len;
}

/* Host names and origins do not differ by case. */
static bool has_nocase(const struct settings_list *list, struct span s)
{
    const char *at = list->first;
    for (int i = 0; i < list->count; i++) {
        if (span_equal_nocase(span_of(at), s))
            return true;
        at = i + 1 < list->count ? settings_list_next(at) : at;
    }
    return false;
}

bool gateway_access_host(const struct settings *settings, struct span host)
{
    if (host.at == NULL)
        return true;
    return (host.len > 0 && host.at[0] == '[') || is_ipv4(host) || is_local_name(host) ||
           has_nocase(&settings->allow_hosts, host);
}

/* ---- origins --------------------------------------------------------------------------------- */

/* Behind the scheme an origin is what the same browser sends as Host. */
static bool is_own(const struct http_request *request)
{
    static const struct span schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        struct span scheme = schemes[i];
        if (request->authority.len > 0 && span_starts(request->origin, scheme))
            return span_equal_nocase(span_skip(request->origin, scheme.len), request->authority);
    }
    return false;
}

bool gateway_access_origin(const struct settings *settings, const struct http_request *request)
{
    ASSERT(request->origin.at != NULL);
    return is_own(request) || has_nocase(&settings->allow_origins, request->origin);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* What follows "Bearer" and its spaces (RFC 6750 section 2.1); empty where it is another scheme. */
static struct span bearer(struct span authorization)
{
    struct span scheme = SPAN("bearer ");
    if (authorization.len < scheme.len ||
        !span_equal_nocase((struct span){authorization.at, scheme.len}, scheme))
        return (struct span){NULL, 0};
    return span_trim(span_skip(authorization, scheme.len));
}

static bool is_key(const struct settings_key *key, struct span shown,
                   const uint8_t hash[TLS_HASH_BYTES])
{
    if (key->secret != NULL)
        return span_equal_secret(span_of(key->secret), shown);
    struct span own = {(const char *)key->sha256, TLS_HASH_BYTES};
    return span_equal_secret(own, (struct span){(const char *)hash, TLS_HASH_BYTES});
}

/* All keys are looked at, also behind the right one. */
static int find_key(const struct settings *settings, struct span shown)
{
    uint8_t hash[TLS_HASH_BYTES];
    int found = -1;
    if (shown.len == 0)
        return -1;
    tls_hash_of(shown, hash);
    for (int i = 0; i < settings->key_count; i++)
        found = is_key(&settings->keys[i], shown, hash) ? i : found;
    return found;
}

int gateway_access_key(const struct settings *settings, const struct http_request *request)
{
    if (settings->key_count == 0)
        return -1;
    int key = find_key(settings, bearer(request->authorization));
    return key >= 0 ? key : find_key(settings, request->x_api_key);
}

bool gateway_access_shown(const struct http_request *request)
{
    return request->authorization.len > 0 || request->x_api_key.len > 0;
}
