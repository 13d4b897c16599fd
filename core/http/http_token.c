/* The character classes of HTTP. */
#include "core/http/http_token.h"

#define PORT_MAX 65535
#define IPV6_TEXT_MAX 45 /* eight groups, the last two as an IPv4 address */

#define V HTTP_VALUE
#define T (V | HTTP_TOKEN)
#define P (V | HTTP_PATH)
#define B (T | P)
#define N (B | HTTP_HOST)
#define V16 V, V, V, V, V, V, V, V, V, V, V, V, V, V, V, V

/* A row has sixteen characters, the third row those from the space on. */
const uint8_t http_token_classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, V, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    V, B, V, T, B, T, B, B, P, P, B, B, P, N, N, P,
    N, N, N, N, N, N, N, N, N, N, P, P, V, P, V, P,
    P, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, V, V, V, T, N,
    T, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, V, T, V, B, 0,
    V16, V16, V16, V16, V16, V16, V16, V16,
};

static unsigned classes_of(char c)
{
    return http_token_classes[(unsigned char)c];
}

/* Whether four bytes are of that class. */
static bool are_all(const char *at, unsigned class)
{
    return (classes_of(at[0]) & classes_of(at[1]) & classes_of(at[2]) & classes_of(at[3]) &
            class) != 0;
}

/* How many bytes at the front are of that class. */
static size_t class_len(struct span s, unsigned class)
{
    size_t n = 0;
    while (s.len - n >= 4 && are_all(s.at + n, class))
        n += 4;
    while (n < s.len && http_token_is(s.at[n], class))
        n++;
    return n;
}

bool http_token_valid(struct span s)
{
    return s.len > 0 && class_len(s, HTTP_TOKEN) == s.len;
}

size_t http_token_value_len(struct span s)
{
    size_t n = http_token_printable_len(s, ' ');
    while (n < s.len && http_token_value_char(s.at[n]))
        n++;
    return n;
}

bool http_token_visible(struct span s)
{
    size_t i = http_token_printable_len(s, '!');
    if (!WORD_SMALL && i > 0 && s.len - i < sizeof(size_t)) /* the last word overlaps the others */
        i = s.len - sizeof(size_t) +
            http_token_printable_len(span_skip(s, s.len - sizeof(size_t)), '!');
    while (i < s.len && s.at[i] > ' ' && s.at[i] <= '~')
        i++;
    return i == s.len;
}

bool http_token_value_valid(struct span s)
{
    return http_token_value_len(s) == s.len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int http_token_hex(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return (c >= 'A' && c <= 'F') ? c - 'A' + 10 : -1;
}

static bool is_escape(struct span s)
{
    return s.len >= 3 && http_token_hex(s.at[1]) >= 0 && http_token_hex(s.at[2]) >= 0;
}

bool http_token_path_valid(struct span s)
{
    size_t plain;
    while ((plain = class_len(s, HTTP_PATH)) < s.len) {
        s = span_skip(s, plain);
        if (s.at[0] != '%' || !is_escape(s))
            return false;
        s = span_skip(s, 3);
    }
    return true;
}

/* Labels of letters, digits, '-', '_', none of them empty but perhaps the last one. *len: as far as
 * such bytes go. */
static bool is_name(struct span s, size_t *len)
{
    bool empty = false;
    size_t n = 0;
    for (; n < s.len && http_token_is(s.at[n], HTTP_HOST); n++)
        if (s.at[n] == '.' && (n == 0 || s.at[n - 1] == '.'))
            empty = true;
    *len = n;
    return n > 0 && !empty;
}

/* Roughly an IPv6 address in brackets: it is only ever compared, never connected to. */
static bool is_ipv6(struct span s)
{
    if (s.len < 4 || s.len > IPV6_TEXT_MAX + 2 || span_find(s, ':') == s.len)
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        if (http_token_hex(s.at[i]) < 0 && s.at[i] != ':' && s.at[i] != '.')
            return false;
    }
    return s.at[s.len - 1] == ']';
}

/* Nothing, or a colon and perhaps a number (RFC 3986 section 3.2.3: the digits may be absent). */
static bool is_port(struct span s)
{
    uint64_t number = 0;
    if (s.len <= 1)
        return s.len == 0 || s.at[0] == ':';
    return s.at[0] == ':' && s.len <= 6 && span_number(span_skip(s, 1), PORT_MAX, &number);
}

bool http_token_authority(struct span s, struct span *host)
{
    bool ipv6 = s.len > 0 && s.at[0] == '[';
    size_t end;
    if (ipv6) {
        end = span_find(s, ']');
        end += end < s.len ? 1 : 0;
    } else if (!is_name(s, &end)) {
        return false;
    }
    *host = (struct span){s.at, end - (s.at[end - 1] == '.' ? 1 : 0)};
    return (!ipv6 || is_ipv6(*host)) && is_port(span_skip(s, end));
}

void http_token_decode(struct span s, struct text *out)
{
    while (s.len > 0) {
        bool coded = s.at[0] == '%' && is_escape(s);
        char c = s.at[0];
        if (coded)
            c = (char)(http_token_hex(s.at[1]) * 16 + http_token_hex(s.at[2]));
        text_add_char(out, c);
        s = span_skip(s, coded ? 3 : 1);
    }
}

bool http_token_parameter(struct span query, struct span name, struct text *out)
{
    while (query.len > 0) {
        size_t end = span_find(query, '&');
        struct span pair = {query.at, end};
        if (span_starts(pair, name) && pair.len > name.len && pair.at[name.len] == '=') {
            http_token_decode(span_skip(pair, name.len + 1), out);
            return true;
        }
        query = span_skip(query, end < query.len ? end + 1 : end);
    }
    return false;
}
