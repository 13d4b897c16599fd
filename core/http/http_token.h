/* The character classes of HTTP (RFC 9110 section 5.6, RFC 3986 section 3). */
#ifndef MOONGATE_HTTP_TOKEN_H
#define MOONGATE_HTTP_TOKEN_H

#include "core/base/text.h"
#include "core/base/word.h"

/* What a byte may be, a bit each. */
#define HTTP_TOKEN 1u /* tchar, RFC 9110 section 5.6.2 */
#define HTTP_VALUE 2u /* in a field value: visible, space, tab, or 0x80 and above, section 5.5 */
#define HTTP_PATH 4u  /* in a path or query: pchar but for '%', '/' and '?', RFC 3986 section 3.3 */
#define HTTP_HOST 8u  /* in a host's name: letter, digit, '-', '_', '.' */

/* Those bits for each byte. */
extern const uint8_t http_token_classes[256];

static inline bool http_token_is(char c, unsigned classes)
{
    return (http_token_classes[(unsigned char)c] & classes) != 0;
}

static inline bool http_token_char(char c)
{
    return http_token_is(c, HTTP_TOKEN);
}

static inline bool http_token_value_char(char c)
{
    return http_token_is(c, HTTP_VALUE);
}

/* A token: one tchar or more. */
bool http_token_valid(struct span s);

/* How many bytes at the front are ASCII from that character to '~', a word at a time, as far as
 * that tells. */
static inline size_t http_token_printable_len(struct span s, unsigned char first)
{
    size_t n = 0;
    for (; s.len - n >= sizeof(size_t); n += sizeof(size_t)) {
        size_t word = word_read(s.at + n);
        size_t marks = ((word - WORD_EACH * first) | (word + WORD_EACH)) & WORD_TOPS;
        if (marks != 0)
            return n + word_before(marks);
    }
    return n;
}

/* How many bytes that may stand in a field value are at the front. */
size_t http_token_value_len(struct span s);

/* A field value, perhaps empty. */
bool http_token_value_valid(struct span s);

/* A path or query: pchar, '/' and '?' alone, each '%' followed by two hexadecimal digits. */
bool http_token_path_valid(struct span s);

/* Visible ASCII alone, or nothing: no byte of it ends a request's target. */
bool http_token_visible(struct span s);

/* An authority as Host carries it: name, IPv4 address or bracketed IPv6 address, then perhaps a
 * port of at most 65535; no user (RFC 9110 sections 4.2 and 7.2). Names are letters, digits,
 * '-', '_' and '.', without empty labels but for one trailing dot. *host is without port and
 * trailing dot, an IPv6 address in its brackets. */
bool http_token_authority(struct span s, struct span *host);

/* Adds s to out, percent-decoded; a '%' that no two digits follow stays. */
void http_token_decode(struct span s, struct text *out);

/* Adds the value of a query's first parameter of that name to out, percent-decoded. False: it has
 * none. */
bool http_token_parameter(struct span query, struct span name, struct text *out);

/* The value of a hexadecimal digit, or -1. */
int http_token_hex(char c);

#endif
