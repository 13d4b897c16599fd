/* See settings_url.h. */
#include "core/settings/settings_url.h"

#include "config/bounds.h"
#include "core/base/assert.h"
#include "core/settings/settings_address.h"

static bool take_prefix(struct span *text, struct span prefix)
{
    struct span head = {text->at, text->len < prefix.len ? text->len : prefix.len};
    if (!span_equal_nocase(head, prefix))
        return false;
    *text = span_skip(*text, prefix.len);
    return true;
}

/* Printable ASCII without what ends a path or needs an escape. */
static bool path_ok(struct span path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.at[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' || c == '\\')
            return false;
    }
    return true;
}

/* Letters, digits, '-', '.', '_': RFC 1123 names and what people call their boxes. */
static bool host_name_ok(struct span host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = (char)(host.at[i] | 0x20);
        bool letter = c >= 'a' && c <= 'z';
        bool other = (host.at[i] >= '0' && host.at[i] <= '9') || host.at[i] == '-' ||
                     host.at[i] == '.' || host.at[i] == '_';
        if (!letter && !other)
            return false;
    }
    return host.len > 0 && host.at[0] != '.' && host.len < LIMIT_NAME_BYTES;
}

/* Digits and dots alone, so that nobody can mean a name. */
static bool numeric(struct span host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.at[i] != '.' && (host.at[i] < '0' || host.at[i] > '9'))
            return false;
    return true;
}

static const char *read_port(struct settings_url_parts *parts, struct span text)
{
    uint64_t port = 0;
    if (text.len == 0)
        return NULL;
    if (text.at[0] != ':' || !span_number(span_skip(text, 1), 65535, &port))
        return "a port that is not 0 to 65535";
    parts->port = (uint16_t)port;
    return NULL;
}

/* HOST, HOST:PORT, [ADDRESS] and [ADDRESS]:PORT. */
static const char *read_authority(struct settings_url_parts *parts, struct span text)
{
    bool brackets = text.len > 0 && text.at[0] == '[';
    if (brackets) {
        size_t end = span_find(text, ']');
        parts->host = span_skip((struct span){text.at, end}, 1);
        parts->literal = settings_address_read(parts->host, parts->address);
        bool v6 = span_find(parts->host, ':') < parts->host.len;
        if (end == text.len || !parts->literal || !v6)
            return "brackets that hold no IPv6 address";
        return read_port(parts, span_skip(text, end + 1));
    }
    size_t colon = span_find(text, ':');
    parts->host = (struct span){text.at, colon};
    parts->literal = settings_address_read(parts->host, parts->address);
    if (!parts->literal && (!host_name_ok(parts->host) || numeric(parts->host)))
        return "no host name or address";
    return read_port(parts, span_skip(text, colon));
}

/* user:password@ off the front of *text. */
static void take_user(struct settings_url_parts *parts, struct span *text)
{
    size_t at = span_find(*text, '@');
    if (at == text->len)
        return;
    struct span both = {text->at, at};
    size_t colon = span_find(both, ':');
    parts->user = (struct span){both.at, colon};
    if (colon < both.len)
        parts->password = span_skip(both, colon + 1);
    *text = span_skip(*text, at + 1);
}

const char *settings_url_read(struct settings_url_parts *parts, struct span text, bool with_user)
{
    ASSERT(parts != NULL);
    *parts = (struct settings_url_parts){0};
    parts->tls = take_prefix(&text, SPAN("https://"));
    if (!parts->tls && !take_prefix(&text, SPAN("http://")))
        return "not a URL with http:// or https://";
    parts->port = parts->tls ? 443 : 80;
    size_t slash = span_find(text, '/');
    struct span authority = {text.at, slash};
    parts->path = span_skip(text, slash);
    while (parts->path.len > 0 && parts->path.at[parts->path.len - 1] == '/')
        parts->path.len--;
    bool more = span_find(text, '?') < text.len || span_find(text, '#') < text.len;
    if (more || text.len >= LIMIT_URL_BYTES - 8)
        return more ? "a query or fragment, which a base URL has not" : "a URL that is too long";
    if (with_user)
        take_user(parts, &authority);
    if (span_find(authority, '@') < authority.len)
        return "a user or password in the URL";
    if (!path_ok(parts->path) || !path_ok(parts->user) || !path_ok(parts->password))
        return "a character that a URL has only escaped";
    parts->authority = authority;
    const char *why = read_authority(parts, authority);
    return why == NULL && parts->port == 0 ? "a port that is not 1 to 65535" : why;
}

const char *settings_url_listener(struct settings_url_parts *parts, struct span text)
{
    static const char wanted[] = "not ADDRESS:PORT, such as 127.0.0.1:3000 or [::]:3000";
    *parts = (struct settings_url_parts){0};
    size_t digits = 0;
    while (digits < text.len && text.at[text.len - 1 - digits] >= '0' &&
           text.at[text.len - 1 - digits] <= '9')
        digits++;
    bool port = digits > 0 && digits < text.len && text.at[text.len - 1 - digits] == ':';
    if (!port || read_authority(parts, text) != NULL)
        return wanted;
    if (span_equal_nocase(parts->host, SPAN("localhost"))) {
        parts->host = SPAN("127.0.0.1");
        parts->literal = settings_address_read(parts->host, parts->address);
    }
    return parts->literal ? NULL : wanted;
}
