/* The character classes of HTTP (RFC 9110 section 5.6, RFC 3986 section 3). */
#ifndef MOONGATE_HTTP_TOKEN_H
#define MOONGATE_HTTP_TOKEN_H

#include "core/base/text.h"

/* tchar, RFC 9110 section 5.6.2. */
bool http_token_char(char c);

/* A token: one tchar or more. */
bool http_token_valid(struct span s);

/* A byte that may stand in a field value: visible, space, tab, or 0x80 and above (RFC 9110 section
 * 5.5). */
bool http_token_value_char(char c);

/* How many of those stand at the front. */
size_t http_token_value_len(struct span s);

/* A field value, perhaps empty. */
bool http_token_value_valid(struct span s);

/* A path or query: pchar, '/' and '?' alone, each '%' followed by two hexadecimal digits. */
bool http_token_path_valid(struct span s);

/* An authority as Host carries it: name, IPv4 address or bracketed IPv6 address, then perhaps a
 * port of at most 65535; no user (RFC 9110 sections 4.2 and 7.2). Names are letters, digits,
 * '-', '_' and '.', without empty labels but for one trailing dot. *host is without port and
 * trailing dot, an IPv6 address in its brackets. */
bool http_token_authority(struct span s, struct span *host);

/* Adds s to out, percent-decoded; a '%' that no two digits follow stays. */
void http_token_decode(struct span s, struct text *out);

/* The value of a hexadecimal digit, or -1. */
int http_token_hex(char c);

#endif
